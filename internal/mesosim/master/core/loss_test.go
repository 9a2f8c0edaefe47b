package core

import (
	"slices"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// kills are the kills that a session was told since the last call.
func (w *world) kills(session string) (out []link.Kill) {
	for _, m := range w.told[session] {
		if m.Kill != nil {
			out = append(out, *m.Kill)
		}
	}
	w.told[session] = nil
	return out
}

// 5.3: a kill is said again to an agent that registers again and still has the
// task: it may not have heard it. Not so for a task that has ended or is gone.
func TestKillsAreRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		connected bool // when it is asked for
		state     mesos.TaskState
		has       bool
		repeats   int
	}{
		"heard, perhaps":        {true, mesos.TASK_RUNNING, true, 1},
		"while it was away":     {false, mesos.TASK_RUNNING, true, 1},
		"of a task that ended":  {true, mesos.TASK_KILLED, true, 0},
		"of one that it lacks":  {false, mesos.TASK_RUNNING, false, 0},
		"being killed already":  {true, mesos.TASK_KILLING, true, 1},
		"ended while it was so": {false, mesos.TASK_FINISHED, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Registry{})
			aid := w.agent("s0", "", 5051)
			fid := w.subscribe("f", info("", pa))
			s := w.as(fid, "f")
			w.launch(s, 3600, w.take("f"), taskOf("t", aid, 1))
			kill := &scheduler.Call_Kill{TaskID: mesos.TaskID{Value: "t"}, KillPolicy: &mesos.KillPolicy{GracePeriod: &mesos.DurationInfo{Nanoseconds: 7}}}
			if c.connected {
				w.m.Kill(w.now, s, kill)
				w.drain()
				if got := w.kills("s0"); len(got) != 1 || got[0].Grace != 7 {
					t.Fatalf("told %+v", got)
				}
			}
			w.m.LinkBroken(w.now, "s0")
			if !c.connected {
				w.m.Kill(w.now, s, kill)
			}
			var tasks []link.Task
			if c.has {
				tasks = append(tasks, link.Task{FrameworkID: fid, Info: link.TaskInfo{Value: taskOf("t", aid, 1)}, State: c.state})
			}
			for _, session := range []string{"s1", "s2"} { // However often it comes back.
				w.agent(session, aid, 5051, tasks...)
				got := w.kills(session)
				if len(got) != c.repeats {
					t.Fatalf("told %+v, want %d", got, c.repeats)
				}
				if len(got) == 1 && (got[0].Grace >= 0 || got[0].TaskID != "t" || got[0].FrameworkID != fid) {
					t.Errorf("told %+v, want the task without the grace of the call", got[0])
				}
			}
		})
	}
}

// 5.3: every task of a lost agent has an update, one that ended by itself too as
// long as its end is not acknowledged.
func TestLossOfATaskThatEnded(t *testing.T) {
	for name, c := range map[string]struct {
		lose        func(w *world, agentID string)
		checkpoint  bool
		state       mesos.TaskState
		unreachable bool
	}{
		"unreachable":  {func(w *world, _ string) { w.pass(100 * time.Second) }, true, mesos.TASK_UNREACHABLE, true},
		"gone":         {func(w *world, id string) { w.m.MarkGone(w.now, id) }, true, mesos.TASK_GONE_BY_OPERATOR, false},
		"unregistered": {func(w *world, _ string) { w.m.Unregister(w.now, "s0") }, true, mesos.TASK_LOST, false},
		"disconnected": {func(w *world, _ string) { w.m.LinkBroken(w.now, "s0") }, false, mesos.TASK_LOST, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Registry{})
			aid := w.agent("s0", "", 5051)
			i := info("", pa)
			i.Checkpoint = &c.checkpoint
			fid := w.subscribe("f", i)
			s := w.as(fid, "f")
			w.launch(s, 3600, w.take("f"), taskOf("t", aid, 1))
			w.report("s0", fid, "t", aid, mesos.TASK_FINISHED, 1)
			w.updates("f")
			c.lose(w, aid)
			w.drain()
			got := w.updates("f")
			if len(got) != 1 || got[0].GetState() != c.state || got[0].UUID != nil {
				t.Fatalf("told %+v, want %s", got, c.state)
			}
			tasks := w.m.Tasks()
			kept := tasks.CompletedTasks
			if c.unreachable {
				kept = tasks.UnreachableTasks
			}
			if len(tasks.Tasks) != 0 || len(kept) != 1 || kept[0].GetState() != mesos.TASK_FINISHED {
				t.Errorf("kept %+v, want that it finished", tasks)
			}
		})
	}
}

// 5.1: agents that are unreachable or gone are forgotten after two weeks, and the
// oldest of more than there may be.
func TestRegistryIsPruned(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	ago := func(d time.Duration) time.Time { return start.Add(-d) }
	w := newWorld(t, Registry{
		Unreachable: map[string]time.Time{"old": ago(14*day - 5*time.Minute), "new": ago(13 * day)},
		Aside:       map[string]Admitted{"old": {Deactivated: true}, "new": {Deactivated: true}},
		Gone:        map[string]time.Time{"a": ago(3 * day), "b": ago(2 * day), "c": ago(day)},
	})
	w.m.limits.AgentCount = 2
	s := w.as(w.subscribe("f", info("", pa)), "f")
	states := func() (out []mesos.TaskState) {
		for _, id := range []string{"old", "new", "a", "b", "c"} {
			w.reconcile(s, "t", &id)
			out = append(out, w.updates("f")[0].GetState())
		}
		return out
	}
	expect := func(want ...mesos.TaskState) {
		t.Helper()
		if got := states(); !slices.Equal(got, want) {
			t.Errorf("at %s: %v, want %v", w.now.Sub(start), got, want)
		}
	}
	unreachable, gone, unknown := mesos.TASK_UNREACHABLE, mesos.TASK_GONE_BY_OPERATOR, mesos.TASK_UNKNOWN
	w.pass(14 * time.Minute)
	expect(unreachable, unreachable, gone, gone, gone)
	saves := w.saves
	w.pass(time.Minute)
	expect(unknown, unreachable, unknown, gone, gone)
	if aside := w.m.Registry().Aside; len(aside) != 1 || !aside["new"].Deactivated {
		t.Errorf("kept aside %+v", aside)
	}
	w.pass(15 * time.Minute)
	if w.saves != saves+1 {
		t.Errorf("stored %d times, want once", w.saves-saves)
	}
}
