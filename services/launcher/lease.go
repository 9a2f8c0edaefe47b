package launcher

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// leaseName is the lease of shard 0.
const leaseName = "launcher-0"

// lease is the lease while it is held.
type lease struct {
	mu   sync.Mutex
	held eventlog.Held
	// stop ends its renewal.
	stop context.CancelFunc
}

func (l *lease) hold(held eventlog.Held, stop context.CancelFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held, l.stop = held, stop
}

// giveUp returns what is held, nil if nothing is, and ends its renewal.
func (l *lease) giveUp() eventlog.Held {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.held
	if held != nil {
		l.stop()
	}
	l.held, l.stop = nil, nil
	return held
}

// acquire asks for the lease.
func (s *Service) acquire(ctx context.Context) {
	held, err := s.opt.Lease.Acquire(ctx, leaseName, s.opt.Instance, s.opt.LeaseTTL)
	if err == nil {
		renewing, stop := context.WithCancel(ctx)
		s.lease.hold(held, stop)
		go s.renew(renewing, held)
	}
	s.loop.Post(ctx, leading.Leased{Err: err})
}

// renew keeps the lease. One that cannot be renewed while NATS elects is not
// lost.
func (s *Service) renew(ctx context.Context, held eventlog.Held) {
	tick := time.NewTicker(s.opt.LeaseTTL / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := held.Renew(ctx); errors.Is(err, eventlog.ErrLeaseTaken) {
			s.loop.Post(ctx, leading.LeaseLost{})
			return
		}
	}
}

// release gives the lease back; if it cannot, the lease runs out by itself.
func (s *Service) release(ctx context.Context, held eventlog.Held) {
	if held == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := held.Release(ctx); err != nil {
		s.opt.Logger.Warn().Err(err).Msg("lease not released; it runs out by itself")
	}
}
