package sim

import (
	"context"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/mesos"
)

// subscription implements launcher.Subscription.
type subscription struct {
	m      *Mesos
	stream string
	events chan mesos.Event

	// Guarded by the model's lock.
	suppressed bool

	mu      sync.Mutex
	queue   []mesos.Event
	closed  bool
	err     error
	wake    chan struct{}
	ordered sync.Mutex
}

func newSubscription(m *Mesos, stream string) *subscription {
	s := &subscription{m: m, stream: stream, events: make(chan mesos.Event), wake: make(chan struct{}, 1)}
	go s.deliver()
	return s
}

func (s *subscription) FrameworkID() string        { return s.m.framework }
func (s *subscription) StreamID() string           { return s.stream }
func (s *subscription) Master() string             { return "http://master" }
func (s *subscription) MasterID() string           { return "master-1" }
func (s *subscription) Events() <-chan mesos.Event { return s.events }

func (s *subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close closes the connection; the master notices at once.
func (s *subscription) Close() {
	s.m.mu.Lock()
	if s.m.sub == s {
		s.m.sub = nil
		clear(s.m.offers)
	}
	s.m.mu.Unlock()
	s.end(mesos.ErrClosed)
}

func (s *subscription) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed, s.err = true, err
		s.signal()
	}
}

func (s *subscription) push(ev mesos.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.queue = append(s.queue, ev)
		s.signal()
	}
}

func (s *subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *subscription) deliver() {
	defer close(s.events)
	for {
		s.mu.Lock()
		queue, closed := s.queue, s.closed
		s.queue = nil
		s.mu.Unlock()
		for _, ev := range queue {
			select {
			case s.events <- ev:
			case <-s.m.ctx.Done():
				return
			case <-time.After(time.Minute):
				return // Nobody listens any more: the process was killed.
			}
		}
		if closed {
			return
		}
		select {
		case <-s.wake:
		case <-s.m.ctx.Done():
			return
		}
	}
}

// call does an ordered call, with the faults of the network: lost on the way,
// arriving late on a connection that is broken already, or its answer lost.
func (s *subscription) call(ctx context.Context, effect func()) error {
	s.ordered.Lock()
	defer s.ordered.Unlock()
	s.m.pause()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.m.sub != s {
		return mesos.ErrStaleStream
	}
	f := s.m.faults
	switch {
	case s.m.chance(f.LostCall):
		return mesos.ErrUnavailable
	case s.m.chance(f.LateCall):
		delay := time.Duration(s.m.rng.Int64N(int64(20 * time.Second)))
		go func() {
			s.m.sleep(delay)
			s.m.mu.Lock()
			defer s.m.mu.Unlock()
			if s.m.sub == s {
				effect()
			}
		}()
		return mesos.ErrUnavailable
	}
	effect()
	if s.m.chance(f.LostAnswer) {
		return mesos.ErrUnavailable
	}
	return nil
}

func (s *subscription) Accept(ctx context.Context, a mesos.Accept) error {
	if hook := s.m.Accepts; hook != nil {
		if err, taken := hook(func() {
			s.m.mu.Lock()
			defer s.m.mu.Unlock()
			s.m.accept(s, a)
		}); taken {
			return err
		}
	}
	return s.call(ctx, func() { s.m.accept(s, a) })
}

func (s *subscription) Decline(ctx context.Context, ids []string, refuse time.Duration) error {
	return s.call(ctx, func() {
		for _, id := range ids {
			if o := s.m.offers[id]; o != nil {
				delete(s.m.offers, id)
				s.m.filters[o.agentID] = time.Now().Add(refuse)
			}
		}
	})
}

func (s *subscription) AcceptInverse(ctx context.Context, _ []string) error {
	return s.call(ctx, func() {})
}

func (s *subscription) Revive(ctx context.Context, _ []string) error {
	return s.call(ctx, func() {
		s.suppressed = false
		clear(s.m.filters)
		s.m.offerAll()
	})
}

func (s *subscription) Suppress(ctx context.Context, _ []string) error {
	return s.call(ctx, func() { s.suppressed = true })
}

func (s *subscription) Reconcile(ctx context.Context, tasks []mesos.TaskAgent) error {
	return s.call(ctx, func() {
		for _, t := range tasks {
			s.m.answer(t.TaskID, t.AgentID)
		}
		if len(tasks) > 0 {
			return
		}
		for _, t := range s.m.tasks {
			if (t.alive || len(t.queue) > 0) && s.m.agents[t.agentID].connected {
				s.m.status(mesos.Status{
					TaskID: t.id, AgentID: t.agentID, State: t.forwarded, Source: "SOURCE_MASTER", Reason: "REASON_RECONCILIATION",
				})
			}
		}
	})
}

func (s *subscription) Acknowledge(_ context.Context, _, taskID string, uuid []byte) error {
	s.m.pause()
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.m.sub != s {
		return mesos.ErrStaleStream
	}
	t := s.m.tasks[taskID]
	if s.m.chance(s.m.faults.LostCall) || t == nil || len(t.queue) == 0 || string(t.queue[0].UUID) != string(uuid) {
		return nil
	}
	t.queue = t.queue[1:]
	s.m.forward(t)
	return nil
}
