package sim_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/sim"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "run this one seed, with the services' logs")
	seedsFlag = flag.Int("seeds", 30, "how many seeds to run")
)

func TestSeeds(t *testing.T) {
	if *seedFlag != 0 {
		runSeed(t, *seedFlag, zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, NoColor: true}).With().Timestamp().Logger())
		return
	}
	for seed := range uint64(*seedsFlag) {
		t.Run(fmt.Sprintf("seed=%d", seed+1), func(t *testing.T) { runSeed(t, seed+1, recorder(t, seed+1)) })
	}
}

// recorder keeps what the services log, in a file that stays if the seed fails:
// goroutines may interleave differently when it is run again.
func recorder(t *testing.T, seed uint64) zerolog.Logger {
	t.Helper()
	var log bytes.Buffer
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		name := filepath.Join(os.TempDir(), fmt.Sprintf("taurus-sim-seed-%d.log", seed))
		if err := os.WriteFile(name, log.Bytes(), 0o600); err == nil {
			t.Logf("what the services logged is in %s", name)
		}
	})
	return zerolog.New(zerolog.SyncWriter(&log)).With().Timestamp().Logger()
}

func runSeed(t *testing.T, seed uint64, logger zerolog.Logger) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(seed, 3))
		w := sim.NewWorld(t.Context(), seed, 4, logger)
		defer w.Close()
		chaos(t, w, rng)
		calm(w)
		defer func() {
			if t.Failed() {
				logger.Log().Msg(w.Story())
			}
		}()
		verify(t, w, seed)
	})
}

func service(id string, replicas uint32) *job.Spec {
	return &job.Spec{ID: id, Tasks: []job.Group{{Role: "web", Replicas: replicas, Container: &job.Container{Image: "x"}, Resources: &job.Resources{CPU: 0.5, Memory: 64}}}}
}

func crashing(id string) *job.Spec {
	s := service(id, 2)
	s.Tasks[0].Labels = map[string]string{sim.LabelRunFor: "3s", sim.LabelFails: "true"}
	return s
}

func batch(id string) *job.Spec {
	s := service(id, 3)
	s.Kind = job.KindBatch
	s.Tasks[0].Labels = map[string]string{sim.LabelRunFor: "5s"}
	return s
}

// chaos lets users, processes, Mesos and the network do what they can for a
// while.
func chaos(t *testing.T, w *sim.World, rng *rand.Rand) {
	t.Helper()
	running := map[string][]*sim.Process{}
	for _, role := range []string{"planner", "planner", "launcher", "launcher", "reaper", "reaper"} {
		running[role] = append(running[role], w.Start(role))
	}
	must(t, w.Submit(service("steady", 4)))
	w.SetLogFaults(rng.IntN(6), rng.IntN(6))
	w.Mesos.SetFaults(sim.Faults{LostCall: rng.IntN(8), LateCall: rng.IntN(8), LostAnswer: rng.IntN(8), Latency: 50 * time.Millisecond})
	roles := []string{"planner", "launcher", "launcher", "reaper"}
	for range 40 {
		time.Sleep(time.Duration(rng.Int64N(int64(4 * time.Second))))
		switch rng.IntN(14) {
		case 0, 1, 2:
			role := roles[rng.IntN(len(roles))]
			i := rng.IntN(len(running[role]))
			running[role][i].Kill()
			running[role][i] = w.Start(role)
		case 3:
			w.Mesos.CutStream()
		case 4:
			w.Mesos.Partition(fmt.Sprintf("S%d", rng.IntN(4)))
		case 5, 6:
			w.Mesos.Heal(fmt.Sprintf("S%d", rng.IntN(4)))
		case 7:
			ignore(w.Submit(service("moving", uint32(1+rng.IntN(5)))))
		case 8:
			ignore(w.Command("moving", submission.Stop{}))
		case 9:
			ignore(w.Command("steady", submission.Scale{Replicas: uint32(1 + rng.IntN(6)), Limits: job.DefaultLimits()}))
		case 10:
			ignore(w.Submit(batch("work")))
		case 11:
			ignore(w.Submit(crashing("sick")))
		case 12:
			ignore(w.Command("moving", submission.Stop{}))
			time.Sleep(time.Duration(rng.Int64N(int64(2 * time.Second))))
			ignore(w.Command("moving", submission.Delete{}))
			ignore(w.Submit(service("moving", uint32(1+rng.IntN(5)))))
		case 13: // A planner would give up an agent too early, once, before it knew.
			role := []string{"launcher", "reaper"}[rng.IntN(2)]
			i := rng.IntN(len(running[role]))
			running[role][i].Kill()
			running[role][i] = w.StartSkewed(role, time.Duration(rng.Int64N(int64(2*time.Hour)))-time.Hour)
		}
	}
	// A job that crashes for ever is never quiet.
	ignore(w.Command("sick", submission.Stop{}))
}

// ignore drops the error of a command that may be refused: the job may be there
// already, or not.
func ignore(error) {}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func calm(w *sim.World) {
	w.SetLogFaults(0, 0)
	w.Mesos.SetFaults(sim.Faults{})
	for i := range 4 {
		w.Mesos.Heal(fmt.Sprintf("S%d", i))
	}
	time.Sleep(20 * time.Minute)
}

func verify(t *testing.T, w *sim.World, seed uint64) {
	t.Helper()
	repeat := fmt.Sprintf("repeat with: go test ./sim -run TestSeeds -seed %d", seed)
	if v := w.Mesos.Violations(); len(v) > 0 {
		t.Fatalf("%s\n%s", strings.Join(v, "\n"), repeat)
	}
	d, err := w.Disagreements()
	must(t, err)
	if len(d) > 0 {
		t.Fatalf("%s\n%s", strings.Join(d, "\n"), repeat)
	}
	if w.Mesos.Launches() < 4 {
		t.Fatalf("only %d launches; %s", w.Mesos.Launches(), repeat)
	}
	state, err := w.Fold(0)
	must(t, err)
	for _, j := range state.Jobs {
		if !j.Over() && j.Spec.Kind == job.KindBatch {
			t.Fatalf("batch job %s never ended; %s", j.ID, repeat)
		}
	}
}
