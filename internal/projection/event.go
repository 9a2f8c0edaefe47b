package projection

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Event is an event as feeds and histories show it.
type Event struct {
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"` // the log's
	Subject  string    `json:"subject"`
	Type     string    `json:"type"`
	ID       string    `json:"id"`
	Source   string    `json:"source,omitzero"`
	Job      string    `json:"job,omitzero"`
	Actor    string    `json:"actor,omitzero"`
	// OnBehalfOf is for whom the actor said that it asked.
	OnBehalfOf string `json:"on_behalf_of,omitzero"`
	// Cause is the sequence of the event that led to this one.
	Cause uint64 `json:"cause,omitzero"`
	Epoch uint64 `json:"epoch,omitzero"`
	// Judgement is what the fold made of it: counted, outranked, repeated,
	// stale_epoch, unmatched, skipped or rejected.
	Judgement string `json:"judgement,omitzero"`
	// Rejection is why it was rejected.
	Rejection string `json:"rejection,omitzero"`
	// Data is the event; of one that cannot be read and is no JSON, or too deep, its text.
	Data jsontext.Value `json:"data"`
	// Result is what stands of its job then; there is none if it is about no job.
	Result Result `json:"result,omitzero"`
}

const (
	// eventBytes is what an event takes beside its data, touchedBytes what is told of
	// each range of its tasks.
	eventBytes, touchedBytes = 512, 160
)

// Size is about how many bytes it takes to hold an event and to write it: its data
// stand in memory twice then.
func (e *Event) Size() int {
	words := len(e.Subject) + len(e.Type) + len(e.ID) + len(e.Source) + len(e.Job) + len(e.Actor) + len(e.OnBehalfOf) + len(e.Rejection)
	return eventBytes + 2*len(e.Data) + words + touchedBytes*len(e.Result.Touched)
}

// newEvent is the view of a record, and of what became of it.
func newEvent(r cluster.Record, o outcome) Event {
	if len(o.result.Touched) == 1 {
		o.result.Touched[0].TaskID = taskID(r.Event)
		o.result.Touched[0].Signal = signal(r.Event)
	}
	e := Event{
		Sequence: r.Sequence, Time: r.Time, Subject: r.Message.Subject, Type: r.Event.Type(),
		ID: r.Envelope.ID, Source: r.Envelope.Source, Job: r.Subject.Job,
		Actor: r.Envelope.Actor, OnBehalfOf: r.Envelope.OnBehalfOf, Cause: r.Envelope.Cause, Epoch: r.Envelope.Epoch,
		Judgement: o.judgement.String(), Rejection: cmp.Or(r.Rejection, o.rejection), Data: data(r), Result: o.result,
	}
	if o.judgement == cluster.Rejected {
		for _, text := range []*string{&e.Subject, &e.Type, &e.ID, &e.Source, &e.Job, &e.Actor, &e.OnBehalfOf} {
			*text = strings.ToValidUTF8(*text, "\uFFFD") // It may be anything.
		}
	}
	return e
}

// data is the body of a record as JSON. Known events are JSON, or they would
// have been rejected.
func data(r cluster.Record) jsontext.Value {
	if r.Message.Header[events.HeaderType] == (events.TokenCreated{}).Type() {
		return unhashed(r)
	}
	value := jsontext.Value(r.Message.Data)
	if _, unknown := r.Event.(events.Unknown); !unknown || value.IsValid() && !cluster.TooDeep(value) {
		return value
	}
	// Broken UTF-8 is replaced in the text; the error speaks of it.
	text, _ := jsontext.AppendQuote(nil, r.Message.Data)
	return text
}

// unhashed is the body of a record of a token without the hash of its secret, which is
// for the fold alone.
func unhashed(r cluster.Record) jsontext.Value {
	ev, ok := r.Event.(events.TokenCreated)
	if !ok {
		return jsontext.Value("{}") // It was rejected.
	}
	ev.Hash = ""
	m, err := events.Encode(r.Message.Subject, r.Envelope, ev)
	if err != nil {
		return jsontext.Value("{}")
	}
	return m.Data
}

// OfAccess reports whether the event is about who may do what: it is for those to see who
// have the right admin.
func (e Event) OfAccess() bool {
	return e.Subject == events.AccessSubject || strings.HasPrefix(e.Type, "taurus.access.")
}

// Counts reports whether the event changed the state as it says. Those that do
// not stand in the log all the same: Judgement says why they were passed over.
func (e Event) Counts() bool { return e.Judgement == cluster.Counted.String() }

// Filter chooses events. Its zero value chooses all.
type Filter struct {
	Job string
	// Types are whole types, or beginnings that end with a dot ("taurus.task.").
	Types []string
	// Sees chooses those that are told of at all; nil is all.
	Sees func(*Event) bool
}

// Matches reports whether f chooses e.
func (f Filter) Matches(e Event) bool {
	if f.Job != "" && e.Job != f.Job || f.Sees != nil && !f.Sees(&e) {
		return false
	}
	return len(f.Types) == 0 || slices.ContainsFunc(f.Types, func(t string) bool {
		return e.Type == t || strings.HasSuffix(t, ".") && strings.HasPrefix(e.Type, t)
	})
}
