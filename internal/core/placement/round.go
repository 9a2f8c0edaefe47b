package placement

import (
	"cmp"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// round is one question while it is answered.
type round struct {
	field *field
	limit int
	now   time.Time
	wants []*want
	jobs  map[*cluster.Job]*crowd
	// references are where the jobs are that constraints name.
	references references
	// stays are the tasks placed so far, in order.
	stays []stay
	// find makes what finds the places of a want.
	find func(w *want) chooser
	// givingWay are the gangs for which nothing is kept, kept the one for which something is:
	// trial are the tasks of it that have their places only so that nobody else gets them.
	givingWay map[Gang]bool
	kept      *Kept
	trial     map[*cluster.Task]bool
	putOff    bool
	// shortages are what gangs fell short of.
	shortages map[*class]shortage
}

// crowd is what is known of a job whose tasks wait.
type crowd struct {
	job *cluster.Job
	// served is when a task of the job was given a place last.
	served time.Time
	wants  []*want
	groups map[string][]*want
	// began are the groups of which a task of this run was given a place at some time,
	// waiting counts the tasks of each that have none.
	began   map[string]bool
	waiting map[string]int
}

func newRound(m *Matcher, q Question) *round {
	r := &round{field: m.field, limit: q.Limit, now: q.Log, jobs: map[*cluster.Job]*crowd{}, givingWay: q.GivingWay, shortages: map[*class]shortage{}}
	r.find = r.chooser
	for _, d := range q.Demands {
		read := m.read(d.Group)
		w := &want{reading: read, demand: d, group: d.Group, peers: newPeers(read.speaks), since: oldest(d.Tasks)}
		r.wants = append(r.wants, w)
		c := r.jobs[d.Job]
		if c == nil {
			c = &crowd{job: d.Job, began: map[string]bool{}, waiting: map[string]int{}}
			r.jobs[d.Job] = c
		}
		c.wants = append(c.wants, w)
	}
	for _, c := range r.jobs {
		c.gather()
		c.look()
	}
	slices.SortFunc(r.wants, compareUrgency)
	r.refer(q.Jobs)
	for _, w := range r.wants {
		w.references = r.references
	}
	return r
}

// compareUrgency orders demands by priority, by age, and by name.
func compareUrgency(a, b *want) int {
	return cmp.Or(
		cmp.Compare(b.group.Priority, a.group.Priority), a.since.Compare(b.since),
		cmp.Compare(a.demand.Job.ID, b.demand.Job.ID), cmp.Compare(a.group.Name, b.group.Name),
		cmp.Compare(a.demand.Tasks[0].Template, b.demand.Tasks[0].Template),
	)
}

// oldest is since when the first of the tasks has been waiting.
func oldest(tasks []*cluster.Task) time.Time {
	var first time.Time
	for i, t := range tasks {
		since := t.PlannedAt
		if t.NotBefore.After(since) {
			since = t.NotBefore
		}
		if i == 0 || since.Before(first) {
			first = since
		}
	}
	return first
}

// gather finds the demands that are of the same group.
func (c *crowd) gather() {
	c.groups = make(map[string][]*want, len(c.wants))
	for _, w := range c.wants {
		c.groups[w.group.Name] = append(c.groups[w.group.Name], w)
	}
	for _, w := range c.wants {
		w.kin = c.groups[w.group.Name]
	}
}

// look goes through the tasks of the job once.
func (c *crowd) look() {
	for _, slot := range c.job.Slots {
		if slot.LastEnd != nil {
			c.serve(slot.LastEnd.StagedAt)
			c.note(slot.LastEnd)
		}
		for _, t := range slot.Tasks {
			c.serve(t.StagedAt)
			c.note(t)
			if !placed(t) {
				continue
			}
			for _, w := range c.groups[t.Group] {
				w.peers.add(t.Hostname, t.Attributes)
			}
		}
	}
}

func (c *crowd) serve(at time.Time) {
	if at.After(c.served) {
		c.served = at
	}
}

// place puts the next task of a want where it goes, and reports whether it found a place.
func (r *round) place(w *want) bool {
	if w.hopeless(r.field) {
		w.stuck = true
		return false
	}
	if w.chooser == nil {
		w.chooser = r.find(w)
	}
	v := w.chooser.choose()
	if v == nil {
		w.stuck = true
		if !w.chooser.some() {
			w.fruitless(r.field)
		}
		return false
	}
	ports, _ := v.pick(w.ports)
	one := Placed{
		Task: w.task(), Group: w.group, HostPorts: ports, Resources: w.use,
		Attributes: v.noted(w.speaks), Why: w.why(v),
	}
	r.stays = append(r.stays, r.field.occupy(v, w, one))
	for _, one := range w.kin {
		one.peers.add(v.hostname, v.attributes)
	}
	if named := r.references[w.demand.Job.ID]; named != nil {
		named.during.add(v.hostname, v.attributes)
	}
	w.next++
	r.limit--
	return true
}

// back takes the newest placings back until there are n. What fits may have grown by
// that: everybody looks anew.
func (r *round) back(n int) {
	for len(r.stays) > n {
		s := r.stays[len(r.stays)-1]
		r.stays = r.stays[:len(r.stays)-1]
		r.field.vacate(s)
		for _, one := range s.w.kin {
			one.peers.remove(s.v.hostname, s.v.attributes)
		}
		if named := r.references[s.w.demand.Job.ID]; named != nil {
			named.during.remove(s.v.hostname, s.v.attributes)
		}
		s.w.next--
		r.limit++
	}
	for _, w := range r.wants {
		w.chooser = nil
	}
}

// verdicts are those on the groups for whose tasks no place was found, one each.
func (r *round) verdicts() []Verdict {
	var all []Verdict
	known := map[*class]Verdict{}
	for _, w := range r.wants {
		if !w.stuck {
			continue
		}
		if n := len(all); n > 0 && all[n-1].Job == w.demand.Job.ID && all[n-1].Group == w.group.Name {
			all[n-1].Waiting += uint32(w.left()) // Of another version.
			continue
		}
		v, said := known[w.class]
		switch {
		case w.short != nil:
			v = *w.short
		case !said:
			v = r.verdict(w)
			if !w.moving {
				known[w.class] = v
			}
		}
		v.Job, v.Run, v.Group, v.Waiting = w.demand.Job.ID, w.demand.Job.Run, w.group.Name, uint32(w.left())
		all = append(all, v)
	}
	return all
}

// placements are what was placed, by agent and role in their order.
func (r *round) placements() []Placement {
	var used []*vacancy
	for _, s := range r.stays {
		if s.first {
			used = append(used, s.v)
		}
	}
	slices.SortFunc(used, (*vacancy).compare)
	all := make([]Placement, 0, len(used))
	for _, v := range used {
		tasks := v.placed
		if r.kept != nil {
			tasks = slices.DeleteFunc(slices.Clone(tasks), func(p Placed) bool { return r.trial[p.Task] })
		}
		if len(tasks) == 0 {
			continue
		}
		all = append(all, Placement{
			AgentID: v.agentID, Hostname: v.hostname, AgentURL: v.agentURL, Role: v.role, Offers: v.offers, Tasks: tasks,
		})
	}
	return all
}

// answer is what has come of the round.
func (r *round) answer() Answer {
	return Answer{Verdicts: r.verdicts(), Placements: r.placements(), Kept: r.kept, PutOff: r.putOff}
}

// end leaves the field as it was before the question.
func (r *round) end() {
	for _, s := range r.stays {
		if s.first {
			s.v.placed = nil // It is the answer's.
			r.field.restore(s)
		}
	}
}
