package sim_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim"
)

// TestClockThatIsOff: a service whose clock is an hour off backs off, gives up
// agents and repeats kills as any other does.
func TestClockThatIsOff(t *testing.T) {
	roles := []string{"planner", "launcher", "reaper"}
	for _, off := range append(roles, "none") {
		for _, ahead := range []time.Duration{-time.Hour, time.Hour} {
			t.Run(fmt.Sprintf("%s %s", off, ahead), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := sim.NewWorld(t.Context(), 1, 2, zerolog.Nop())
					defer w.Close()
					for _, role := range roles {
						if role == off {
							w.StartSkewed(role, ahead)
						} else {
							w.Start(role)
						}
					}
					clocksDoNotMatter(t, w)
				})
			})
		}
	}
}

func clocksDoNotMatter(t *testing.T, w *sim.World) {
	t.Helper()
	must(t, w.Submit(crashing("sick")))
	time.Sleep(5 * time.Minute)
	// 1, 2, 4, ... 32 seconds and then a minute each.
	if a := current(t, w, "sick", 0).Attempt; a < 8 || a > 11 {
		t.Errorf("%d attempts in five minutes of crashing at once", a)
	}
	must(t, w.Command("sick", submission.Stop{}))
	must(t, w.Submit(service("web", 2)))
	time.Sleep(time.Minute)
	for i := range 2 {
		w.Mesos.Partition(fmt.Sprintf("S%d", i))
	}
	time.Sleep(4 * time.Minute)
	if a := current(t, w, "web", 0).Attempt; a != 1 {
		t.Errorf("replaced after four minutes of an unreachable agent, attempt %d", a)
	}
	for i := range 2 {
		w.Mesos.Heal(fmt.Sprintf("S%d", i))
	}
	time.Sleep(time.Minute)
	w.Mesos.SetFaults(sim.Faults{LostCall: 100})
	must(t, w.Command("web", submission.Stop{}))
	time.Sleep(5 * time.Second)
	w.Mesos.SetFaults(sim.Faults{})
	before := last(t, w)
	time.Sleep(time.Minute)
	wantAlive(t, w, "web", 0)
	kills := 0
	for rec, err := range w.Log.Read(t.Context(), 1, last(t, w)) {
		must(t, err)
		if rec.Header[events.HeaderType] == (events.KillIssued{}).Type() {
			kills++
		}
	}
	if kills < 2 || kills > 4 {
		t.Errorf("%d kills issued, want one that is lost and one that is not", kills)
	}
	if grown := last(t, w) - before; grown > 20 {
		t.Errorf("%d records in a minute of an ending", grown)
	}
	agree(t, w)
}
