package launcher

import (
	"context"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/mesos"
)

// session is what a launcher knows of one subscription beyond the log. It dies
// with it; everything in it can be found out again.
type session struct {
	s      *Service
	sub    Subscription
	epoch  uint64
	ctx    context.Context //nolint:containedctx // The session is a lifetime: its goroutines end with it.
	cancel context.CancelFunc
	lane   *lane
	acks   chan ack

	// offers are held: not used, declined or rescinded.
	offers map[string]offer.Offer
	// sent is what was done about staged tasks.
	sent map[cluster.Key]*launching.Sent
	// inFlight is the batch of decisions that is being appended or folded.
	inFlight *batch
	// openedAt is when its opening was folded.
	openedAt time.Time
	// retryAt is when decisions may be appended again after a failure.
	retryAt time.Time

	facts     facts
	withdraw  map[cluster.Key]string
	adopt     map[cluster.Key]adoption
	reconcile reconciliation

	// suppressed says that Mesos was told not to offer, refused that offers were
	// declined for long: a new demand has to revive.
	suppressed, refused bool
	revivedAt           time.Time
	// offeredAt is when offers came last; the subscription's start before.
	offeredAt time.Time
	// wanted is how many tasks waited when offers were last asked for; matchAt
	// and resolveAt are when to match and to resolve again although nothing changed.
	wanted             int
	waitingSince       time.Time // since when something waits
	matchAt, resolveAt time.Time
	// identifying says that the framework's tasks are being listed.
	identifying bool
}

// acksMax is how many acknowledgements may wait, acksWorkers how many are sent
// at once: over one connection they would cap the whole (architecture, 4).
const (
	acksMax     = 1 << 16
	acksWorkers = 16
	callTimeout = 10 * time.Second
)

func newSession(parent context.Context, s *Service, sub Subscription, epoch uint64) *session {
	ctx, cancel := context.WithCancel(parent)
	sess := &session{
		s: s, sub: sub, epoch: epoch, ctx: ctx, cancel: cancel,
		lane: newLane(ctx), acks: make(chan ack, acksMax),
		offers: map[string]offer.Offer{}, sent: map[cluster.Key]*launching.Sent{},
		withdraw: map[cluster.Key]string{}, adopt: map[cluster.Key]adoption{},
		offeredAt: s.opt.Now(),
	}
	sess.facts = newFacts()
	for range acksWorkers {
		go sess.acknowledge()
	}
	return sess
}

func (sess *session) close() {
	sess.cancel()
	sess.sub.Close()
}

// start begins work once the opening was folded: ask for everything that Mesos
// should be running.
func (sess *session) start() {
	sess.s.watch.changed = true
	sess.openedAt = sess.s.opt.Now()
	sess.reconcile.begin(sess.s.state, sess.openedAt)
}

// call does an ordered call; failed, it is logged: whatever was to come of it is
// found out by reconciliation.
func (sess *session) call(name string, f func(context.Context) error) {
	sess.lane.do(func(ctx context.Context) {
		bounded, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		if err := f(bounded); err != nil && ctx.Err() == nil {
			sess.s.opt.Logger.Warn().Err(err).Str("call", name).Msg("call to Mesos failed")
		}
	})
}

func (sess *session) offered(offers []offer.Offer) {
	for _, o := range offers {
		sess.offers[o.ID] = o
	}
	sess.offeredAt = sess.s.opt.Now()
	sess.suppressed = false // or the master never heard of it
	sess.s.watch.changed = true
}

func (sess *session) acceptInverse(offers []mesos.InverseOffer) {
	ids := make([]string, len(offers))
	for i, o := range offers {
		ids[i] = o.ID
		sess.s.opt.Logger.Info().Str("agent", o.AgentID).Time("from", time.Unix(0, o.UnavailableFrom)).Msg("maintenance planned")
	}
	sess.call("ACCEPT_INVERSE_OFFERS", func(ctx context.Context) error { return sess.sub.AcceptInverse(ctx, ids) })
}

// decline gives offers back for a while.
func (sess *session) decline(ids []string, refuse time.Duration) {
	if len(ids) == 0 {
		return
	}
	for _, id := range ids {
		delete(sess.offers, id)
	}
	sess.refused = sess.refused || refuse > time.Second
	sess.call("DECLINE", func(ctx context.Context) error { return sess.sub.Decline(ctx, ids, refuse) })
}
