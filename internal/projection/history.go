package projection

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Limits of looking back.
const (
	// ReplaysMax is how many replays run at once; each costs a core and holds a
	// whole state. Others wait.
	ReplaysMax = 2
	// ModelsKept is how many models of the past are kept for the next question.
	ModelsKept = 4
)

// History answers what was. It is safe for concurrent use.
type History struct {
	log   eventlog.Log
	space events.Space
	// turns holds one for each replay under way.
	turns chan struct{}

	mu     sync.Mutex
	recent []*Model // Newest use last; never changed once in here.
}

// NewHistory returns the history of a log, whose subjects are those of space.
func NewHistory(log eventlog.Log, space events.Space) *History {
	return &History{log: log, space: space, turns: make(chan struct{}, ReplaysMax)}
}

// AsOf returns the model as it was at a sequence; it must not be changed. It
// fails with ErrNotYet, eventlog.ErrTruncated if the log no longer keeps its
// beginning, eventlog.ErrUnavailable, or the error of ctx, also while waiting
// for others to finish.
func (h *History) AsOf(ctx context.Context, sequence uint64) (*Model, error) {
	bounds, err := h.log.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	if sequence > bounds.Last {
		return nil, fmt.Errorf("%w: %d, the last is %d", ErrNotYet, sequence, bounds.Last)
	}
	if m := h.find(sequence); m != nil {
		return m, nil
	}
	select {
	case h.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.turns }()
	if m := h.find(sequence); m != nil {
		return m, nil // Another built it meanwhile.
	}
	m, err := Replay(ctx, h.log, h.space, sequence)
	if err != nil {
		return nil, err
	}
	h.keep(m)
	return m, nil
}

// SequenceAt returns the last sequence at a time, 0 if there was none.
func (h *History) SequenceAt(ctx context.Context, t time.Time) (uint64, error) {
	return h.log.SequenceAt(ctx, t)
}

// Replay folds a log, whose subjects are those of space, from its beginning to a
// sequence that is in it.
func Replay(ctx context.Context, log eventlog.Log, space events.Space, sequence uint64) (*Model, error) {
	m := NewModel()
	if sequence == 0 {
		return m, nil
	}
	for rec, err := range fold.Read(ctx, log, 1, sequence) {
		if err != nil {
			return nil, err
		}
		decoded, err := decode(space, rec)
		if err != nil {
			return nil, err
		}
		decoded.Missing = rec.Sequence - m.Sequence() - 1 // Read over, since that was accepted.
		if _, err := m.Apply(decoded); err != nil {
			return nil, err
		}
	}
	if m.Sequence() != sequence {
		return nil, fmt.Errorf("%w: the replay to %d ended at %d", eventlog.ErrUnavailable, sequence, m.Sequence())
	}
	return m, nil
}

// find returns a kept model and marks it as used.
func (h *History) find(sequence uint64) *Model {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, m := range h.recent {
		if m.Sequence() == sequence {
			h.recent = append(append(h.recent[:i:i], h.recent[i+1:]...), m)
			return m
		}
	}
	return nil
}

func (h *History) keep(m *Model) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recent = append(h.recent, m)
	if len(h.recent) > ModelsKept {
		h.recent = append([]*Model(nil), h.recent[1:]...)
	}
}
