package auditing

import (
	"math"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Bounds of what is told apart.
const (
	// JoinedFor is for how long answers that are alike are one record.
	JoinedFor = time.Minute
	// EachMax is how many of one who asks are told apart at once. What is more is told
	// together.
	EachMax = 30
	// StrangersMax is how many of all that nobody vouches for are.
	StrangersMax = 100
	// KindsMax is how many of all others are.
	KindsMax = 1000
)

// Record is what is to be appended.
type Record struct {
	Subject string
	// At is when the answer was given.
	At    time.Time
	Event events.RequestAnswered
}

// Recorder makes records of answers. Its zero value is one that has none. It is not safe
// for concurrent use.
type Recorder struct {
	kinds map[kind]*alike
	// each counts the kinds of each who asks; those of strangers are counted together.
	each      map[asker]int
	strangers int
}

// asker is who asks.
type asker struct {
	name, credential, onBehalfOf, address string
	by                                    access.Means
}

// kind is what answers that are alike have in common. One of others has no more than who
// asks, and where it is recorded.
type kind struct {
	asker
	subject, method, route, job, reason string
	right                               access.Right
	status                              int
	others                              bool
}

// alike are answers of one kind since the last record of it.
type alike struct {
	until time.Time
	count uint32
	last  Answer
}

// Take returns the record of an answer, false if there is none, or none yet.
func (r *Recorder) Take(a Answer) (Record, bool) {
	subject := a.subject()
	a.legible()
	switch subject {
	case "":
		return Record{}, false
	case events.AuditDone:
		return Record{subject, a.At, a.event(1, false)}, true
	}
	k := r.kindOf(&a, subject)
	if one := r.kinds[k]; one != nil {
		if one.count < math.MaxUint32 {
			one.count++
		}
		one.last = a
		return Record{}, false
	}
	r.begin(k, a.At)
	if k.others {
		a.Principal, a.OnBehalfOf, a.Address = k.told(a.Principal), k.onBehalfOf, k.address
	}
	return Record{subject, a.At, a.event(1, k.others)}, true
}

// Due returns the records of what has been joined for long enough, the oldest first.
func (r *Recorder) Due(now time.Time) []Record {
	return r.close(now, func(one *alike) bool { return !now.Before(one.until) })
}

// Rest returns the records of all that has been joined, for who records no more.
func (r *Recorder) Rest(now time.Time) []Record {
	return r.close(now, func(*alike) bool { return true })
}

func (r *Recorder) close(now time.Time, over func(*alike) bool) []Record {
	var due []Record
	for k, one := range r.kinds {
		if !over(one) {
			continue
		}
		if one.count == 0 {
			r.end(k)
			continue
		}
		a := one.last
		if k.others {
			a.Principal, a.OnBehalfOf, a.Address = k.told(a.Principal), k.onBehalfOf, k.address
		}
		due = append(due, Record{k.subject, a.At, a.event(one.count, k.others)})
		*one = alike{until: now.Add(JoinedFor)}
	}
	slices.SortStableFunc(due, func(a, b Record) int { return a.At.Compare(b.At) })
	return due
}

// kindOf is the kind that an answer is counted as.
func (r *Recorder) kindOf(a *Answer, subject string) kind {
	who := asker{
		name: a.Principal.Name, credential: a.Principal.Credential(), onBehalfOf: a.OnBehalfOf, address: a.Address, by: a.Principal.By,
	}
	k := kind{
		asker: who, subject: subject, method: a.Method, route: a.Route, job: a.Job, reason: a.Reason, right: a.Right, status: a.Status,
	}
	if r.kinds[k] != nil || r.room(who) {
		return k
	}
	// Who asks is still told, unless it is anybody: then there may be any number of them.
	k = kind{asker: who, subject: subject, others: true}
	if r.kinds[k] == nil && r.each[who] < EachMax {
		k.asker = asker{by: who.by}
	}
	return k
}

// room reports whether one more kind of who asks is told apart.
func (r *Recorder) room(who asker) bool {
	if r.each[who] >= EachMax {
		return false
	}
	if who.stranger() {
		return r.strangers < StrangersMax
	}
	return len(r.kinds)-r.strangers < KindsMax
}

// stranger reports whether nothing vouches for who asks.
func (w asker) stranger() bool { return w.by == "" || w.by == access.Anonymous }

// told is who asks, as far as the kind tells.
func (k *kind) told(p access.Principal) access.Principal {
	if k.name == "" && k.credential == "" {
		return access.Principal{By: k.by}
	}
	return p
}

func (r *Recorder) begin(k kind, at time.Time) {
	if r.kinds == nil {
		r.kinds, r.each = map[kind]*alike{}, map[asker]int{}
	}
	r.kinds[k] = &alike{until: at.Add(JoinedFor)}
	r.each[k.asker]++
	if k.stranger() {
		r.strangers++
	}
}

func (r *Recorder) end(k kind) {
	delete(r.kinds, k)
	if r.each[k.asker]--; r.each[k.asker] == 0 {
		delete(r.each, k.asker)
	}
	if k.stranger() {
		r.strangers--
	}
}
