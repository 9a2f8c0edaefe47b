package cluster_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// rolloutTable is what each event does to the rollout of a job in each state. "a>b" is
// that it ends as a, and another begins that is b; "." changes nothing.
const rolloutTable = `
          update              labels              scaled restart             pause  resume            promote cancel    rollback            succeeded failed reverted            stopped
none      >rolling            .                   .      >rolling            .      .                 .       .         .                   .         .      .                   .
rolling   superseded>rolling  superseded>rolling  .      superseded>rolling  paused .                 .       cancelled rolled_back>rolling succeeded failed rolled_back>rolling cancelled
paused    superseded>rolling  superseded>rolling  .      superseded>rolling  .      rolling           .       cancelled rolled_back>rolling succeeded failed rolled_back>rolling cancelled
succeeded succeeded>rolling   .                   .      succeeded>rolling   .      .                 .       .         succeeded>rolling   .         .      .                   .
failed    failed>rolling      failed>rolling      .      failed>rolling      .      failed>rolling    .       .         failed>rolling      .         .      .                   .
cancelled cancelled>rolling   cancelled>rolling   .      cancelled>rolling   .      cancelled>rolling .       .         cancelled>rolling   .         .      .                   .
`

// rolloutEvent appends an event about the job and its rollout.
func rolloutEvent(t *testing.T, l *clustertest.Log, j *cluster.Job, name string) cluster.Change {
	t.Helper()
	steer := func(action string) cluster.Change {
		return l.Job("web", events.RolloutSteered{Run: j.Run, Version: max(j.Rollout.Version, 1), Action: action, Reason: "why"})
	}
	ended := func(outcome string) cluster.Change {
		return l.Plan("web", events.RolloutEnded{Run: j.Run, Version: j.Rollout.Version, Began: j.Rollout.Began, Outcome: outcome, Reason: "why"})
	}
	switch name {
	case "update":
		return update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image += "y" })
	case "labels":
		return update(t, l, j, func(s *job.Spec) { s.Labels = map[string]string{"a": "b"} })
	case "scaled":
		return l.Job("web", events.JobScaled{Run: j.Run, Version: j.Version + 1, Group: "web", Replicas: 9})
	case "restart":
		return l.Job("web", events.JobRestarted{Run: j.Run, Version: j.Version})
	case "succeeded":
		return ended(events.RolloutSucceeded)
	case "failed":
		return ended(events.RolloutFailed)
	case "reverted":
		return l.Plan("web", events.RolloutReverted{Run: j.Run, Version: j.Rollout.Version, Began: j.Rollout.Began, To: 1, Reason: "why"})
	case "stopped":
		return l.Job("web", events.JobStopped{Run: j.Run})
	}
	return steer(name)
}

// rolloutIn is a job whose rollout is in a state.
func rolloutIn(t *testing.T, state string) (*clustertest.Log, *cluster.Job) {
	t.Helper()
	l, _ := in(t, "RUNNING")
	j := l.State.Jobs["web"]
	if state != "none" {
		rolloutEvent(t, l, j, "update")
	}
	switch state {
	case "paused":
		rolloutEvent(t, l, j, "pause")
	case "cancelled":
		rolloutEvent(t, l, j, "cancel")
	case "succeeded", "failed":
		rolloutEvent(t, l, j, state)
	}
	if got := statusWord(j.Rollout.Status); got != state {
		t.Fatalf("the rollout is %s, want %s", got, state)
	}
	return l, j
}

func statusWord(s cluster.RolloutStatus) string {
	if s == cluster.RolloutNone {
		return "none"
	}
	return string(s)
}

// eachRollout is called for every state and every event, with what it did.
func eachRollout(t *testing.T, check func(t *testing.T, state, event, want, got string, l *clustertest.Log, j *cluster.Job)) {
	lines := strings.Split(strings.TrimSpace(rolloutTable), "\n")
	names := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, name := range names {
			t.Run(cells[0]+"/"+name, func(t *testing.T) {
				l, j := rolloutIn(t, cells[0])
				was := j.Rollout
				c := rolloutEvent(t, l, j, name)
				got := "."
				switch {
				case j.Rollout.Began == was.Began && j.Rollout.Status != was.Status:
					got = string(j.Rollout.Status)
				case j.Rollout.Began != was.Began && was.Began == 0:
					got = ">" + string(j.Rollout.Status)
				case j.Rollout.Began != was.Began:
					last := j.PastRollouts[len(j.PastRollouts)-1]
					got = string(last.Status) + ">" + string(j.Rollout.Status)
					if last.Began != was.Began {
						t.Errorf("%+v is kept, not %+v", last, was)
					}
				}
				if c.Judgement == cluster.Rejected {
					t.Errorf("rejected: %+v", c.Rejection)
				}
				check(t, cells[0], name, cells[i+1], got, l, j)
			})
		}
	}
}

