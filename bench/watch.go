package bench

import (
	"context"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/events"
)

// count is how many different tasks the log has said to run and to have ended.
type count struct{ running, ended int }

// watch counts what the log says, and always has the newest count in out.
func (r *run) watch(ctx context.Context, out chan count) error {
	log, err := r.log(ctx, "watch")
	if err != nil {
		return err
	}
	feed := fold.Start(ctx, log, r.space, nil)
	r.wg.Go(func() {
		seen := tally{running: map[string]bool{}, ended: map[string]bool{}}
		for {
			select {
			case <-ctx.Done():
				return
			case err := <-feed.Failed():
				if ctx.Err() == nil {
					r.failed <- err
				}
				return
			case rec := <-feed.Records():
				if !seen.take(rec) {
					continue
				}
				select {
				case <-out:
				default:
				}
				out <- count{len(seen.running), len(seen.ended)}
			}
		}
	})
	return nil
}

// tally keeps which tasks were seen in a state.
type tally struct{ running, ended map[string]bool }

// take reports whether a record counts.
func (t tally) take(rec cluster.Record) bool {
	s, ok := rec.Event.(events.TaskStatusChanged)
	if !ok {
		return false
	}
	switch s.State {
	case "TASK_RUNNING":
		t.running[s.TaskID] = true
	case "TASK_KILLED", "TASK_FAILED", "TASK_FINISHED":
		t.ended[s.TaskID] = true
	}
	return true
}

// until waits for a count.
func (r *run) until(ctx context.Context, counts <-chan count, enough func(count) bool) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-r.failed:
			return err
		case c := <-counts:
			if enough(c) {
				return nil
			}
		}
	}
}
