package health

import (
	"context"
	"time"
)

// Watch checks a task until ctx is done or a verdict says that it is to be
// killed, and calls tell with each verdict that is to be reported.
func Watch(ctx context.Context, s Settings, probe func(context.Context) error, tell func(Verdict)) {
	m := NewMachine(s, time.Now())
	if !sleep(ctx, s.Delay) {
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
		if v.Kill || !sleep(ctx, s.Interval) {
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

// sleep waits, and says whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
