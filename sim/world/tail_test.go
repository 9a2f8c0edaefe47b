package world_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/sim/world"
)

// TestLostTail: the log loses the stop of a job, and all that came of it, while all
// processes are down. They refuse it; unguarded, they run again what a user was told
// is stopped.
func TestLostTail(t *testing.T) {
	for name, unguarded := range map[string]bool{"guarded": false, "unguarded": true} {
		t.Run(name, func(t *testing.T) {
			w := whole(2)
			w.Options.Unguarded = unguarded
			must(t, w.Submit(world.Service("web", 3)))
			w.Pass(time.Minute)
			wantAlive(t, w, "web", 3)
			keep := w.Log.Last()
			must(t, w.Command("web", submission.Stop{}))
			w.Pass(time.Minute)
			wantAlive(t, w, "web", 0)
			for i := range w.Processes {
				w.Kill(i)
			}
			w.Pass(time.Minute)
			lost := w.LoseTail(keep)
			for i := range w.Processes {
				w.Start(i, 0)
			}
			w.Pass(5 * time.Minute)
			if unguarded {
				wantAlive(t, w, "web", 3)
				return
			}
			if w.Refused != len(w.Processes) || w.Log.Last() != keep {
				t.Errorf("%d of %d refused, %d records more", w.Refused, len(w.Processes), w.Log.Last()-keep)
			}
			wantAlive(t, w, "web", 0)
			w.Restore(lost)
			for i := range w.Processes {
				w.Start(i, 0)
			}
			agree(t, w)
			wantAlive(t, w, "web", 0)
		})
	}
}
