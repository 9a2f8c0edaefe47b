package cluster

import (
	"slices"
	"time"
)

// SilencesHeld bounds the silences that are kept; with more the two oldest are taken for
// one, and what was heard between them for nothing.
const SilencesHeld = 64

// Hearing tells when somebody listened to Mesos, as far as the log tells: a launcher had a
// subscription. Meanwhile tasks come up and end unheard, so that no time that is given to
// them counts. A launcher that is gone says so only if it could; of one that was killed
// the next election tells, and it was there when it last wrote anything. The zero value
// has somebody listen always.
type Hearing struct {
	// silences are those that there were, oldest first, and apart. The list is never
	// changed in place.
	silences []silence
	// sign is when the launcher that listens wrote something last.
	sign time.Time
}

// silence is a stretch of time in which nobody listened; the last may go on, and has no
// to then.
type silence struct{ from, to time.Time }

// unheard is before the first launcher.
func unheard() Hearing { return Hearing{silences: []silence{{}}} }

// Hears says when somebody listened to Mesos.
func (s *State) Hears() *Hearing { return &s.Hearing }

// SilentSince is since when nobody listens, false if somebody does. It is the zero time
// if nobody ever has.
func (h *Hearing) SilentSince() (time.Time, bool) {
	if n := len(h.silences); n > 0 && h.silences[n-1].to.IsZero() {
		return h.silences[n-1].from, true
	}
	return time.Time{}, false
}

// Heard is for how long somebody listened between two times.
func (h *Hearing) Heard(from, to time.Time) time.Duration {
	d := to.Sub(from)
	for _, s := range slices.Backward(h.silences) {
		if !s.to.IsZero() && !s.to.After(from) {
			break
		}
		begin, end := from, to
		if s.from.After(begin) {
			begin = s.from
		}
		if !s.to.IsZero() && s.to.Before(end) {
			end = s.to
		}
		if end.After(begin) {
			d -= end.Sub(begin)
		}
	}
	return d
}

// Until is when somebody will have listened for so long since a time, if it goes on as it is now;
// zero for never.
func (h *Hearing) Until(from time.Time, d time.Duration, now time.Time) time.Time {
	left := d - h.Heard(from, now)
	if _, silent := h.SilentSince(); silent && left > 0 {
		return time.Time{}
	}
	return now.Add(left)
}

// fall has a silence begin, unless there is one. It begins no earlier than the one
// before has ended, whatever the log's time has done.
func (h *Hearing) fall(at time.Time) {
	if _, silent := h.SilentSince(); silent {
		return
	}
	if n := len(h.silences); n > 0 && at.Before(h.silences[n-1].to) {
		at = h.silences[n-1].to
	}
	kept := slices.Clone(h.silences)
	if n := len(kept); n >= SilencesHeld {
		kept[1].from = kept[0].from
		kept = kept[1:]
	}
	h.silences = append(kept, silence{from: at})
}

// listen has a silence end, if there is one.
func (h *Hearing) listen(at time.Time) {
	h.sign = at
	from, silent := h.SilentSince()
	if !silent {
		return
	}
	if at.Before(from) {
		at = from
	}
	h.silences = slices.Clone(h.silences)
	h.silences[len(h.silences)-1].to = at
}

// lost has a silence begin that was not told of: since the launcher wrote something last.
func (h *Hearing) lost(at time.Time) {
	if !h.sign.IsZero() && h.sign.Before(at) {
		at = h.sign
	}
	h.fall(at)
}

// heard takes in that the launcher of the epoch wrote something at a time. It shows that
// somebody listens, unless the launcher has told that it does not, and this is what was
// still under way then.
func (s *State) heard(at time.Time) {
	if sub := &s.Launcher.Subscription; sub.Sequence != 0 && sub.Epoch == s.Launcher.Epoch && sub.Closed {
		return
	}
	s.Hearing.listen(at)
}
