package cluster

import "time"

// KillSpan is the time in which automatic kills are counted together.
const KillSpan = time.Minute

// killSeconds is one more than the seconds of a span: the last is not over.
const killSeconds = int64(KillSpan/time.Second) + 1

// KillWindow counts the tasks that were doomed lately by decisions that nobody asked for
// task by task. Its size does not depend on how many they were.
type KillWindow struct {
	// Bound is how many there may be in a span, as the newest decision that heeds one has
	// it; 0 before.
	Bound   uint32
	seconds [killSeconds]struct {
		at    int64 // in seconds since 1970
		tasks uint32
	}
}

// AutomaticKill reports whether dooms of a class count: they follow from agents that are
// lost or left, from rollouts and from limits, and not from a user's stop, scaling or kill,
// nor from a job's own end.
func AutomaticKill(class string) bool {
	switch class {
	case "replaced", ClassOriginalReturned, "updated", "restarted", "rolled_back", "time_limit", "drained", "moved", "unhealthy", "unknown":
		return true
	}
	return false
}

func (w *KillWindow) add(at time.Time, tasks int, bound uint32) {
	if bound != 0 {
		w.Bound = bound
	}
	now := at.Unix()
	s := &w.seconds[mod(now)]
	switch {
	case s.at == now:
		s.tasks += uint32(tasks)
	case s.at < now:
		s.at, s.tasks = now, uint32(tasks)
	}
}

func mod(second int64) int64 { return ((second % killSeconds) + killSeconds) % killSeconds }

// Within is how many were doomed in the span before a time.
func (w *KillWindow) Within(now time.Time) uint64 {
	n := uint64(0)
	for _, s := range w.seconds {
		if counts(s.at, now) {
			n += uint64(s.tasks)
		}
	}
	return n
}

// Next is when fewer are within the span: the oldest second of it that has any is over
// then; the zero time if there is none.
func (w *KillWindow) Next(now time.Time) time.Time {
	oldest := int64(0)
	for _, s := range w.seconds {
		if s.tasks > 0 && counts(s.at, now) && (oldest == 0 || s.at < oldest) {
			oldest = s.at
		}
	}
	if oldest == 0 {
		return time.Time{}
	}
	return time.Unix(oldest, 0).Add(KillSpan + time.Second).UTC()
}

func counts(second int64, now time.Time) bool {
	return second >= now.Add(-KillSpan).Unix()
}
