package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Seal is the newest seal of the log.
type Seal struct {
	// Last is the last sequence of its subject.
	Last uint64
	// Sequence is that of the seal; 0 if there is none.
	Sequence uint64
	// Through is the last sequence that it is over, Hash what it says of it.
	Through uint64
	Hash    string
	At      time.Time
}

// Loss is a range of records that are gone, and that an operator has accepted to be.
type Loss struct {
	// Sequence is that of the acceptance.
	Sequence uint64
	At       time.Time
	By       string
	From, To uint64
	Reason   string
}

// Covers reports whether the loss is of the whole range.
func (l Loss) Covers(from, to uint64) bool { return l.From <= from && to <= l.To }

// Lost reports whether the log says of a whole range that it is lost and that this
// was accepted.
func (s *State) Lost(from, to uint64) bool {
	for _, l := range s.Losses {
		if l.Covers(from, to) {
			return true
		}
	}
	return false
}

// Unlisted returns the newest accepted loss, after which Mesos has not listed yet what it
// runs: there may be tasks of which only the lost records told. It is false if there is none.
func (s *State) Unlisted() (Loss, bool) {
	n := len(s.Losses)
	if n == 0 || s.Launcher.Listed >= s.Losses[n-1].Sequence {
		return Loss{}, false
	}
	return s.Losses[n-1], true
}

// listed follows a launcher that has seen all that Mesos runs.
func (s *State) listed(ev events.TasksListed, r *Record) Change {
	s.heard(r.Time)
	known := slices.ContainsFunc(s.Losses, func(l Loss) bool { return l.Sequence == ev.Loss })
	switch {
	case !known:
		return Change{Judgement: Unmatched}
	case ev.Loss <= s.Launcher.Listed:
		return Change{Judgement: Repeated}
	}
	s.Launcher.Listed = ev.Loss
	return Change{Hearing: true}
}

func (s *State) applySeal(r *Record) Change {
	s.Seal.Last = r.Sequence
	ev, ok := r.Event.(events.LogSealed)
	if !ok {
		return s.skip(nil)
	}
	if ev.Through >= r.Sequence {
		// Every seal to come would be of less than it is about.
		return s.reject(r, fmt.Sprintf("seals what is up to %d, and is at %d itself", ev.Through, r.Sequence))
	}
	if ev.Through <= s.Seal.Through {
		return Change{Judgement: Outranked}
	}
	s.Seal = Seal{Last: r.Sequence, Sequence: r.Sequence, Through: ev.Through, Hash: ev.Hash, At: r.Time}
	return Change{}
}

func (s *State) applyLog(r *Record) Change {
	s.LastLog = r.Sequence
	switch ev := r.Event.(type) {
	case events.LogCreated:
		if s.LogID != "" {
			return Change{Judgement: Repeated}
		}
		s.LogID = ev.ID
	case events.LossAccepted:
		if ev.From == 0 || ev.To < ev.From {
			return Change{Judgement: Unmatched}
		}
		s.Losses = append(s.Losses, Loss{
			Sequence: r.Sequence, At: r.Time, By: r.Envelope.By(), From: ev.From, To: ev.To, Reason: ev.Reason,
		})
	case events.SequenceSkipped:
	default:
		return s.skip(nil)
	}
	return Change{}
}
