package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/rehearsal"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim"
	"github.com/milosgajdos/taurus/sim/world"
)

// rehearse holds the planner of this build against the one that wrote a log.
func rehearse(t *testing.T, log *world.Log, space events.Space) (*rehearsal.Comparison, []rehearsal.Difference) {
	t.Helper()
	var all []rehearsal.Decision
	c, r, end := &rehearsal.Comparison{From: 1}, rehearsal.New(space), time.Time{}
	for _, rec := range log.Records {
		end = rec.Decoded.Time
		decided, change, err := r.Next(rec.Decoded)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, decided...)
		for len(all) > 0 && all[0].After < rec.Decoded.Sequence {
			c.Decided(all[0])
			all = all[1:]
		}
		c.Record(rec.Decoded, change)
	}
	for _, d := range all {
		c.Decided(d)
	}
	return c, c.Differences(end)
}

// TestRehearsalAgreesWithItself: whatever went wrong while a log was written, the same
// planner over it makes the decisions that it made; also where as many tasks were ended as
// may be, and where two of a slot were there, and one went on.
func TestRehearsalAgreesWithItself(t *testing.T) {
	var recorded, bounded, returned atomic.Uint64
	t.Cleanup(func() {
		if *seedsFlag >= 100 && (recorded.Load() == 0 || bounded.Load() == 0 || returned.Load() == 0) {
			t.Errorf("%d decisions; the bound on kills bit after %d, and %d originals have come back", recorded.Load(), bounded.Load(), returned.Load())
		}
	})
	for seed := range uint64(*seedsFlag) {
		t.Run(fmt.Sprintf("seed=%d", *firstFlag+seed), func(t *testing.T) {
			t.Parallel()
			run, full := sim.New(*firstFlag+seed), false
			run.Watch = func(line string) { full = full || strings.Contains(line, "the log is nearly full") }
			run.Do()
			c, differences := rehearse(t, &run.World.Log, run.World.Options.Space)
			recorded.Add(c.Recorded)
			b, r := tried(&run.World.Log)
			bounded.Add(b)
			returned.Add(r)
			for _, d := range differences {
				if ended, ends := d.Recorded.(events.RolloutEnded); full && ends && ended.Outcome == events.RolloutFailed {
					continue // For want of space, of which the log does not tell.
				}
				t.Errorf("at %d about %s: recorded %+v, decided %+v", d.Sequence, d.Job, d.Recorded, d.Decided)
			}
		})
	}
}

// tried counts the decisions of a log after which no more tasks may be ended for a while, and
// those by which an original goes on.
func tried(log *world.Log) (bounded, returned uint64) {
	state := cluster.New()
	for _, rec := range log.Records {
		_, _ = state.Apply(rec.Decoded)
		ev, dooms := rec.Decoded.Event.(events.TasksDoomed)
		if dooms && ev.Class == cluster.ClassOriginalReturned {
			returned++
		}
		if w := &state.AutomaticKills; dooms && ev.KillBound != 0 && w.Within(rec.Decoded.Time) >= uint64(w.Bound) {
			bounded++
		}
	}
	return bounded, returned
}

// TestRehearsalFindsAnother: each decision that another planner would not have made is
// listed, and so is what it makes instead.
func TestRehearsalFindsAnother(t *testing.T) {
	run := sim.New(7)
	run.Drains = false
	run.Do()
	log := run.World.Log
	clean, _ := rehearse(t, &log, run.World.Options.Space)
	var changed int
	for i, rec := range log.Records {
		ev, doomed := rec.Decoded.Event.(events.TasksDoomed)
		if !doomed {
			continue
		}
		ev.Slots = []events.SlotRange{{From: 900, To: 900, Attempt: 1}} // Which no planner dooms.
		rec.Decoded.Event = ev
		log.Records = append(slices.Clone(log.Records[:i]), append([]world.Record{rec}, log.Records[i+1:]...)...)
		changed++
		break
	}
	c, differences := rehearse(t, &log, run.World.Options.Space)
	if changed == 0 || c.Recorded != clean.Recorded || len(differences) == 0 || c.Same >= clean.Same {
		t.Errorf("%d changed: %d of %d the same, %+v", changed, c.Same, c.Recorded, differences)
	}
}
