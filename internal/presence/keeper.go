package presence

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

const (
	// Every is how often a presence is renewed.
	Every = 5 * time.Second
	// TTL is how long one lives that is not.
	TTL = 15 * time.Second
	// WriteMax is how long ago a renewal may have worked for its process to be able.
	WriteMax = 20 * time.Second

	// lookEvery is how often a process looks whether it is able: when that has changed
	// others are told at once.
	lookEvery = time.Second
	// renewTimeout bounds one renewal, leaveTimeout the last words.
	renewTimeout = 4 * time.Second
	leaveTimeout = time.Second
)

// Keeper renews the presence of its process.
type Keeper struct {
	store  eventlog.Presence
	now    func() time.Time
	logger zerolog.Logger
	begun  time.Time

	mu     sync.Mutex
	worked time.Time
	err    error
}

// NewKeeper returns a keeper that Run starts.
func NewKeeper(store eventlog.Presence, now func() time.Time, logger zerolog.Logger) *Keeper {
	return &Keeper{store: store, now: now, logger: logger, begun: now()}
}

// Run renews the presence with what report says then, until ctx ends, and takes it
// away.
func (k *Keeper) Run(ctx context.Context, report func() ready.Report) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var last time.Time
	told := false
	for {
		r := report()
		if now := time.Now(); r.Able != told || now.Sub(last) >= Every {
			last, told = now, r.Able
			k.renew(ctx, &r)
		}
		select {
		case <-ctx.Done():
			k.leave(ctx, &r)
			return
		case <-tick.C:
		}
	}
}

func (k *Keeper) renew(ctx context.Context, r *ready.Report) {
	bounded, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	data, err := r.Encode()
	if err == nil {
		err = k.store.Renew(bounded, r.Role, r.Name, data, TTL)
	}
	if ctx.Err() != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.worked = k.now()
	}
	if err != nil && k.err == nil {
		k.logger.Warn().Err(err).Msg("presence not renewed")
	}
	k.err = err
}

func (k *Keeper) leave(ctx context.Context, r *ready.Report) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := k.store.Leave(ctx, r.Role, r.Name); err != nil {
		k.logger.Debug().Err(err).Msg("presence not taken away; it runs out by itself")
	}
}

// Check tells when a write has last worked.
func (k *Keeper) Check() ready.Check {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := ready.Check{Name: ready.CheckWrite}
	last := k.worked
	if last.IsZero() {
		last = k.begun
	}
	why := ""
	if k.err != nil {
		why = ": " + k.err.Error()
	}
	switch ago := k.now().Sub(last); {
	case ago > WriteMax:
		c.Level, c.Restart = ready.Fail, true
		c.Detail = fmt.Sprintf("no write to NATS has worked for %v%s", ready.Round(ago), why)
	case k.worked.IsZero():
		c.Level, c.Detail = ready.Fail, "no write to NATS has worked yet"+why
	default:
		c.Detail = fmt.Sprintf("a write to NATS worked %v ago", ready.Round(ago))
	}
	return c
}
