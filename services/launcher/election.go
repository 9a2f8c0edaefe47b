package launcher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// shard is the only one there is so far.
	shard = 0
	// appendTimeout bounds one append.
	appendTimeout = 10 * time.Second
	// leaveTimeout bounds each of the last words of a launcher that stops.
	leaveTimeout = time.Second
	// retryFirst and retryMax bound the waits between subscriptions.
	retryFirst = 250 * time.Millisecond
	retryMax   = 15 * time.Second
	// failedOverWait is what the fold is given to tell of another launcher.
	failedOverWait = time.Second
	// yieldAfter is how long subscribing may fail before another launcher, which
	// may reach the master, is given the lease.
	yieldAfter = time.Minute
	// removedWait is the wait before a framework that Mesos removed is tried
	// again: it takes an operator to help it.
	removedWait = 30 * time.Second
)

// acquire asks for the lease. It only saves work: without it candidates would
// elect themselves in turn.
func (s *Service) acquire(ctx context.Context) {
	s.asking = true
	go func() {
		held, err := s.opt.Lease.Acquire(ctx, leaseName, s.opt.Name, s.opt.LeaseTTL)
		s.post(ctx, func() {
			s.asking = false
			if err != nil {
				s.retryAt = s.opt.Now().Add(s.opt.LeaseTTL / 8)
				return
			}
			renewCtx, stop := context.WithCancel(ctx)
			s.held, s.stopRenewing, s.phase = held, stop, electing
			go s.renew(renewCtx, held)
		})
	}()
}

// renew keeps the lease. A lease that cannot be renewed while NATS elects is
// not lost, and even a lost one drops nothing: the next election will.
func (s *Service) renew(ctx context.Context, held eventlog.Held) {
	tick := time.NewTicker(s.opt.LeaseTTL / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := held.Renew(ctx)
		if !errors.Is(err, eventlog.ErrLeaseTaken) {
			continue
		}
		s.post(ctx, func() {
			if s.held != held {
				return
			}
			s.held = nil
			s.opt.Logger.Warn().Msg("lease lost; going on until another launcher is elected")
			if s.phase == electing {
				s.phase = standby
			}
		})
		return
	}
}

// elect appends the own election. Whether it counts is for the fold to say.
func (s *Service) elect(ctx context.Context) {
	last := s.state.Launcher.Last
	subject := s.opt.Space.Launcher(shard)
	env := s.envelope(fmt.Sprintf("%s@%d/%s", subject, last, s.nonce), last)
	env.Epoch = 0
	s.appendLauncher(ctx, last, env, events.LauncherElected{Nonce: s.nonce, Instance: s.opt.Name})
}

// appendLauncher appends events to the launcher's subject, if nobody did since
// last, and waits until the fold has passed them.
func (s *Service) appendLauncher(ctx context.Context, last uint64, env events.Envelope, evs ...events.Event) {
	var entries []eventlog.Entry
	id := env.ID
	for i, ev := range evs {
		env.ID = id + "/" + ev.Type()
		m, ok := s.encode(s.opt.Space.Launcher(shard), env, ev)
		if !ok {
			return
		}
		if i == 0 {
			entries = append(entries, eventlog.Decision(m, last))
		} else {
			entries = append(entries, eventlog.Fact(m))
		}
	}
	s.asking = true
	go func() {
		appendCtx, cancel := context.WithTimeout(ctx, appendTimeout)
		defer cancel()
		_, err := s.opt.Log.Append(appendCtx, entries...)
		s.post(ctx, func() {
			s.asking = false
			// In any case the fold decides; give it a moment before trying again.
			wait := retryFirst
			if err != nil && !errors.Is(err, eventlog.ErrConflict) {
				s.opt.Logger.Warn().Err(err).Msg("append failed; trying again")
				wait = time.Second
			}
			if at := s.opt.Now().Add(wait); at.After(s.retryAt) {
				s.retryAt = at
			}
		})
	}()
}

// elected follows an election: one's own begins an epoch, any other ends it.
func (s *Service) elected(ctx context.Context, r cluster.Record) {
	mine := s.state.Launcher.Nonce == s.nonce
	log := s.opt.Logger.Info().Uint64("epoch", r.Sequence).Uint64("sequence", r.Sequence).Str("instance", s.state.Launcher.Instance)
	switch {
	case s.phase == replaying:
		return
	case mine:
		log.Msg("elected")
		s.phase, s.retryAt, s.failures, s.failingSince = subscribing, time.Time{}, 0, time.Time{}
		s.report(errors.New("elected, but not subscribed to Mesos yet"))
	case s.phase != standby:
		log.Msg("another launcher was elected; standing by")
		s.standDown(ctx)
	default:
		s.report(nil)
	}
}

// release gives a lease back; if it cannot, the lease runs out by itself.
func (s *Service) release(ctx context.Context, held eventlog.Held) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := held.Release(ctx); err != nil {
		s.opt.Logger.Warn().Err(err).Msg("lease not released; it runs out by itself")
	}
}

func (s *Service) standDown(ctx context.Context) {
	if s.sess != nil {
		s.sess.close()
		s.sess = nil
	}
	if held := s.held; held != nil {
		s.stopRenewing()
		s.held = nil
		go s.release(ctx, held)
	}
	s.phase = standby
	s.retryAt = s.opt.Now().Add(s.opt.LeaseTTL / 2)
	s.report(nil)
}

