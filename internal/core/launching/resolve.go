package launching

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

const (
	// StagedMax is how long a launched task may go without a status before it is
	// resolved.
	StagedMax = 10 * time.Second
	// resolveFirst and resolveMax bound the waits between questions about a task
	// that Mesos does not answer (its agent may be recovering).
	resolveFirst = 5 * time.Second
	resolveMax   = time.Minute
)

// Sent is what the launcher itself knows of a staged task: nothing of it is in
// the log, and a restart forgets it.
type Sent struct {
	// At is when its ACCEPT was sent; zero if this launcher never sent one.
	At time.Time
	// Failure is why the call failed, as far as is known; it may have arrived.
	Failure string
	// Asked is when Mesos was last asked about it, Tries how often.
	Asked time.Time
	Tries int
}

// Resolve tells whether a task is to be resolved now; if not, wake says when.
// Only tasks that are staged and never confirmed are: overdue, doomed, or left
// by another launcher.
func Resolve(t *cluster.Task, sent Sent, now time.Time) (due bool, wake time.Time) {
	if t.State != cluster.Staged || t.Confirmed {
		return false, time.Time{}
	}
	at := sent.At.Add(StagedMax)
	if sent.At.IsZero() || t.Doom != nil {
		at = time.Time{}
	}
	if sent.Tries > 0 {
		at = sent.Asked.Add(backoff(sent.Tries))
	}
	return !now.Before(at), at
}

// backoff is the wait after a number of questions that got no answer.
func backoff(tries int) time.Duration {
	wait := resolveFirst
	for range tries - 1 {
		if wait *= 2; wait >= resolveMax {
			return resolveMax
		}
	}
	return wait
}
