package decider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// idle is the longest sleep: it bounds what a missed wake could cost.
const idle = time.Minute

type result struct {
	job     string
	event   string
	receipt eventlog.Receipt
	err     error
}

// look decides about every job that is due and returns how long to sleep.
func (d *Decider) look(ctx context.Context) time.Duration {
	now, logNow := d.opt.Now(), d.clock.Now()
	due := d.desk.due(d.state.Sequence, now)
	for i, id := range due {
		j := d.state.Jobs[id]
		if j == nil {
			delete(d.left, id)
			continue
		}
		if !d.takes(id, now) {
			continue
		}
		p, wake := d.role.Decide(j, logNow)
		if !wake.IsZero() {
			d.desk.wakeAt(id, now.Add(wake.Sub(logNow)))
		}
		if p == nil {
			continue
		}
		if !d.send(ctx, j, *p, now) {
			for _, left := range due[i:] {
				d.desk.touch(left)
			}
			return d.desk.next(now, conflictWait)
		}
	}
	return d.desk.next(d.opt.Now(), idle)
}

// send appends a proposal in the background. It returns false if too many are
// under way already.
func (d *Decider) send(ctx context.Context, j *cluster.Job, p Proposal, now time.Time) bool {
	select {
	case d.slots <- struct{}{}:
	default:
		return false
	}
	last, subject := d.role.Last(j), d.role.Subject(j.ID)
	msg, err := events.Encode(subject, events.Envelope{
		// The same decision at the same place is the same event, whoever takes it.
		ID:     fmt.Sprintf("%s@%d/%s", subject, last, p.Event.Type()),
		Source: d.source, Time: now, Cause: p.Cause,
	}, p.Event)
	d.desk.send(j.ID)
	go func(job string) {
		res := result{job: job, event: p.Event.Type(), err: err}
		if err == nil {
			appendCtx, cancel := context.WithTimeout(ctx, appendTimeout)
			res.receipt, res.err = d.opt.Log.Append(appendCtx, eventlog.Decision(msg, last))
			cancel()
		}
		<-d.slots
		select {
		case d.results <- res:
		case <-ctx.Done():
		}
	}(j.ID)
	return true
}

// settle says when the job is looked at again. Whether the append counted is
// for the fold to say.
func (d *Decider) settle(res result) {
	now := d.opt.Now()
	switch {
	case res.err == nil:
		d.metrics.appends.WithLabelValues("ok").Inc()
		d.desk.settle(res.job, res.receipt.Last, time.Time{})
	case errors.Is(res.err, eventlog.ErrConflict):
		d.metrics.appends.WithLabelValues("conflict").Inc()
		d.desk.settle(res.job, 0, now.Add(conflictWait))
	default:
		d.metrics.appends.WithLabelValues("error").Inc()
		d.opt.Logger.Warn().Err(res.err).Str("job", res.job).Str("event", res.event).
			Uint64("sequence", d.state.Sequence).Msg("append failed; deciding again")
		d.desk.settle(res.job, 0, now.Add(troubleWait))
	}
}
