package world_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/world"
)

// TestClockThatIsOff: a service whose clock is an hour off backs off, gives up
// agents and repeats kills as any other does.
func TestClockThatIsOff(t *testing.T) {
	roles := []string{"planner", "launcher", "reaper"}
	for _, off := range append(roles, "none") {
		for _, ahead := range []time.Duration{-time.Hour, time.Hour} {
			t.Run(fmt.Sprintf("%s %s", off, ahead), func(t *testing.T) {
				w := rig(2)
				for _, role := range roles {
					i := w.Add(role, role)
					if role == off {
						w.Start(i, ahead)
					} else {
						w.Start(i, 0)
					}
				}
				clocksDoNotMatter(t, w)
			})
		}
	}
}

func clocksDoNotMatter(t *testing.T, w *world.World) {
	t.Helper()
	must(t, w.Submit(world.Crashing("sick", 2, 3*time.Second)))
	w.Pass(5 * time.Minute)
	// 1, 2, 4, ... 32 seconds and then a minute each.
	if a := current(w, "sick", 0).Attempt; a < 8 || a > 11 {
		t.Errorf("%d attempts in five minutes of crashing at once", a)
	}
	must(t, w.Command("sick", submission.Stop{}))
	must(t, w.Submit(world.Service("web", 2)))
	w.Pass(time.Minute)
	for i := range 2 {
		w.Partition(i)
	}
	w.Pass(4 * time.Minute)
	if a := current(w, "web", 0).Attempt; a != 1 {
		t.Errorf("replaced after four minutes of an unreachable agent, attempt %d", a)
	}
	for i := range 2 {
		w.Heal(i)
	}
	w.Pass(time.Minute)
	w.Rules = []world.Rule{{Process: world.Anybody, Body: reaping.Kill{}, Fate: world.Fate{Kind: world.Lose}}}
	must(t, w.Command("web", submission.Stop{}))
	w.Pass(5 * time.Second)
	w.Rules = nil
	before := w.Log.Last()
	w.Pass(time.Minute)
	wantAlive(t, w, "web", 0)
	kills := 0
	for i := range w.Log.Records {
		if w.Log.Records[i].Decoded.Event.Type() == (events.KillIssued{}).Type() {
			kills++
		}
	}
	if kills < 2 || kills > 4 {
		t.Errorf("%d kills issued, want one that is lost and one that is not", kills)
	}
	if grown := w.Log.Last() - before; grown > 20 {
		t.Errorf("%d records in a minute of an ending", grown)
	}
	agree(t, w)
}
