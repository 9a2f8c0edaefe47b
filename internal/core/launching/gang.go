package launching

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/placement"
)

const (
	// gangHold is how long offers are held for a gang of which a part fits on them. It is
	// longer than refuseUnfit, so that all that was declined before comes meanwhile.
	gangHold = 30 * time.Second
	// gangRest is how long nothing is held for it then: others have their turn.
	gangRest = time.Minute
)

// gangs are since when offers were held for each.
type gangs map[placement.Gang]time.Time

// givingWay are those for which nothing is to be held now.
func (g gangs) givingWay(now time.Time) map[placement.Gang]bool {
	var found map[placement.Gang]bool
	for name, since := range g {
		switch held := now.Sub(since); {
		case held >= gangHold+gangRest:
			delete(g, name)
		case held >= gangHold:
			if found == nil {
				found = map[placement.Gang]bool{}
			}
			found[name] = true
		}
	}
	return found
}

// keep notes that offers are held for a gang, and returns which; nil for none.
func (g gangs) keep(kept *placement.Kept, now time.Time) []string {
	if kept == nil {
		return nil
	}
	if _, known := g[kept.Gang]; !known {
		g[kept.Gang] = now
	}
	return kept.Offers
}

// free are the demands without the gangs that a batch cannot stage as a whole, as it
// holds a decision about a slot of theirs: they come with the next one.
func (m *Machine) free(b *batch, demands []placement.Demand) []placement.Demand {
	if len(b.drafts) == 0 {
		return demands
	}
	busy := map[placement.Gang]bool{}
	for _, d := range demands {
		for _, t := range d.Tasks {
			if d.Group.Gang && b.subjects[m.cfg.Space.Task(t.Job, t.Slot)] {
				busy[placement.Gang{Job: t.Job, Group: t.Group}] = true
			}
		}
	}
	if len(busy) == 0 {
		return demands
	}
	return slices.DeleteFunc(slices.Clone(demands), func(d placement.Demand) bool { return busy[placement.Gang{Job: d.Job.ID, Group: d.Group.Name}] })
}
