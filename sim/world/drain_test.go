package world_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/sim/world"
)

// on counts what Mesos runs on an agent.
func on(w *world.World, agentID string) (n int) {
	for _, t := range w.Master.Tasks {
		if t.Alive && w.Master.Agents[t.Agent].ID == agentID {
			n++
		}
	}
	return n
}

// TestDrain: what runs on a host leaves it, and comes back nowhere until it is restored.
func TestDrain(t *testing.T) {
	w := whole(2)
	must(t, w.Submit(world.Service("web", 4)))
	w.Pass(time.Minute)
	if on(w, "S0") == 0 {
		t.Fatal("nothing runs on the host")
	}
	must(t, w.CommandAgents(submission.Drain{Place: cluster.Place{Hostname: "host-S0"}, Reason: "disks"}))
	w.Pass(5 * time.Minute)
	agree(t, w)
	if n := on(w, "S0"); n != 0 || len(w.Lingerers()) > 0 {
		t.Errorf("%d are left on the host: %v", n, w.Lingerers())
	}
	must(t, w.Submit(world.Service("more", 2)))
	w.Pass(time.Minute)
	if n := on(w, "S0"); n != 0 || on(w, "S1") != 6 {
		t.Errorf("%d are put on the host", n)
	}
	must(t, w.CommandAgents(submission.Undrain{Place: cluster.Place{Hostname: "host-S0"}}))
	must(t, w.Submit(world.Service("last", 4)))
	w.Pass(time.Minute)
	if on(w, "S0") == 0 {
		t.Error("nothing is put on the host that is restored")
	}
}

// TestDrainWithoutRoom: what has nowhere else to go stays up, until the deadline.
func TestDrainWithoutRoom(t *testing.T) {
	w := whole(1)
	must(t, w.Submit(world.Service("web", 3)))
	w.Pass(time.Minute)
	place := cluster.Place{AgentID: "S0"}
	must(t, w.CommandAgents(submission.Drain{Place: place}))
	w.Pass(20 * time.Minute)
	wantAlive(t, w, "web", 3)
	must(t, w.CommandAgents(submission.Drain{Place: place, Deadline: w.Now.Add(time.Minute)}))
	w.Pass(2 * time.Minute)
	wantAlive(t, w, "web", 0)
	must(t, w.CommandAgents(submission.Undrain{Place: place}))
	agree(t, w)
	wantAlive(t, w, "web", 3)
}

// TestMaintenance: an agent that is away soon is left before, whoever is killed meanwhile.
func TestMaintenance(t *testing.T) {
	w := whole(2)
	must(t, w.Submit(world.Service("web", 4)))
	w.Pass(time.Minute)
	w.Maintain(0, w.Now.Add(30*time.Minute), w.Now.Add(time.Hour))
	w.Pass(15 * time.Minute)
	if on(w, "S0") == 0 {
		t.Error("the agent is left long before its maintenance")
	}
	for i := range w.Processes {
		w.Kill(i)
		w.Start(i, 0)
	}
	w.Pass(14 * time.Minute)
	if n := on(w, "S0"); n != 0 {
		t.Errorf("%d are left on the agent", n)
	}
	agree(t, w)
}

// TestMoveNeedsMinHealthy: where nothing surges, the next task goes when the one before has
// been up for long enough.
func TestMoveNeedsMinHealthy(t *testing.T) {
	w := whole(2)
	spec := world.Service("web", 4)
	spec.Rollout = &job.Rollout{
		MaxSurge: &job.Amount{}, MaxUnavailable: &job.Amount{Number: 1}, MinHealthy: job.Duration(time.Minute),
	}
	must(t, w.Submit(spec))
	w.Pass(2 * time.Minute)
	before := on(w, "S0")
	must(t, w.CommandAgents(submission.Drain{Place: cluster.Place{Hostname: "host-S0"}}))
	for left := before - 1; left >= 0; left-- {
		w.Pass(50 * time.Second)
		if n := on(w, "S0"); n != left {
			t.Errorf("%d are left on the host, want %d", n, left)
		}
		w.Pass(20 * time.Second)
	}
	agree(t, w)
}

// TestMasterWithoutTasks: a master that comes back knows none of the framework's tasks until
// their agents register with it, for as long as that takes, and others start beside it.
// Nothing is started twice, with the framework's id or, after an operator has said so,
// with another.
func TestMasterWithoutTasks(t *testing.T) {
	w := whole(3)
	must(t, w.Submit(world.Service("web", 6)))
	w.Pass(time.Minute)
	before := ids(w)
	w.KillMaster()
	w.Pass(5 * time.Second)
	w.StartMaster(9 * time.Minute) // The last one after 27.
	for i := range w.Processes {
		w.Kill(i)
		w.Start(i, 0)
	}
	for range 30 {
		w.Pass(time.Minute)
		if w.Master.Launches != 6 {
			t.Fatalf("%d launched, want six", w.Master.Launches)
		}
	}
	after := ids(w)
	for i := range before {
		if after[i] != before[i] {
			t.Errorf("%s runs in place of %s", after[i], before[i])
		}
	}
	agree(t, w)
}
