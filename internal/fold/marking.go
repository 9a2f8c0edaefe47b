package fold

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// follow brings the mark to a record that was folded.
func (r *run) follow(rec *cluster.Record) {
	m := &r.mark
	m.Sequence, m.Time, m.Hash, m.Known = rec.Sequence, rec.Time, rec.Head.Hash, rec.Head.Known
	if rec.Sequence == 1 {
		m.First = rec.Head.Hash
	}
	if _, accepted := ofTheLog(rec).(events.LossAccepted); accepted {
		m.Loss = rec.Sum
	}
}

// saveMark saves the mark if it is not saved yet, and reports whether the loop may go
// on: what follows from a record is done only once it is marked. While the log is
// replayed the old mark stands: it may be ahead, and nothing is done anyway.
func (r *run) saveMark() bool {
	if r.opt.Marks == nil || r.marked == r.mark.Sequence || !r.ready.Load() {
		return true
	}
	if r.fault == nil {
		r.fault = r.opt.Marks.Save(r.mark)
	}
	if r.fault != nil {
		return false
	}
	r.marked = r.mark.Sequence
	return true
}
