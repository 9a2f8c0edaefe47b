package sim_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim"
)

// The traces of the architecture's section "What breaks without the rules",
// each as a test of the whole system. Those that the fold alone decides (V4, V5,
// V8) are in internal/core/cluster, those of the log (V10, V11) also in
// pkg/eventlog/eventlogtest.

// trace runs f in a world with one of each service, and then checks that all
// agree.
func trace(t *testing.T, f func(t *testing.T, w *sim.World)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := sim.NewWorld(t.Context(), 1, 2, zerolog.Nop())
		defer w.Close()
		for _, role := range []string{"planner", "launcher", "reaper"} {
			w.Start(role)
		}
		time.Sleep(time.Second)
		f(t, w)
		time.Sleep(10 * time.Minute)
		agree(t, w)
	})
}

func agree(t *testing.T, w *sim.World) {
	t.Helper()
	d, err := w.Disagreements()
	must(t, err)
	if all := append(w.Mesos.Violations(), d...); len(all) > 0 {
		t.Fatalf("%s\n%s", strings.Join(all, "\n"), w.Story())
	}
}

// once holds back the first ACCEPT: it fails for the launcher and is delivered
// after a while, as on a connection that broke with the call in flight.
func once(w *sim.World, after time.Duration) {
	first := true
	w.Mesos.Accepts = func(deliver func()) (error, bool) {
		if !first {
			return nil, false
		}
		first = false
		if after > 0 {
			go func() {
				time.Sleep(after)
				deliver()
			}()
		}
		return mesos.ErrUnavailable, true
	}
}

// TestV1KillDoesNotOvertakeAccept: staged, ACCEPT in flight, doomed. A KILL now
// would be answered "gone", and then the task would run for ever.
func TestV1KillDoesNotOvertakeAccept(t *testing.T) {
	for _, after := range []time.Duration{time.Second, 4 * time.Second, 30 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			trace(t, func(t *testing.T, w *sim.World) {
				once(w, after)
				must(t, w.Submit(service("web", 1)))
				time.Sleep(1500 * time.Millisecond)
				must(t, w.Command("web", submission.Stop{}))
				time.Sleep(time.Minute)
				if alive := w.Mesos.Alive(); len(alive) != 0 {
					t.Fatalf("the job was stopped, but %d tasks are alive", len(alive))
				}
			})
		})
	}
}

// TestV2LostAcceptIsResolved: the ACCEPT is lost and nothing crashes.
func TestV2LostAcceptIsResolved(t *testing.T) {
	trace(t, func(t *testing.T, w *sim.World) {
		once(w, 0)
		must(t, w.Submit(service("web", 1)))
		time.Sleep(time.Minute)
		task := current(t, w, "web", 0)
		if task.State != cluster.Running || task.Attempt != 2 {
			t.Fatalf("attempt %d is %s, want attempt 2 RUNNING", task.Attempt, task.State)
		}
	})
}

// TestV3LateAcceptComesToNothing: the ACCEPT lands when the next attempt runs.
func TestV3LateAcceptComesToNothing(t *testing.T) {
	trace(t, func(t *testing.T, w *sim.World) {
		once(w, 40*time.Second)
		must(t, w.Submit(service("web", 1)))
		time.Sleep(2 * time.Minute)
		if alive := w.Mesos.Alive(); len(alive) != 1 || alive[0].Attempt != 2 {
			t.Fatalf("alive: %+v, want attempt 2 alone", alive)
		}
	})
}

// TestV6SlotWaitsForItsEnd: doomed, then wanted again before the end.
func TestV6SlotWaitsForItsEnd(t *testing.T) {
	trace(t, func(t *testing.T, w *sim.World) {
		must(t, w.Submit(service("web", 3)))
		time.Sleep(5 * time.Second)
		for range 5 {
			must(t, w.Command("web", submission.Scale{Replicas: 1, Limits: job.DefaultLimits()}))
			must(t, w.Command("web", submission.Scale{Replicas: 3, Limits: job.DefaultLimits()}))
			time.Sleep(50 * time.Millisecond)
		}
	})
}

