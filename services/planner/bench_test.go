package planner_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/planner"
)

// BenchmarkPlanner: from its start until it has planned all jobs that it finds in
// the log, and until it has caught up with a log in which all of that is done.
func BenchmarkPlanner(b *testing.B) {
	const jobs = 10_000
	fill := func(b *testing.B) *rig {
		b.Helper()
		r := &rig{log: memory.New(memory.WithClock(time.Now)), space: events.NewSpace(0)}
		for n := range jobs {
			if err := submitTo(r, fmt.Sprint("job-", n)); err != nil {
				b.Fatal(err)
			}
		}
		return r
	}
	run := func(b *testing.B, r *rig, until uint64) {
		b.Helper()
		s, err := planner.New(planner.Options{Log: r.log, Space: r.space, Instance: "a", Now: time.Now, Logger: zerolog.Nop()})
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(b.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		for {
			bounds, err := r.log.Bounds(ctx)
			if err != nil {
				b.Fatal(err)
			}
			if bounds.Last >= until && s.Ready() == nil {
				break
			}
			time.Sleep(100 * time.Microsecond)
		}
		stop()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.Run("plan", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			r := fill(b)
			b.StartTimer()
			run(b, r, 2*jobs)
		}
	})
	b.Run("replay", func(b *testing.B) {
		r := fill(b)
		run(b, r, 2*jobs)
		for b.Loop() {
			run(b, r, 2*jobs)
		}
	})
}

func submitTo(r *rig, id string) error {
	m, err := events.Encode(r.space.Job(id), events.Envelope{ID: id, Source: "test", Time: time.Now()}, events.JobSubmitted{
		Spec: fmt.Appendf(nil, `{"id":%q,"tasks":[{"name":"g","replicas":10,"container":{"image":"x"}}]}`, id),
	})
	if err != nil {
		return err
	}
	_, err = r.log.Append(context.Background(), eventlog.Fact(m))
	return err
}
