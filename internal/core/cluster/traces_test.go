package cluster_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// The traces V4, V5 and V8, which the fold alone decides; the others are in
// sim/world/traces_test.go.

// TestV4LateGoneDoesNotOverwriteAnExit: the exit was recorded and acknowledged,
// so nobody will ever report it again; then a late TASK_GONE comes.
func TestV4LateGoneDoesNotOverwriteAnExit(t *testing.T) {
	l, task := in(t, "RUNNING")
	exit := 3
	ended := clustertest.Status(task, "TASK_FAILED", "exit")
	ended.Exit = &exit
	l.Task("web", 0, ended)
	if c := l.Report(task, "TASK_GONE", ""); c.Judgement != cluster.Outranked {
		t.Errorf("the late status is %s", c.Judgement)
	}
	if task.State != cluster.Failed || task.Status.Exit == nil || *task.Status.Exit != 3 {
		t.Errorf("%s with exit %v, want FAILED with 3", task.State, task.Status.Exit)
	}
}

// TestV4AgentsOwnEndReplacesMadeUp: the master gave the task up, then its agent
// came back with the truth. A made-up end does not replace another.
func TestV4AgentsOwnEndReplacesMadeUp(t *testing.T) {
	l, task := in(t, "RUNNING")
	l.Report(task, "TASK_GONE", "")
	ended := task.EndedAt
	l.Pass(1)
	if c := l.Report(task, "TASK_LOST", "u"); c.Judgement != cluster.Outranked || task.State != cluster.Gone {
		t.Errorf("%s, now %s: one made-up end replaced another", c.Judgement, task.State)
	}
	if c := l.Report(task, "TASK_FINISHED", "u2"); c.Judgement != cluster.Counted || task.State != cluster.Finished {
		t.Errorf("%s, now %s, want FINISHED", c.Judgement, task.State)
	}
	if !task.EndedAt.Equal(ended) {
		t.Error("the task ended again")
	}
	if c := l.Report(task, "TASK_FAILED", "u3"); c.Judgement != cluster.Outranked || task.State != cluster.Finished {
		t.Errorf("%s, now %s: an agent's own end was replaced", c.Judgement, task.State)
	}
}

// TestV5OldEpochsRunningDoesNotCount: the old launcher holds RUNNING, the new
// one appends UNREACHABLE, then the old one appends what it holds. Without the
// epoch the task would run on a lost agent for ever.
func TestV5OldEpochsRunningDoesNotCount(t *testing.T) {
	l, task := in(t, "STARTING")
	old := l.State.Launcher.Epoch
	l.Elect()
	l.Report(task, "TASK_UNREACHABLE", "")
	before := *task
	if c := l.TaskIn(old, "web", 0, clustertest.Status(task, "TASK_RUNNING", "u")); c.Judgement != cluster.StaleEpoch {
		t.Errorf("the old launcher's status is %s", c.Judgement)
	}
	if !task.Unreachable || task.State != cluster.Starting || task.Sequence != before.Sequence {
		t.Errorf("%s, unreachable %t: the old launcher's status changed it", task.State, task.Unreachable)
	}
	// Its agent sends the status again, to the new launcher, as nobody acknowledged it.
	if c := l.Report(task, "TASK_RUNNING", "u"); c.Judgement != cluster.Counted || task.State != cluster.Running || task.Unreachable {
		t.Errorf("%s, now %s, unreachable %t", c.Judgement, task.State, task.Unreachable)
	}
}