// subscribe opens a subscription with the framework id from the log.
func (s *Service) subscribe(ctx context.Context) {
	f := s.opt.Framework
	f.ID = s.state.Launcher.FrameworkID
	if s.opt.RegisterAnew && f.ID == s.removed {
		f.ID = ""
	}
	epoch := s.state.Launcher.Epoch
	s.asking = true
	go func() {
		sub, err := s.opt.Mesos.Subscribe(ctx, f)
		s.post(ctx, func() {
			s.asking = false
			if err == nil && (s.phase != subscribing || s.state.Launcher.Epoch != epoch) {
				sub.Close()
				return
			}
			if err != nil {
				s.refused(ctx, err)
				return
			}
			s.sess = newSession(ctx, s, sub, epoch)
			s.phase, s.retryAt = opening, time.Time{}
		})
	}()
}

// backOff is how long to wait after one more failure.
func (s *Service) backOff() time.Duration {
	wait := min(retryFirst<<min(s.failures, 10), retryMax)
	s.failures++
	return wait
}

// refused follows a subscription that did not come about.
func (s *Service) refused(ctx context.Context, err error) {
	if s.phase != subscribing {
		return
	}
	now := s.opt.Now()
	wait := s.backOff()
	if s.failingSince.IsZero() {
		s.failingSince = now
	}
	switch {
	case errors.Is(err, mesos.ErrFrameworkRemoved):
		wait, s.removed = removedWait, s.state.Launcher.FrameworkID
		log := s.opt.Logger.Error().Err(err).Str("framework", s.state.Launcher.FrameworkID)
		if s.opt.RegisterAnew {
			wait = retryFirst
			log.Msg("Mesos has removed the framework: all its tasks are dead. Registering anew")
		} else {
			log.Msg("Mesos has removed the framework: all its tasks are dead. An operator must decide; see docs/operating.md")
		}
	case s.held != nil && now.Sub(s.failingSince) >= yieldAfter:
		s.opt.Logger.Warn().Err(err).Msg("not subscribed for long; leaving it to any launcher that can")
		s.standDown(ctx)
		s.report(fmt.Errorf("no subscription to Mesos: %w", err))
		return
	default:
		s.opt.Logger.Warn().Err(err).Dur("again_in", wait).Msg("not subscribed")
	}
	s.report(fmt.Errorf("no subscription to Mesos: %w", err))
	s.retryAt = now.Add(wait)
}

// open writes the subscription down. Nothing that comes from it is looked at
// before that was folded.
func (s *Service) open(ctx context.Context) {
	l, sub := s.state.Launcher, s.sess.sub
	subject := s.opt.Space.Launcher(shard)
	opened := events.SubscriptionOpened{
		FrameworkID: sub.FrameworkID(), StreamID: sub.StreamID(), Master: sub.Master(), MasterID: sub.MasterID(),
	}
	env := s.envelope(fmt.Sprintf("%s@%d/%d", subject, l.Last, l.Epoch), l.Epoch)
	if l.FrameworkID != sub.FrameworkID() {
		s.appendLauncher(ctx, l.Last, env, events.FrameworkRegistered{FrameworkID: sub.FrameworkID()}, opened)
		return
	}
	s.appendLauncher(ctx, l.Last, env, opened)
}

func (s *Service) opened() {
	l := s.state.Launcher
	if s.phase != opening || l.Epoch != s.sess.epoch || l.Subscription.StreamID != s.sess.sub.StreamID() {
		return
	}
	s.phase, s.failingSince, s.retryAt = active, time.Time{}, time.Time{}
	s.report(nil)
	s.opt.Logger.Info().Uint64("epoch", l.Epoch).Uint64("sequence", l.Subscription.Sequence).
		Str("framework", l.FrameworkID).Str("master", l.Subscription.Master).Msg("subscribed")
	s.sess.start()
}

// lost follows the end of the subscription. Whoever leads by the log subscribes
// again; a launcher that Mesos cut because another one subscribed gives the fold
// time to say who that is. One that did not last is as good as refused: two
// frameworks of one id would cut each other for ever.
func (s *Service) lost(ctx context.Context, err error) {
	s.opt.Logger.Warn().Err(err).Uint64("epoch", s.state.Launcher.Epoch).Msg("subscription ended")
	s.report(errors.New(fmtLost(err)))
	streamID, now := s.sess.sub.StreamID(), s.opt.Now()
	if now.Sub(s.sess.openedAt) >= retryMax {
		s.failures = 0
	}
	s.sess.close()
	s.sess = nil
	s.phase = subscribing
	reason := fmtLost(err)
	env, ev := s.closed(streamID, reason)
	s.appendLauncher(ctx, s.state.Launcher.Last, env, ev)
	wait := s.backOff()
	if errors.Is(err, mesos.ErrFailedOver) {
		wait = max(wait, failedOverWait)
	}
	s.retryAt = now.Add(wait)
}

// closed is the end of a subscription.
func (s *Service) closed(streamID, reason string) (events.Envelope, events.SubscriptionClosed) {
	l := s.state.Launcher
	id := fmt.Sprintf("%s@%d/%d", s.opt.Space.Launcher(shard), l.Last, l.Epoch)
	return s.envelope(id, l.Subscription.Sequence), events.SubscriptionClosed{StreamID: streamID, Reason: reason}
}

// tellLeft writes down that the subscription ended with its launcher, so that
// nobody believes in it until another is opened. It is no loss if it fails.
func (s *Service) tellLeft(streamID string) {
	env, ev := s.closed(streamID, "the launcher stopped")
	m, ok := s.encode(s.opt.Space.Launcher(shard), env, ev)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	if _, err := s.opt.Log.Append(ctx, eventlog.Decision(m, s.state.Launcher.Last)); err != nil {
		s.opt.Logger.Warn().Err(err).Msg("end of the subscription not written down")
	}
}

func fmtLost(err error) string {
	if err == nil {
		return "subscription ended"
	}
	return clip(err.Error())
}
