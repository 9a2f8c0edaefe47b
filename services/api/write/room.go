package write

import (
	"context"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// submissionShare is how full the log may be for a submission to be taken.
	submissionShare = 0.8
	// usageFor is how long an answer about how full the log is stays good.
	usageFor = time.Second
	// usageKey is what the gate knows that question by.
	usageKey = "usage"
)

// usage remembers how full the log is, or why that is not known. Who is in the
// gate for usageKey has it.
type usage struct {
	share float64
	err   error
	at    time.Time
}

// room refuses submissions when the log is nearly full, so that stops, kills
// and statuses can always be written.
func (c *Commander) room(ctx context.Context, ev events.Event) error {
	sized, ok := c.opts.Log.(eventlog.Sized)
	if _, submits := ev.(events.JobSubmitted); !ok || !submits {
		return nil
	}
	leave, err := c.gate.Enter(ctx, usageKey)
	if err != nil {
		return err
	}
	defer leave()
	known := &c.usage
	if known.at.IsZero() || c.now().Sub(known.at) >= usageFor {
		u, err := sized.Usage(ctx)
		if err != nil && ctx.Err() != nil {
			return err // It says nothing to those who wait.
		}
		*known = usage{share: u.Share(), err: err, at: c.now()}
	}
	switch {
	case known.err != nil:
		return known.err
	case known.share >= submissionShare:
		return ErrNearlyFull
	}
	return nil
}
