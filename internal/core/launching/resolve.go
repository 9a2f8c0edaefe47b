package launching

import (
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

const (
	// StagedMax is how long a launched task may go without a status before it is
	// resolved.
	StagedMax = 10 * time.Second
	// resolveFirst and resolveMax bound the waits between questions about a task
	// that Mesos does not answer (its agent may be recovering).
	resolveFirst = 5 * time.Second
	resolveMax   = time.Minute
	// resolveEvery bounds how often staged tasks are looked through, resolveIdle
	// how rarely.
	resolveEvery = 100 * time.Millisecond
	resolveIdle  = time.Second
)

// Sent is what the launcher itself knows of a staged task: nothing of it is in
// the log, and a restart forgets it.
type Sent struct {
	// At is when its ACCEPT was sent; zero if this launcher never sent one.
	At time.Time
	// Failure is why the call failed, as far as is known; it may have arrived.
	Failure string
	// Asked is when its offers were last declined, Tries how often.
	Asked time.Time
	Tries int
	// Declined reports whether Mesos has heard that, so that what it answers about
	// the task from now on is true for good.
	Declined bool
}

// Resolve reports whether a task is to be resolved now; if not, wake says when.
// Only tasks that are staged and never confirmed are: overdue, doomed, or left
// by another launcher.
func Resolve(t *cluster.Task, sent Sent, now time.Time) (due bool, wake time.Time) {
	if t.State != cluster.Staged || t.Confirmed {
		return false, time.Time{}
	}
	at := sent.At.Add(StagedMax)
	if sent.At.IsZero() || t.Doom != nil {
		at = time.Time{}
	}
	if sent.Tries > 0 {
		at = sent.Asked.Add(backoff.Wait{First: resolveFirst, Max: resolveMax}.After(sent.Tries))
	}
	return !now.Before(at), at
}

// resolve finds out about staged tasks that nothing was heard of. On the one
// ordered connection their offers are declined first, so that no ACCEPT can
// follow the answer.
func (m *Machine) resolve() {
	s, now := m.session, m.at.Now
	if now.Before(s.resolveAt) {
		return
	}
	s.resolveAt = time.Time{}
	if len(m.pending.unconfirmed) == 0 && len(s.sent) == 0 {
		return
	}
	wake := now.Add(resolveIdle)
	due := map[cluster.Key]*cluster.Task{}
	for k, t := range m.pending.unconfirmed {
		if s.batch.decides(k) {
			continue
		}
		if s.sent[k] == nil {
			s.sent[k] = &Sent{}
		}
		yes, at := Resolve(t, *s.sent[k], now)
		if yes {
			due[k] = t
		} else {
			wake = earlier(wake, at)
		}
	}
	for _, k := range inOrder(due) {
		m.declineFor(k, due[k])
	}
	for k := range s.sent {
		if m.pending.unconfirmed[k] == nil && !s.batch.decides(k) {
			delete(s.sent, k)
		}
	}
	s.resolveAt = wake
	if earliest := now.Add(resolveEvery); wake.Before(earliest) {
		s.resolveAt = earliest
	}
}

// declineFor declines the offers that a task was to be launched on.
func (m *Machine) declineFor(k cluster.Key, t *cluster.Task) {
	sent := m.session.sent[k]
	sent.Asked, sent.Tries = m.at.Now, sent.Tries+1
	m.noteTask(machine.Warn, "no status of a staged task: declining its offers and asking Mesos", nil, t,
		machine.Field{Key: "try", Value: sent.Tries})
	m.do(Decline{Ticket: m.ask(call{kind: callResolve, task: k, offers: t.Offers}), OfferIDs: t.Offers})
}

// offersDeclined asks about the task once its offers are of no more use.
func (m *Machine) offersDeclined(k cluster.Key, err error) {
	t, sent := m.pending.unconfirmed[k], m.session.sent[k]
	if err != nil || t == nil || sent == nil {
		return
	}
	sent.Declined = true
	m.do(Reconcile{Ticket: m.ask(call{kind: callReconcile}), Tasks: []scheduler.TaskAgent{{TaskID: t.ID, AgentID: t.AgentID}}})
}

// resolving reports whether a negative answer about the task counts.
func (s *session) resolving(t *cluster.Task) bool {
	sent := s.sent[t.Key()]
	return sent != nil && sent.Declined
}
