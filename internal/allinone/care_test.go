package allinone

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
)

// TestPatience: a process is started again once it has been stuck without a break,
// later each time, and as at first when it has been able for long.
func TestPatience(t *testing.T) {
	p := patient{care: Care{Pause: backoff.Wait{First: time.Minute, Max: 3 * time.Minute}, Settled: 10 * time.Minute}}
	now := time.Unix(0, 0)
	// look finds the same for so long, and reports how often another start was due
	// and after how long it was first.
	look := func(f vitals, long time.Duration) (starts int, first time.Duration) {
		for until := now.Add(long); now.Before(until); now = now.Add(5 * time.Second) {
			if again, after := p.look(now, f); again {
				if starts++; starts == 1 {
					first = after
				}
				p.born()
			}
		}
		return starts, first
	}
	able, stuck, waits := vitals{able: true}, vitals{stuck: true}, vitals{}
	for _, c := range []struct {
		name   string
		found  vitals
		long   time.Duration
		starts int
		first  time.Duration
	}{
		{"able", able, time.Hour, 0, 0},
		{"stuck, not for long", stuck, time.Minute, 0, 0},
		{"able again", able, 5 * time.Second, 0, 0},
		{"waiting for another", waits, time.Hour, 0, 0},
		{"stuck for long", stuck, 65 * time.Second, 1, time.Minute},
		{"able for a moment", able, 9 * time.Minute, 0, 0},
		{"stuck again", stuck, 2 * time.Minute, 0, 0},
		{"a little longer", stuck, 5 * time.Second, 1, 2 * time.Minute},
		{"stuck whatever is done", stuck, 30 * time.Minute, 9, 3 * time.Minute},
		{"able for long", able, 11 * time.Minute, 0, 0},
		{"stuck as at first", stuck, 65 * time.Second, 1, time.Minute},
	} {
		if starts, first := look(c.found, c.long); starts != c.starts || first != c.first {
			t.Errorf("%s: %d starts, the first after %v; want %d, %v", c.name, starts, first, c.starts, c.first)
		}
	}
}