// TestRolloutMachine: every state, every event.
func TestRolloutMachine(t *testing.T) {
	eachRollout(t, func(t *testing.T, state, event, want, got string, l *clustertest.Log, j *cluster.Job) {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if strings.Contains(got, ">") && (j.Rollout.Began != l.State.Sequence || j.Rollout.Version != j.Target) {
			t.Errorf("at %d, target %d, begins %+v", l.State.Sequence, j.Target, j.Rollout)
		}
		wantTarget, wantStood := uint64(2), uint64(1)
		switch state {
		case "none":
			wantTarget = 1
		case "succeeded":
			wantStood = 2
		}
		switch {
		case event == "update", event == "labels", event == "scaled":
			wantTarget = j.Version
			if event != "update" && (state == "none" || state == "succeeded") {
				wantStood = j.Version
			}
		case strings.HasPrefix(got, "rolled_back"), event == "rollback" && got != ".":
			wantTarget = 1
		case got == "succeeded":
			wantStood = 2
		}
		if j.Target != wantTarget || j.Stood != wantStood {
			t.Errorf("target %d, stood %d, want %d and %d", j.Target, j.Stood, wantTarget, wantStood)
		}
	})
}

// TestRolloutDiagram: docs/state-machines.md draws what the fold does, no more and no
// less.
func TestRolloutDiagram(t *testing.T) {
	words := map[string]string{
		"update": "JobUpdated", "restart": "JobRestarted", "pause": "pause", "resume": "resume", "cancel": "cancel", "rollback": "rollback",
		"succeeded": "RolloutEnded", "failed": "RolloutEnded", "reverted": "RolloutReverted", "stopped": "JobStopped",
	}
	allowed := map[arrow]bool{}
	eachRollout(t, func(t *testing.T, state, event, _, got string, _ *clustertest.Log, _ *cluster.Job) {
		end, begun, begins := strings.Cut(got, ">")
		word := words[event]
		if event == "labels" {
			word = "JobUpdated"
		}
		if begins {
			allowed[arrow{"start", word, begun}] = true
		}
		if got != "." && end != "" && end != state {
			allowed[arrow{state, word, end}] = true
		}
	})
	compare(t, drawn(t, "A rollout"), allowed)
}

// TestNobodyElsesRolloutEnds: what is said of another rollout, another version or another
// run changes nothing.
func TestNobodyElsesRolloutEnds(t *testing.T) {
	for name, ev := range map[string]func(j *cluster.Job) events.Event{
		"of before": func(j *cluster.Job) events.Event {
			return events.RolloutEnded{Run: j.Run, Version: 2, Began: 1, Outcome: "failed"}
		},
		"reverted": func(j *cluster.Job) events.Event {
			return events.RolloutReverted{Run: j.Run, Version: 2, Began: 1, To: 1}
		},
		"to what": func(j *cluster.Job) events.Event {
			return events.RolloutReverted{Run: j.Run, Version: 2, Began: j.Rollout.Began, To: 7}
		},
		"another run": func(j *cluster.Job) events.Event {
			return events.RolloutEnded{Run: 1, Version: 2, Began: j.Rollout.Began, Outcome: "failed"}
		},
		"other version": func(j *cluster.Job) events.Event {
			return events.RolloutSteered{Run: j.Run, Version: 1, Action: "pause"}
		},
		"odd": func(j *cluster.Job) events.Event {
			return events.RolloutSteered{Run: j.Run, Version: 2, Action: "applaud"}
		},
		"back to what": func(j *cluster.Job) events.Event {
			return events.RolloutSteered{Run: j.Run, Version: 2, Action: "rollback", To: 9}
		},
		"run restarted": func(j *cluster.Job) events.Event { return events.JobRestarted{Run: 1, Version: 2} },
	} {
		l, j := rolloutIn(t, "rolling")
		was, role := j.Rollout, events.RoleOf(ev(j))
		c := l.Append(events.Subject{Role: role, Job: "web"}, events.Envelope{}, ev(j))
		if c.Judgement != cluster.Outranked || j.Rollout != was || len(j.PastRollouts) != 0 {
			t.Errorf("%s: %s, now %+v", name, c.Judgement, j.Rollout)
		}
	}
	l, j := rolloutIn(t, "rolling")
	c := l.Plan("web", events.RolloutEnded{Run: j.Run, Version: 2, Began: j.Rollout.Began, Outcome: "applauded"})
	if c.Judgement != cluster.Rejected || j.Rollout.Status != cluster.RolloutRolling {
		t.Errorf("an odd outcome is %s", c.Judgement)
	}
}

