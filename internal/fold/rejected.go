package fold

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Rejected are the records of a log that were rejected, as far as it is folded.
type Rejected struct {
	Count uint64
	// Last is the newest.
	Last cluster.Rejection
}

// String is what operators are told; empty if nothing was rejected.
func (r Rejected) String() string {
	switch r.Count {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("1 record of the log is rejected, at sequence %d on %s: %s; see docs/operating.md",
			r.Last.Sequence, r.Last.Subject, r.Last.Reason)
	}
	return fmt.Sprintf("%d records of the log are rejected, the last at sequence %d on %s: %s; see docs/operating.md",
		r.Count, r.Last.Sequence, r.Last.Subject, r.Last.Reason)
}

// NewRejectedCounter returns the metric of a role's rejected records.
func NewRejectedCounter(role string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{
		Name: "taurus_rejected_records_total", Help: "Records of the log that no program of taurus' writes, and that the fold has passed over.",
		ConstLabels: prometheus.Labels{"role": role},
	})
}

// Rejected returns what was rejected so far, of the whole log.
func (l *Loop) Rejected() Rejected {
	if r := l.rejected.Load(); r != nil {
		return *r
	}
	return Rejected{}
}

// Notice is what operators are told of the records that were rejected, empty if
// none was.
func (l *Loop) Notice() string { return l.Rejected().String() }

// reject tells of a record that the state rejected: of each one that comes, and of
// those that were there at the start once they are all known.
func (r *run) reject(rec *cluster.Record, why cluster.Rejection) {
	if rec.Rejection == "" {
		rec.Reject(why.Reason) // Nobody acts on what the state holds for nothing.
	}
	r.rejected.Store(&Rejected{Count: r.Rejected().Count + 1, Last: why})
	r.opt.Rejected.Inc()
	if !r.ready.Load() {
		return
	}
	r.opt.Logger.Warn().Uint64("sequence", why.Sequence).Str("subject", why.Subject).
		Str("type", rec.Event.Type()).Str("source", rec.Envelope.Source).Str("reason", why.Reason).
		Msg("record rejected: no program of taurus' writes it; see docs/operating.md")
}

// tellRejected tells of what was rejected of the log that was there at the start.
func (r *run) tellRejected() {
	if all := r.Rejected(); all.Count > 0 {
		r.opt.Logger.Warn().Uint64("rejected", all.Count).Uint64("sequence", all.Last.Sequence).Str("subject", all.Last.Subject).
			Str("reason", all.Last.Reason).Msg("the log has records that are rejected; see docs/operating.md")
	}
}
