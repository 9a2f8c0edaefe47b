package embedded_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/sim/embedded"
	"github.com/milosgajdos/taurus/sim/world"
)

var embeddedFlag = flag.Int("embedded", 8, "how many seeds to run on the embedded Mesos")

const hosts = 4

// TestEmbeddedSeeds is TestSeeds on the embedded Mesos: agents and the master are
// killed, events are lost, late or doubled.
func TestEmbeddedSeeds(t *testing.T) {
	for seed := range uint64(*embeddedFlag) {
		t.Run(fmt.Sprintf("seed=%d", seed+1), func(t *testing.T) {
			logger := recorder(t, seed+1)
			synctest.Test(t, func(t *testing.T) {
				w := rig(t, seed+1, hosts, logger)
				defer w.Close()
				defer func() {
					if t.Failed() {
						logger.Log().Msg(w.Story())
					}
				}()
				chaos(t, w, rand.New(rand.NewPCG(seed+1, 3)))
				must(t, w.Calm())
				time.Sleep(20 * time.Minute)
				verify(t, w)
			})
		})
	}
}

// strikes are the faults of calls and events that a seed draws from.
var strikes = []fault.Rule{
	{Call: "*", Action: fault.LoseBefore},
	{Call: "*", Action: fault.LoseAfter},
	{Call: "*", Action: fault.LoseAnswer},
	{Call: "*", Action: fault.Delay, For: fault.Duration(15 * time.Second)},
	{Call: "ACCEPT", Action: fault.Reorder, After: "KILL", For: fault.Duration(12 * time.Second)},
	{Event: "UPDATE", Resent: true, Action: fault.Drop},
	{Event: "UPDATE", Action: fault.Duplicate},
	{Event: "UPDATE", Action: fault.Delay, For: fault.Duration(5 * time.Second)},
	{Event: "OFFERS", Action: fault.Delay, For: fault.Duration(3 * time.Second)},
}

func chaos(t *testing.T, w *embedded.World, rng *rand.Rand) {
	t.Helper()
	running := map[string][]*embedded.Process{}
	for _, role := range []string{"planner", "planner", "launcher", "launcher", "reaper", "reaper"} {
		running[role] = append(running[role], w.Start(role))
	}
	must(t, w.Submit(world.Service("steady", 4)))
	w.SetLogFaults(rng.IntN(6), rng.IntN(6))
	for _, rule := range strikes {
		if rule.Chance = rng.IntN(15); rule.Chance > 0 {
			must(t, w.Strike(rule))
		}
	}
	roles := []string{"planner", "launcher", "launcher", "reaper"}
	for range 60 {
		time.Sleep(time.Duration(rng.Int64N(int64(8 * time.Second))))
		host := fmt.Sprintf("host-%d", rng.IntN(hosts))
		switch rng.IntN(15) {
		case 0, 1, 2:
			role := roles[rng.IntN(len(roles))]
			i := rng.IntN(len(running[role]))
			running[role][i].Kill()
			running[role][i] = w.Start(role)
		case 3:
			w.Cluster.Network().Cut("launcher*")
		case 4:
			must(t, w.Partition(host))
		case 5:
			must(t, w.KillAgent(host))
		case 6, 7:
			must(t, w.Heal(host))
		case 8:
			w.Cluster.KillMaster()
			time.Sleep(time.Duration(rng.Int64N(int64(5 * time.Second))))
			must(t, w.Cluster.StartMaster())
		case 9:
			ignore(w.Submit(world.Service("moving", uint32(1+rng.IntN(5)))))
		case 10:
			ignore(w.Command("moving", submission.Stop{}))
		case 11:
			ignore(w.Command("steady", submission.Scale{Replicas: uint32(1 + rng.IntN(6)), Limits: job.DefaultLimits()}))
		case 12:
			ignore(w.Submit(world.Batch("work")))
		case 13:
			ignore(w.Submit(world.Crashing("sick", 2, 3*time.Second)))
		case 14:
			ignore(w.Command("moving", submission.Stop{}))
			time.Sleep(time.Duration(rng.Int64N(int64(3 * time.Second))))
			ignore(w.Command("moving", submission.Delete{}))
			ignore(w.Submit(world.Service("moving", uint32(1+rng.IntN(5)))))
		}
	}
	ignore(w.Command("sick", submission.Stop{}))
}

