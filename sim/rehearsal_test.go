package sim_test

import (
	"slices"
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

// unbound has planners end as many tasks at once as they want: a rehearsal knows of no bound.
func unbound(w *world.World) {
	w.Options.KillBound = 0
	for i, p := range w.Processes {
		if p.Role == "planner" {
			w.Kill(i)
			w.Start(i, 0)
		}
	}
}

// TestRehearsalAgreesWithItself: whatever went wrong while a log was written, the same
// planner over it makes the decisions that it made.
func TestRehearsalAgreesWithItself(t *testing.T) {
	var recorded uint64
	for seed := range uint64(40) {
		run := sim.New(seed)
		run.Drains, run.Keeps = false, false
		unbound(run.World)
		run.Do()
		c, differences := rehearse(t, &run.World.Log, run.World.Options.Space)
		recorded += c.Recorded
		for _, d := range differences {
			t.Errorf("seed %d: at %d about %s: recorded %+v, decided %+v", seed, d.Sequence, d.Job, d.Recorded, d.Decided)
		}
	}
	if recorded == 0 {
		t.Error("nobody decided anything")
	}
}

// TestRehearsalAgreesAboutOriginals: which of two tasks goes on is decided the same again.
// What a series does goes by its runs, too, whose records may come in between.
func TestRehearsalAgreesAboutOriginals(t *testing.T) {
	returned := 0
	for seed := range uint64(60) {
		run := sim.New(seed)
		run.Drains = false
		unbound(run.World)
		run.Do()
		for _, rec := range run.World.Log.Records {
			if ev, dooms := rec.Decoded.Event.(events.TasksDoomed); dooms && ev.Class == cluster.ClassOriginalReturned {
				returned++
			}
		}
		_, differences := rehearse(t, &run.World.Log, run.World.Options.Space)
		for _, d := range differences {
			if d.Job != "nightly" {
				t.Errorf("seed %d: at %d about %s: recorded %+v, decided %+v", seed, d.Sequence, d.Job, d.Recorded, d.Decided)
			}
		}
	}
	if returned == 0 {
		t.Error("no original has come back")
	}
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
