package placement

import (
	"fmt"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Gang names a group whose tasks start together or not at all.
type Gang struct{ Job, Group string }

// Kept is what is kept for a gang of which a part would fit, so that the rest may come.
type Kept struct {
	Gang
	// Offers are those on which that part would fit, in order.
	Offers []string
	// agents is how many agents and roles they are of.
	agents uint32
}

// reasonKept is what keeps others from what is kept for a gang, as verdicts count it.
const reasonKept = "held for a gang"

// gangName is what the gang that a want may be of is called.
func (w *want) gangName() Gang { return Gang{Job: w.demand.Job.ID, Group: w.group.Name} }

// note follows a task of the job, for the gangs that have not begun.
func (c *crowd) note(t *cluster.Task) {
	if t.Run != c.job.Run {
		return
	}
	if t.State == cluster.Waiting && t.Doom == nil {
		c.waiting[t.Group]++
	}
	if placed(t) || t.ID != "" {
		c.began[t.Group] = true
	}
}

// begin places the next task of a want, or a whole gang that has not begun, and reports
// whether it did.
func (r *round) begin(w *want) bool {
	if c := r.jobs[w.demand.Job]; !w.group.Gang || c.began[w.group.Name] {
		return r.place(w)
	}
	return !w.tried && r.gang(w)
}

// gang places all of a gang or, where not all fit, none.
func (r *round) gang(w *want) bool {
	members, size, later := []*want{}, 0, r.jobs[w.demand.Job].waiting[w.group.Name]
	for _, one := range w.kin {
		later -= len(one.demand.Tasks)
		if one.group.Gang {
			one.tried = true
			members, size = append(members, one), size+one.left()
		}
	}
	if later > 0 {
		held := fmt.Sprintf("a gang of %d, of which %d may not start yet: they back off, or what ran in their slots before has not ended", size+later, later)
		short(members, &Verdict{Held: held, Reasons: map[string]uint32{}})
		return false
	}
	if size > r.limit {
		r.putOff = true
		return false
	}
	if v, known := r.asBefore(w, size); known && len(members) == 1 {
		short(members, &v)
		return false
	}
	before := len(r.stays)
	for _, one := range members {
		for one.left() > 0 {
			if !r.place(one) {
				r.apart(one, members, before, size)
				return false
			}
		}
	}
	return true
}

// apart takes the places of a gang back that does not fit as a whole. For the first such
// one nobody else gets them, so that it may come to fit; there is never a second one that
// would wait for what is kept for the first, and the first for it.
func (r *round) apart(lacking *want, members []*want, before, size int) {
	v := r.verdict(lacking)
	v.Gang, v.Room = uint32(size), uint32(len(r.stays)-before)
	short(members, &v)
	if len(members) == 1 && !lacking.moving {
		r.shortages[lacking.class] = shortage{stays: before, kept: r.kept, verdict: v}
	}
	name := lacking.gangName()
	if v.Room == 0 || r.kept != nil || r.givingWay[name] {
		r.back(before)
		return
	}
	r.kept, r.trial = &Kept{Gang: name}, map[*cluster.Task]bool{}
	on := map[*vacancy]bool{}
	for _, s := range r.stays[before:] {
		if !on[s.v] {
			on[s.v] = true
			r.kept.Offers = append(r.kept.Offers, s.v.offers...)
		}
	}
	slices.Sort(r.kept.Offers)
	r.kept.agents = uint32(len(on))
	for _, one := range members {
		for _, t := range one.demand.Tasks[:one.next] {
			r.trial[t] = true
		}
		r.limit += one.next
		one.next = 0
	}
}

// shortage is what a gang fell short of when so many tasks had their places, and this was kept.
type shortage struct {
	stays   int
	kept    *Kept
	verdict Verdict
}

// asBefore is what a gang of so many falls short of, where that is known from one before
// that asks the same of agents: for how many there is room does not depend on the order
// in which they are looked at. It is not where something would be kept for it.
func (r *round) asBefore(w *want, size int) (Verdict, bool) {
	last, known := r.shortages[w.class]
	v := last.verdict
	if !known || last.stays != len(r.stays) || last.kept != r.kept || uint32(size) <= v.Room {
		return Verdict{}, false
	}
	v.Gang = uint32(size)
	return v, v.Room == 0 || r.kept != nil || r.givingWay[w.gangName()]
}

// verdict is that on a want as things are now.
func (r *round) verdict(w *want) Verdict {
	v := w.verdict(r.field)
	if r.kept != nil {
		v.Reasons[reasonKept] = r.kept.agents
	}
	return v
}

// short notes with the members of a gang why it does not start.
func short(members []*want, v *Verdict) {
	for _, one := range members {
		one.stuck, one.short = true, v
	}
}