// TestV8StagedInAnOlderEpochDoesNotCount: its expectation on the slot held, as
// an election is on another subject; only the epoch tells.
func TestV8StagedInAnOlderEpochDoesNotCount(t *testing.T) {
	l, task := planned(t)
	old := l.State.Launcher.Epoch
	l.Elect()
	staged := events.TaskStaged{
		Run: task.Run, Version: 1, Group: "web", Slot: 0, Attempt: 1, TaskID: "t", AgentID: "S1", Offers: []string{"O"},
	}
	c := l.TaskIn(old, "web", 0, staged)
	if c.Judgement != cluster.StaleEpoch || task.State != cluster.Waiting || task.ID != "" {
		t.Fatalf("%s, now %s", c.Judgement, task.State)
	}
	if l.State.TaskByID("t") != nil {
		t.Error("a task that was never staged is found by its id")
	}
	// The slot's subject has moved on all the same: the next decision must expect that.
	if last := l.State.Jobs["web"].Slots[0].Last; last != l.State.Sequence {
		t.Errorf("last sequence of the slot is %d, want %d", last, l.State.Sequence)
	}
	if c := l.Stage(task); c.Judgement != cluster.Counted || task.State != cluster.Staged {
		t.Errorf("the new launcher's staging is %s, the task %s", c.Judgement, task.State)
	}
}

// TestEpochsOfLaterDecisions: adoption and withdrawal are fenced alike, and so
// is what a launcher says of itself.
func TestEpochsOfLaterDecisions(t *testing.T) {
	l, task := in(t, "STAGING")
	old := l.State.Launcher.Epoch
	epoch := l.Elect()
	withdrawn := events.TaskWithdrawn{Run: task.Run, Slot: 0, Attempt: 1}
	if c := l.TaskIn(old, "web", 0, withdrawn); c.Judgement != cluster.StaleEpoch || task.State != cluster.Staged {
		t.Errorf("withdrawal: %s, now %s", c.Judgement, task.State)
	}
	stranger := adopted(task, "TASK_RUNNING")
	stranger.Slot, stranger.TaskID = 5, "t5"
	if c := l.TaskIn(old, "web", 5, stranger); c.Judgement != cluster.StaleEpoch || l.State.TaskByID("t5") != nil {
		t.Errorf("adoption: %s", c.Judgement)
	}
	ctl := events.Subject{Role: events.RoleLauncher}
	opened := events.SubscriptionOpened{FrameworkID: "F", StreamID: "s", Master: "m"}
	if c := l.Append(ctl, events.Envelope{Epoch: old}, opened); c.Judgement != cluster.StaleEpoch || l.State.Launcher.Subscription.StreamID != "" {
		t.Errorf("opening: %s", c.Judgement)
	}
	if c := l.Append(ctl, events.Envelope{Epoch: epoch}, opened); c.Judgement != cluster.Counted || l.State.Launcher.Subscription.StreamID != "s" {
		t.Errorf("opening: %s", c.Judgement)
	}
	closed := events.SubscriptionClosed{StreamID: "older", Reason: "x"}
	if c := l.Append(ctl, events.Envelope{Epoch: epoch}, closed); c.Judgement != cluster.Outranked || l.State.Launcher.Subscription.Closed {
		t.Errorf("closing of an older one: %s", c.Judgement)
	}
}

// TestRepeatsFallAway by epoch and counter: what was appended twice, as its
// answer was lost, counts once.
func TestRepeatsFallAway(t *testing.T) {
	l, task := in(t, "STAGING")
	epoch := l.State.Launcher.Epoch
	put := func(epoch, counter uint64, state string) cluster.Judgement {
		return l.Append(events.Subject{Role: events.RoleTask, Job: "web"}, events.Envelope{Epoch: epoch, Counter: counter},
			clustertest.Status(task, state, "u")).Judgement
	}
	for i, step := range []struct {
		counter uint64
		state   string
		want    cluster.Judgement
	}{
		{5, "TASK_RUNNING", cluster.Counted},
		{5, "TASK_RUNNING", cluster.Repeated},
		{6, "TASK_UNREACHABLE", cluster.Counted},
		{5, "TASK_RUNNING", cluster.Repeated}, // or the task would be reachable again
		{6, "TASK_UNREACHABLE", cluster.Repeated},
		{7, "TASK_RUNNING", cluster.Counted},
	} {
		if got := put(epoch, step.counter, step.state); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	if next := l.Elect(); put(next, 1, "TASK_KILLING") != cluster.Counted || task.State != cluster.Killing {
		t.Errorf("a new epoch counts anew; the task is %s", task.State)
	}
}
