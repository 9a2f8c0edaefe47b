package launcher

import (
	"context"
	"errors"
	"sync"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/mesos"
)

// subscriptions are those that are open and not listened to yet, by session.
type subscriptions struct {
	mu   sync.Mutex
	open map[uint64]Subscription
	left bool
}

// add keeps one, or closes it if nobody will ask for it any more.
func (s *subscriptions) add(session uint64, sub Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		sub.Close()
		return
	}
	if s.open == nil {
		s.open = map[uint64]Subscription{}
	}
	s.open[session] = sub
}

// remove returns one and forgets it; nil if there is none.
func (s *subscriptions) remove(session uint64) Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.open[session]
	delete(s.open, session)
	return sub
}

// leave closes all there are and all to come.
func (s *subscriptions) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = true
	for _, sub := range s.open {
		sub.Close()
	}
	s.open = nil
}

// subscribe opens a subscription.
func (s *Service) subscribe(ctx context.Context, e leading.Subscribe) {
	framework := s.opt.Framework
	framework.ID = e.FrameworkID
	sub, err := s.opt.Mesos.Subscribe(ctx, framework)
	if err != nil {
		s.loop.Post(ctx, leading.NotSubscribed{
			Session: e.Session, Err: err, Removed: errors.Is(err, mesos.ErrFrameworkRemoved),
		})
		return
	}
	s.subscriptions.add(e.Session, sub)
	s.loop.Post(ctx, leading.Subscribed{
		Session: e.Session, FrameworkID: sub.FrameworkID(), StreamID: sub.StreamID(), Master: sub.Master(), MasterID: sub.MasterID(),
	})
}

// listen begins the session of a subscription whose opening was folded.
func (s *Service) listen(ctx context.Context, number uint64) {
	if sub := s.subscriptions.remove(number); sub != nil {
		s.session = newSession(ctx, s, number, sub)
		s.hear()
		go s.session.deliver()
	}
}

// hear notes that Mesos has said something.
func (s *Service) hear() { s.heard.Store(s.opt.Now().UnixNano()) }

// close ends a subscription, listened to or not.
func (s *Service) close(number uint64) {
	if s.session != nil && s.session.number == number {
		s.session.close()
		s.session = nil
	}
	if sub := s.subscriptions.remove(number); sub != nil {
		sub.Close()
	}
}

// deliver posts the events of the subscription, and its end.
func (s *session) deliver() {
	for {
		select {
		case ev, open := <-s.sub.Events():
			if !open {
				err := s.sub.Err()
				s.loop.Post(s.ctx, leading.Ended{Session: s.number, Err: err, FailedOver: errors.Is(err, mesos.ErrFailedOver)})
				return
			}
			s.heard()
			if in := s.inputOf(ev); in != nil {
				s.loop.Post(s.ctx, in)
			}
		case <-s.ctx.Done():
			return
		}
	}
}

// inputOf is what an event says to the machine; nil if nothing.
func (s *session) inputOf(ev mesos.Event) machine.Input {
	switch ev := ev.(type) {
	case mesos.Offers:
		return launching.Offered{Session: s.number, Offers: ev.Offers}
	case mesos.Rescind:
		return launching.Rescinded{Session: s.number, OfferID: ev.OfferID}
	case mesos.Update:
		return launching.Reported{Session: s.number, Status: ev.Status}
	case mesos.InverseOffers:
		return launching.InverseOffered{Session: s.number, Offers: ev.Offers}
	case mesos.Failure:
		s.log.Warn().Str("agent", ev.AgentID).Str("executor", ev.ExecutorID).Msg("Mesos reports a failure")
	case mesos.MasterError:
		s.log.Error().Str("message", ev.Message).Msg("the master ends the subscription")
	case mesos.RescindInverse, mesos.Heartbeat:
	}
	return nil
}
