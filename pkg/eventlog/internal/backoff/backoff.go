package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff doubles its wait from Min to Max and takes a random part of it off.
// The zero value is not usable; it is not safe for concurrent use.
type Backoff struct {
	Min, Max time.Duration

	next time.Duration
}

// Reset begins again at Min.
func (b *Backoff) Reset() { b.next = 0 }

// Wait sleeps and returns the error of ctx if that ended first.
func (b *Backoff) Wait(ctx context.Context) error {
	if b.next = min(max(b.next*2, b.Min), b.Max); b.next <= 0 {
		return ctx.Err()
	}
	half := b.next / 2
	timer := time.NewTimer(half + rand.N(half+1)) //nolint:gosec // Jitter needs no secrecy.
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
