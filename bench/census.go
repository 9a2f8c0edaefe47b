package bench

import (
	"context"
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
)

// census is how many tasks of a job there are, as the log says.
type census struct {
	// live have not ended; up serve, and are to go on; wanted are those of them that get
	// what they should.
	live, up, wanted int
	version          uint64
	rollout          cluster.RolloutStatus
	over             bool
}

// bounds are what there may be of a job.
type bounds struct {
	// replicas, surge and unavailable are those of the job that rolls.
	replicas, surge, unavailable int
}

// broken says how a census breaks the bounds; empty if it does not.
func (b bounds) broken(c census) string {
	switch {
	case c.live > b.replicas+b.surge:
		return fmt.Sprintf("%d tasks live, of %d and a surge of %d", c.live, b.replicas, b.surge)
	case c.up < b.replicas-b.unavailable:
		return fmt.Sprintf("%d tasks are up, of %d, and %d may be down", c.up, b.replicas, b.unavailable)
	}
	return ""
}

// counter keeps the census of a job, record by record.
type counter struct {
	state *cluster.State
	job   string
	tasks map[*cluster.Task]counted
	// upOf are the tasks that are up, by their template.
	upOf map[uint64]int
	now  census
}

// counted is what a task counts for.
type counted struct {
	live, up bool
	template uint64
}

func newCounter(job string) *counter {
	return &counter{state: cluster.New(), job: job, tasks: map[*cluster.Task]counted{}, upOf: map[uint64]int{}}
}

// take folds a record.
func (c *counter) take(rec cluster.Record) error {
	change, err := c.state.Apply(rec)
	if err != nil || change.Job == nil || change.Job.ID != c.job {
		return err
	}
	for _, t := range change.Tasks {
		was, is := c.tasks[t], counted{live: t.Live(), up: t.Live() && t.Doom == nil && !t.UpSince.IsZero(), template: t.Template}
		c.count(was, -1)
		c.count(is, 1)
		if c.tasks[t] = is; !is.live {
			delete(c.tasks, t)
		}
	}
	j := change.Job
	c.now.version, c.now.rollout, c.now.over = j.Version, j.Rollout.Status, j.Over()
	c.now.wanted = c.upOf[j.TemplateOf(group().Name)]
	return nil
}

func (c *counter) count(of counted, by int) {
	if of.live {
		c.now.live += by
	}
	if of.up {
		c.now.up += by
		c.upOf[of.template] += by
	}
}

// extremes are the most that lived and the fewest that were up, of those seen while a
// rollout was under way.
type extremes struct{ most, least int }

func (e *extremes) take(c census) {
	e.most, e.least = max(e.most, c.live), min(e.least, c.up)
}

// count follows a job, and always has the newest census in out. What is seen while the
// job rolls is held against the bounds.
func (r *run) count(ctx context.Context, job string, within bounds, out chan census) (*extremes, error) {
	log, err := r.log(ctx, "watch")
	if err != nil {
		return nil, err
	}
	feed, c, seen := fold.Start(ctx, log, r.space, nil), newCounter(job), &extremes{least: within.replicas}
	r.wg.Go(func() {
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
				if err := c.take(rec); err != nil {
					r.failed <- err
					return
				}
				if c.now.rollout == cluster.RolloutRolling && !c.now.over {
					seen.take(c.now)
					if why := within.broken(c.now); why != "" {
						r.failed <- fmt.Errorf("%w at sequence %d: %s", ErrCount, rec.Sequence, why)
						return
					}
				}
				select {
				case <-out:
				default:
				}
				out <- c.now
			}
		}
	})
	return seen, nil
}
