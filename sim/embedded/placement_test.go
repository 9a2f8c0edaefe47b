package embedded_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/sim/embedded"
	"github.com/milosgajdos/taurus/sim/world"
)

// onRacks is a world of four agents in three racks, half of each reserved for a role.
func onRacks(t *testing.T, f func(t *testing.T, w *embedded.World)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w, err := embedded.NewOn(t.Context(), 1, embedded.Agents{
			Count: 4, Attributes: []string{"rack:r1;disk:ssd", "rack:r1", "rack:r2", "rack:r3"}, Roles: []string{"*", "prod"},
			Resources: "cpus:2;cpus(prod):2;mem:1024;mem(prod):1024;disk:1024;ports:[31000-31099]",
		}, zerolog.Nop())
		must(t, err)
		defer w.Close()
		for _, role := range []string{"planner", "launcher", "reaper"} {
			w.Start(role)
		}
		time.Sleep(5 * time.Second)
		f(t, w)
		agree(t, w)
	})
}

// where counts the tasks of a job that run, by rack.
func where(t *testing.T, w *embedded.World, id string) map[string]int {
	t.Helper()
	state, err := w.Fold(0)
	must(t, err)
	found := map[string]int{}
	for _, slot := range state.Jobs[id].Slots {
		if task := slot.Newest(); task != nil && task.State == cluster.Running {
			found[task.Attributes["rack"]]++
		}
	}
	return found
}

// run submits a job and waits until its tasks could be running.
func run(t *testing.T, w *embedded.World, id string, replicas uint32, change func(*job.Group)) map[string]int {
	t.Helper()
	s := world.Service(id, replicas)
	change(&s.Tasks[0])
	must(t, w.Submit(s))
	time.Sleep(45 * time.Second)
	return where(t, w, id)
}

// TestEmbeddedPlacement: jobs near others and away from them, spread by share, limited
// above what is set aside.
func TestEmbeddedPlacement(t *testing.T) {
	onRacks(t, func(t *testing.T, w *embedded.World) {
		constrain := func(c job.Constraint) func(*job.Group) {
			return func(g *job.Group) { g.Resources.CPU, g.Constraints = 0.1, []job.Constraint{c} }
		}
		if got := run(t, w, "db", 1, constrain(job.Constraint{Attribute: "rack", Operator: job.OpIs, Value: "r2"})); got["r2"] != 1 {
			t.Errorf("db on %v", got)
		}
		if got := run(t, w, "near", 3, constrain(job.Constraint{Attribute: "rack", Operator: job.OpWithJob, Value: "db"})); got["r2"] != 3 {
			t.Errorf("near db, which is on r2: %v", got)
		}
		got := run(t, w, "far", 6, constrain(job.Constraint{Attribute: "rack", Operator: job.OpWithoutJob, Value: "db"}))
		if got["r2"] != 0 || got["r1"]+got["r3"] != 6 {
			t.Errorf("away from db, which is on r2: %v", got)
		}
		got = run(t, w, "shared", 10, func(g *job.Group) {
			g.Resources.CPU, g.Resources.CPULimit, g.Resources.MemoryLimit = 0.1, 1, 128
			g.Spread = []job.Spread{{Attribute: "rack", Targets: map[string]uint32{"r1": 20, "r3": 60}}}
		})
		if got["r1"] != 2 || got["r2"] != 2 || got["r3"] != 6 {
			t.Errorf("shared 20, 20, 60: %v", got)
		}
		if got := run(t, w, "liking", 2, func(g *job.Group) {
			g.Resources.CPU = 0.1
			g.Affinities = []job.Affinity{{Attribute: "disk", Operator: job.OpIs, Value: "ssd", Weight: 10}}
		}); got["r1"] != 2 {
			t.Errorf("liking the disk that only one of r1 has: %v", got)
		}
	})
}

// TestEmbeddedReservations: what is reserved for a role of the framework is used as well
// as what is not, to the last core.
func TestEmbeddedReservations(t *testing.T) {
	onRacks(t, func(t *testing.T, w *embedded.World) {
		fill := func(g *job.Group) { g.Resources.CPU = 1 }
		total := 0
		for _, n := range run(t, w, "full", 16, fill) {
			total += n
		}
		if total != 16 {
			t.Errorf("%d of 16 tasks of a core run on 16 cores, half of which are reserved", total)
		}
	})
}
