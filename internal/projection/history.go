package projection

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
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
	live *Projection
	// turns holds one for each replay under way.
	turns chan struct{}

	mu     sync.Mutex
	recent []*Model // Newest use last; never changed once in here.
}

// NewHistory returns the history of what a projection has folded.
func NewHistory(live *Projection) *History {
	return &History{live: live, turns: make(chan struct{}, ReplaysMax)}
}

// AsOf returns the model as it was at a sequence, or, where that was lost, at the last
// one before; it must not be changed. It fails with ErrNotYet, eventlog.ErrTruncated for
// what is before all that was folded, fold.ErrUnlike, eventlog.ErrUnavailable, or the
// error of ctx, also while waiting for others to finish.
func (h *History) AsOf(ctx context.Context, sequence uint64) (*Model, error) {
	return h.asOf(ctx, sequence, "")
}

// Whole returns a job that is closed in a model with all that is shown of its tasks: as of the
// last record about it, which Lacks tells. It must not be changed. The errors are those of AsOf.
func (h *History) Whole(ctx context.Context, id string, last uint64) (*cluster.Job, error) {
	m, err := h.asOf(ctx, last, id)
	if err != nil {
		return nil, err
	}
	j, _ := m.known(id)
	return j, nil
}

// asOf is AsOf, where one job is to be there as a whole; an empty id is none.
func (h *History) asOf(ctx context.Context, sequence uint64, whole string) (*Model, error) {
	sequence, err := h.folded(ctx, sequence)
	if err != nil {
		return nil, err
	}
	if m := h.find(sequence, whole); m != nil {
		return m, nil
	}
	select {
	case h.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.turns }()
	if m := h.find(sequence, whole); m != nil {
		return m, nil // Another built it meanwhile.
	}
	m, err := h.replay(ctx, sequence, whole)
	if err != nil {
		return nil, err
	}
	h.keep(m)
	return m, nil
}

// folded waits until a sequence of the log is folded, and returns the last one up to
// it that was there.
func (h *History) folded(ctx context.Context, sequence uint64) (uint64, error) {
	if sequence > h.live.Sequence() {
		bounds, err := h.live.log.Bounds(ctx)
		if err != nil {
			return 0, err
		}
		if sequence > bounds.Last {
			return 0, fmt.Errorf("%w: %d, the last is %d", ErrNotYet, sequence, bounds.Last)
		}
		if err := h.live.WaitFor(ctx, sequence); err != nil {
			return 0, err
		}
	}
	last := h.live.trail.UpTo(sequence)
	if last == 0 && sequence != 0 {
		return 0, &eventlog.TruncatedError{First: h.live.trail.From(1)}
	}
	return last, nil
}

// SequenceAt returns the last sequence at a time, 0 if there was none.
func (h *History) SequenceAt(ctx context.Context, t time.Time) (uint64, error) {
	return h.live.log.SequenceAt(ctx, t)
}

// replay folds the log from its beginning to a sequence that was folded. As in the model of now
// jobs are closed, but for one that is to be whole.
func (h *History) replay(ctx context.Context, sequence uint64, whole string) (*Model, error) {
	m := NewModel()
	if h.live.closes {
		m.state.CloseAfter(h.live.kept)
		m.state.Spare(whole)
	}
	for r, err := range h.live.reread(ctx, 1, sequence) {
		if err != nil {
			return nil, err
		}
		if _, err := m.Apply(r); err != nil {
			return nil, err
		}
	}
	if m.Sequence() != sequence {
		return nil, fmt.Errorf("%w: the replay to %d ended at %d", eventlog.ErrUnavailable, sequence, m.Sequence())
	}
	return m, nil
}

// find returns a kept model that has a job as a whole, and marks it as used.
func (h *History) find(sequence uint64, whole string) *Model {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, m := range h.recent {
		if _, lacks := m.Lacks(whole); m.Sequence() == sequence && !lacks {
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
