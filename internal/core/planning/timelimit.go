package planning

import (
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// overtime fails a job that takes longer than it may. What its tasks have come to is
// looked at first: a job that is done is not failed for having been looked at late.
func (s *slots) overtime() (Decision, bool) {
	due := s.job.Deadline()
	switch {
	case due.IsZero():
		return Decision{}, false
	case s.now.Before(due):
		s.wake = earlier(s.wake, due)
		return Decision{}, false
	}
	if ev, ends := s.conclude().(events.JobCompleted); ends {
		return Decision{Event: ev, Cause: newest(s.job)}, true
	}
	return Decision{Event: events.JobFailed{Run: s.job.Run, Reason: overrun(s.job.Spec.TimeLimit)}, Cause: newest(s.job)}, true
}

// overrunWords begin the reason of what ran for too long.
const overrunWords = "ran longer than its time limit of "

// overrun is what users read of it.
func overrun(limit job.Duration) string {
	return overrunWords + limit.String()
}

// overlong ends attempts that run for longer than they may. Each is followed by another,
// if it was not the last. What is cut off would not hear of it: it is looked at when it comes
// back.
func (s *slots) overlong() (Decision, bool) {
	e := ending{kills: s.kills}
	for i := range s.job.Spec.Tasks {
		g := &s.job.Spec.Tasks[i]
		if g.TimeLimit == 0 {
			continue
		}
		for _, slot := range wanted(g, s.held[g.Name]) {
			for _, t := range slot.Tasks {
				due := s.job.Overdue(t)
				switch {
				case due.IsZero() || t.Doom != nil || t.Unreachable:
				case s.now.Before(due):
					s.wake = earlier(s.wake, due)
				default:
					e.add(t, overrun(g.TimeLimit))
				}
			}
		}
	}
	return e.decision(s.job, true)
}
