package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Mark is how far a process has folded, on a disk of its own: which record was the
// last one. It outlives the process.
type Mark struct {
	Sequence uint64
	Time     time.Time
	Sum      [32]byte
}

// mark has a process write down how far it has folded, as it does before it
// carries anything out.
func (w *World) mark(p *Process) {
	if n := p.State.Sequence; n > p.Mark.Sequence {
		r := &w.Log.Records[n-1].Decoded
		p.Mark = Mark{Sequence: n, Time: r.Time, Sum: r.Sum}
	}
}

// guarded reports whether the log still is what a process has folded of it. In
// production the hash over all records tells; here the last record stands for it.
func (w *World) guarded(p *Process) bool {
	m := p.Mark
	if w.Options.Unguarded || m.Sequence == 0 {
		return true
	}
	for _, l := range w.Referee.Losses {
		if l.Sequence > m.Sequence && l.From <= m.Sequence && m.Sequence <= l.To {
			return true
		}
	}
	if m.Sequence > w.Log.Last() {
		return false
	}
	r := &w.Log.Records[m.Sequence-1].Decoded
	return r.Sum == m.Sum && r.Time.Equal(m.Time)
}

// LoseTail has the log lose all records behind the first keep, as one whose disk
// lost what was synced does when it is started again, and returns them. What was on
// its way to it is lost, too. Every process has to be down.
func (w *World) LoseTail(keep uint64) []Record {
	for _, p := range w.Processes {
		if p.Alive {
			w.violate("the log lost its end while %s runs", p.Name)
		}
	}
	w.Flight = slices.DeleteFunc(w.Flight, func(m *Message) bool { return m.To == ToLog })
	lost := slices.Clone(w.Log.Records[keep:])
	w.replace(slices.Clone(w.Log.Records[:keep]))
	return lost
}

// AcceptLoss has an operator accept that the log lost its end, up to a sequence: what is
// lost of it is skipped.
func (w *World) AcceptLoss(to uint64) {
	from := w.Log.Last() + 1
	for w.Log.Last() < to {
		w.operate(events.SequenceSkipped{To: to})
	}
	w.operate(events.LossAccepted{From: from, To: to, Reason: "a test"})
}

// operate has an operator write into the log.
func (w *World) operate(ev events.Event) {
	m, err := events.Encode(events.LogSubject, events.Envelope{ID: fmt.Sprint("operator/", w.Log.Last()), Source: "operator", Time: w.Now}, ev)
	if err == nil {
		_, err = w.Log.store(w.Options.Space, w.Now, []eventlog.Entry{eventlog.Fact(m)})
	}
	if err != nil {
		w.violate("the operator cannot write: %v", err)
		return
	}
	w.judge(w.Log.Records[w.Log.Last()-1])
}

// Restore puts back what LoseTail took.
func (w *World) Restore(lost []Record) {
	w.replace(append(slices.Clone(w.Log.Records), lost...))
}

// replace makes records the log.
func (w *World) replace(records []Record) {
	w.Log = Log{last: map[string]uint64{}}
	w.Referee, w.snapshot = cluster.New(), nil
	for _, r := range records {
		if _, err := w.Referee.Apply(r.Decoded); err != nil {
			w.violate("the log cannot be folded: %v", err)
			return
		}
		w.Log.Records = append(w.Log.Records, r)
		w.Log.last[r.Message.Subject] = r.Decoded.Sequence
	}
	for key, at := range w.judged {
		if at > w.Log.Last() {
			delete(w.judged, key)
		}
	}
}
