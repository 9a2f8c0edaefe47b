package world_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/world"
)

// The traces of the architecture's section "What breaks without the rules", each
// as a run of the whole system. Those that the fold alone decides (V4, V5, V8) are
// in internal/core/cluster, those of the log (V10, V11) also in
// pkg/eventlog/eventlogtest and sim/embedded.

// TestV1KillDoesNotOvertakeAccept: staged, ACCEPT in flight, doomed. A KILL now
// would be answered "gone", and then the task would run for ever.
func TestV1KillDoesNotOvertakeAccept(t *testing.T) {
	for _, after := range []time.Duration{time.Second, 4 * time.Second, 30 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			w := whole(2)
			strayAccept(w, after)
			must(t, w.Submit(world.Service("web", 1)))
			if len(w.Rules) != 0 || current(w, "web", 0).State != cluster.Staged {
				t.Fatal("no ACCEPT is in flight")
			}
			w.Pass(500 * time.Millisecond)
			must(t, w.Command("web", submission.Stop{}))
			w.Pass(time.Minute)
			wantAlive(t, w, "web", 0)
			agree(t, w)
		})
	}
}

// TestV2LostAcceptIsResolved: the ACCEPT is lost and nothing crashes.
func TestV2LostAcceptIsResolved(t *testing.T) {
	w := whole(2)
	strayAccept(w, 0)
	must(t, w.Submit(world.Service("web", 1)))
	w.Pass(time.Minute)
	if task := current(w, "web", 0); task.State != cluster.Running || task.Attempt != 2 {
		t.Fatalf("attempt %d is %s, want attempt 2 RUNNING", task.Attempt, task.State)
	}
	agree(t, w)
}

// TestV3LateAcceptComesToNothing: the ACCEPT lands when the next attempt runs.
func TestV3LateAcceptComesToNothing(t *testing.T) {
	w := whole(2)
	strayAccept(w, 40*time.Second)
	must(t, w.Submit(world.Service("web", 1)))
	w.Pass(2 * time.Minute)
	if alive := w.Alive(); len(alive) != 1 || alive[0].Attempt != 2 {
		t.Fatalf("alive: %+v, want attempt 2 alone", alive)
	}
	agree(t, w)
}

// TestV6SlotWaitsForItsEnd: doomed, then wanted again before the end.
func TestV6SlotWaitsForItsEnd(t *testing.T) {
	w := whole(2)
	must(t, w.Submit(world.Service("web", 3)))
	w.Pass(5 * time.Second)
	for range 5 {
		must(t, w.Command("web", scale(1)))
		must(t, w.Command("web", scale(3)))
		w.Pass(50 * time.Millisecond)
	}
	agree(t, w)
}

// TestV7NothingIsProcessedBeforeTheOpening: a launcher is elected and pauses in
// SUBSCRIBE; another is elected and launches; then the first one's subscription
// opens and is sent the other's task.
func TestV7NothingIsProcessedBeforeTheOpening(t *testing.T) {
	w := rig(2, "planner", "reaper")
	w.Options.GenerousLease = true
	first := start(w, "launcher", "first") // so that the framework has its id
	w.Pass(2 * time.Second)
	w.Kill(first)
	paused := start(w, "launcher", "paused")
	w.Rules = []world.Rule{{Process: paused, Body: leading.Subscribe{}, Fate: world.Fate{Kind: world.Hold, For: 9 * time.Second}, Times: 1}}
	w.Pass(2 * time.Second)
	start(w, "launcher", "other")
	must(t, w.Submit(world.Service("web", 2)))
	w.Pass(5 * time.Second)
	before := ids(w)
	if len(before) != 2 {
		t.Fatalf("%d tasks alive, want 2", len(before))
	}
	w.Pass(time.Minute)
	agree(t, w)
	if after := ids(w); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Fatalf("tasks changed from %v to %v", before, after)
	}
}

// TestV9TheLeaseFencesNothing: every launcher holds the lease, all the time.
func TestV9TheLeaseFencesNothing(t *testing.T) {
	w := rig(3, "planner", "reaper")
	w.Options.GenerousLease = true
	must(t, w.Submit(world.Service("web", 5)))
	for i := range 5 {
		start(w, "launcher", fmt.Sprintf("launcher-%d", i))
		w.Pass(700 * time.Millisecond)
	}
	agree(t, w)
}

