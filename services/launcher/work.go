package launcher

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

const (
	// refuseUnfit is how long an offer is refused on which nothing that waits
	// fits. More free resources on the agent are offered in spite of it.
	refuseUnfit = 20 * time.Second
	// resolveEvery bounds how often staged tasks are looked through.
	resolveEvery = 100 * time.Millisecond
	// quietAfter is how long no offer may come before that is the verdict; what
	// was declined as unfit is not expected back before.
	quietAfter = 5 * time.Second
)

// work does what is to be done while subscribed: resolve, decide, record, and
// settle what is wanted of Mesos. It returns how long to sleep at most.
func (s *Service) work(now time.Time) time.Duration {
	sess := s.sess
	if !now.Before(sess.resolveAt) {
		sess.resolveAt = now.Add(max(sess.resolve(now), resolveEvery))
	}
	wake := sess.resolveAt.Sub(now)
	sess.flush()
	if sess.inFlight == nil && !now.Before(sess.retryAt) {
		wake = min(wake, sess.decide(now))
	}
	wake = min(wake, sess.reconcile.ask(sess, now))
	return max(wake, time.Millisecond)
}

// decide gathers one batch of decisions: ends of attempts that came to nothing,
// adoptions, and new launches. Offers that nothing wants go back.
func (sess *session) decide(now time.Time) time.Duration {
	b := newBatch(sess.s, sess.epoch)
	b.addDoomed()
	b.addUnlaunched(sess)
	b.addAdoptions(sess)
	if sess.s.watch.changed || !now.Before(sess.matchAt) {
		sess.s.watch.changed = false
		sess.matchAt = now.Add(sess.match(b, now))
	}
	if len(b.entries) > 0 {
		sess.send(b)
	}
	return sess.matchAt.Sub(now)
}

// match places waiting tasks on the held offers.
func (sess *session) match(b *batch, now time.Time) time.Duration {
	demands, wake := sess.demands(sess.s.clock.Now())
	sess.s.verdicts.keep(demands)
	if len(demands) == 0 {
		sess.rest()
		sess.wanted, sess.waitingSince = 0, time.Time{}
		return wake
	}
	if sess.waitingSince.IsZero() {
		sess.waitingSince = now
	}
	if len(sess.offers) == 0 {
		sess.want(demands, now)
		if now.Sub(sess.offeredAt) > refuseUnfit+quietAfter && now.Sub(sess.waitingSince) > quietAfter {
			sess.explain(quiet(demands))
		}
		return wake
	}
	offers := make([]offer.Offer, 0, len(sess.offers))
	for _, o := range sess.offers {
		offers = append(offers, o)
	}
	placements, verdicts := placement.Match(offers, demands, b.room(), now)
	used := map[string]bool{}
	for _, p := range placements {
		b.addPlacement(p)
		for _, id := range p.Offers {
			used[id] = true
		}
	}
	sess.explain(verdicts)
	if b.room() == 0 {
		b.full = true // More may fit on the offers that are left.
		return wake
	}
	var unfit []string
	for id := range sess.offers {
		if !used[id] {
			unfit = append(unfit, id)
		}
	}
	slices.Sort(unfit)
	sess.decline(unfit, refuseUnfit)
	return wake
}

// send appends a batch and returns at once.
func (sess *session) send(b *batch) {
	sess.inFlight = b
	go func() {
		ctx, cancel := context.WithTimeout(sess.ctx, appendTimeout)
		receipt, err := sess.s.opt.Log.Append(ctx, b.entries...)
		cancel()
		sess.s.post(sess.ctx, func() { sess.appended(b, receipt, err) })
	}()
}

// appended takes the answer of the log. Only the fold says what counts; an
// answer that is lost leaves the offers to whoever wants them.
func (sess *session) appended(b *batch, receipt eventlog.Receipt, err error) {
	if sess.s.sess != sess {
		return // The session ended meanwhile; what was staged will be resolved.
	}
	if err == nil {
		b.until = receipt.Last
		sess.s.settle()
		return
	}
	sess.inFlight = nil
	sess.s.watch.changed = true
	wait := 50 * time.Millisecond
	switch {
	case errors.Is(err, eventlog.ErrConflict):
		sess.s.metrics.conflicts.Inc()
	case errors.Is(err, eventlog.ErrOutcomeUnknown):
		wait = time.Second
		sess.decline(b.offers(), 0)
		fallthrough
	default:
		wait = max(wait, 500*time.Millisecond)
		sess.s.opt.Logger.Warn().Err(err).Int("decisions", len(b.entries)).Msg("decisions not stored; deciding again")
	}
	sess.retryAt = sess.s.opt.Now().Add(wait)
}

// settle acts on a batch once the fold has passed all of it.
func (s *Service) settle() {
	b := s.sess.inFlight
	if b == nil || b.until == 0 || s.state.Sequence < b.until {
		return
	}
	s.sess.inFlight = nil
	for _, p := range b.placements {
		s.sess.launch(b, p)
	}
	if b.full && len(s.watch.waiting) > 0 {
		s.sess.revive(s.opt.Now())
	}
}

// launch sends the ACCEPT of a placement for those tasks whose staging counts
// and that are still wanted. Any other staged task is left to be resolved.
func (sess *session) launch(b *batch, p placement.Placement) {
	now := sess.s.opt.Now()
	accept := mesos.Accept{OfferIDs: p.Offers}
	for _, placed := range p.Tasks {
		t := placed.Task
		j := sess.s.state.Jobs[t.Job]
		if t.State != cluster.Staged || t.StagedBy != b.ids[t.Key()] || t.Confirmed || t.Doom != nil || j.Over() {
			continue
		}
		accept.Launches = append(accept.Launches, mesos.Launch{
			TaskID: t.ID, Name: t.ID, AgentID: p.AgentID, Role: p.Role, Hostname: p.Hostname,
			Resources: placed.Resources, HostPorts: placed.HostPorts, Group: placed.Group,
			Job: t.Job, Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, Version: t.Version,
		})
	}
	for _, id := range p.Offers {
		if _, held := sess.offers[id]; !held {
			return
		}
	}
	if len(accept.Launches) == 0 {
		sess.decline(p.Offers, 0)
		return
	}
	for _, id := range p.Offers {
		delete(sess.offers, id)
	}
	for i := range accept.Launches {
		l := &accept.Launches[i]
		sess.sent[cluster.Key{Job: l.Job, Run: l.Run, Slot: l.Slot, Attempt: l.Attempt}] = &launching.Sent{At: now}
		sess.s.opt.Logger.Info().Str("job", l.Job).Str("task", l.TaskID).Str("agent", l.AgentID).Str("host", l.Hostname).
			Uint64("sequence", sess.s.state.Sequence).Msg("launching")
	}
	sess.s.metrics.launches.Add(float64(len(accept.Launches)))
	sess.accept(accept)
}