// TestV7NothingIsProcessedBeforeTheOpening: a launcher is elected and pauses in
// SUBSCRIBE; another is elected and launches; then the first one's subscription
// opens and is sent the other's task.
func TestV7NothingIsProcessedBeforeTheOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sim.NewWorld(t.Context(), 1, 2, zerolog.Nop())
		defer w.Close()
		w.Start("planner")
		w.Start("reaper")
		first := w.Start("launcher") // so that the framework has its id
		time.Sleep(2 * time.Second)
		first.Kill()
		w.GenerousLease()
		w.PauseSubscribe(20 * time.Second)
		w.Start("launcher")
		time.Sleep(2 * time.Second)
		w.PauseSubscribe(0)
		w.Start("launcher")
		must(t, w.Submit(service("web", 2)))
		time.Sleep(10 * time.Second)
		before := ids(w)
		if len(before) != 2 {
			t.Fatalf("%d tasks alive, want 2", len(before))
		}
		time.Sleep(time.Minute)
		agree(t, w)
		if after := ids(w); strings.Join(after, " ") != strings.Join(before, " ") {
			t.Fatalf("tasks changed from %v to %v", before, after)
		}
	})
}

// TestV9TheLeaseFencesNothing: every launcher holds the lease, all the time.
func TestV9TheLeaseFencesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sim.NewWorld(t.Context(), 1, 3, zerolog.Nop())
		defer w.Close()
		w.GenerousLease()
		w.Start("planner")
		w.Start("reaper")
		must(t, w.Submit(service("web", 5)))
		for range 5 {
			w.Start("launcher")
			time.Sleep(700 * time.Millisecond)
		}
		time.Sleep(10 * time.Minute)
		agree(t, w)
	})
}

// TestV10TruncatedLogIsRefused: a log that no longer reaches back to its
// beginning would be folded to the wrong state.
func TestV10TruncatedLogIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sim.NewWorld(t.Context(), 1, 1, zerolog.Nop())
		defer w.Close()
		must(t, w.Submit(service("web", 1)))
		must(t, w.Command("web", submission.Stop{}))
		w.Log.Forget(1)
		p := w.Start("planner")
		if err := p.Wait(); !errors.Is(err, eventlog.ErrTruncated) {
			t.Fatalf("planner ended with %v, want ErrTruncated", err)
		}
	})
}

// TestV11OneOfTwoCandidatesIsElected: both append at once, on one expectation.
func TestV11OneOfTwoCandidatesIsElected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sim.NewWorld(t.Context(), 1, 1, zerolog.Nop())
		defer w.Close()
		w.GenerousLease()
		w.Start("launcher")
		w.Start("launcher")
		time.Sleep(100 * time.Millisecond)
		atOnce := map[string]int{}
		for rec, err := range w.Log.Read(t.Context(), 1, last(t, w)) {
			must(t, err)
			if rec.Header[events.HeaderType] == (events.LauncherElected{}).Type() {
				atOnce[strings.Split(rec.Header[events.HeaderID], "/")[0]]++
			}
		}
		for place, n := range atOnce {
			if n != 1 {
				t.Fatalf("%d elections at %s, want one", n, place)
			}
		}
		if len(atOnce) == 0 {
			t.Fatal("nobody was elected")
		}
	})
}

func last(t *testing.T, w *sim.World) uint64 {
	t.Helper()
	b, err := w.Log.Bounds(context.Background())
	must(t, err)
	return b.Last
}

func current(t *testing.T, w *sim.World, id string, slot uint32) *cluster.Task {
	t.Helper()
	state, err := w.Fold(0)
	must(t, err)
	return state.Jobs[id].Slots[slot].Current()
}

func ids(w *sim.World) []string {
	var all []string
	for _, l := range w.Mesos.Alive() {
		all = append(all, l.TaskID)
	}
	return all
}

// TestLauncherCutFromMesos: the active launcher still holds its lease and writes
// to the log, but the master is out of its reach. Another one takes over.
func TestLauncherCutFromMesos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sim.NewWorld(t.Context(), 1, 2, zerolog.Nop())
		defer w.Close()
		w.Start("planner")
		w.Start("reaper")
		first := w.Start("launcher")
		time.Sleep(2 * time.Second)
		w.Start("launcher")
		must(t, w.Submit(service("web", 2)))
		time.Sleep(time.Minute)
		before := ids(w)
		first.CutFromMesos()
		w.Mesos.CutStream()
		must(t, w.Command("web", submission.Scale{Replicas: 3, Limits: job.DefaultLimits()}))
		time.Sleep(2 * time.Minute)
		if after := ids(w); len(after) != 3 || !strings.HasPrefix(strings.Join(after, " "), strings.Join(before, " ")) {
			t.Errorf("alive %v, were %v", after, before)
		}
		agree(t, w)
	})
}
