package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// author is who asked for a write.
type author struct {
	actor, trace string
}

// command decides what a user's command means, appends it, and returns once it
// is folded: the sequence it made, or the newest one folded if it is so already.
// A lost race is decided again on what won it.
func (s *Service) command(ctx context.Context, by author, id string, c submission.Command) (sequence uint64, err error) {
	leave, err := s.gate.Enter(ctx, "job "+id)
	if err != nil {
		return 0, err
	}
	defer leave()
	for range decideMax {
		ev, last, folded, err := s.decide(id, c)
		if err != nil {
			return 0, err
		}
		if ev == nil {
			return folded, nil
		}
		if err := s.room(ctx, ev); err != nil {
			return 0, err
		}
		sequence, err = s.append(ctx, by, id, last, ev)
		s.metrics.appended(ev.Type(), err)
		if !errors.Is(err, eventlog.ErrConflict) {
			return sequence, err
		}
	}
	return 0, fmt.Errorf("%w: lost %d races for job %q", eventlog.ErrConflict, decideMax, id)
}

func (s *Service) decide(id string, c submission.Command) (ev events.Event, last, folded uint64, err error) {
	s.live.View(func(m *projection.Model) {
		j := m.State().Jobs[id]
		if j != nil {
			last = j.LastJob
		}
		folded = m.Sequence()
		ev, err = submission.Decide(j, c)
	})
	return ev, last, folded, err
}

// append appends one decision and returns its sequence once it is folded, or
// eventlog.ErrConflict if another came first. After a lost answer it asks the
// log, and tries again while the log shows nothing: the expectation lets the
// decision in once at most. When ctx ends before the log has told, the error is
// eventlog.ErrOutcomeUnknown.
func (s *Service) append(ctx context.Context, by author, id string, last uint64, ev events.Event) (uint64, error) {
	subject := s.opts.Space.Job(id)
	env := events.Envelope{
		ID:     fmt.Sprintf("%s@%d/%s/%s/%s-%d", subject, last, ev.Type(), s.opts.Name, s.nonce, s.serial.Add(1)),
		Source: "taurus/api/" + s.opts.Name, Time: s.now(), Actor: by.actor, TraceParent: by.trace,
	}
	message, err := events.Encode(subject, env, ev)
	if err != nil {
		return 0, err
	}
	unknown := false
	for {
		receipt, err := s.opts.Log.Append(ctx, eventlog.Decision(message, last))
		if err == nil {
			return receipt.Last, s.folded(ctx, receipt.Last)
		}
		unknown = unknown || errors.Is(err, eventlog.ErrOutcomeUnknown)
		if !unknown && !errors.Is(err, eventlog.ErrConflict) {
			return 0, err
		}
		sequence, own, found := s.settle(ctx, id, last, env.ID)
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
func (s *Service) folded(ctx context.Context, sequence uint64) error {
	if err := s.live.WaitFor(ctx, sequence); err != nil {
		return fmt.Errorf("%w: stored at %d, not folded: %w", eventlog.ErrOutcomeUnknown, sequence, err)
	}
	return nil
}

// settle looks for what follows sequence last on the job's subject, for a while.
func (s *Service) settle(ctx context.Context, id string, last uint64, ceID string) (sequence uint64, own, found bool) {
	ctx, cancel := context.WithTimeout(ctx, s.settleWait)
	defer cancel()
	sequence, winner, err := s.live.AwaitJob(ctx, id, last)
	if err != nil {
		<-ctx.Done() // The log cannot be read; try no faster than it is waited for.
		return 0, false, false
	}
	return sequence, winner == ceID, true
}

// usage remembers how full the log is, or why that is not known. Who is in the
// gate for usageKey has it.
type usage struct {
	share float64
	err   error
	at    time.Time
}

// room refuses submissions when the log is nearly full, so that stops, kills
// and statuses can always be written.
func (s *Service) room(ctx context.Context, ev events.Event) error {
	sized, ok := s.opts.Log.(eventlog.Sized)
	if _, submits := ev.(events.JobSubmitted); !ok || !submits {
		return nil
	}
	leave, err := s.gate.Enter(ctx, usageKey)
	if err != nil {
		return err
	}
	defer leave()
	known := &s.usage
	if known.at.IsZero() || s.now().Sub(known.at) >= usageFor {
		u, err := sized.Usage(ctx)
		if err != nil && ctx.Err() != nil {
			return err // It says nothing to those who wait.
		}
		*known = usage{share: u.Share(), err: err, at: s.now()}
	}
	switch {
	case known.err != nil:
		return known.err
	case known.share >= submissionShare:
		return errNearlyFull
	}
	return nil
}

// stopAll stops every job that is not over, several at once, and returns the
// newest sequence.
func (s *Service) stopAll(ctx context.Context, by author) (sequence uint64, err error) {
	var ids []string
	s.live.View(func(m *projection.Model) {
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
			n, err := s.command(ctx, by, id, submission.Stop{})
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