// TestAScalingOutlivesARollback: what a user asked for since counts, not what the version
// of before said.
func TestAScalingOutlivesARollback(t *testing.T) {
	l, j := rolloutIn(t, "rolling")
	rolloutEvent(t, l, j, "scaled")
	before := j.SpecOf(1)
	rolloutEvent(t, l, j, "reverted")
	if j.Target != 1 || j.Spec.Tasks[0].Replicas != 9 || j.Spec.Tasks[0].Container.Image != "x" || before.Tasks[0].Replicas == 9 {
		t.Errorf("back at version %d with %d of %s", j.Target, j.Spec.Tasks[0].Replicas, j.Spec.Tasks[0].Container.Image)
	}
	if j.Version != 3 {
		t.Errorf("version %d, and 3 were given out", j.Version)
	}
	l.Job("web", events.JobScaled{Run: j.Run, Version: 4, Group: "web", Replicas: 2})
	if j.Target != 4 || j.Spec.Tasks[0].Container.Image != "x" || j.Spec.Tasks[0].Replicas != 2 || j.Rollout.Version != 4 {
		t.Errorf("scaled after that: version %d of %s", j.Target, j.Spec.Tasks[0].Container.Image)
	}
}

// TestABatchIsNotRolledOut: an update holds for what is planned from then on.
func TestABatchIsNotRolledOut(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Batch("web", 2))
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 1, 1)})
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "y" })
	if j.Rollout.Began != 0 || j.Outdated(j.Slots[0].Newest()) || j.Stood != 2 || j.Target != 2 {
		t.Errorf("a batch has the rollout %+v", j.Rollout)
	}
	if c := l.Job("web", events.JobRestarted{Run: j.Run, Version: 2}); c.Judgement != cluster.Outranked {
		t.Errorf("restarting a batch is %s", c.Judgement)
	}
}

// TestAConstraintReplacesWhatDoesNotMeetIt, and nothing else.
func TestAConstraintReplacesWhatDoesNotMeetIt(t *testing.T) {
	host := func(operator, value string) job.Constraint {
		return job.Constraint{Attribute: "hostname", Operator: operator, Value: value}
	}
	rack := job.Constraint{Attribute: "rack", Operator: job.OpIs, Value: "r1"}
	for name, c := range map[string]struct {
		of    job.Constraint
		stale []uint32
	}{
		"is met":            {host(job.OpIs, "h1"), nil},
		"is":                {host(job.OpIs, "h2"), []uint32{0, 1}},
		"is not":            {host(job.OpIsNot, "h1"), []uint32{0, 1}},
		"like":              {host(job.OpLike, "h.*"), nil},
		"unlike":            {host(job.OpUnlike, "h.*"), []uint32{0, 1}},
		"unique":            {host(job.OpUnique, ""), []uint32{1}},
		"max per":           {host(job.OpMaxPer, "2"), nil},
		"cluster":           {host(job.OpCluster, "h9"), []uint32{0, 1}},
		"group by":          {host(job.OpGroupBy, ""), nil},
		"nobody knows that": {rack, []uint32{0, 1}},
	} {
		l := clustertest.New()
		l.Elect()
		j := l.Submit(clustertest.Service("web", 3))
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 2, 1)})
		l.Stage(j.Slots[0].Newest()) // On h1, as is the next; the third waits.
		l.Stage(j.Slots[1].Newest())
		update(t, l, j, func(s *job.Spec) { s.Tasks[0].Constraints = []job.Constraint{c.of} })
		var stale []uint32
		for n := range uint32(3) {
			if j.Outdated(j.Slots[n].Newest()) {
				stale = append(stale, n)
			}
		}
		if len(stale) != len(c.stale) || len(stale) > 0 && stale[0] != c.stale[0] {
			t.Errorf("%s: %v are to be replaced, want %v", name, stale, c.stale)
		}
		if (j.Rollout.Began != 0) != (len(c.stale) > 0) {
			t.Errorf("%s: rollout %+v", name, j.Rollout)
		}
		if g := j.GroupOf(j.Slots[2].Newest()); len(g.Constraints) != 1 {
			t.Errorf("%s: what waits is placed without it", name)
		}
	}
}

// TestUpSince: a task is up while it runs and, if that is checked, is healthy; unknown
// is not up, and not unhealthy.
func TestUpSince(t *testing.T) {
	yes, no := true, false
	l := clustertest.New()
	l.Elect()
	spec := clustertest.Service("web", 1)
	spec.Tasks[0].HealthCheck = &job.HealthCheck{Type: "tcp", Port: 80}
	j := l.Submit(spec)
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	task := j.Slots[0].Newest()
	l.Stage(task)
	for i, c := range []struct {
		state   string
		healthy *bool
		up      bool
	}{
		{"TASK_RUNNING", nil, false},
		{"TASK_RUNNING", &yes, true},
		{"TASK_RUNNING", nil, true},
		{"TASK_RUNNING", &no, false},
		{"TASK_RUNNING", &yes, true},
		{"TASK_UNREACHABLE", nil, false},
		{"TASK_RUNNING", nil, true},
		{"TASK_FAILED", nil, false},
	} {
		l.Pass(1e9)
		ev := clustertest.Status(task, c.state, "u")
		ev.Healthy = c.healthy
		l.Task("web", 0, ev)
		if up := !task.UpSince.IsZero(); up != c.up {
			t.Errorf("%d: %s, up %t", i, c.state, up)
		}
	}
}
