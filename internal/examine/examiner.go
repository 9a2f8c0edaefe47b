package examine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// Examiner takes a log item by item. Make one with New; it is not safe for concurrent
// use.
type Examiner struct {
	space    events.Space
	report   Report
	chain    chain.Verifier
	summed   bool
	anchors  []Anchor
	marks    []*marked
	problems []Problem
	// skipped are the sequences that were skipped as lost.
	skipped []exportfile.Range
}

// New returns an examiner of a log with these subjects, before its first item.
func New(space events.Space) *Examiner { return &Examiner{space: space} }

// From has the log begin with a sequence: what is before it is not looked at, and its
// hash is not known before the first seal.
func (a *Examiner) From(sequence uint64) {
	if sequence > 1 {
		_ = a.chain.Skip(1, sequence-1) // Of a log of which nothing was added yet.
	}
}

// Expect has a seal that was noted elsewhere held against the log.
func (a *Examiner) Expect(anchor Anchor) { a.anchors = append(a.anchors, anchor) }

// Add takes in the next item.
func (a *Examiner) Add(item exportfile.Item) {
	if item.Lost.From != 0 {
		a.missing(item.Lost)
		return
	}
	a.record(item.Record)
}

func (a *Examiner) missing(r exportfile.Range) {
	a.found(lost(CodeMissing, r, fmt.Sprintf("%s of sequence %s %s missing", records(r.Len()), r, are(r.Len()))))
	if err := a.chain.Skip(r.From, r.To); err != nil {
		a.chain.Forget()
	}
}

func (a *Examiner) record(rec eventlog.Record) {
	rp := &a.report
	if rp.Records == 0 {
		rp.First, rp.FirstAt = rec.Sequence, rec.Time
	}
	rp.Records++
	rp.Last, rp.LastAt = rec.Sequence, rec.Time
	sum, unfit := events.CheckedSum(rec.Message)
	decoded, err := cluster.Decode(a.space, rec.Sequence, rec.Time, rec.Message)
	var ev events.Event // As the fold takes it, so that the two agree on what seals what.
	if unfit == nil && err == nil {
		ev = ofTheLog(&decoded)
	}
	a.link(rec, sum, ev)
	a.judge(rec, unfit, decoded.Rejection, err)
	a.compare(rec.Sequence, sum)
}

// link takes a record into the chain. Behind a seal that does not fit the chain goes
// on from what it says, so that what is wrong later is told too.
func (a *Examiner) link(rec eventlog.Record, sum [32]byte, ev events.Event) {
	leaf := chain.Leaf{Sequence: rec.Sequence, Time: rec.Time, Sum: sum}
	before := a.chain.Good()
	err := a.chain.AddLeaf(leaf, ev)
	if b, ok := errors.AsType[*chain.BrokenError](err); ok {
		a.found(lost(CodeBroken, exportfile.Range{From: b.From(), To: max(b.From(), b.To())}, b.Error()))
		a.chain.Forget()
		err = a.chain.AddLeaf(leaf, ev)
	}
	if err != nil {
		// Of the future, say: it seals nothing.
		_ = a.chain.AddLeaf(leaf, nil)
	}
	switch ev := ev.(type) {
	case events.LogSealed:
		if hash, err := chain.ParseHash(ev.Hash); err == nil && a.chain.Good() > before {
			a.report.Seals++
			a.report.Sealed = &Anchor{Sequence: ev.Through, Hash: hash}
		}
	case events.LossAccepted:
		a.accepted(rec, ev)
	case events.SequenceSkipped:
		a.skip(rec.Sequence)
	default:
	}
}

// skip notes a sequence that was skipped as lost.
func (a *Examiner) skip(sequence uint64) {
	if n := len(a.skipped); n > 0 && a.skipped[n-1].To+1 == sequence {
		a.skipped[n-1].To = sequence
		return
	}
	a.skipped = append(a.skipped, exportfile.Range{From: sequence, To: sequence})
}

// ofTheLog is the event of a record that says something of the log itself, where it
// may be said; nil for every other.
func ofTheLog(r *cluster.Record) events.Event {
	switch r.Event.(type) { // Of one that stands elsewhere it is Unknown.
	case events.LogSealed, events.LossAccepted, events.SequenceSkipped:
		return r.Event
	default:
	}
	return nil
}

func (a *Examiner) accepted(rec eventlog.Record, ev events.LossAccepted) {
	env, _, _ := events.Decode(rec.Message)
	a.report.Losses = append(a.report.Losses, Loss{
		Range: exportfile.Range{From: ev.From, To: ev.To}, Sequence: rec.Sequence, At: rec.Time, By: env.By(), Reason: ev.Reason,
	})
}

