package launcher

import (
	"cmp"
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
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// refuseIdle is how long offers are refused while nothing waits: whoever
	// needs them shall have them, and a new demand revives.
	refuseIdle = time.Hour
	// refuseUnfit is how long an offer is refused on which nothing that waits
	// fits. More free resources on the agent are offered in spite of it.
	refuseUnfit = 20 * time.Second
	// reviveEvery bounds how often Mesos is asked for all offers again.
	reviveEvery = time.Second
	// reviveQuiet is how long offers may fail to come while something waits
	// before Mesos is asked again: the first REVIVE may have got lost.
	reviveQuiet = 30 * time.Second
	// resolveEvery bounds how often staged tasks are looked through.
	resolveEvery = 100 * time.Millisecond
	// quietAfter is how long no offer may come before that is the verdict; what
	// was declined as unfit is not expected back before.
	quietAfter = 5 * time.Second
)

// work does what is to be done while subscribed: resolve, decide, record, and
// settle what is wanted of Mesos. It returns how long to sleep at most.
func (s *Service) work(_ context.Context, now time.Time) time.Duration {
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

// resolve asks Mesos about staged tasks that nothing was heard of. On the one
// ordered connection their offers are declined first, so that no ACCEPT can
// follow the answer.
func (sess *session) resolve(now time.Time) time.Duration {
	wake := idle
	for key, t := range sess.s.watch.unconfirmed {
		if sess.inFlight.holds(key) {
			continue
		}
		sent := sess.sent[key]
		if sent == nil {
			sent = &launching.Sent{}
			sess.sent[key] = sent
		}
		due, at := launching.Resolve(t, *sent, now)
		if !due {
			wake = min(wake, at.Sub(now))
			continue
		}
		sent.Asked, sent.Tries = now, sent.Tries+1
		sess.s.opt.Logger.Warn().Str("job", t.Job).Str("task", t.ID).Uint64("sequence", t.Sequence).Int("try", sent.Tries).
			Msg("no status of a staged task: declining its offers and asking Mesos")
		offers, who := t.Offers, []mesos.TaskAgent{{TaskID: t.ID, AgentID: t.AgentID}}
		sess.call("DECLINE, RECONCILE", func(ctx context.Context) error {
			if err := sess.sub.Decline(ctx, offers, 0); err != nil {
				return err
			}
			return sess.sub.Reconcile(ctx, who)
		})
	}
	for key := range sess.sent {
		if sess.s.watch.unconfirmed[key] == nil && !sess.inFlight.holds(key) {
			delete(sess.sent, key)
		}
	}
	return max(wake, 0)
}

// resolving tells whether a negative answer about the task counts.
func (sess *session) resolving(t *cluster.Task) bool {
	sent := sess.sent[t.Key()]
	return sent != nil && sent.Tries > 0
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

// demands groups the waiting tasks that may be launched now, by the log's clock;
// wake is when the next back-off ends.
func (sess *session) demands(now time.Time) ([]placement.Demand, time.Duration) {
	type key struct{ job, group string }
	found, wake := map[key]*placement.Demand{}, idle
	for _, t := range sess.s.watch.waiting {
		j := sess.s.state.Jobs[t.Job]
		g := j.Group(t.Group)
		if t.Doom != nil || j.Over() || t.Run != j.Run || g == nil {
			continue
		}
		if t.NotBefore.After(now) {
			wake = min(wake, t.NotBefore.Sub(now))
			continue
		}
		k := key{t.Job, t.Group}
		if found[k] == nil {
			found[k] = &placement.Demand{Job: j, Group: g}
		}
		found[k].Tasks = append(found[k].Tasks, t)
	}
	demands := make([]placement.Demand, 0, len(found))
	for _, d := range found {
		slices.SortFunc(d.Tasks, func(a, b *cluster.Task) int { return cmp.Compare(a.Slot, b.Slot) })
		demands = append(demands, *d)
	}
	slices.SortFunc(demands, func(a, b placement.Demand) int {
		return cmp.Or(cmp.Compare(a.Job.ID, b.Job.ID), cmp.Compare(a.Group.Name, b.Group.Name))
	})
	return demands, wake
}

// rest gives everything back while nothing waits.
func (sess *session) rest() {
	var ids []string
	for id := range sess.offers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	sess.decline(ids, refuseIdle)
	if !sess.suppressed {
		sess.suppressed = true
		sess.call("SUPPRESS", func(ctx context.Context) error { return sess.sub.Suppress(ctx, nil) })
	}
}

// want asks for offers if Mesos was told to hold them back and more is wanted
// than then. It goes through the lane after every earlier DECLINE, which would
// otherwise undo it.
func (sess *session) want(demands []placement.Demand, now time.Time) {
	tasks := 0
	for _, d := range demands {
		tasks += len(d.Tasks)
	}
	more := tasks > sess.wanted
	quiet := now.Sub(sess.offeredAt) > reviveQuiet && now.Sub(sess.revivedAt) > reviveQuiet
	if !sess.suppressed && !quiet && (!sess.refused || !more) {
		sess.wanted = tasks
		return
	}
	if now.Sub(sess.revivedAt) < reviveEvery {
		return
	}
	sess.wanted = tasks
	sess.revive(now)
}

// revive asks for all that is free at once, what the last ACCEPTs left of their
// offers too; Mesos would offer that by itself only with its next allocation.
func (sess *session) revive(now time.Time) {
	sess.suppressed, sess.refused, sess.revivedAt = false, false, now
	sess.call("REVIVE", func(ctx context.Context) error { return sess.sub.Revive(ctx, nil) })
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
		sess.s.settle(sess.ctx)
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
func (s *Service) settle(context.Context) {
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

// batch is what is decided and appended together.
type batch struct {
	s          *Service
	epoch      uint64
	entries    []eventlog.Entry
	subjects   map[string]bool
	placements []placement.Placement
	ids        map[cluster.Key]string
	number     uint64
	// full says that there was no room for all that could have been placed.
	full bool
	// until is the last sequence of the batch once it is stored.
	until uint64
}

func newBatch(s *Service, epoch uint64) *batch {
	s.batchNumber++
	return &batch{s: s, epoch: epoch, subjects: map[string]bool{}, ids: map[cluster.Key]string{}, number: s.batchNumber}
}

func (b *batch) room() int { return eventlog.MaxBatch - len(b.entries) }

// holds tells whether the task is being staged by the batch. A nil batch holds
// nothing.
func (b *batch) holds(k cluster.Key) bool {
	if b == nil {
		return false
	}
	_, ok := b.ids[k]
	return ok
}

func (b *batch) offers() []string {
	var ids []string
	for _, p := range b.placements {
		ids = append(ids, p.Offers...)
	}
	return ids
}

// add appends a decision about a slot, at most one per slot and batch.
func (b *batch) add(k cluster.Key, cause uint64, ev events.Event) bool {
	s := b.s
	subject := s.opt.Space.Task(k.Job, k.Slot)
	if b.subjects[subject] || b.room() == 0 {
		return false
	}
	var last uint64
	if j := s.state.Jobs[k.Job]; j != nil {
		if slot := j.Slots[k.Slot]; slot != nil {
			last = slot.Last
		}
	}
	id := decisionID(subject, last, ev, b.epoch, b.number)
	m, ok := s.encode(subject, s.envelope(id, cause), ev)
	if !ok {
		return false
	}
	b.subjects[subject] = true
	b.ids[k] = id
	b.entries = append(b.entries, eventlog.Decision(m, last))
	return true
}

func (b *batch) addPlacement(p placement.Placement) {
	kept := p
	kept.Tasks = nil
	for _, placed := range p.Tasks {
		t := placed.Task
		ev := events.TaskStaged{
			Run: t.Run, Version: t.Version, Group: t.Group, Slot: t.Slot, Attempt: t.Attempt,
			TaskID: launching.TaskID(t, placed.Group), AgentID: p.AgentID, Hostname: p.Hostname, AgentURL: p.AgentURL,
			Offers: p.Offers, HostPorts: placed.HostPorts, Resources: amounts(placed.Resources), Attributes: placed.Attributes,
		}
		if b.add(t.Key(), t.Sequence, ev) {
			kept.Tasks = append(kept.Tasks, placed)
		}
	}
	b.placements = append(b.placements, kept)
}

func amounts(r offer.Resources) events.Resources {
	share := func(m offer.Milli) float64 { return float64(m) / 1000 }
	return events.Resources{CPUs: share(r.CPUs), Mem: share(r.Mem), Disk: share(r.Disk), GPUs: share(r.GPUs)}
}

// addDoomed ends attempts that were doomed before they had a place. It needs no
// subscription: what was never launched Mesos need not be asked about.
func (b *batch) addDoomed() {
	for k, t := range b.s.watch.doomed {
		b.add(k, t.Doom.Sequence, events.TaskWithdrawn{Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, Reason: t.Doom.Reason})
	}
}

// addUnlaunched ends attempts whose launch came to nothing.
func (b *batch) addUnlaunched(sess *session) {
	for k, reason := range sess.withdraw {
		t := sess.s.watch.unconfirmed[k]
		if t == nil {
			delete(sess.withdraw, k)
			continue
		}
		b.add(k, t.Sequence, events.TaskWithdrawn{Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, TaskID: t.ID, Reason: reason})
	}
}
