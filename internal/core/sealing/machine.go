package sealing

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

const (
	// sealEvery is after how many records the log is sealed, sealAfter how old a
	// record may get before it is.
	sealEvery = 1000
	sealAfter = time.Minute
	// conflictWait is how long a lost race is left to the fold, troubleWait how long
	// is waited after an append that failed otherwise.
	conflictWait = time.Second
	troubleWait  = 10 * time.Second

	// firstTicket is where the tickets begin, far from those of the machine beside.
	firstTicket = 1 << 63
)

// Machine seals the log that somebody else folds. Its inputs are those of package
// machine, and planning.Usage: a log that is nearly full is not sealed.
type Machine struct {
	source string
	state  *cluster.State

	head cluster.Head
	// unsealed is how many records behind the newest seal there are that are no seals
	// themselves, since is when the first of them was folded.
	unsealed uint64
	since    time.Time
	full     bool

	ticket   uint64
	inFlight bool
	// stored is where a seal is stored that the fold has to show first, restEnds when
	// a wait after a failure is over.
	stored   uint64
	restEnds time.Time
	effects  []machine.Effect
}

// New returns a machine that seals what is folded into state; source is how it signs.
func New(source string, state *cluster.State) *Machine {
	return &Machine{source: source, state: state, ticket: firstTicket}
}

// Mine reports whether a ticket is one of the sealing machine's.
func Mine(ticket uint64) bool { return ticket >= firstTicket }

// Step implements machine.Machine.
func (m *Machine) Step(at machine.Moment, in machine.Input) []machine.Effect {
	m.effects = m.effects[:0]
	switch in := in.(type) {
	case machine.Folded:
		m.folded(at.Now, in)
	case machine.Resumed:
		m.resumed(at.Now, in.Record)
	case machine.Appended:
		m.appended(at.Now, in)
	case planning.Usage:
		m.full = in.Full()
	case machine.Tick:
		if m.due(at.Now) {
			m.seal(at.Now)
		}
	}
	return m.effects
}

// Wake implements machine.Machine.
func (m *Machine) Wake() time.Time {
	if !m.wanted() {
		return time.Time{}
	}
	at := m.since.Add(sealAfter)
	if m.unsealed >= sealEvery {
		at = m.since
	}
	if at.Before(m.restEnds) {
		return m.restEnds
	}
	return at
}

func (m *Machine) folded(now time.Time, in machine.Folded) {
	m.head = in.Record.Head
	if in.Record.Subject.Role != events.RoleSeal {
		if m.unsealed == 0 {
			m.since = now
		}
		m.unsealed++
		return
	}
	if _, sealed := in.Record.Event.(events.LogSealed); !sealed || in.Change.Judgement != cluster.Counted {
		return
	}
	m.resumed(now, in.Record)
	if in.Own {
		m.effects = append(m.effects, machine.Note{
			Level: machine.Debug, Message: "log sealed", Sequence: in.Record.Sequence,
			Fields: []machine.Field{{Key: "through", Value: m.state.Seal.Through}},
		})
	}
}

// resumed begins behind a seal: unsealed is what came between the last record that it is
// over and itself.
func (m *Machine) resumed(now time.Time, seal *cluster.Record) {
	m.head = seal.Head
	m.unsealed, m.since = seal.Sequence-min(m.state.Seal.Through, seal.Sequence-1)-1, now
}

// wanted reports whether there is anything to be sealed, now or later.
func (m *Machine) wanted() bool {
	return m.unsealed > 0 && !m.inFlight && !m.full && m.state.Seal.Last >= m.stored && m.head.Hash != (chain.Hash{})
}

func (m *Machine) due(now time.Time) bool {
	return m.wanted() && !now.Before(m.restEnds) && (m.unsealed >= sealEvery || now.Sub(m.since) >= sealAfter)
}

// seal seals all that is folded.
func (m *Machine) seal(now time.Time) {
	ev := events.LogSealed{
		Through: m.state.Sequence, Hash: m.head.Hash.String(), Records: m.state.Sequence - m.state.Seal.Through,
	}
	last := m.state.Seal.Last
	env := events.Envelope{
		ID:     fmt.Sprintf("%s@%d/%s", events.SealSubject, last, ev.Type()),
		Source: m.source, Time: now,
	}
	m.ticket++
	m.inFlight = true
	m.effects = append(m.effects, machine.Append{
		Ticket: m.ticket, Drafts: []machine.Draft{machine.Decision(events.SealSubject, last, env, ev)},
	})
}

// appended says when to look again. That another planner was first is normal.
func (m *Machine) appended(now time.Time, in machine.Appended) {
	if in.Ticket != m.ticket || !m.inFlight {
		return
	}
	m.inFlight = false
	switch in.Outcome.Answer {
	case machine.Stored:
		m.stored = in.Outcome.Last
	case machine.Conflict:
		m.restEnds = now.Add(conflictWait)
	case machine.Unknown, machine.Refused:
		m.restEnds = now.Add(troubleWait)
		m.effects = append(m.effects, machine.Note{
			Level: machine.Warn, Message: "the log could not be sealed; trying again", Sequence: m.state.Sequence, Err: in.Outcome.Err,
		})
	}
}
