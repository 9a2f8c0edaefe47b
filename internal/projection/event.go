package projection

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
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
	// Cause is the sequence of the event that led to this one.
	Cause uint64 `json:"cause,omitzero"`
	Epoch uint64 `json:"epoch,omitzero"`
	// Data is the event; of an unknown type that is no JSON, its text.
	Data jsontext.Value `json:"data"`
}

// NewEvent is the view of a record.
func NewEvent(r cluster.Record) Event {
	return Event{
		Sequence: r.Sequence, Time: r.Time, Subject: r.Message.Subject, Type: r.Event.Type(),
		ID: r.Envelope.ID, Source: r.Envelope.Source, Job: r.Subject.Job,
		Actor: r.Envelope.Actor, Cause: r.Envelope.Cause, Epoch: r.Envelope.Epoch,
		Data: data(r),
	}
}

// data is the body of a record as JSON. Known events are JSON, or they would
// not have been decoded.
func data(r cluster.Record) jsontext.Value {
	value := jsontext.Value(r.Message.Data)
	if _, unknown := r.Event.(events.Unknown); !unknown || value.IsValid() {
		return value
	}
	// Broken UTF-8 is replaced in the text; the error speaks of it.
	text, _ := jsontext.AppendQuote(nil, r.Message.Data)
	return text
}

func decodeEvent(rec eventlog.Record) (Event, error) {
	decoded, err := cluster.Decode(rec.Sequence, rec.Time, rec.Message)
	if err != nil {
		return Event{}, err
	}
	return NewEvent(decoded), nil
}

// Filter chooses events. Its zero value chooses all.
type Filter struct {
	Job string
	// Types are whole types, or beginnings that end with a dot ("taurus.task.").
	Types []string
}

// Matches tells whether f chooses e.
func (f Filter) Matches(e Event) bool {
	if f.Job != "" && e.Job != f.Job {
		return false
	}
	return len(f.Types) == 0 || slices.ContainsFunc(f.Types, func(t string) bool {
		return e.Type == t || strings.HasSuffix(t, ".") && strings.HasPrefix(e.Type, t)
	})
}
