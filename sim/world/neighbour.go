package world

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Neighbour is a service that runs beside another job, or where it is not.
func Neighbour(id string, replicas uint32, operator, of string) *job.Spec {
	s := Service(id, replicas)
	s.Tasks[0].Constraints = []job.Constraint{{Attribute: job.AttributeHostname, Operator: operator, Value: of}}
	return s
}

// checkNeighbours: what is to run beside another job, or where it is not, is put there,
// as far as the launcher has folded and by what it stages before.
func (w *World) checkNeighbours(s seen, e machine.Append, ev events.TaskStaged) {
	t := s.job.Slots[ev.Slot].Find(ev.Run, ev.Attempt)
	if t == nil {
		return
	}
	g := s.job.GroupOf(t)
	if g == nil {
		return
	}
	for _, c := range g.Constraints {
		switch c.Operator {
		case job.OpWithJob:
			if !runsOn(s.state.Jobs[c.Value], ev.Hostname) {
				w.violate("%s stages %s on %s, where nothing of %s is", s.name, ev.TaskID, ev.Hostname, c.Value)
			}
		case job.OpWithoutJob:
			if runsOn(s.state.Jobs[c.Value], ev.Hostname) || stagesBefore(e, ev, c.Value) {
				w.violate("%s stages %s on %s, where %s is", s.name, ev.TaskID, ev.Hostname, c.Value)
			}
		}
	}
}

// runsOn reports whether a task of a job has its place on a host.
func runsOn(j *cluster.Job, hostname string) bool {
	if j == nil {
		return false
	}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Live() && t.State != cluster.Waiting && t.Hostname == hostname {
				return true
			}
		}
	}
	return false
}

// stagesBefore reports whether an append gives a task of a job a place on the host of
// another before that. Only those on the same offers are in the order of their placing.
func stagesBefore(e machine.Append, of events.TaskStaged, id string) bool {
	for _, d := range e.Drafts {
		subject, err := events.ParseSubject(d.Subject)
		ev, stages := d.Event.(events.TaskStaged)
		if stages && ev.TaskID == of.TaskID {
			return false
		}
		if err == nil && stages && subject.Job == id && slices.Equal(ev.Offers, of.Offers) {
			return true
		}
	}
	return false
}

// checkOffers: an ACCEPT uses offers of one agent and one role, and what it launches fits into
// them. It returns what of them is reserved.
func (w *World) checkOffers(a scheduler.Accept, taken []Offer, all bool) (reserved offer.Resources) {
	var sum offer.Resources
	for _, o := range taken {
		if o.Agent != taken[0].Agent || o.Role != taken[0].Role {
			w.violate("offers of %s on %d and of %s on %d are used at once", taken[0].Role, taken[0].Agent, o.Role, o.Agent)
		}
		sum, reserved = sum.Plus(o.All), reserved.Plus(o.Reserved)
	}
	if !all {
		return reserved
	}
	used := offer.Resources{}
	for i := range a.Launches {
		l := &a.Launches[i]
		used = used.Plus(l.Resources)
		if len(taken) > 0 && l.Role != taken[0].Role {
			w.violate("%s is launched for %s on offers for %s", l.TaskID, l.Role, taken[0].Role)
		}
	}
	if !used.Within(sum) {
		w.violate("%v is launched on offers of %v", used, sum)
	}
	return reserved
}

// least is what both have.
func least(a, b offer.Resources) offer.Resources {
	return offer.Resources{CPUs: min(a.CPUs, b.CPUs), Mem: min(a.Mem, b.Mem), Disk: min(a.Disk, b.Disk), GPUs: min(a.GPUs, b.GPUs)}
}
