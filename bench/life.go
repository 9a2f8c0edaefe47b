package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// ErrCount is returned when there are other tasks of a job than there should be.
var ErrCount = errors.New("not the tasks that should be")

const (
	lifeJob = "life"
	// settled is how long Mesos may take to be done with what the log tells of.
	settled = 10 * time.Second
)

// Life is a job of one group: how many tasks it has, and how it is rolled out.
type Life struct {
	Replicas int
	// Surge and Unavailable are how many tasks there may be beyond the replicas, and how
	// many of these may be down.
	Surge, Unavailable int
	// Running says how many tasks Mesos runs; nil where nobody knows.
	Running func() int
}

// Grown is how many tasks the job is scaled up to, Shrunk how many it is scaled down to.
func (l Life) Grown() int { return l.Replicas + (l.Replicas+3)/4 }

// Shrunk is half of the tasks, and one at least.
func (l Life) Shrunk() int { return (l.Replicas + 1) / 2 }

// Steps is how long each step of a life took, from the request until the log said
// exactly what it should.
type Steps struct {
	Up, Rolled, Grown, Shrunk, Stopped time.Duration
	// Most is the most tasks that lived while it rolled, Least the fewest that were up.
	Most, Least int
	// Records is how long the log is in the end.
	Records uint64
}

// Live takes a job through its life: it comes up, rolls out another version, is scaled
// up and down, and stops. After each step there have to be exactly the tasks that are
// wanted, and while it rolls no more and no fewer up than its bounds allow.
func (t Taurus) Live(ctx context.Context, l Life) (Steps, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{Taurus: t, failed: make(chan error, 8), space: events.NewSpace(0), end: cancel}
	defer r.wait()
	if err := r.start(ctx); err != nil {
		return Steps{}, err
	}
	counts := make(chan census, 1)
	seen, err := r.count(ctx, lifeJob, bounds{l.Replicas, l.Surge, l.Unavailable}, counts)
	if err != nil {
		return Steps{}, err
	}
	var s Steps
	for _, step := range l.steps(&s) {
		began := time.Now()
		if err := r.do(ctx, step.method, step.path, step.body, step.status); err != nil {
			return s, err
		}
		if err := r.reach(ctx, counts, step); err != nil {
			return s, fmt.Errorf("%s: %w", step.name, err)
		}
		*step.took = time.Since(began)
		if err := l.runs(ctx, step.tasks); err != nil {
			return s, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	r.end()
	r.wg.Wait()
	s.Most, s.Least = seen.most, seen.least
	s.Records, err = r.records(context.WithoutCancel(ctx))
	return s, err
}

// step is a request, and what there has to be after it.
type step struct {
	name, method, path, body string
	status                   int
	version                  uint64
	tasks                    int
	rollout                  cluster.RolloutStatus
	took                     *time.Duration
}

func (l Life) steps(s *Steps) []step {
	const path = "/v2/jobs/" + lifeJob
	return []step{
		{"up", http.MethodPost, "/v2/jobs", l.spec(1), http.StatusCreated, 1, l.Replicas, cluster.RolloutNone, &s.Up},
		{"rolled", http.MethodPut, path, l.spec(2), http.StatusOK, 2, l.Replicas, cluster.RolloutSucceeded, &s.Rolled},
		{"grown", http.MethodPost, path + "/scale", scaled(l.Grown()), http.StatusOK, 3, l.Grown(), cluster.RolloutSucceeded, &s.Grown},
		{"shrunk", http.MethodPost, path + "/scale", scaled(l.Shrunk()), http.StatusOK, 4, l.Shrunk(), cluster.RolloutSucceeded, &s.Shrunk},
		{"stopped", http.MethodPost, path + "/stop", "", http.StatusOK, 4, 0, cluster.RolloutSucceeded, &s.Stopped},
	}
}

func (l Life) spec(version int) string {
	return fmt.Sprintf(`{"id":%q,"rollout":{"max_surge":%d,"max_unavailable":%d,"min_healthy":"1ms"},
		"tasks":[{"role":%q,"replicas":%d,"env":{"RELEASE":"%d"},"container":{"image":"busybox"},"resources":{"cpu":0.08,"memory":64}}]}`,
		lifeJob, l.Surge, l.Unavailable, group().Name, l.Replicas, version)
}

func scaled(to int) string { return fmt.Sprintf(`{"replicas":%d}`, to) }

// reach waits until the log says exactly what there has to be after a step.
func (r *run) reach(ctx context.Context, counts <-chan census, want step) error {
	var last census
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %+v, want %d tasks of version %d", ctx.Err(), last, want.tasks, want.version)
		case err := <-r.failed:
			return err
		case last = <-counts:
			if last.version != want.version || last.over != (want.tasks == 0) || last.rollout != want.rollout {
				continue
			}
			if last.live == want.tasks && last.up == want.tasks && last.wanted == want.tasks {
				return nil
			}
		}
	}
}

// runs waits until Mesos runs so many tasks.
func (l Life) runs(ctx context.Context, n int) error {
	if l.Running == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settled)
	defer cancel()
	for l.Running() != n {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: Mesos runs %d tasks, want %d", ErrCount, l.Running(), n)
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// records is how long the log is.
func (r *run) records(ctx context.Context) (uint64, error) {
	b, err := r.logs[0].Bounds(ctx)
	return b.Last, err
}
