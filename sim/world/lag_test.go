package world_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/sim/world"
)

// TestLogThatLags: a service that sees the log late decides late, and on what is no
// longer so; alone, and beside one that is up to date.
func TestLogThatLags(t *testing.T) {
	roles := []string{"planner", "launcher", "reaper"}
	for _, lag := range []time.Duration{time.Second, 15 * time.Second} {
		for _, late := range [][]string{{"planner"}, {"launcher"}, {"reaper"}, roles} {
			for _, beside := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v %v beside=%t", late, lag, beside), func(t *testing.T) {
					w := rig(3)
					for _, role := range late {
						w.Processes[start(w, role, role+"-late")].Lag = lag
					}
					for _, role := range roles {
						if beside || len(late) == 1 && role != late[0] {
							start(w, role, role)
						}
					}
					hurry(t, w)
					w.Pass(10 * time.Minute)
					agree(t, w)
				})
			}
		}
	}
}

// hurry changes what is wanted before it came about.
func hurry(t *testing.T, w *world.World) {
	t.Helper()
	must(t, w.Submit(world.Service("web", 3)))
	must(t, w.Submit(world.Batch("work")))
	for i := range 20 {
		w.Pass(time.Duration(i) * 700 * time.Millisecond)
		switch n := uint32(i % 4); i % 5 {
		case 0, 1:
			ignore(w.Command("web", scale(n)))
		case 2:
			ignore(w.Command("web", submission.Stop{}))
		case 3:
			ignore(w.Command("web", submission.Delete{}))
			ignore(w.Submit(world.Service("web", n+1)))
		case 4:
			w.Cut(true)
		}
	}
}
