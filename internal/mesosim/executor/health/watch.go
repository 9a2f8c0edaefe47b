package health

import (
	"context"
	"time"

	"github.com/milosgajdos/taurus/internal/pause"
)

// Watch checks a task until ctx is done or a verdict says that it is to be
// killed, and calls tell with each verdict that is to be reported.
func Watch(ctx context.Context, s Settings, probe func(context.Context) error, tell func(Verdict)) {
	m := NewMachine(s, time.Now())
	if pause.For(ctx, s.Delay) != nil {
		return
	}
	for {
		err := checkOnce(ctx, s.Timeout, probe)
		if ctx.Err() != nil {
			return
		}
		v := m.Observe(err == nil, time.Now())
		if v.Report {
			tell(v)
		}
		if v.Kill || pause.For(ctx, s.Interval) != nil {
			return
		}
	}
}

func checkOnce(ctx context.Context, timeout time.Duration, probe func(context.Context) error) error {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return probe(ctx)
}
