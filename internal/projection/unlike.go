package projection

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
)

// unlikeTold is how often operators are told in the log that readings are not what was
// folded, however many there are.
const unlikeTold = time.Hour

// unlike are the readings that were not what was folded.
type unlike struct {
	logger zerolog.Logger
	now    func() time.Time

	mu    sync.Mutex
	count uint64
	last  *fold.UnlikeError
	at    time.Time // of last
	told  time.Time
}

func newUnlike(opt fold.Options) *unlike {
	u := &unlike{logger: opt.Logger, now: opt.Now}
	if u.now == nil {
		u.now = time.Now
	}
	return u
}

// note takes in why a reading ended.
func (u *unlike) note(err error) {
	e, ok := errors.AsType[*fold.UnlikeError](err)
	if !ok {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count, u.last, u.at = u.count+1, e, u.now()
	if u.told.IsZero() || u.at.Sub(u.told) >= unlikeTold {
		u.told = u.at
		u.logger.Error().Err(e).Uint64("readings", u.count).Msg("old events cannot be told: the log was read again, and is not what was folded")
	}
}

// String is what operators are told; empty if there was nothing.
func (u *unlike) String() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last == nil {
		return ""
	}
	return fmt.Sprintf("a reading at %s was not what was folded, one of %d: %v", u.at.UTC().Format(time.RFC3339), u.count, u.last)
}

// reread reads what was folded again.
func (p *Projection) reread(ctx context.Context, from, to uint64) iter.Seq2[cluster.Record, error] {
	return func(yield func(cluster.Record, error) bool) {
		for r, err := range p.trail.Read(ctx, p.log, p.space, from, to) {
			if err != nil {
				p.unlike.note(err)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Notice is what operators are told of the log, empty if there is nothing.
func (p *Projection) Notice() string {
	rejected, unlike := p.loop.Notice(), p.unlike.String()
	if rejected != "" && unlike != "" {
		return unlike + "; " + rejected
	}
	return unlike + rejected
}
