package launcher

import (
	"context"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// foldBurst is how many records are folded before the launcher looks at what
	// they mean.
	foldBurst = 1024
	// idle is the longest sleep: it bounds what a missed wake could cost.
	idle = time.Second
)

// Run launches until ctx ends, then returns nil with tasks running on; or until
// the log cannot be folded any further, and returns why.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.leave()
	feed := fold.Start(ctx, s.opt.Log)
	known := feed.Known()
	tail, tailKnown := uint64(0), false
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		if s.phase == replaying && tailKnown && s.state.Sequence >= tail {
			s.phase = standby
			s.report(nil)
			s.opt.Logger.Info().Uint64("sequence", s.state.Sequence).Msg("caught up with the log; standing by")
		}
		timer.Reset(s.step(ctx))
		select {
		case <-ctx.Done():
			return nil
		case err := <-feed.Failed():
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("launcher: following the log: %w", err)
		case <-known:
			known, tail, tailKnown = nil, feed.Tail(), true
		case r := <-feed.Records():
			if err := s.fold(ctx, r, feed.Records()); err != nil {
				return fmt.Errorf("launcher: %w", err)
			}
		case f := <-s.inbox:
			f()
		case ev, open := <-s.events():
			s.receive(ctx, ev, open)
		case <-timer.C:
		}
	}
}

// events is the stream to listen to: none before its opening was folded.
func (s *Service) events() <-chan mesos.Event {
	if s.phase != active {
		return nil
	}
	return s.sess.sub.Events()
}

// step does what the phase asks for and returns how long to sleep at most.
func (s *Service) step(ctx context.Context) time.Duration {
	now := s.opt.Now()
	if s.phase == subscribing || s.phase == opening {
		s.withdrawDoomed(ctx, now)
	}
	if s.asking || now.Before(s.retryAt) {
		return min(max(s.retryAt.Sub(now), time.Millisecond), idle)
	}
	switch s.phase {
	case standby:
		s.acquire(ctx)
	case electing:
		s.elect(ctx)
	case subscribing:
		s.subscribe(ctx)
	case opening:
		s.open(ctx)
	case active:
		return s.work(now)
	case replaying:
	}
	return idle
}

// fold applies a record and those that wait behind it.
func (s *Service) fold(ctx context.Context, r cluster.Record, more <-chan cluster.Record) error {
	defer func() { s.metrics.sequence.Set(float64(s.state.Sequence)) }()
	for range foldBurst {
		if err := s.apply(ctx, r); err != nil {
			return err
		}
		select {
		case r = <-more:
		default:
			return nil
		}
	}
	return s.apply(ctx, r)
}

func (s *Service) apply(ctx context.Context, r cluster.Record) error {
	c, err := s.state.Apply(r)
	if err != nil {
		return err
	}
	s.folded(ctx, r, c)
	return nil
}

func (s *Service) folded(ctx context.Context, r cluster.Record, c cluster.Change) {
	own := r.Envelope.Source == s.source && s.phase != replaying
	if s.clock.Observe(r, own) {
		s.watch.changed = true
	}
	s.watch.note(c)
	switch r.Event.(type) {
	case events.LauncherElected:
		s.elected(ctx, r)
	case events.SubscriptionOpened:
		s.opened()
	case events.TaskStatusChanged:
		if s.sess != nil && own {
			s.sess.recorded(r, c)
		}
	default:
	}
	if s.sess != nil {
		s.settle()
	}
}

// receive takes an event of the subscription, or its end.
func (s *Service) receive(ctx context.Context, ev mesos.Event, open bool) {
	if !open {
		s.lost(ctx, s.sess.sub.Err())
		return
	}
	switch ev := ev.(type) {
	case mesos.Offers:
		s.sess.offered(ev.Offers)
		s.metrics.offers.Add(float64(len(ev.Offers)))
	case mesos.Rescind:
		delete(s.sess.offers, ev.OfferID)
	case mesos.Update:
		s.update(ctx, ev.Status)
	case mesos.InverseOffers:
		s.sess.acceptInverse(ev.Offers)
	case mesos.Failure:
		s.opt.Logger.Warn().Str("agent", ev.AgentID).Str("executor", ev.ExecutorID).Msg("Mesos reports a failure")
	case mesos.MasterError:
		s.opt.Logger.Error().Str("message", ev.Message).Msg("the master ends the subscription")
	case mesos.RescindInverse, mesos.Heartbeat:
	}
}

// leave ends what the launcher holds. Tasks run on: the subscription is closed,
// never the framework.
func (s *Service) leave() {
	if s.sess != nil {
		streamID := s.sess.sub.StreamID()
		s.sess.close()
		s.sess = nil
		if s.phase == active {
			s.tellLeft(streamID)
		}
	}
	if s.held != nil {
		s.stopRenewing()
		s.release(context.Background(), s.held)
		s.held = nil
	}
}
