package mesos

import (
	"context"
	"errors"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// staleGrace is how long the stream may go on after a call found it stale.
const staleGrace = 2 * time.Second

// Accept launches tasks on offers, with their secrets. Whatever it returns, never send it again:
// only ErrOfferUnknown, ErrOffersMixed, ErrInsufficient, ErrLaunchInvalid and
// ErrClosed say that nothing was sent; of a launch that cannot be made, a
// *LaunchError says which. Once sent, the offers are used up.
func (s *Subscription) Accept(ctx context.Context, a Accept, secrets Secrets) error {
	return s.inTurn(ctx, func() (*scheduler.Call, error) {
		accept, err := s.book.accept(a, secrets)
		if err != nil {
			return nil, err
		}
		return &scheduler.Call{Type: scheduler.Call_ACCEPT, Accept: accept}, nil
	})
}

// Decline gives offers back and does not want the like for a while; 0 means at
// once. Offers of an older subscription may be declined too.
func (s *Subscription) Decline(ctx context.Context, offerIDs []string, refuse time.Duration) error {
	return s.inTurn(ctx, func() (*scheduler.Call, error) {
		s.book.forget(offerIDs)
		return &scheduler.Call{
			Type:    scheduler.Call_DECLINE,
			Decline: &scheduler.Call_Decline{OfferIDs: wireOfferIDs(offerIDs), Filters: filters(refuse)},
		}, nil
	})
}

// AcceptInverse agrees to the maintenance of agents.
func (s *Subscription) AcceptInverse(ctx context.Context, offerIDs []string) error {
	return s.inTurn(ctx, func() (*scheduler.Call, error) {
		return &scheduler.Call{
			Type:                scheduler.Call_ACCEPT_INVERSE_OFFERS,
			AcceptInverseOffers: &scheduler.Call_AcceptInverseOffers{InverseOfferIDs: wireOfferIDs(offerIDs)},
		}, nil
	})
}

// Revive asks for offers for the roles, all if none is given, and forgets what
// was declined.
func (s *Subscription) Revive(ctx context.Context, roles []string) error {
	return s.inTurn(ctx, func() (*scheduler.Call, error) {
		return &scheduler.Call{Type: scheduler.Call_REVIVE, Revive: &scheduler.Call_Revive{Roles: roles}}, nil
	})
}

// Suppress stops offers for the roles, all if none is given. Offers already
// made stay valid.
func (s *Subscription) Suppress(ctx context.Context, roles []string) error {
	return s.inTurn(ctx, func() (*scheduler.Call, error) {
		return &scheduler.Call{Type: scheduler.Call_SUPPRESS, Suppress: &scheduler.Call_Suppress{Roles: roles}}, nil
	})
}

// Reconcile asks for the state of tasks, each answered by an [Update]. No tasks
// means all that the master knows; there is no sign of the last answer then.
func (s *Subscription) Reconcile(ctx context.Context, tasks []TaskAgent) error {
	return s.inTurn(ctx, func() (*scheduler.Call, error) {
		wire := make([]scheduler.Call_Reconcile_Task, len(tasks))
		for i, t := range tasks {
			wire[i].TaskID = mesos.TaskID{Value: t.TaskID}
			if t.AgentID != "" {
				wire[i].AgentID = &mesos.AgentID{Value: t.AgentID}
			}
		}
		return &scheduler.Call{Type: scheduler.Call_RECONCILE, Reconcile: &scheduler.Call_Reconcile{Tasks: wire}}, nil
	})
}

// Acknowledge says that a status has been stored for good; the agent sends the
// task's next one only then. Acknowledgements have no order among each other. A
// status without a UUID needs none: nothing is sent.
func (s *Subscription) Acknowledge(ctx context.Context, agentID, taskID string, uuid []byte) error {
	if len(uuid) == 0 {
		return nil
	}
	if s.ended() {
		return ErrClosed
	}
	return s.post(ctx, s.acks, &scheduler.Call{
		Type: scheduler.Call_ACKNOWLEDGE,
		Acknowledge: &scheduler.Call_Acknowledge{
			AgentID: mesos.AgentID{Value: agentID},
			TaskID:  mesos.TaskID{Value: taskID},
			UUID:    uuid,
		},
	})
}

// inTurn sends a call over the one ordered connection once all earlier ones
// were answered. The call is made when its turn has come.
func (s *Subscription) inTurn(ctx context.Context, build func() (*scheduler.Call, error)) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if s.ended() {
		return ErrClosed
	}
	call, err := build()
	if err != nil {
		return err
	}
	return s.post(ctx, s.ordered, call)
}

// post sends a call. If the master says that the stream is stale the
// subscription is over, though its connection may not know; it gets a moment to
// deliver an ERROR event that says why.
func (s *Subscription) post(ctx context.Context, d *doer, call *scheduler.Call) error {
	call.FrameworkID = &mesos.FrameworkID{Value: s.target.FrameworkID}
	err := d.send(ctx, s.cfg.CallTimeout, request{
		call:     call.Type.String(),
		url:      s.target.Master + pathScheduler,
		streamID: s.target.StreamID,
		msg:      call,
	})
	if errors.Is(err, ErrStaleStream) {
		time.AfterFunc(staleGrace, func() { s.end(err) })
	}
	return err
}

func (s *Subscription) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func filters(refuse time.Duration) *mesos.Filters {
	seconds := refuse.Seconds()
	return &mesos.Filters{RefuseSeconds: &seconds}
}

func wireOfferIDs(ids []string) []mesos.OfferID {
	wire := make([]mesos.OfferID, len(ids))
	for i, id := range ids {
		wire[i].Value = id
	}
	return wire
}
