package explore

import (
	"fmt"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// checkOriginals: of a task that was cut off and the one in its place the first goes on if
// it was up again in time, and else is ended, by what the planner has folded.
func (w *World) checkOriginals(i int, j *cluster.Job, ev events.TasksDoomed) {
	u := w.scope.Unreachable
	if u == nil || j.Over() {
		return
	}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Run != ev.Run || !names(ev.Slots, t) {
				continue
			}
			switch ev.Class {
			case "replaced":
				if due := u.GiveUpAfter.From(t.CutOff); !t.CutOff.IsZero() && w.now.Before(due) && !w.finished(j, t.Slot, w.procs[i].state.Sequence) {
					w.violate("an original may come back until it is given up", fmt.Sprintf("%s gives up %s", w.procs[i].name, t.ID))
				}
			case cluster.ClassOriginalReturned:
				w.checkGivesWay(i, slot, t)
			}
		}
	}
}

// checkGivesWay: what goes for an original does so because that is back, in time.
func (w *World) checkGivesWay(i int, slot *cluster.Slot, t *cluster.Task) {
	inTime := func(o *cluster.Task) bool {
		due := w.scope.Unreachable.GiveUpAfter.From(o.CutOff)
		return o.CutOff.IsZero() || !o.UpSince.IsZero() && o.UpSince.Before(due) || o.UpSince.IsZero() && w.now.Before(due)
	}
	if !slices.ContainsFunc(slot.Tasks, func(o *cluster.Task) bool {
		return o.Attempt < t.Attempt && o.Doom == nil && o.Live() && !o.Unreachable && inTime(o)
	}) {
		w.violate("what is in the place of an original goes when that is back in time", fmt.Sprintf("%s gives up %s", w.procs[i].name, t.ID))
	}
}

// checkUndone: what has done its work is not planned again, by what the planner has folded.
func (w *World) checkUndone(i int, j *cluster.Job, ev events.TasksPlanned) {
	if w.scope.Unreachable == nil || j.Spec.Kind != job.KindBatch {
		return
	}
	for _, r := range ev.Slots {
		for slot := r.From; slot <= r.To; slot++ {
			if w.finished(j, slot, w.procs[i].state.Sequence) {
				w.violate("work that is done is not planned again", fmt.Sprintf("%s plans attempt %d in slot %d", w.procs[i].name, r.Attempt, slot))
			}
		}
	}
}

// finished reports whether, by the records up to a sequence, a task in a slot of a batch has
// done its work that was not given up before.
func (w *World) finished(j *cluster.Job, slot uint32, upTo uint64) bool {
	if j.Spec.Kind != job.KindBatch {
		return false
	}
	givenUp := map[uint32]bool{}
	for _, r := range w.log.records[:upTo] {
		if r.Subject.Job != j.ID || r.judged != cluster.Counted {
			continue
		}
		switch ev := r.Event.(type) {
		case events.TasksDoomed:
			for _, s := range ev.Slots {
				if ev.Run == j.Run && ev.Class != cluster.ClassOriginalReturned && slot >= s.From && slot <= s.To {
					givenUp[s.Attempt] = true
				}
			}
		case events.TaskStatusChanged:
			if ev.Run == j.Run && ev.Slot == slot && ev.State == "TASK_FINISHED" && !givenUp[ev.Attempt] {
				return true
			}
		default:
		}
	}
	return false
}
