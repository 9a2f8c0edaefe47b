package world

import (
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// AskAccess gives a commander a command about who may do what, or the policy.
func (w *World) AskAccess(process int, c access.Command) *Ask {
	return w.asked(&Ask{Process: process, Access: c})
}

// CommandAccess asks for something of it and lets time pass until it is answered.
func (w *World) CommandAccess(c access.Command) error {
	return w.await(func(process int) *Ask { return w.AskAccess(process, c) })
}

// checkPermitted: nothing is planned or staged of a version that the policy forbids, as far as
// the process has folded it.
func (w *World) checkPermitted(process int, id string, version uint64, does string) {
	p := w.Processes[process]
	j := p.State.Jobs[id]
	if j == nil {
		return
	}
	if all := p.State.Forbidden(j, version); len(all) > 0 {
		w.violate("%s %s a task of version %d of %s: %s", p.Name, does, version, id, all[0])
	}
}

// checkGoesOn: what runs of a job of which nothing is started anew is ended by no rollout and by
// no move, but in favour of what is there, or at its deadline.
func (w *World) checkGoesOn(process int, id string, ev events.TasksDoomed) {
	p := w.Processes[process]
	j := p.State.Jobs[id]
	if j == nil || j.Over() || ev.Class == cluster.ClassOriginalReturned || len(p.State.Forbidden(j, j.Target)) == 0 {
		return
	}
	for _, r := range ev.Slots {
		for slot := r.From; slot <= r.To; slot++ {
			others, late := 0, false
			for _, t := range attempts(p.State, id, slot) {
				if t.Attempt == r.Attempt && t.Run == ev.Run {
					late = w.late(p, t)
				} else if t.Live() && t.Doom == nil {
					others++
				}
			}
			if others == 0 && !late {
				w.violate("%s ends slot %d of %s (%s), and nothing would be in its place", p.Name, slot, id, ev.Reason)
			}
		}
	}
}
