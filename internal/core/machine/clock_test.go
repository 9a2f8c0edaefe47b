package machine_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

func TestClock(t *testing.T) {
	const s, hour = time.Second, time.Hour
	start := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	// Times are those since the start of the process, by the local clock.
	type seen struct {
		now, logged time.Duration
		own         bool
		decided     time.Duration
		changed     bool
	}
	for name, tc := range map[string]struct {
		seen []seen
		want time.Duration // of the log's clock from the local one
	}{
		"nothing seen":                 {},
		"a fresh record":               {seen: []seen{{now: 10 * s, logged: 10 * s}}},
		"an old record":                {seen: []seen{{now: 10 * s, logged: -hour}}},
		"a record of the future":       {seen: []seen{{now: 10 * s, logged: hour + 10*s, changed: true}}, want: hour},
		"a future a little farther":    {seen: []seen{{now: 10 * s, logged: hour + 10*s, changed: true}, {now: 20 * s, logged: hour + 21*s}}, want: hour + s},
		"the future is not forgotten":  {seen: []seen{{now: 10 * s, logged: hour + 10*s, changed: true}, {now: 20 * s, logged: 20 * s}}, want: hour},
		"own, logged at once":          {seen: []seen{{now: 11 * s, logged: 10 * s, own: true, decided: 10 * s}}},
		"own, slow to come back":       {seen: []seen{{now: 90 * s, logged: 50 * s, own: true, decided: 10 * s}}},
		"own, logged before decided":   {seen: []seen{{now: 10 * s, logged: 10*s - hour, own: true, decided: 10 * s, changed: true}}, want: -hour},
		"before, then another's":       {seen: []seen{{now: 10 * s, logged: 10*s - hour, own: true, decided: 10 * s, changed: true}, {now: 12 * s, logged: 12*s - hour}}, want: -hour},
		"another's clock is not ours":  {seen: []seen{{now: 10 * s, logged: 10 * s, decided: hour}}},
		"the log's clock was set back": {seen: []seen{{now: 10 * s, logged: hour, changed: true}, {now: 20 * s, logged: 20 * s, own: true, decided: 20 * s, changed: true}}},
		"the log's clock was set on":   {seen: []seen{{now: 10 * s, logged: 10*s - hour, own: true, decided: 10 * s, changed: true}, {now: 20 * s, logged: 20 * s, changed: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			now := start
			c := machine.NewClock(now)
			for _, r := range tc.seen {
				now = start.Add(r.now)
				rec := cluster.Record{Time: start.Add(r.logged), Envelope: events.Envelope{Time: start.Add(r.decided)}}
				if changed := c.Observe(now, &rec, r.own); changed != r.changed {
					t.Errorf("at %v: changed %t, want %t", r.now, changed, r.changed)
				}
			}
			if got := c.At(now).Log.Sub(now); got != tc.want {
				t.Errorf("the log's clock is %v from the local one, want %v", got, tc.want)
			}
		})
	}
}
