package launching

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

// session is what a launcher knows of one subscription beyond the log. It ends
// with it; everything in it can be found out again.
type session struct {
	// number is the subscription's, epoch the one it was opened in.
	number, epoch uint64

	offers offers
	// named are the jobs that what waits wants to be beside, or away from.
	named map[string]bool
	gangs gangs
	// secrets are those that waiting tasks need.
	secrets secrets
	facts   facts
	round   round

	// sent is what was done about staged tasks.
	sent map[cluster.Key]*Sent
	// withdraw are attempts of which Mesos knows nothing, with the reason; adopt
	// are tasks that it runs and the log does not know as alive.
	withdraw map[cluster.Key]string
	adopt    map[cluster.Key]adoption
	// calls are the calls under way that somebody waits for.
	calls   map[uint64]call
	listing listing

	// batch are the decisions that are being appended or folded; nil for none.
	batch *batch
	// retryAt is when decisions may be appended again after a failure, matchAt
	// when to match again although nothing has changed (zero: never), resolveAt
	// when to look for silent tasks.
	retryAt, matchAt, resolveAt time.Time
	// windows are those of agents that were written down in this session.
	windows map[string]window
	// cutOffAt is when to ask about tasks on agents that are cut off; zero while there
	// are none.
	cutOffAt time.Time
	// waitingSince is since when something waits; zero while nothing does.
	waitingSince time.Time
}

// newSession asks for everything that Mesos should be running.
func (m *Machine) newSession(number uint64) *session {
	m.pending.changed = true
	s := &session{
		number: number, epoch: m.lead.Epoch(), offers: newOffers(m.at.Now), facts: newFacts(), gangs: gangs{}, secrets: newSecrets(),
		sent: map[cluster.Key]*Sent{}, withdraw: map[cluster.Key]string{}, adopt: map[cluster.Key]adoption{},
		calls: map[uint64]call{}, windows: map[string]window{}, resolveAt: m.at.Now,
	}
	s.round = newRound(m.state, m.at.Now)
	return s
}

// call is what a call under way is about.
type call struct {
	kind callKind
	// accept is what an ACCEPT is to launch.
	accept scheduler.Accept
	// offers are those of a DECLINE.
	offers []string
	// task is the one that is being resolved.
	task cluster.Key
}

// callKind is what a call asks for.
type callKind uint8

const (
	callAccept callKind = iota
	callDecline
	callRevive
	callSuppress
	callReconcile
	callAcceptInverse
	// callResolve is the DECLINE of the offers of a silent task.
	callResolve
)

// String is Mesos' name.
func (k callKind) String() string {
	switch k {
	case callAccept:
		return "ACCEPT"
	case callDecline, callResolve:
		return "DECLINE"
	case callRevive:
		return "REVIVE"
	case callSuppress:
		return "SUPPRESS"
	case callReconcile:
		return "RECONCILE"
	case callAcceptInverse:
		return "ACCEPT_INVERSE_OFFERS"
	}
	return "INVALID"
}

// ask remembers a call and returns its ticket.
func (m *Machine) ask(c call) uint64 {
	ticket := m.tickets.Next()
	m.session.calls[ticket] = c
	return ticket
}

// called follows the answer to a call.
func (m *Machine) called(in Called) {
	if m.session == nil {
		return
	}
	c, ok := m.session.calls[in.Ticket]
	if !ok {
		return
	}
	delete(m.session.calls, in.Ticket)
	if in.Err != nil && in.Unlaunchable == "" {
		m.note(machine.Warn, "call to Mesos failed", in.Err, machine.Field{Key: "call", Value: c.kind.String()})
	}
	switch c.kind {
	case callAccept:
		m.accepted(c.accept, in)
	case callDecline:
		m.declined(c.offers, in.Err)
	case callResolve:
		m.offersDeclined(c.task, in.Err)
	case callRevive, callSuppress:
		m.session.offers.asked(c.kind, in.Err)
	case callReconcile, callAcceptInverse:
		// The one is repeated by its round, the other Mesos asks for again.
	}
}
