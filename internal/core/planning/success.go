package planning

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// ends are those of the slots that a job wants, in all groups together.
type ends struct {
	wanted, done, failed uint64
	// slot is the first that failed, nil if none did.
	slot *cluster.Slot
}

func (e *ends) fail(slot *cluster.Slot) {
	if e.failed++; e.slot == nil {
		e.slot = slot
	}
}

// missing is how many more have to end well, can whether so many still may.
func (e *ends) missing(s job.Success) (n uint64, can bool) {
	n = min(s.Of(e.wanted), e.wanted) // A job with fewer tasks no program of taurus' asks for.
	n -= min(n, e.done)
	return n, n <= e.wanted-e.done-e.failed
}

// conclude returns the event that ends the job, nil if it goes on: completed as soon as
// enough tasks have ended well, failed as soon as too many have failed for good. A job
// of which nothing has ended goes on, even if it wants nothing.
func (e *ends) conclude(j *cluster.Job) events.Event {
	missing, can := e.missing(j.Spec.Success)
	switch {
	case !can:
		t := e.slot.Deciding()
		return events.JobFailed{
			Run: j.Run, Slot: e.slot.Number, Attempt: t.Attempt, Exit: t.Status.Exit,
			Reason: e.short(j.Spec.Success) + failure(e.slot, t, j.GroupOf(t)),
		}
	case missing == 0 && e.done > 0:
		return events.JobCompleted{Run: j.Run}
	}
	return nil
}

// short says how many failed, of a job that not every failure ends.
func (e *ends) short(s job.Success) string {
	if s == job.SuccessAll {
		return ""
	}
	return fmt.Sprintf("%d of %d tasks failed for good, and %d had to end well: ", e.failed, e.wanted, s.Of(e.wanted))
}
