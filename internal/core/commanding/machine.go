package commanding

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// DecideMax is how often a command is decided before it has lost its races.
	DecideMax = 10
	// SettleWait is how long the log is given to show what became of an append.
	SettleWait = time.Second
)

// Config is what a machine is given.
type Config struct {
	// Space builds subjects; it must be that of the log.
	Space events.Space
	// Instance is which process of the role this is, Nonce tells it from those that
	// were that instance before: both are part of the ids of events.
	Instance, Nonce string
	// Source signs events.
	Source string
	// Unset is what jobs may ask for while the log has no policy; nil is policy.Default.
	Unset *policy.Policy
	// SettleWait is how long the log is given to show what became of an append
	// that met a conflict, or whose answer was lost; 0 is SettleWait.
	SettleWait time.Duration
}

// Machine is the write path. Its state is read, and never changed.
type Machine struct {
	config  Config
	state   *cluster.State
	serial  uint64 // of the last event's id
	tickets machine.Tickets

	commands map[uint64]*command         // by ticket
	queues   map[events.Subject][]uint64 // by what they are about, in hand the first
	appends  map[uint64]uint64           // the command of an append under way
	resting  []uint64                    // commands that wait for the log to show something
	free     []events.Subject            // of which the next command is to be decided
	usage    usage
	effects  []machine.Effect
}

var _ machine.Machine = (*Machine)(nil)

// New returns the machine that decides on a state which its owner folds.
func New(config Config, state *cluster.State) *Machine {
	if config.SettleWait == 0 {
		config.SettleWait = SettleWait
	}
	return &Machine{
		config: config, state: state,
		commands: map[uint64]*command{}, queues: map[events.Subject][]uint64{}, appends: map[uint64]uint64{},
	}
}

// Step handles an input and returns what is to be done.
func (m *Machine) Step(at machine.Moment, in machine.Input) []machine.Effect {
	m.effects = m.effects[:0]
	switch in := in.(type) {
	case Asked:
		m.enqueue(in)
	case Abandoned:
		m.abandon(in)
	case machine.Folded:
		m.written(in.Record)
		m.folded(at, in.Record)
	case machine.Appended:
		m.appended(at, in)
	case machine.Tick:
		m.tick(at)
	case Usage:
		m.weighed(at, in)
	case Surveyed:
		m.survey(in.Ticket)
	case Closed:
		m.close(in.Err)
	}
	m.beginNext(at)
	return m.effects
}

// close answers those who wait, about each thing the last first, so that nobody's turn
// comes.
func (m *Machine) close(why error) {
	for _, about := range slices.SortedFunc(maps.Keys(m.queues), byRoleAndJob) {
		for _, ticket := range slices.Backward(slices.Clone(m.queues[about])) {
			m.abandon(Abandoned{Ticket: ticket, Err: why})
		}
	}
}

func byRoleAndJob(a, b events.Subject) int {
	return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Job, b.Job))
}

// Wake is when the first of those that wait for the log has waited long enough.
func (m *Machine) Wake() time.Time {
	var first time.Time
	for _, ticket := range m.resting {
		if until := m.commands[ticket].until; first.IsZero() || until.Before(first) {
			first = until
		}
	}
	return first
}

func (m *Machine) tick(at machine.Moment) {
	for _, ticket := range slices.Clone(m.resting) {
		c := m.commands[ticket]
		switch {
		case at.Now.Before(c.until):
		case c.phase == searching:
			m.send(c)
		default:
			m.lost(at, c)
		}
	}
}

func (m *Machine) survey(ticket uint64) {
	var ids []string
	for id, j := range m.state.Jobs {
		if submission.Known(j) && !j.Over() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	m.do(Survey{Ticket: ticket, Sequence: m.state.Sequence, Jobs: ids})
}

func (m *Machine) do(e machine.Effect) { m.effects = append(m.effects, e) }
