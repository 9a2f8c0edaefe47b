package cluster_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// TestKillWindow counts what a list of all kills would, to the second, and says when the
// oldest of them are over.
func TestKillWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type kill struct {
			at    int64
			tasks int
		}
		var w cluster.KillWindow
		var all []kill
		now := time.Unix(rapid.Int64Range(1, 1<<33).Draw(t, "begin"), 0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(40*time.Second)).Draw(t, "passes")))
			tasks := rapid.IntRange(0, 5).Draw(t, "tasks")
			w.Add(now, tasks, 0)
			all = append(all, kill{now.Unix(), tasks})
			want, oldest := uint64(0), int64(0)
			for _, k := range all {
				if k.at >= now.Unix()-60 {
					want += uint64(k.tasks)
					if k.tasks > 0 && oldest == 0 {
						oldest = k.at
					}
				}
			}
			if got := w.Within(now); got != want {
				t.Fatalf("%d within the minute before %s, want %d", got, now, want)
			}
			next := w.Next(now)
			if oldest == 0 != next.IsZero() || oldest != 0 && next.Unix() != oldest+61 {
				t.Fatalf("next at %s, the oldest is of %d", next, oldest)
			}
			if !next.IsZero() && w.Within(next) >= want {
				t.Fatalf("no fewer at %s", next)
			}
		}
	})
}
