package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// churnTasks is how many tasks a job of churn has.
const churnTasks = 5

// Churned is what a service held at the end of each tenth of the time, in bytes.
type Churned struct {
	Heaps map[string][]float64
	Jobs  int
}

// Churn submits jobs of short tasks for so long, each client the next one as soon as the one before was
// taken, and looks at what each service holds. Memory that follows what lives is as much in the end as
// after the first tenths.
func Churn(ctx context.Context, m Machine, lasts time.Duration) ([]Row, error) {
	i, err := m.installed(ctx, 1, 5_000, 20*time.Millisecond, roles()...)
	defer i.close()
	if err != nil {
		return nil, err
	}
	c, err := i.churn(ctx, lasts)
	if err != nil {
		return nil, err
	}
	tasks := float64(c.Jobs * churnTasks)
	rows := []Row{{Scenario: "churn", Case: lasts.String(), What: "ended", Value: tasks / lasts.Seconds(), Unit: "tasks/s"}}
	for _, role := range roles() {
		h := c.Heaps[role]
		if len(h) < 2 {
			continue
		}
		rows = append(rows, Row{
			Scenario: "churn", Case: lasts.String(), What: "heap of " + role + " in the end", Value: h[len(h)-1] / (1 << 20), Unit: "MiB", Aim: "ratio <= 1.10",
		}.beside("after a tenth", h[0]/(1<<20)))
	}
	return rows, nil
}

// churn keeps as many jobs under way as there are submitters.
func (i *install) churn(ctx context.Context, lasts time.Duration) (Churned, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	log, err := i.follow(ctx)
	if err != nil {
		return Churned{}, err
	}
	c, next, done := Churned{Heaps: map[string][]float64{}}, 0, map[string]bool{}
	submit := func() error {
		_, err := i.submit(ctx, fmt.Sprintf("churn-%d", next), "batch", churnTasks)
		next++
		return err
	}
	const underWay = 4 * submitters
	for range underWay {
		if err := submit(); err != nil {
			return c, err
		}
	}
	began, looked := time.Now(), 0
	for time.Since(began) < lasts {
		select {
		case <-ctx.Done():
			return c, ctx.Err()
		case s := <-log:
			if s.err != nil {
				return c, errors.Join(ErrFollow, s.err)
			}
			if !over(s.Record) || done[s.Subject.Job] {
				continue
			}
			done[s.Subject.Job] = true
			if err := submit(); err != nil {
				return c, err
			}
		case <-time.After(readyPoll):
		}
		if tenth := int(10 * time.Since(began) / lasts); tenth > looked {
			looked = tenth
			if err := c.look(ctx, i.all); err != nil {
				return c, err
			}
		}
	}
	c.Jobs = len(done)
	return c, nil
}

func (c *Churned) look(ctx context.Context, all map[string]*Process) error {
	now, err := heaps(ctx, all)
	for role, h := range now {
		c.Heaps[role] = append(slices.Clip(c.Heaps[role]), h)
	}
	return err
}

// over reports whether a record says that a job is over.
func over(r cluster.Record) bool {
	switch r.Event.(type) {
	case events.JobCompleted, events.JobFailed:
		return true
	default:
		return false
	}
}
