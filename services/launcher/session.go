package launcher

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/queue"
)

const (
	// acksMax is how many acknowledgements may wait, acksWorkers how many are sent
	// at once: over one connection they would cap the whole.
	acksMax     = 1 << 16
	acksWorkers = 16
	// callTimeout bounds one call to Mesos.
	callTimeout = 10 * time.Second
)

// session carries out calls by one subscription: those with an order one after
// the other, acknowledgements beside them over a pool.
type session struct {
	number uint64
	sub    Subscription
	loop   *fold.Loop
	log    zerolog.Logger
	ctx    context.Context //nolint:containedctx // The session is a lifetime: its goroutines end with it.
	cancel context.CancelFunc
	calls  *queue.Queue[machine.Effect]
	acks   chan launching.Acknowledge
	// heard is called when Mesos has said something.
	heard func()
	// handout is where agents fetch secrets; nil if they cannot.
	handout Handout
}

func newSession(parent context.Context, s *Service, number uint64, sub Subscription) *session {
	ctx, cancel := context.WithCancel(parent)
	sess := &session{
		number: number, sub: sub, loop: s.loop, log: s.opt.Logger, ctx: ctx, cancel: cancel,
		calls: queue.New[machine.Effect](), acks: make(chan launching.Acknowledge, acksMax),
		heard: s.hear, handout: s.opt.Handout,
	}
	go sess.callInOrder()
	for range acksWorkers {
		go sess.acknowledge()
	}
	return sess
}

func (s *session) close() {
	s.cancel()
	s.sub.Close()
}

// carry hands an effect to whoever carries it out.
func (s *session) carry(e machine.Effect) {
	ack, ok := e.(launching.Acknowledge)
	if !ok {
		s.calls.Put(e)
		return
	}
	select {
	case s.acks <- ack:
	default:
		s.log.Warn().Str("task", ack.TaskID).Msg("too many acknowledgements wait; the agent will repeat the status")
	}
}

// callInOrder makes the calls that have an order.
func (s *session) callInOrder() {
	for {
		e, ok := s.calls.Take(s.ctx)
		if !ok {
			for _, left := range s.calls.Drain() {
				wipe(left)
			}
			return
		}
		if called := s.call(e); s.ctx.Err() == nil {
			s.loop.Post(s.ctx, called)
		}
	}
}

// call makes one call and says what became of it.
func (s *session) call(e machine.Effect) launching.Called {
	ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
	defer cancel()
	switch e := e.(type) {
	case acceptWith:
		return accepted(e.Ticket, s.accept(ctx, e))
	case launching.Decline:
		return launching.Called{Ticket: e.Ticket, Err: s.sub.Decline(ctx, e.OfferIDs, e.Refuse)}
	case launching.Revive:
		return launching.Called{Ticket: e.Ticket, Err: s.sub.Revive(ctx, nil)}
	case launching.Suppress:
		return launching.Called{Ticket: e.Ticket, Err: s.sub.Suppress(ctx, nil)}
	case launching.Reconcile:
		return launching.Called{Ticket: e.Ticket, Err: s.sub.Reconcile(ctx, e.Tasks)}
	case launching.AcceptInverse:
		return launching.Called{Ticket: e.Ticket, Err: s.sub.AcceptInverse(ctx, e.OfferIDs)}
	}
	s.log.Error().Type("effect", e).Msg("nobody carries this out")
	return launching.Called{}
}

// accept launches tasks with their secrets, and wipes those.
func (s *session) accept(ctx context.Context, e acceptWith) error {
	defer wipe(e)
	secrets, err := s.handOut(e)
	if err != nil {
		return err
	}
	return s.sub.Accept(ctx, e.Accept.Accept, secrets)
}

func accepted(ticket uint64, err error) launching.Called {
	called := launching.Called{Ticket: ticket, Err: err}
	if bad := new(mesos.LaunchError); errors.As(err, &bad) {
		called.Unlaunchable, called.Insufficient, called.Err = bad.TaskID, errors.Is(bad, mesos.ErrInsufficient), bad.Err
	}
	return called
}

func (s *session) acknowledge() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case a := <-s.acks:
			// It waits for no turn, so the client's own bound of a call is enough.
			err := s.sub.Acknowledge(s.ctx, a.AgentID, a.TaskID, a.UUID)
			if err != nil && s.ctx.Err() == nil {
				s.log.Warn().Err(err).Str("task", a.TaskID).Msg("acknowledgement failed; the agent will repeat the status")
			}
		}
	}
}
