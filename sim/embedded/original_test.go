package embedded_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/sim/embedded"
	"github.com/milosgajdos/taurus/sim/world"
)

// The scheduling bugs of the original taurus that a new one could repeat, each
// by its number in the list of them. Those of the API (1 to 8) are in
// services/api, those of the job file (6, 20) also in internal/job; that a clean
// stop kills every task (21) is tried with real containers in e2e.

// aliveOf counts the tasks of a job that Mesos runs.
func aliveOf(w *embedded.World, id string) int {
	n := 0
	for _, l := range w.Alive() {
		if l.Job == id {
			n++
		}
	}
	return n
}

func wantAlive(t *testing.T, w *embedded.World, id string, want int) {
	t.Helper()
	if n := aliveOf(w, id); n != want {
		t.Fatalf("%d tasks of %s are alive, want %d\n%s", n, id, want, w.Story())
	}
}

// TestOriginalBug9DashInJobID: the id was cut at its first dash, so the job's
// tasks were never found and launched again without end.
func TestOriginalBug9DashInJobID(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		for _, id := range []string{"my-app", "a/b", "a.b c*d>e", "-"} {
			must(t, w.Submit(world.Service(id, 2)))
			time.Sleep(time.Minute)
			wantAlive(t, w, id, 2)
			must(t, w.Command(id, submission.Stop{}))
			time.Sleep(time.Minute)
			wantAlive(t, w, id, 0)
		}
		if n := w.Launches(); n != 8 {
			t.Fatalf("%d launches, want 8", n)
		}
	})
}

// TestOriginalBug10PrefixOfAnotherJob: deleting `my` killed the tasks of `my-app`.
func TestOriginalBug10PrefixOfAnotherJob(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		must(t, w.Submit(world.Service("my", 2)))
		must(t, w.Submit(world.Service("my-app", 2)))
		time.Sleep(time.Minute)
		must(t, w.Command("my", submission.Stop{}))
		time.Sleep(time.Minute)
		wantAlive(t, w, "my", 0)
		wantAlive(t, w, "my-app", 2)
	})
}

// TestOriginalBug11GroupsOfUnequalSize: the replicas of one group less the tasks
// of all wrapped around to four thousand million.
func TestOriginalBug11GroupsOfUnequalSize(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		spec := world.Service("mixed", 2)
		second := spec.Tasks[0]
		second.Role, second.Replicas = "worker", 3
		spec.Tasks = append(spec.Tasks, second)
		must(t, w.Submit(spec))
		time.Sleep(5 * time.Minute)
		wantAlive(t, w, "mixed", 5)
		if n := w.Launches(); n != 5 {
			t.Fatalf("%d launches, want 5", n)
		}
	})
}

// TestOriginalBug12QueuedAgain: tasks that Mesos did not show yet were launched
// again at every tick.
func TestOriginalBug12QueuedAgain(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		must(t, w.Strike(fault.Rule{Call: "*", Action: fault.Delay, For: fault.Duration(8 * time.Second)}))
		must(t, w.Submit(world.Service("slow", 4)))
		time.Sleep(5 * time.Minute)
		wantAlive(t, w, "slow", 4)
		must(t, w.Calm())
	})
}

// TestOriginalBug13DeadTaskIsReplaced: a job that had reached RUNNING was never
// looked at again.
func TestOriginalBug13DeadTaskIsReplaced(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		must(t, w.Submit(world.Crashing("mortal", 1, 2*time.Minute)))
		time.Sleep(7 * time.Minute)
		if task := current(t, w, "mortal", 0); task.Attempt < 3 || !task.Live() {
			t.Fatalf("attempt %d is %s after seven minutes of dying every two", task.Attempt, task.State)
		}
		must(t, w.Command("mortal", submission.Stop{}))
	})
}

// TestOriginalBug14RunsToCompletion: a job of short tasks was launched for ever.
func TestOriginalBug14RunsToCompletion(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		must(t, w.Submit(world.Batch("short")))
		time.Sleep(10 * time.Minute)
		state, err := w.Fold(0)
		must(t, err)
		if o := state.Jobs["short"].Outcome; o != cluster.OutcomeCompleted {
			t.Fatalf("outcome %q, want completed", o)
		}
		if n := w.Launches(); n != 3 {
			t.Fatalf("%d launches, want 3", n)
		}
	})
}

