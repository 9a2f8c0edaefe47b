package objects

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/time/rate"
)

// paceStep is how many bytes go at once.
const paceStep = 32 << 10

// Pace bounds how many bytes go in a second, to a store and from it, of all that share
// it. Nil is no bound.
type Pace struct{ limiter *rate.Limiter }

// NewPace returns the pace of so many bytes a second, nil for 0.
func NewPace(bytesPerSecond uint64) *Pace {
	if bytesPerSecond == 0 {
		return nil
	}
	return &Pace{rate.NewLimiter(rate.Limit(bytesPerSecond), paceStep)}
}

// Take waits until n bytes more may go.
func (p *Pace) Take(ctx context.Context, n int) error {
	if p == nil {
		return nil
	}
	for ; n > 0; n -= paceStep {
		if err := p.limiter.WaitN(ctx, min(n, paceStep)); err != nil {
			return fmt.Errorf("wait for the pace: %w", err)
		}
	}
	return nil
}

// Reader is what reads in at the pace.
func (p *Pace) Reader(ctx context.Context, in io.ReadCloser) io.ReadCloser {
	if p == nil || in == nil {
		return in
	}
	return &paced{ReadCloser: in, wait: func(n int) error { return p.Take(ctx, n) }}
}

type paced struct {
	io.ReadCloser
	wait func(n int) error
}

// Read implements io.Reader.
func (r *paced) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b[:min(len(b), paceStep)])
	if waiting := r.wait(n); waiting != nil {
		return n, waiting
	}
	return n, err
}
