package fold

import (
	"context"
	"errors"
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// appendTimeout bounds one append. It is longer than a log's own patience and one
// more attempt (pkg/eventlog/jetstream), so that the log is there to say why.
const appendTimeout = 20 * time.Second

// Append appends drafts and says what became of them. It returns after a bounded
// time, whatever the log does.
func Append(ctx context.Context, log eventlog.Log, drafts ...machine.Draft) machine.Outcome {
	entries, err := encode(drafts)
	if err != nil {
		return machine.Outcome{Answer: machine.Refused, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	receipt, err := log.Append(ctx, entries...)
	switch {
	case err == nil:
		return machine.Outcome{Answer: machine.Stored, Last: receipt.Last}
	case errors.Is(err, eventlog.ErrConflict):
		return machine.Outcome{Answer: machine.Conflict, Err: err}
	case errors.Is(err, eventlog.ErrOutcomeUnknown):
		return machine.Outcome{Answer: machine.Unknown, Err: err}
	}
	return machine.Outcome{Answer: machine.Refused, Err: err}
}

// encode makes entries of drafts. Only a programming error makes it fail.
func encode(drafts []machine.Draft) ([]eventlog.Entry, error) {
	entries := make([]eventlog.Entry, len(drafts))
	for i, d := range drafts {
		m, err := events.Encode(d.Subject, d.Envelope, d.Event)
		if err != nil {
			return nil, err
		}
		entries[i] = eventlog.Fact(m)
		if d.Conditional {
			entries[i] = eventlog.Decision(m, d.Last)
		}
	}
	return entries, nil
}
