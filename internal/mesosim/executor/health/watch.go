package health

import (
	"context"
	"time"

	"github.com/milosgajdos/taurus/internal/pause"
)

// Past is what is known of a task when its checks begin, for they may have been
// made before by an agent that died. The zero value is that of a new task.
type Past struct {
	Start   time.Time // of TASK_RUNNING; zero means now
	Healthy *bool     // what was reported last; nil if nothing was
}

// Watch checks a task until ctx is done or a finding says that it is to be
// killed, and calls tell with each finding that is to be reported.
func Watch(ctx context.Context, s Settings, past Past, probe func(context.Context) error, tell func(Finding)) {
	if past.Start.IsZero() {
		past.Start = time.Now()
	}
	m := NewMachine(s, past.Start)
	wait := max(0, time.Until(past.Start.Add(s.Delay)))
	if past.Healthy != nil {
		m.Resume(*past.Healthy)
		wait = s.Interval
	}
	if pause.For(ctx, wait) != nil {
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
