package planning

import (
	"fmt"

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

// overrun is what users read of it.
func overrun(limit job.Duration) string {
	return fmt.Sprintf("ran longer than its time limit of %s", limit)
}