func verify(t *testing.T, w *embedded.World) {
	t.Helper()
	d, err := w.Disagreements()
	must(t, err)
	if all := append(w.Violations(), d...); len(all) > 0 {
		t.Fatalf("%s", strings.Join(all, "\n"))
	}
	if w.Launches() < hosts {
		t.Fatalf("only %d launches", w.Launches())
	}
	state, err := w.Fold(0)
	must(t, err)
	for _, j := range state.Jobs {
		if !j.Over() && j.Spec.Kind == job.KindBatch {
			t.Fatalf("batch job %s never ended", j.ID)
		}
	}
}

// TestEmbeddedKillOvertakesAccept: a job is stopped while its ACCEPT is on its
// way. A KILL that overtakes it is answered TASK_GONE, and then the task runs, as
// on a real master; taurus must end it, and nothing may be left.
func TestEmbeddedKillOvertakesAccept(t *testing.T) {
	for _, late := range []time.Duration{time.Second, 4 * time.Second, 30 * time.Second} {
		t.Run(late.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := rig(t, 1, 2, zerolog.Nop())
				defer w.Close()
				for _, role := range []string{"planner", "launcher", "reaper"} {
					w.Start(role)
				}
				time.Sleep(5 * time.Second)
				must(t, w.Strike(fault.Rule{Call: "ACCEPT", Action: fault.Delay, For: fault.Duration(late), Times: 1}))
				must(t, w.Submit(world.Service("web", 1)))
				time.Sleep(500 * time.Millisecond)
				must(t, w.Command("web", submission.Stop{}))
				time.Sleep(20 * time.Minute)
				if alive := w.Alive(); len(alive) != 0 {
					t.Fatalf("the job was stopped, but %d tasks are alive\n%s", len(alive), w.Story())
				}
				d, err := w.Disagreements()
				must(t, err)
				if all := append(w.Violations(), d...); len(all) > 0 {
					t.Fatalf("%s\n%s", strings.Join(all, "\n"), w.Story())
				}
			})
		})
	}
}

// TestEmbeddedGoneAndThenRunning: a stranger's KILL overtakes the ACCEPT of a task.
// Mesos answers TASK_GONE, and then the task runs. taurus must neither launch
// another beside it nor forget it.
func TestEmbeddedGoneAndThenRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := rig(t, 1, 2, zerolog.Nop())
		defer w.Close()
		for _, role := range []string{"planner", "launcher", "reaper"} {
			w.Start(role)
		}
		time.Sleep(5 * time.Second)
		must(t, w.Strike(fault.Rule{Call: "ACCEPT", Action: fault.Reorder, After: "KILL", Times: 1}))
		must(t, w.Submit(world.Service("web", 1)))
		time.Sleep(3 * time.Second)
		state, err := w.Fold(0)
		must(t, err)
		task := state.Jobs["web"].Slots[0].Newest()
		if task.State != cluster.Staged || len(w.Alive()) != 0 {
			t.Fatalf("the task is %s and %d are alive, want it staged with its ACCEPT held back", task.State, len(w.Alive()))
		}
		l := state.Launcher
		must(t, w.StrangersKill(mesos.Target{
			Master: l.Subscription.Master, FrameworkID: l.FrameworkID, StreamID: l.Subscription.StreamID,
		}, task.ID, task.AgentID))
		time.Sleep(20 * time.Minute)
		if alive := w.Alive(); len(alive) != 1 || w.Launches() != 1 {
			t.Errorf("%d of %d launched tasks are alive, want the one that was overtaken", len(alive), w.Launches())
		}
		d, err := w.Disagreements()
		must(t, err)
		if all := append(w.Violations(), d...); len(all) > 0 {
			t.Errorf("%s\n%s", strings.Join(all, "\n"), w.Story())
		}
	})
}
