package launching

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// factsMax is how many statuses are appended at once.
	factsMax = 1000
	// factsRetry is the wait before statuses that were not stored are appended
	// again.
	factsRetry = 200 * time.Millisecond
)

// facts are statuses on their way into the log. They are appended one part after
// the other, so that those of a task keep their order; a part of which it is not
// known whether it was stored is appended again, and the fold drops the repeats
// by epoch and counter.
type facts struct {
	pending []machine.Draft
	// ticket is that of the append under way, 0 for none; appending is how many of
	// the pending ones are in it.
	ticket    uint64
	appending int
	retryAt   time.Time
	// waiting are statuses that are not folded yet, by counter: to be
	// acknowledged then, if they have a uuid.
	waiting map[uint64]Acknowledge
	// unfolded counts them by task: what a status changes cannot be told while
	// an earlier one of the same task is under way.
	unfolded map[string]underWay
}

// underWay are the statuses of a task that are not folded yet.
type underWay struct {
	count int
	state string // the newest
}

func newFacts() facts {
	return facts{waiting: map[uint64]Acknowledge{}, unfolded: map[string]underWay{}}
}

// record queues a status as a fact.
func (m *Machine) record(t *cluster.Task, st scheduler.Status) {
	f := &m.session.facts
	// The counter is the process's, not the session's: two subscriptions may
	// share an epoch, and a counter that began anew would look like a repeat.
	m.counter++
	ev := events.TaskStatusChanged{
		Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, TaskID: st.TaskID, AgentID: st.AgentID,
		State: st.State, Reason: st.Reason, Message: st.Message, Source: st.Source, UUID: st.UUID,
		Healthy: st.Healthy, Addresses: st.Addresses, ContainerID: st.ContainerID, Exit: st.ExitCode, At: st.Time,
	}
	subject := m.cfg.Space.Task(t.Job, t.Slot)
	env := m.envelope(decisionID(subject, 0, ev, m.session.epoch, m.counter), t.Sequence)
	env.Epoch, env.Counter = m.session.epoch, m.counter
	f.waiting[m.counter] = Acknowledge{TaskID: st.TaskID, AgentID: st.AgentID, UUID: st.UUID}
	f.unfolded[st.TaskID] = underWay{count: f.unfolded[st.TaskID].count + 1, state: st.State}
	f.pending = append(f.pending, machine.Fact(subject, env, ev))
}

// flush appends what is pending, if nothing is under way.
func (m *Machine) flush() {
	f := &m.session.facts
	if f.ticket != 0 || len(f.pending) == 0 || m.at.Now.Before(f.retryAt) {
		return
	}
	f.ticket, f.appending = m.tickets.Next(), min(len(f.pending), factsMax)
	m.do(machine.Append{Ticket: f.ticket, Drafts: f.pending[:f.appending:f.appending]})
}

// factsAppended goes on with the next part, or tries again until the facts are
// stored or the session is over. What was not stored then comes again from the
// agents.
func (m *Machine) factsAppended(out machine.Outcome) {
	f := &m.session.facts
	n := f.appending
	f.ticket, f.appending = 0, 0
	if out.Answer != machine.Stored {
		f.retryAt = m.at.Now.Add(factsRetry)
		m.note(machine.Warn, "statuses not stored; trying again", out.Err, machine.Field{Key: "statuses", Value: n})
		return
	}
	f.pending = f.pending[n:]
	if len(f.pending) == 0 {
		f.pending = nil
	}
}

// recorded acknowledges an own fact that was folded, unless it did not count: an
// exit state that is acknowledged and ignored would be lost.
func (m *Machine) recorded(r *cluster.Record, c cluster.Change) {
	f := &m.session.facts
	if r.Envelope.Epoch != m.session.epoch {
		return
	}
	a, ok := f.waiting[r.Envelope.Counter]
	if !ok {
		return
	}
	delete(f.waiting, r.Envelope.Counter)
	if u := f.unfolded[a.TaskID]; u.count > 1 {
		f.unfolded[a.TaskID] = underWay{count: u.count - 1, state: u.state}
	} else {
		delete(f.unfolded, a.TaskID)
	}
	if c.Judgement != cluster.StaleEpoch && c.Judgement != cluster.Rejected && len(a.UUID) > 0 {
		m.do(a)
	}
}
