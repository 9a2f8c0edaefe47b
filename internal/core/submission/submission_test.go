package submission_test

import (
	"errors"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

const run = 7

// state is a job in one of the situations a command can meet.
type state struct {
	name string
	job  *cluster.Job
}

func spec(groups ...string) *job.Spec {
	s := &job.Spec{ID: "web"}
	for _, name := range groups {
		s.Tasks = append(s.Tasks, job.Group{Name: name, Replicas: 2, Container: &job.Container{Image: "nginx"}})
	}
	s.Normalise()
	return s
}

// stored is the spec of the job with another image, as the api sends it.
func stored(image string) []byte {
	s := spec("web")
	s.Tasks[0].Container.Image = image
	data, err := s.JSON()
	if err != nil {
		panic(err)
	}
	return data
}

func given(change func(*cluster.Job)) *cluster.Job {
	j := &cluster.Job{ID: "web", Run: run, Version: 3, Target: 3, Spec: spec("web"), Slots: map[uint32]*cluster.Slot{}}
	large, before := spec("web"), spec("web")
	large.Tasks[0].Replicas, before.Tasks[0].Container.Image = 11, "nginx:1"
	j.Versions = []*cluster.Version{{Number: 1, Spec: large}, {Number: 2, Spec: before}, {Number: 3, Spec: j.Spec, Tag: "now"}}
	change(j)
	return j
}

func withTask(j *cluster.Job, s cluster.TaskState) {
	j.Slots[0] = &cluster.Slot{Tasks: []*cluster.Task{{Job: j.ID, Run: j.Run, Group: "web", Attempt: 1, State: s}}}
}

func states() []state {
	return []state{
		{"unknown", nil},
		{"running", given(func(j *cluster.Job) { withTask(j, cluster.Running) })},
		{"two groups", given(func(j *cluster.Job) { j.Spec, j.Versions = spec("web", "db"), nil })},
		{"stopping", given(func(j *cluster.Job) { j.Stopped = true; withTask(j, cluster.Killing) })},
		{"staged after stop", given(func(j *cluster.Job) { j.Stopped = true; withTask(j, cluster.Staged) })},
		{"stopped", given(func(j *cluster.Job) { j.Stopped = true; withTask(j, cluster.Killed) })},
		{"completed", given(func(j *cluster.Job) { j.Outcome = cluster.OutcomeCompleted; j.OutcomeAt = time.Unix(9, 0) })},
		{"failed", given(func(j *cluster.Job) { j.Outcome = cluster.OutcomeFailed })},
		{"deleted", given(func(j *cluster.Job) { j.Stopped, j.Deleted = true, true })},
		{"deleted, adopted later", given(func(j *cluster.Job) { j.Stopped, j.Deleted = true, true; withTask(j, cluster.Running) })},
		{"only adopted", given(func(j *cluster.Job) { withTask(j, cluster.Running); j.Run, j.Spec, j.Versions = 0, nil, nil })},
		{"only adopted, gone", given(func(j *cluster.Job) { j.Run, j.Spec, j.Versions = 0, nil, nil; withTask(j, cluster.Killed) })},
		{"unreadable spec", given(func(j *cluster.Job) { j.Spec, j.Versions, j.Outcome = nil, nil, cluster.OutcomeFailed })},
	}
}

// Every command against every state: what it leads to, or why it does not.
func TestDecideEveryPair(t *testing.T) {
	t.Parallel()
	limits := job.DefaultLimits()
	limits.Replicas = 10
	scale := func(group string, n uint32) submission.Scale {
		return submission.Scale{Group: group, Replicas: n, Limits: limits}
	}
	seen := scale("web", 5)
	current := []submission.Version{{Run: run, Version: 9}, {Run: run, Version: 3}}
	old := []submission.Version{{Run: run, Version: 2}, {Run: run - 1, Version: 3}}
	seen.Seen = current
	stale := scale("web", 5)
	stale.Seen = old
	foreign := scale("web", 5)
	foreign.Seen = []submission.Version{}
	const nothing = "-"
	const (
		submitted = "taurus.job.submitted.v1"
		scaled    = "taurus.job.scaled.v1"
		stopped   = "taurus.job.stopped.v1"
		deleted   = "taurus.job.deleted.v1"
		updated   = "taurus.job.updated.v1"
		restarted = "taurus.job.restarted.v1"
		tagged    = "taurus.job.version_tagged.v1"
		killed    = "taurus.job.kill_requested.v1"
	)
	notFound, exists, over, live := submission.ErrNotFound, submission.ErrExists, submission.ErrOver, submission.ErrLive
	ending, noVersion := submission.ErrEnding, submission.ErrNoVersion
	faults := job.Faults(nil)
	notPeriodic, notDispatched := submission.ErrNotPeriodic, submission.ErrNotDispatched
	version, noGroup, which := submission.ErrVersion, submission.ErrNoGroup, submission.ErrWhichGroup
	// Columns are in the order of states().
	rows := []struct {
		name    string
		command submission.Command
		want    []any
	}{
		{"submit", submission.Submit{Spec: []byte(`{}`), Key: "k"}, []any{
			submitted, exists, exists, exists, exists, submitted, submitted, submitted, submitted, exists, exists, submitted, submitted,
		}},
		{"scale", scale("web", 5), []any{
			notFound, scaled, scaled, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"scale to the same", scale("web", 2), []any{
			notFound, nothing, nothing, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"scale the only group", scale("", 5), []any{
			notFound, scaled, which, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"scale no group", scale("nope", 5), []any{
			notFound, noGroup, noGroup, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"scale as seen", seen, []any{
			notFound, scaled, scaled, over, over, over, over, over, notFound, notFound, version, notFound, over,
		}},
		{"scale a stale version", stale, []any{
			notFound, version, version, version, version, version, version, version, notFound, notFound, version, notFound, version,
		}},
		{"scale a version of something else", foreign, []any{
			notFound, version, version, version, version, version, version, version, notFound, notFound, version, notFound, version,
		}},
		{"stop as seen", submission.Stop{Seen: current}, []any{
			notFound, stopped, stopped, nothing, nothing, nothing, nothing, nothing, notFound, notFound, version, notFound, nothing,
		}},
		{"stop a stale version", submission.Stop{Seen: old}, []any{
			notFound, version, version, version, version, version, version, version, notFound, notFound, version, notFound, version,
		}},
		{"delete as seen", submission.Delete{Seen: current}, []any{
			notFound, live, live, live, live, deleted, deleted, deleted, notFound, notFound, version, notFound, deleted,
		}},
		{"delete a stale version", submission.Delete{Seen: old}, []any{
			notFound, version, version, version, version, version, version, version, notFound, notFound, version, notFound, version,
		}},
		{"update", submission.Update{Spec: stored("web2")}, []any{
			submitted, updated, updated, ending, ending, submitted, submitted, submitted, submitted, exists, exists, submitted, submitted,
		}},
		{"update as it is", submission.Update{Spec: stored("nginx")}, []any{
			submitted, nothing, updated, ending, ending, submitted, submitted, submitted, submitted, exists, exists, submitted, submitted,
		}},
		{"update as seen", submission.Update{Spec: stored("web2"), Seen: current}, []any{
			version, updated, updated, ending, ending, submitted, submitted, submitted, version, version, version, version, submitted,
		}},
		{"update a stale version", submission.Update{Spec: stored("web2"), Seen: old}, []any{
			version, version, version, version, version, version, version, version, version, version, version, version, version,
		}},
		{"revert", submission.Revert{To: 2, Limits: limits}, []any{
			notFound, updated, noVersion, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"revert to what it is", submission.Revert{To: 3, Limits: limits}, []any{
			notFound, nothing, noVersion, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"revert beyond the limits", submission.Revert{To: 1, Limits: limits}, []any{
			notFound, faults, noVersion, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"revert to what never was", submission.Revert{To: 9, Limits: limits}, []any{
			notFound, noVersion, noVersion, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"revert a stale version", submission.Revert{To: 2, Limits: limits, Seen: old}, []any{
			notFound, version, version, version, version, version, version, version, notFound, notFound, version, notFound, version,
		}},
		{"restart", submission.Restart{}, []any{
			notFound, restarted, restarted, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"restart a group", submission.Restart{Group: "web"}, []any{
			notFound, restarted, restarted, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"restart no group", submission.Restart{Group: "nope"}, []any{
			notFound, noGroup, noGroup, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"restart a slot", submission.Restart{Slots: []uint32{0}}, []any{
			notFound, restarted, faults, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"restart no slot", submission.Restart{Slots: []uint32{0, 7}}, []any{
			notFound, faults, faults, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"restart a stale version", submission.Restart{Seen: old}, []any{
			notFound, version, version, version, version, version, version, version, notFound, notFound, version, notFound, version,
		}},
		{"kill", submission.Kill{}, []any{
			notFound, killed, nothing, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"kill a slot", submission.Kill{Slots: []uint32{0}}, []any{
			notFound, killed, faults, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"kill no group", submission.Kill{Group: "nope"}, []any{
			notFound, noGroup, noGroup, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"kill a stale version", submission.Kill{Seen: old}, []any{
			notFound, version, version, version, version, version, version, version, notFound, notFound, version, notFound, version,
		}},
		{"scale down by a kill", submission.Kill{Slots: []uint32{0}, ScaleDown: true, Limits: limits}, []any{
			notFound, killed, faults, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"scale down by a kill of what was seen", submission.Kill{Slots: []uint32{0}, ScaleDown: true, Limits: limits, Seen: current}, []any{
			notFound, killed, faults, over, over, over, over, over, notFound, notFound, version, notFound, over,
		}},
		{"scale down by a kill of a stale version", submission.Kill{Slots: []uint32{0}, ScaleDown: true, Limits: limits, Seen: old}, []any{
			notFound, version, version, version, version, version, version, version, notFound, notFound, version, notFound, version,
		}},
		{"scale down by a kill of no slot", submission.Kill{Slots: []uint32{0, 7}, ScaleDown: true, Limits: limits}, []any{
			notFound, faults, faults, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"scale down by a kill of all", submission.Kill{ScaleDown: true, Limits: limits}, []any{
			notFound, faults, faults, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"run now", submission.RunNow{}, []any{
			notFound, notPeriodic, notPeriodic, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"run now a stale version", submission.RunNow{Seen: old}, []any{
			notFound, version, version, version, version, version, version, version, notFound, notFound, version, notFound, version,
		}},
		{"dispatch", submission.Dispatch{Limits: limits}, []any{
			notFound, notDispatched, notDispatched, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"pause the schedule", submission.SteerSchedule{Action: events.SchedulePause}, []any{
			notFound, notPeriodic, notPeriodic, over, over, over, over, over, notFound, notFound, over, notFound, over,
		}},
		{"tag", submission.Tag{Version: 2, Name: "stable"}, []any{
			notFound, tagged, noVersion, tagged, tagged, tagged, tagged, tagged, notFound, notFound, noVersion, notFound, noVersion,
		}},
		{"tag as it is", submission.Tag{Version: 3, Name: "now"}, []any{
			notFound, nothing, noVersion, nothing, nothing, nothing, nothing, nothing, notFound, notFound, noVersion, notFound, noVersion,
		}},
		{"tag with a number", submission.Tag{Version: 2, Name: "12"}, []any{
			notFound, faults, noVersion, faults, faults, faults, faults, faults, notFound, notFound, noVersion, notFound, noVersion,
		}},
		{"stop", submission.Stop{Reason: "enough"}, []any{
			notFound, stopped, stopped, nothing, nothing, nothing, nothing, nothing, notFound, notFound, stopped, notFound, nothing,
		}},
		{"delete", submission.Delete{}, []any{
			notFound, live, live, live, live, deleted, deleted, deleted, notFound, notFound, live, notFound, deleted,
		}},
	}
	for _, row := range rows {
		for i, s := range states() {
			t.Run(row.name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				ev, err := submission.Decide(s.job, row.command)
				check(t, ev, err, row.want[i])
			})
		}
	}
}

func check(t *testing.T, ev events.Event, err error, want any) {
	t.Helper()
	switch want := want.(type) {
	case job.Faults:
		if found := want; !errors.As(err, &found) || ev != nil {
			t.Fatalf("got %v, %v; want faults", ev, err)
		}
	case error:
		if !errors.Is(err, want) || ev != nil {
			t.Fatalf("got %v, %v; want %v", ev, err, want)
		}
	case string:
		if err != nil {
			t.Fatal(err)
		}
		got := "-"
		if ev != nil {
			got = ev.Type()
		}
		if got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestScaleCarriesRunAndNextVersion(t *testing.T) {
	t.Parallel()
	j := given(func(*cluster.Job) {})
	ev, err := submission.Decide(j, submission.Scale{Replicas: 4, Limits: job.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	got, ok := ev.(events.JobScaled)
	if !ok || got.Run != run || got.Version != 4 || got.Group != "web" || got.Replicas != 4 {
		t.Fatalf("got %+v", ev)
	}
	if j.Spec.Tasks[0].Replicas != 2 {
		t.Fatal("the decision changed the state")
	}
}

// TestStopEndsWhatIsAheadOfTheLog of a job that is over as far as the log goes.
func TestStopEndsWhatIsAheadOfTheLog(t *testing.T) {
	t.Parallel()
	j := given(func(j *cluster.Job) { withTask(j, cluster.Running); j.Stopped, j.Slots[0].Tasks[0].Run = true, run+1 })
	for _, want := range []any{"taurus.job.stopped.v1", "-"} {
		ev, err := submission.Decide(j, submission.Stop{})
		check(t, ev, err, want)
		j.Settled = run + 2
	}
}

// TestScalingOutdoesLostVersions, so that what is ahead of the log is not any more.
func TestScalingOutdoesLostVersions(t *testing.T) {
	t.Parallel()
	j := given(func(j *cluster.Job) { withTask(j, cluster.Running); j.Slots[0].Tasks[0].Version = 8 })
	ev, err := submission.Decide(j, submission.Scale{Replicas: 4, Limits: job.DefaultLimits()})
	if got, ok := ev.(events.JobScaled); err != nil || !ok || got.Version != 9 {
		t.Fatalf("got %+v, %v; want version 9", ev, err)
	}
}

func TestScaleBeyondLimitsNamesTheField(t *testing.T) {
	t.Parallel()
	limits := job.DefaultLimits()
	limits.Replicas = 3
	_, err := submission.Decide(given(func(*cluster.Job) {}), submission.Scale{Replicas: 4, Limits: limits})
	var faults job.Faults
	if !errors.As(err, &faults) || faults[0].Path != "replicas" {
		t.Fatalf("got %v", err)
	}
}
