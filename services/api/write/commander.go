package write

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/gate"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// decideMax is how often a write is decided anew after a lost race.
	decideMax = 10
	// settleWait is how long the log is given to show what took a race.
	settleWait = time.Second
	// stopsAtOnce is how many jobs are stopped at once when all are.
	stopsAtOnce = 16
)

// Author is who asked for a write.
type Author struct {
	// Actor names them; Trace is their W3C traceparent, empty for none.
	Actor, Trace string
}

// Options are what a Commander is given; all but SettleWait are required.
type Options struct {
	Log   eventlog.Log
	Live  *projection.Projection
	Space events.Space
	// Name is that of the instance.
	Name string
	Now  func() time.Time
	// Appended hears of each append, by the event's type, and how it ended.
	Appended func(eventType string, err error)
	// SettleWait is how long the log is given to show what took a race; 0 is a second.
	SettleWait time.Duration
}

// Commander carries out commands. It is safe for concurrent use.
type Commander struct {
	opts  Options
	gate  *gate.Gate
	usage usage

	// nonce and serial make the ids of this process's events its own.
	nonce  string
	serial atomic.Uint64
}

// New returns a commander; the error is that of making random numbers.
func New(o Options) (*Commander, error) {
	nonce := make([]byte, 6)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	if o.SettleWait == 0 {
		o.SettleWait = settleWait
	}
	return &Commander{opts: o, gate: gate.New(), nonce: hex.EncodeToString(nonce)}, nil
}

// Do decides what a user's command means, appends it, and returns once it is
// folded: the sequence it made, or the newest one folded if it is so already. A
// lost race is decided again on what won it.
func (c *Commander) Do(ctx context.Context, by Author, id string, cmd submission.Command) (sequence uint64, err error) {
	leave, err := c.gate.Enter(ctx, "job "+id)
	if err != nil {
		return 0, err
	}
	defer leave()
	for range decideMax {
		ev, last, folded, err := c.decide(id, cmd)
		if err != nil {
			return 0, err
		}
		if ev == nil {
			return folded, nil
		}
		if err := c.room(ctx, ev); err != nil {
			return 0, err
		}
		sequence, err = c.append(ctx, by, id, last, ev)
		c.opts.Appended(ev.Type(), err)
		if !errors.Is(err, eventlog.ErrConflict) {
			return sequence, err
		}
	}
	return 0, fmt.Errorf("%w: lost %d races for job %q", eventlog.ErrConflict, decideMax, id)
}

func (c *Commander) decide(id string, cmd submission.Command) (ev events.Event, last, folded uint64, err error) {
	c.opts.Live.View(func(m *projection.Model) {
		j := m.State().Jobs[id]
		if j != nil {
			last = j.LastJob
		}
		folded = m.Sequence()
		ev, err = submission.Decide(j, cmd)
	})
	return ev, last, folded, err
}

// append appends one decision and returns its sequence once it is folded, or
// eventlog.ErrConflict if another came first. After a lost answer it asks the
// log, and tries again while the log shows nothing: the expectation lets the
// decision in once at most. When ctx ends before the log has told, the error is
// eventlog.ErrOutcomeUnknown.
func (c *Commander) append(ctx context.Context, by Author, id string, last uint64, ev events.Event) (uint64, error) {
	subject := c.opts.Space.Job(id)
	env := events.Envelope{
		ID:     fmt.Sprintf("%s@%d/%s/%s/%s-%d", subject, last, ev.Type(), c.opts.Name, c.nonce, c.serial.Add(1)),
		Source: "taurus/api/" + c.opts.Name, Time: c.now(), Actor: by.Actor, TraceParent: by.Trace,
	}
	message, err := events.Encode(subject, env, ev)
	if err != nil {
		return 0, err
	}
	unknown := false
	for {
		receipt, err := c.opts.Log.Append(ctx, eventlog.Decision(message, last))
		if err == nil {
			return receipt.Last, c.folded(ctx, receipt.Last)
		}
		unknown = unknown || errors.Is(err, eventlog.ErrOutcomeUnknown)
		if !unknown && !errors.Is(err, eventlog.ErrConflict) {
			return 0, err
		}
		sequence, own, found := c.settle(ctx, id, last, env.ID)
		switch {
		case found && own:
			return sequence, nil
		case found || !unknown:
			return 0, fmt.Errorf("%w: %s after %d", eventlog.ErrConflict, subject, last)
		case ctx.Err() != nil:
			return 0, fmt.Errorf("%w: %w", eventlog.ErrOutcomeUnknown, err)
		}
	}
}

// folded waits for an event that is stored. Not to see it is not to know.
func (c *Commander) folded(ctx context.Context, sequence uint64) error {
	if err := c.opts.Live.WaitFor(ctx, sequence); err != nil {
		return fmt.Errorf("%w: stored at %d, not folded: %w", eventlog.ErrOutcomeUnknown, sequence, err)
	}
	return nil
}

// settle looks for what follows sequence last on the job's subject, for a while.
func (c *Commander) settle(ctx context.Context, id string, last uint64, ceID string) (sequence uint64, own, found bool) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.SettleWait)
	defer cancel()
	sequence, winner, err := c.opts.Live.AwaitJob(ctx, id, last)
	if err != nil {
		<-ctx.Done() // The log cannot be read; try no faster than it is waited for.
		return 0, false, false
	}
	return sequence, winner == ceID, true
}

// StopAll stops every job that is not over, several at once, and returns the
// newest sequence.
func (c *Commander) StopAll(ctx context.Context, by Author) (sequence uint64, err error) {
	var ids []string
	c.opts.Live.View(func(m *projection.Model) {
		sequence = m.Sequence()
		for id, j := range m.State().Jobs {
			if wanted(j) {
				ids = append(ids, id)
			}
		}
	})
	turns := make(chan struct{}, stopsAtOnce)
	results := make(chan result, len(ids))
	for _, id := range ids {
		turns <- struct{}{}
		go func() {
			defer func() { <-turns }()
			n, err := c.Do(ctx, by, id, submission.Stop{})
			if err != nil && !errors.Is(err, submission.ErrNotFound) {
				err = fmt.Errorf("stop job %q: %w", id, err)
				results <- result{err: err}
				return
			}
			results <- result{sequence: n}
		}()
	}
	for range ids {
		r := <-results
		sequence, err = max(sequence, r.sequence), errors.Join(err, r.err)
	}
	return sequence, err
}

// result is what became of one of several commands.
type result struct {
	sequence uint64
	err      error
}

func wanted(j *cluster.Job) bool { return submission.Known(j) && !j.Over() }

// now is the clock's time in UTC.
func (c *Commander) now() time.Time { return c.opts.Now().UTC() }