// TestOriginalBug15TaskThatDoesNotFit: a task taken off the queue for an offer
// that was too small was dropped.
func TestOriginalBug15TaskThatDoesNotFit(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		filler := world.Service("filler", 2)
		filler.Tasks[0].Resources.CPU = 3.5
		must(t, w.Submit(filler))
		time.Sleep(time.Minute)
		big := world.Service("big", 1)
		big.Tasks[0].Resources.CPU = 2
		must(t, w.Submit(big))
		time.Sleep(time.Minute)
		wantAlive(t, w, "big", 0)
		must(t, w.Command("filler", submission.Stop{}))
		time.Sleep(2 * time.Minute)
		wantAlive(t, w, "big", 1)
	})
}

// TestOriginalBug17StoppedWhileWaiting: tasks that were queued when their job was
// stopped were launched all the same.
func TestOriginalBug17StoppedWhileWaiting(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		for i := range 20 {
			id := fmt.Sprintf("brief-%d", i)
			must(t, w.Submit(world.Service(id, 3)))
			time.Sleep(time.Duration(i) * 100 * time.Millisecond)
			must(t, w.Command(id, submission.Stop{}))
		}
		time.Sleep(2 * time.Minute)
		if alive := ids(w); len(alive) != 0 {
			t.Fatalf("all jobs were stopped, but %s run", strings.Join(alive, ", "))
		}
	})
}

// TestOriginalBug18StopIsNotOverwritten: a stop vanished when the scheduler wrote
// RUNNING over it.
func TestOriginalBug18StopIsNotOverwritten(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		must(t, w.Submit(world.Service("web", 3)))
		time.Sleep(1100 * time.Millisecond) // while the tasks are starting
		must(t, w.Command("web", submission.Stop{}))
		must(t, w.Command("web", submission.Stop{}))
		time.Sleep(5 * time.Minute)
		wantAlive(t, w, "web", 0)
		state, err := w.Fold(0)
		must(t, err)
		if !state.Jobs["web"].Stopped {
			t.Fatal("the stop vanished")
		}
	})
}

// TestOriginalBug22MasterFailover: registering again ended the scheduler.
func TestOriginalBug22MasterFailover(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		must(t, w.Submit(world.Service("web", 3)))
		time.Sleep(time.Minute)
		before := strings.Join(ids(w), " ")
		for range 3 {
			w.Cluster.Network().Cut("launcher*")
			time.Sleep(time.Minute)
		}
		if after := strings.Join(ids(w), " "); after != before {
			t.Fatalf("tasks are %s, were %s", after, before)
		}
		must(t, w.Command("web", submission.Scale{Replicas: 5, Limits: job.DefaultLimits()}))
		time.Sleep(time.Minute)
		wantAlive(t, w, "web", 5)
	})
}

// TestOriginalBug23TwoInstances: two of them fought over each other's tasks, and
// neither reconciled.
func TestOriginalBug23TwoInstances(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		must(t, w.Submit(world.Service("web", 4)))
		time.Sleep(time.Minute)
		before := strings.Join(ids(w), " ")
		for _, role := range []string{"planner", "planner", "launcher", "reaper"} {
			w.Start(role)
		}
		time.Sleep(10 * time.Minute)
		if after := strings.Join(ids(w), " "); after != before {
			t.Fatalf("tasks are %s, were %s", after, before)
		}
	})
}

// TestStoppedWhileMesosIsAway: a job of which nothing was launched is over when it
// is stopped, whether Mesos can be reached or not.
func TestStoppedWhileMesosIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := rig(t, 1, 2, zerolog.Nop())
		defer w.Close()
		w.Cluster.KillMaster()
		w.Start("planner")
		w.Start("launcher")
		must(t, w.Submit(world.Service("early", 3)))
		time.Sleep(time.Minute)
		must(t, w.Command("early", submission.Stop{}))
		time.Sleep(time.Minute)
		state, err := w.Fold(0)
		must(t, err)
		if n := state.Jobs["early"].Live(); n != 0 {
			t.Fatalf("%d tasks are live\n%s", n, w.Story())
		}
	})
}
