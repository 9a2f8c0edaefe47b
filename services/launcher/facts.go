package launcher

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// facts are statuses on their way into the log. They are appended one batch
// after the other, so that those of a task keep their order; a batch of which it
// is not known whether it was stored is appended again, and the fold drops the
// repeats by epoch and counter.
type facts struct {
	pending  []eventlog.Entry
	inFlight bool
	// waiting are statuses that are not folded yet, by counter: to be
	// acknowledged then, if they have a uuid.
	waiting map[uint64]ack
	// unfolded counts them by task: what a status changes cannot be told while
	// an earlier one of the same task is under way.
	unfolded map[string]*underWay
}

// underWay are the statuses of a task that are not folded yet.
type underWay struct {
	count int
	state string // the newest
}

func newFacts() facts { return facts{waiting: map[uint64]ack{}, unfolded: map[string]*underWay{}} }

type ack struct {
	agentID, taskID string
	uuid            []byte
}

const (
	factsMax   = 1000
	factsRetry = 200 * time.Millisecond
)

// update takes a status from Mesos.
func (s *Service) update(ctx context.Context, st mesos.Status) {
	st = recordable(st)
	s.sess.reconcile.answered(st.TaskID)
	t := s.state.TaskByID(st.TaskID)
	action := launching.Consider(s.state, launching.Report{
		TaskID: st.TaskID, State: st.State, Reason: st.Reason, Source: st.Source, UUID: st.UUID,
	}, launching.Memory{
		Resolving: t != nil && s.sess.resolving(t),
		Unfolded:  s.sess.facts.unfolded[st.TaskID] != nil,
	})
	if p := s.sess.facts.unfolded[st.TaskID]; p != nil && action == launching.Recorded && len(st.UUID) == 0 && st.State == p.state {
		action = launching.Ignored // The one under way says the same.
	}
	level := zerolog.DebugLevel
	if action == launching.Recorded {
		level = zerolog.InfoLevel
	}
	s.opt.Logger.WithLevel(level).Str("task", st.TaskID).Str("state", st.State).Str("reason", st.Reason).Str("message", st.Message).
		Str("action", actionName(action)).Msg("status")
	switch action {
	case launching.Acknowledged:
		s.sess.enqueueAck(ack{agentID: st.AgentID, taskID: st.TaskID, uuid: st.UUID})
	case launching.Recorded:
		s.sess.record(t, st)
	case launching.Withdrawn:
		s.sess.withdraw[t.Key()] = s.sess.cameToNothing(t, st)
	case launching.Adopted:
		s.sess.adopt[t.Key()] = adoption{
			version: t.Version, group: t.Group, taskID: t.ID, agentID: st.AgentID, state: st.State,
		}
	case launching.Identified:
		s.identify(ctx)
	case launching.Ignored:
	}
}

func (sess *session) cameToNothing(t *cluster.Task, st mesos.Status) string {
	reason := "launch came to nothing: " + st.Message
	if sent := sess.sent[t.Key()]; sent != nil && sent.Failure != "" {
		reason += "; " + sent.Failure
	}
	return reason
}

func actionName(a launching.Action) string {
	return [...]string{"ignore", "acknowledge", "record", "withdraw", "adopt", "identify"}[a]
}

// record queues a status as a fact.
func (sess *session) record(t *cluster.Task, st mesos.Status) {
	f := &sess.facts
	// The counter is the process's, not the session's: two subscriptions may
	// share an epoch, and a counter that began anew would look like a repeat.
	sess.s.counter++
	ev := events.TaskStatusChanged{
		Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, TaskID: st.TaskID, AgentID: st.AgentID,
		State: st.State, Reason: st.Reason, Message: st.Message, Source: st.Source, UUID: st.UUID,
		Healthy: st.Healthy, Addresses: st.Addresses, ContainerID: st.ContainerID, Exit: st.ExitCode, At: st.Time,
	}
	subject := sess.s.opt.Space.Task(t.Job, t.Slot)
	env := sess.s.envelope(decisionID(subject, 0, ev, sess.epoch, sess.s.counter), t.Sequence)
	env.Epoch, env.Counter = sess.epoch, sess.s.counter
	m, ok := sess.s.encode(subject, env, ev)
	if !ok {
		return
	}
	f.waiting[sess.s.counter] = ack{agentID: st.AgentID, taskID: st.TaskID, uuid: st.UUID}
	p := f.unfolded[st.TaskID]
	if p == nil {
		p = &underWay{}
		f.unfolded[st.TaskID] = p
	}
	p.count, p.state = p.count+1, st.State
	f.pending = append(f.pending, eventlog.Fact(m))
}

// flush appends what is pending, if nothing is under way.
func (sess *session) flush() {
	f := &sess.facts
	if f.inFlight || len(f.pending) == 0 {
		return
	}
	n := min(len(f.pending), factsMax)
	entries := f.pending[:n:n]
	f.pending = f.pending[n:]
	f.inFlight = true
	go func() {
		sess.appendFacts(entries)
		sess.s.post(sess.ctx, func() { f.inFlight = false })
	}()
}

// appendFacts tries until the facts are stored or the session is over. What was
// not stored then comes again from the agents.
func (sess *session) appendFacts(entries []eventlog.Entry) {
	for {
		ctx, cancel := context.WithTimeout(sess.ctx, appendTimeout)
		_, err := sess.s.opt.Log.Append(ctx, entries...)
		cancel()
		if err == nil || sess.ctx.Err() != nil {
			return
		}
		sess.s.opt.Logger.Warn().Err(err).Int("statuses", len(entries)).Msg("statuses not stored; trying again")
		select {
		case <-time.After(factsRetry):
		case <-sess.ctx.Done():
			return
		}
	}
}

// recorded acknowledges an own fact that was folded, unless it did not count: an
// exit state that is acknowledged and ignored would be lost.
func (sess *session) recorded(r cluster.Record, c cluster.Change) {
	if r.Envelope.Epoch != sess.epoch {
		return
	}
	a, ok := sess.facts.waiting[r.Envelope.Counter]
	if !ok {
		return
	}
	delete(sess.facts.waiting, r.Envelope.Counter)
	if p := sess.facts.unfolded[a.taskID]; p != nil {
		if p.count--; p.count == 0 {
			delete(sess.facts.unfolded, a.taskID)
		}
	}
	if c.Judgement != cluster.StaleEpoch && len(a.uuid) > 0 {
		sess.enqueueAck(a)
	}
}

// enqueueAck hands an acknowledgement to the workers. If too many wait, the
// agent sends the status again, and it is acknowledged then.
func (sess *session) enqueueAck(a ack) {
	select {
	case sess.acks <- a:
	default:
		sess.s.opt.Logger.Warn().Str("task", a.taskID).Msg("too many acknowledgements wait; the agent will repeat the status")
	}
}

func (sess *session) acknowledge() {
	for {
		select {
		case <-sess.ctx.Done():
			return
		case a := <-sess.acks:
			ctx, cancel := context.WithTimeout(sess.ctx, callTimeout)
			err := sess.sub.Acknowledge(ctx, a.agentID, a.taskID, a.uuid)
			cancel()
			if err != nil && sess.ctx.Err() == nil {
				sess.s.opt.Logger.Warn().Err(err).Str("task", a.taskID).Msg("acknowledgement failed; the agent will repeat the status")
			}
		}
	}
}
