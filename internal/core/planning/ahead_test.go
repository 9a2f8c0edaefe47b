package planning_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestStrangersAreKept: of a job of which the log holds nothing a task runs. Only a
// user may end it.
func TestStrangersAreKept(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.adopt("lost", 90, 3, 3, 4)
	b.adopt("lost", 91, 1, 4, 1)
	lost := &bench{Log: b.Log, t: t, j: b.State.Jobs["lost"]}
	lost.want()
	lost.Job("lost", events.JobStopped{})
	lost.want(lost.doomed(90, 3, 3, 4, planning.ReasonStopped), lost.doomed(91, 4, 4, 1, planning.ReasonStopped))
	lost.adopt("lost", 80, 1, 5, 1) // It comes back late, from before the stop.
	lost.want(lost.doomed(80, 5, 5, 1, planning.ReasonStopped))
}

// TestALateTaskOfALostRunIsDoomedAfterASubmission: the new run is newer.
func TestALateTaskOfALostRunIsDoomedAfterASubmission(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.adopt("lost", 3, 1, 0, 1)
	spec := clustertest.Service("lost", 1)
	lost := &bench{Log: b.Log, t: t, j: b.Submit(spec)}
	lost.want(lost.doomed(3, 0, 0, 1, planning.ReasonOldRun), events.TasksPlanned{
		Run: lost.j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(1, 1, 1),
	})
}

// TestALostSubmission: the log ends before a job was stopped and submitted again.
func TestALostSubmission(t *testing.T) {
	for _, c := range []struct {
		name   string
		ended  bool // The log knows of the stop.
		decide func(*bench)
		reason string
	}{
		{"stopped", false, func(b *bench) { b.Job("web", events.JobStopped{Run: b.j.Run}) }, planning.ReasonStopped},
		{"stopped again", true, func(b *bench) { b.Job("web", events.JobStopped{Run: b.j.Run}) }, planning.ReasonStopped},
		{"scaled", false, func(b *bench) { b.Job("web", events.JobScaled{Run: b.j.Run, Version: 2, Group: "web", Replicas: 1}) }, planning.ReasonSettled},
		{"submitted", true, func(b *bench) { b.Submit(clustertest.Service("web", 0)) }, planning.ReasonSettled},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, clustertest.Service("web", 2))
			b.decide()
			b.run(0, 1)
			if c.ended {
				b.Job("web", events.JobStopped{Run: b.j.Run})
				b.decide()
			}
			lost := b.State.Sequence + 50
			b.end(0, "TASK_GONE")
			b.end(1, "TASK_GONE")
			b.adopt("web", lost, 1, 0, 1)
			b.adopt("web", lost, 1, 2, 1)
			b.want() // Nothing of the old run is planned beside them.
			b.Pass(time.Hour)
			b.want()
			c.decide(b)
			got, ok := b.decide().(events.TasksDoomed)
			if !ok || got.Run != lost || got.Reason != c.reason || len(got.Slots) != 2 {
				t.Fatalf("decided %+v, want both doomed: %s", got, c.reason)
			}
		})
	}
}

// TestALostScaling: what runs beyond what is wanted goes on, until it is scaled
// again.
func TestALostScaling(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 2))
	b.decide()
	b.run(0, 1)
	b.adopt("web", b.j.Run, 4, 2, 1)
	b.adopt("web", b.j.Run, 4, 3, 1)
	b.want()
	b.end(1, "TASK_FAILED")
	b.want(b.planned(1, 1, 2, "after FAILED", b.Now.Add(time.Second))) // What the log wants is kept up.
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 5, Group: "web", Replicas: 3})
	b.want(b.doomed(b.j.Run, 3, 3, 1, planning.ReasonScaledDown))
}

// TestABatchDoesNotEndBehind: it is not over while more of it runs than the log
// wants.
func TestABatchDoesNotEndBehind(t *testing.T) {
	b := newBench(t, clustertest.Batch("web", 1))
	b.decide()
	b.run(0)
	b.adopt("web", b.j.Run, 2, 1, 1)
	b.end(0, "TASK_FINISHED")
	b.want()
	b.end(1, "TASK_FINISHED")
	b.want(events.JobCompleted{Run: b.j.Run})
}

// TestAnAttemptAheadIsReplaced as any other: a slot does not run twice.
func TestAnAttemptAheadIsReplaced(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.decide()
	b.run(0)
	b.adopt("web", b.j.Run, 2, 0, 2)
	b.want(b.doomed(b.j.Run, 0, 0, 1, planning.ReasonReplaced))
	b.adopt("web", b.j.Run, 2, 0, 3)
	b.want(b.doomed(b.j.Run, 0, 0, 2, planning.ReasonReplaced))
}

// TestATaskOfAnOlderRunIsStillDoomed, however late it comes back.
func TestATaskOfAnOlderRunIsStillDoomed(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 0))
	old := b.j.Run
	b.Job("web", events.JobStopped{Run: old})
	b.Submit(clustertest.Service("web", 0))
	b.adopt("web", old, 7, 0, 1)
	b.want(b.doomed(old, 0, 0, 1, planning.ReasonOldRun))
	b.adopt("web", b.j.Run-1, 1, 1, 1)
	b.want(b.doomed(b.j.Run-1, 1, 1, 1, planning.ReasonOldRun))
}

// TestADoomedTaskIsNotAhead: what is to end holds up nothing.
func TestADoomedTaskIsNotAhead(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.adopt("web", b.j.Run, 2, 7, 1)
	if !b.j.Behind() {
		t.Fatal("a task of a newer version is not ahead")
	}
	b.Plan("web", b.doomed(b.j.Run, 7, 7, 1, planning.ReasonStopped))
	if b.j.Behind() {
		t.Error("it is doomed, and ahead")
	}
}

// TestTheLastAttempt of a slot leaves the others free.
func TestTheLastAttempt(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 2))
	b.adopt("web", b.j.Run, 1, 0, ranges.AttemptMax)
	b.Plan("web", b.doomed(b.j.Run, 0, 0, ranges.AttemptMax, planning.ReasonStopped))
	b.end(0, "TASK_KILLED")
	b.want(events.TasksPlanned{Run: b.j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(1, 2, 1)})
}
