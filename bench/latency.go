package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Latency is how long single tasks took, from their submission on.
type Latency struct{ Staged, Running []time.Duration }

// MeasureLatency submits jobs of one task, one after the other: on an installation that does nothing
// else, and on one where another client submits, too, as fast as it is answered. The limit is a
// scheduler that does nothing else, for one task.
func MeasureLatency(ctx context.Context, m Machine, tasks int) ([]Row, error) {
	var bare []time.Duration
	for range m.pick(20, 1) {
		took, err := bareLimit(ctx, 1)
		if err != nil {
			return nil, err
		}
		bare = append(bare, took)
	}
	i, err := m.installed(ctx, 1, 20_000, m.linger(), roles()...)
	defer i.close()
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, loaded := range []bool{false, true} {
		name := "idle"
		if loaded {
			name = "loaded"
		}
		l, err := i.latency(ctx, name, tasks, loaded)
		if err != nil {
			return rows, err
		}
		for _, q := range []struct {
			name string
			part float64
			aim  string
		}{{"p50", 0.5, "<= 15 ms over"}, {"p99", 0.99, "<= 60 ms over"}} {
			aim := q.aim
			if loaded {
				aim = ""
			}
			rows = append(rows,
				Row{Scenario: "latency", Case: name, What: "submit to staged, " + q.name, Value: quantile(l.Staged, q.part), Unit: "ms"},
				Row{Scenario: "latency", Case: name, What: "submit to RUNNING, " + q.name, Value: quantile(l.Running, q.part), Unit: "ms", Aim: aim}.
					beside("bare, offer to RUNNING, "+q.name, quantile(bare, q.part)))
		}
	}
	return rows, nil
}

// lull is how long an idle installation is left alone between two tasks: longer than the launcher waits
// between two requests for the offers that it had given back.
const lull = 300 * time.Millisecond

// linger is how long tasks run of which there are always new ones.
func (m Machine) linger() time.Duration { return 200 * time.Millisecond }

func (i *install) latency(ctx context.Context, name string, tasks int, loaded bool) (Latency, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	log, err := i.follow(ctx)
	if err != nil {
		return Latency{}, err
	}
	if loaded {
		done := make(chan struct{})
		defer func() { cancel(); <-done }()
		go func() {
			defer close(done)
			for k := 0; ctx.Err() == nil; k++ {
				_, _ = i.submit(ctx, fmt.Sprintf("load-%d", k), "batch", 10) // The load need not be all of one size.
			}
		}()
	}
	var l Latency
	for k := range tasks {
		if !loaded {
			time.Sleep(lull)
		}
		id := fmt.Sprintf("%s-%d", name, k)
		began := time.Now()
		if _, err := i.submit(ctx, id, "batch", 1); err != nil {
			return l, err
		}
		staged, err := since(ctx, log, began, func(s seen) bool {
			_, ok := s.Event.(events.TaskStaged)
			return ok && s.Subject.Job == id
		})
		if err != nil {
			return l, err
		}
		running, err := since(ctx, log, began, func(s seen) bool { return runs(s, id) })
		if err != nil {
			return l, err
		}
		l.Staged, l.Running = append(l.Staged, staged), append(l.Running, running)
	}
	return l, nil
}
