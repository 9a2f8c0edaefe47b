package commander

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/submission"
)

// stopsAtOnce is how many jobs are stopped at once when all are.
const stopsAtOnce = 16

// StopAll stops every job that is not over and that of chooses, several at once, and returns
// the newest sequence; of nil chooses all. The error joins those of Do.
func (c *Commander) StopAll(ctx context.Context, by Author, of func(id string) bool) (sequence uint64, err error) {
	survey := c.ask(ctx, func(ticket uint64) machine.Input { return commanding.Surveyed{Ticket: ticket} })
	if survey.err != nil {
		return 0, survey.err
	}
	jobs := survey.jobs
	if of != nil {
		jobs = slices.DeleteFunc(jobs, func(id string) bool { return !of(id) })
	}
	turns := make(chan struct{}, stopsAtOnce)
	replies := make(chan reply, len(jobs))
	for _, id := range jobs {
		turns <- struct{}{}
		go func() {
			defer func() { <-turns }()
			replies <- c.stop(ctx, by, id)
		}()
	}
	sequence = survey.sequence
	for range jobs {
		r := <-replies
		sequence, err = max(sequence, r.sequence), errors.Join(err, r.err)
	}
	return sequence, err
}

// stop stops a job, if another has not done away with it.
func (c *Commander) stop(ctx context.Context, by Author, id string) reply {
	n, err := c.Do(ctx, by, id, submission.Stop{})
	if err != nil && !errors.Is(err, submission.ErrNotFound) {
		return reply{err: fmt.Errorf("stop job %q: %w", id, err)}
	}
	return reply{sequence: n}
}
