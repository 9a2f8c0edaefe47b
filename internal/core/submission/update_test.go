package submission_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

func TestUpdateCarriesRunNextVersionAndKey(t *testing.T) {
	t.Parallel()
	ev, err := submission.Decide(given(func(*cluster.Job) {}), submission.Update{Spec: stored("web2"), Key: "k"})
	if want := (events.JobUpdated{Run: run, Version: 4, Spec: stored("web2"), IdempotencyKey: "k"}); err != nil || !reflect.DeepEqual(ev, want) {
		t.Fatalf("got %+v, %v", ev, err)
	}
	ev, err = submission.Decide(nil, submission.Update{Spec: stored("web2"), Key: "k"})
	if want := (events.JobSubmitted{Spec: stored("web2"), IdempotencyKey: "k"}); err != nil || !reflect.DeepEqual(ev, want) {
		t.Fatalf("got %+v, %v", ev, err)
	}
}

// TestAnUpdateIsWhatItComesTo: who may only submit changes nothing that is there, and who
// may only update begins nothing.
func TestAnUpdateIsWhatItComesTo(t *testing.T) {
	t.Parallel()
	there, over := given(func(*cluster.Job) {}), given(func(j *cluster.Job) { j.Stopped = true })
	ending := given(func(j *cluster.Job) { j.Stopped = true; withTask(j, cluster.Running) })
	for name, row := range map[string]struct {
		job            *cluster.Job
		submit, update error
	}{
		"none":    {nil, nil, submission.ErrMayNotSubmit},
		"over":    {over, nil, submission.ErrMayNotSubmit},
		"running": {there, submission.ErrMayNotUpdate, nil},
		"ending":  {ending, submission.ErrMayNotUpdate, submission.ErrEnding},
	} {
		_, err := submission.Decide(row.job, submission.Update{Spec: stored("web2"), MayNotUpdate: true})
		if !errors.Is(err, row.submit) {
			t.Errorf("%s, by who may submit: %v, want %v", name, err, row.submit)
		}
		if _, err = submission.Decide(row.job, submission.Update{Spec: stored("web2"), MayNotSubmit: true}); !errors.Is(err, row.update) {
			t.Errorf("%s, by who may update: %v, want %v", name, err, row.update)
		}
	}
}

// TestAJobKeepsItsKind as long as it runs.
func TestAJobKeepsItsKind(t *testing.T) {
	t.Parallel()
	batch := []byte(strings.Replace(string(stored("nginx")), `"kind":"service"`, `"kind":"batch"`, 1))
	_, err := submission.Decide(given(func(*cluster.Job) {}), submission.Update{Spec: batch})
	var faults job.Faults
	if !errors.As(err, &faults) || faults[0].Path != "kind" || !strings.Contains(faults[0].Message, "is batch, and the job runs as a service") {
		t.Fatalf("got %v", err)
	}
	over := given(func(j *cluster.Job) { j.Stopped = true })
	if ev, err := submission.Decide(over, submission.Update{Spec: batch}); err != nil || ev.Type() != "taurus.job.submitted.v1" {
		t.Fatalf("got %v, %v", ev, err)
	}
}

// TestRevertMakesTheOldSpecTheNewest: the version after a bad one is the good one again.
func TestRevertMakesTheOldSpecTheNewest(t *testing.T) {
	t.Parallel()
	j := given(func(*cluster.Job) {})
	ev, err := submission.Decide(j, submission.Revert{To: 2, Limits: job.DefaultLimits()})
	got, ok := ev.(events.JobUpdated)
	if err != nil || !ok || got.Run != run || got.Version != 4 || got.RevertOf != 2 || string(got.Spec) != string(stored("nginx:1")) {
		t.Fatalf("got %+v, %v", ev, err)
	}
}

// TestAnUpdateOutdoesLostVersions even where it asks for what is there: tasks of a version
// that the log has lost go on until somebody decides.
func TestAnUpdateOutdoesLostVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []submission.Command{submission.Update{Spec: stored("nginx")}, submission.Revert{To: 3, Limits: job.DefaultLimits()}} {
		j := given(func(j *cluster.Job) { withTask(j, cluster.Running); j.Slots[0].Tasks[0].Version = 8 })
		if ev, err := submission.Decide(j, c); err != nil || ev == nil || ev.(events.JobUpdated).Version != 9 {
			t.Errorf("%T: got %+v, %v; want version 9", c, ev, err)
		}
	}
}

// TestAJobWithRunsStaysOne: whether dispatches start its tasks is not changed under them.
func TestAJobWithRunsStaysOne(t *testing.T) {
	t.Parallel()
	batch := given(func(j *cluster.Job) { j.Spec.Kind = job.KindBatch; j.Spec.Normalise() })
	dispatched := batch.Spec.Clone()
	dispatched.Dispatch = &job.Dispatch{}
	data, err := dispatched.JSON()
	if err != nil {
		t.Fatal(err)
	}
	_, err = submission.Decide(batch, submission.Update{Spec: data})
	if faults := (job.Faults{}); !errors.As(err, &faults) || faults[0].Path != "dispatch" {
		t.Fatalf("got %v", err)
	}
}

func TestRestartNamesSlotsByRanges(t *testing.T) {
	t.Parallel()
	j := given(func(j *cluster.Job) {
		for n := range uint32(6) {
			j.Slots[n] = &cluster.Slot{Tasks: []*cluster.Task{{Job: j.ID, Run: run, Group: "web", Attempt: 1, State: cluster.Running}}}
		}
	})
	ev, err := submission.Decide(j, submission.Restart{Group: "web", Slots: []uint32{4, 0, 2, 1, 4}, Reason: "leaks"})
	want := events.JobRestarted{Run: run, Version: 3, Group: "web", Slots: []events.SlotRange{{From: 0, To: 2}, {From: 4, To: 4}}, Reason: "leaks"}
	if err != nil || !reflect.DeepEqual(ev, want) {
		t.Fatalf("got %+v, %v", ev, err)
	}
	if why := cluster.Misfit(events.NewSpace(0), events.NewSpace(0).Job("web"), ev, time.Unix(1, 0)); why != "" {
		t.Errorf("the fold rejects it: %s", why)
	}
	many := slices.Repeat([]uint32{0}, submission.SlotsMax+1)
	for _, c := range []submission.Restart{{Group: "db", Slots: []uint32{0}}, {Slots: many}, {Slots: []uint32{9}}} {
		if ev, err := submission.Decide(j, c); err == nil {
			t.Errorf("%.60v: %+v", c, ev)
		}
	}
	j.Spec.Kind = job.KindBatch
	if _, err := submission.Decide(j, submission.Restart{}); !errors.Is(err, submission.ErrNotRolled) {
		t.Errorf("a batch job: %v", err)
	}
}

func TestTagsAreNames(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"": true, "stable": true, "v1": true, "2026-03-01": true, "1.27": true, strings.Repeat("a", submission.TagMax): true,
		strings.Repeat("a", submission.TagMax+1): false, "17": false, "a b": false, "a/b": false, "é": false, "a\n": false,
	} {
		j := given(func(j *cluster.Job) { j.Versions[1].Tag = "other" })
		_, err := submission.Decide(j, submission.Tag{Version: 2, Name: name})
		if (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
