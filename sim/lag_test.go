package sim_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/sim"
)

// TestLogThatLags: a service that sees the log late decides late, and on what is no
// longer so; alone, and beside one that is up to date.
func TestLogThatLags(t *testing.T) {
	roles := []string{"planner", "launcher", "reaper"}
	for _, lag := range []time.Duration{time.Second, 15 * time.Second} {
		for _, late := range [][]string{{"planner"}, {"launcher"}, {"reaper"}, roles} {
			for _, beside := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v %v beside=%t", late, lag, beside), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := sim.NewWorld(t.Context(), 1, 3, zerolog.Nop())
						defer w.Close()
						for _, role := range late {
							w.Start(role).Lag(lag)
						}
						for _, role := range roles {
							if beside || len(late) == 1 && role != late[0] {
								w.Start(role)
							}
						}
						hurry(t, w)
						time.Sleep(20 * time.Minute)
						agree(t, w)
					})
				})
			}
		}
	}
}

// hurry changes what is wanted before it came about.
func hurry(t *testing.T, w *sim.World) {
	t.Helper()
	must(t, w.Submit(service("web", 3)))
	must(t, w.Submit(batch("work")))
	for i := range 20 {
		time.Sleep(time.Duration(i) * 700 * time.Millisecond)
		switch i % 5 {
		case 0, 1:
			ignore(w.Command("web", submission.Scale{Replicas: uint32(i % 4), Limits: job.DefaultLimits()}))
		case 2:
			ignore(w.Command("web", submission.Stop{}))
		case 3:
			ignore(w.Command("web", submission.Delete{}))
			ignore(w.Submit(service("web", uint32(i%4)+1)))
		case 4:
			w.Mesos.CutStream()
		}
	}
}