// judge tells whether a fold takes in a record; rejection is why not, newer that it is of
// a newer major version. That stops a fold, whatever else is wrong with the record,
// unless somebody has changed it.
func (a *Examiner) judge(rec eventlog.Record, unfit error, rejection string, newer error) {
	at := exportfile.Range{From: rec.Sequence, To: rec.Sequence}
	if errors.Is(unfit, events.ErrSum) {
		a.found(lost(CodeChanged, at, fmt.Sprintf("the record at sequence %d does not fit its checksum: it was changed after it was written, or forged", rec.Sequence)))
		a.rejected(rec, unfit.Error())
		return
	}
	unsummed := errors.Is(unfit, events.ErrUnsummed)
	if unsummed {
		a.report.Unsummed++
	}
	switch {
	case newer != nil:
		a.found(Problem{Code: CodeNewer, Range: at, Message: newer.Error()})
	case unsummed && a.summed:
		a.rejected(rec, unfit.Error())
	case rejection != "":
		a.rejected(rec, rejection)
	}
	a.summed = a.summed || !unsummed
}

// newer adds the ways out to what newer programs wrote: all of it is left out at once.
func newer(problems []Problem) {
	var sequences []string
	for _, p := range problems {
		if p.Code == CodeNewer {
			sequences = append(sequences, strconv.FormatUint(p.From, 10))
		}
	}
	for i := range problems {
		if problems[i].Code == CodeNewer {
			problems[i].Ways = []string{
				"install the newer taurus on every host; this one stops there",
				fmt.Sprintf("or, if a stranger wrote it, put an export back without it: `taurus log restore FILE --without %s` (docs/operating.md)",
					strings.Join(sequences, ",")),
			}
		}
	}
}

func (a *Examiner) rejected(rec eventlog.Record, why string) {
	r := &a.report.Rejected
	if r.Count++; r.Count <= rejectionsTold {
		r.First = append(r.First, Rejection{Sequence: rec.Sequence, Subject: rec.Subject, Reason: why})
	}
}

// compare holds the hash up to a record against what was noted of it.
func (a *Examiner) compare(sequence uint64, sum [32]byte) {
	_, hash, known := a.chain.Head()
	for _, m := range a.marks {
		m.compare(sequence, hash, known, a.chain.Good(), sum)
	}
	a.anchors = slices.DeleteFunc(a.anchors, func(anchor Anchor) bool {
		if anchor.Sequence != sequence {
			return false
		}
		switch {
		case !known:
			a.found(unknown(anchor))
		case hash != anchor.Hash:
			a.found(lost(CodeOther, exportfile.Range{From: 1, To: sequence}, fmt.Sprintf(
				"the log is not the one that the seal %.20s... is of: up to sequence %d its hash is %.12s", anchor, sequence, hash)))
		}
		return true
	})
}

func unknown(anchor Anchor) Problem {
	return Problem{
		Code: CodeUnknown, Message: fmt.Sprintf("nothing can be said of the seal of %d: its record, or one before it that no later seal is over, is not here", anchor.Sequence),
		Ways: []string{"compare with a seal from before what is missing, or from after the next seal"},
	}
}

// found notes a problem.
func (a *Examiner) found(p Problem) { a.problems = append(a.problems, p) }

// Report says what was found, once the whole log was taken in. What was accepted is
// no problem any more.
func (a *Examiner) Report() Report {
	r := a.report
	if sequence, hash, known := a.chain.Head(); known && sequence > 0 {
		r.Head = &Anchor{Sequence: sequence, Hash: hash}
	}
	r.Unsealed = r.Last - min(r.Last, a.chain.Good())
	all := slices.Clone(a.problems)
	for _, s := range a.skipped {
		all = append(all, lost(CodeMissing, s, fmt.Sprintf("the acceptance of the loss of %s was begun, and is not finished: give the command again", s)))
	}
	for _, anchor := range a.anchors {
		if anchor.Sequence <= r.Last {
			all = append(all, unknown(anchor))
			continue
		}
		all = append(all, lost(CodeShort, exportfile.Range{From: r.Last + 1, To: anchor.Sequence}, fmt.Sprintf(
			"a seal was noted of records up to %d, and the log ends at %d", anchor.Sequence, r.Last)))
	}
	r.Problems = slices.DeleteFunc(all, func(p Problem) bool { return p.Lost() && a.excused(p) })
	newer(r.Problems)
	for _, m := range a.marks { // Those know themselves what was accepted since they were made.
		r.Problems = append(r.Problems, m.problems(r)...)
	}
	slices.SortStableFunc(r.Problems, func(x, y Problem) int { return cmp.Compare(x.From, y.From) })
	r.Whole = len(r.Problems) == 0
	return r
}

// excused reports whether a problem was accepted: all of what is missing, and of a
// range that holds a change any part, since it is not known which it was.
func (a *Examiner) excused(p Problem) bool {
	for _, l := range a.report.Losses {
		switch p.Code {
		case CodeBroken:
			if l.From <= p.To && p.From <= l.To {
				return true
			}
		default:
			if l.From <= p.From && p.To <= l.To {
				return true
			}
		}
	}
	return false
}

func records(n uint64) string {
	if n == 1 {
		return "1 record"
	}
	return fmt.Sprintf("%d records", n)
}

func are(n uint64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