// TestV11OneOfTwoCandidatesIsElected: both append at once, on one expectation.
func TestV11OneOfTwoCandidatesIsElected(t *testing.T) {
	w := world.New(world.Options{Agents: 1, GenerousLease: true})
	for _, name := range []string{"one", "other"} {
		start(w, "launcher", name)
	}
	for range 2 {
		first(w, machine.Append{}, world.Fate{Kind: world.Hold, For: 50 * time.Millisecond})
	}
	w.Pass(time.Second)
	atOnce := map[string]int{}
	for i := range w.Log.Records {
		if r := w.Log.Records[i].Decoded; r.Event.Type() == (events.LauncherElected{}).Type() {
			atOnce[strings.Split(r.Envelope.ID, "/")[0]]++
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
}

// TestV12LostDeclineIsRepeated: the master keeps an offer whose DECLINE was lost
// for the framework, for ever; here the only one of an agent that a task needs.
func TestV12LostDeclineIsRepeated(t *testing.T) {
	for _, kind := range []world.FateKind{world.Lose, world.Swallow} {
		t.Run(kind.String(), func(t *testing.T) {
			w := whole(2)
			first(w, launching.Decline{}, world.Fate{Kind: kind})
			must(t, w.Submit(world.Service("small", 1)))
			if len(w.Rules) != 0 || len(w.Master.Offers) == 0 {
				t.Fatalf("%d offers are out, want one that was declined in vain", len(w.Master.Offers))
			}
			large := world.Service("large", 2)
			large.Tasks[0].Resources.CPU = 3
			must(t, w.Submit(large))
			w.Pass(time.Minute)
			wantAlive(t, w, "large", 2)
			agree(t, w)
		})
	}
}

// TestV13LateSuppress: a SUPPRESS was given up after its deadline, and is carried
// out behind the REVIVE for a task that no agent has space for yet.
func TestV13LateSuppress(t *testing.T) {
	w := rig(2, "planner", "launcher", "reaper")
	first(w, launching.Suppress{}, world.Fate{Kind: world.Hold, For: 12 * time.Second})
	w.Pass(10500 * time.Millisecond) // Now it is given up.
	w.Partition(0)
	w.Partition(1)
	must(t, w.Submit(world.Service("web", 1)))
	w.Pass(5 * time.Second)
	if len(w.Rules) != 0 || !w.Master.Stream.Suppressed {
		t.Fatal("the SUPPRESS was not carried out behind the REVIVE")
	}
	w.Heal(0)
	w.Heal(1)
	w.Pass(time.Minute)
	wantAlive(t, w, "web", 1)
	agree(t, w)
}

// TestV13LateDecline: offers came when nothing wanted them any more. Their DECLINE,
// which refuses the like for an hour, was given up, and it or its repetition is
// carried out behind the REVIVE for the next task.
func TestV13LateDecline(t *testing.T) {
	w := whole(2)
	first(w, launching.Offered{}, world.Fate{Kind: world.Hold, For: time.Second})
	first(w, launching.Decline{}, world.Fate{Kind: world.Hold, For: 12 * time.Second})
	must(t, w.Submit(world.Service("brief", 1)))
	must(t, w.Command("brief", submission.Stop{}))
	w.Pass(11500 * time.Millisecond) // Now it is given up.
	must(t, w.Submit(world.Service("web", 1)))
	w.Pass(2 * time.Second)
	if len(w.Rules) != 0 || len(w.Master.Offers) != 0 || !w.Master.Agents[0].RefusedUntil.After(w.Now.Add(time.Minute)) {
		t.Fatal("the DECLINE was not carried out behind the REVIVE")
	}
	w.Pass(time.Minute)
	wantAlive(t, w, "web", 1)
	agree(t, w)
}

// TestLauncherCutFromMesos: the active launcher still holds its lease and writes
// to the log, but the master is out of its reach. Another one takes over.
func TestLauncherCutFromMesos(t *testing.T) {
	w := rig(2, "planner", "reaper")
	first := start(w, "launcher", "first")
	w.Pass(2 * time.Second)
	start(w, "launcher", "other")
	must(t, w.Submit(world.Service("web", 2)))
	w.Pass(time.Minute)
	before := ids(w)
	w.Isolate(first)
	must(t, w.Command("web", scale(3)))
	w.Pass(2 * time.Minute)
	if after := ids(w); len(after) != 3 || !strings.HasPrefix(strings.Join(after, " "), strings.Join(before, " ")) {
		t.Errorf("alive %v, were %v", after, before)
	}
	agree(t, w)
}

// TestFreedSlotIsFilled: an attempt was replaced while its agent was cut off; the
// agent comes back with it, so that the next attempt waits for its end.
func TestFreedSlotIsFilled(t *testing.T) {
	w := whole(2)
	must(t, w.Submit(world.Service("web", 2)))
	w.Pass(time.Minute)
	w.Partition(0)
	w.Partition(1)
	w.Pass(6 * time.Minute)
	if task := current(w, "web", 0); task.Attempt != 2 || task.State != cluster.Waiting {
		t.Fatalf("attempt %d is %s, want attempt 2 waiting", task.Attempt, task.State)
	}
	w.Heal(0)
	w.Heal(1)
	agree(t, w)
}
