package world

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// seen is what a process has folded when it decides about a job.
type seen struct {
	process int
	name    string
	state   *cluster.State
	job     *cluster.Job
	// now is the log's time, as far as it knows.
	now time.Time
}

// checkDecision: what a process decides follows from what it has folded, by rules that
// are said here once more, and looser: a decision that these do not allow is wrong.
func (w *World) checkDecision(process int, id string, e machine.Append, d machine.Draft) {
	p := w.Processes[process]
	s := seen{process: process, name: p.Name, state: p.State, job: p.State.Jobs[id], now: p.Clock.At(p.now(w.Now)).Log}
	if s.job == nil {
		return
	}
	switch ev := d.Event.(type) {
	case events.TasksPlanned:
		w.checkNotDone(s, ev)
		w.checkAfter(s, ev)
		w.checkBackOff(s, ev)
	case events.TasksDoomed:
		w.checkTimeLimit(s, ev)
		w.checkBefore(s, ev)
		w.checkSelection(s, ev)
		w.checkAsked(s, ev)
		w.checkKillBound(s, ev)
	case events.JobCompleted:
		w.checkCompleted(s)
	case events.JobFailed:
		w.checkFailed(s, ev)
	case events.JobExpired:
		w.checkExpired(s)
	case events.TaskStaged:
		w.checkGang(s, e, ev)
		w.checkNeighbours(s, e, ev)
	default:
	}
}

// tasksIn are the tasks that ranges of slots name.
func (s seen) tasksIn(run uint64, ranges []events.SlotRange) (found []*cluster.Task) {
	for _, r := range ranges {
		for slot := r.From; slot <= r.To; slot++ {
			for _, t := range attempts(s.state, s.job.ID, slot) {
				if t.Run == run && t.Attempt == r.Attempt {
					found = append(found, t)
				}
			}
		}
	}
	return found
}

// ofGroup are the tasks of a group in the job's run that are held.
func ofGroup(j *cluster.Job, group string) (found []*cluster.Task) {
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Run == j.Run && t.Group == group {
				found = append(found, t)
			}
		}
	}
	return found
}
