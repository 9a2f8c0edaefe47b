package commanding

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
)

// phase is what a command waits for.
type phase uint8

const (
	// queued: the commands of its job before it.
	queued phase = iota
	// weighing: how full the log is.
	weighing
	// appending: the answer to its append.
	appending
	// folding: its event, which is stored.
	folding
	// outrun: the event that won.
	outrun
	// searching: whatever became of its append.
	searching
)

// command is one that was asked for.
type command struct {
	Asked
	phase    phase
	answered bool
	// races counts those that it lost.
	races int
	attempt
}

// attempt is a decision that was made and is, or was, appended.
type attempt struct {
	draft machine.Draft
	// taken is the space that it was given.
	taken claim
	// asks is what it asks for under quotas.
	asks asks
	// doubted is what the log said when it did not tell whether draft was stored;
	// nil while that is known.
	doubted error
	// stored is the sequence that the log named, 0 if it did not.
	stored uint64
	// overtaken reports whether another's event follows the last sequence that the
	// decision was made on.
	overtaken bool
	// until is when enough has been waited for the log to show something.
	until time.Time
}

// decide decides what a command means now.
func (m *Machine) decide(at machine.Moment, c *command) {
	j := m.state.Job(c.Job)
	ev, err := m.meaning(at, c, j)
	switch {
	case err != nil:
		m.end(c, 0, err)
	case ev == nil:
		m.end(c, m.state.Sequence, nil)
	default:
		if taken, ok := m.hasSpace(at, c, j, ev); ok {
			m.append(at, c, j, ev)
			c.taken, c.asks = taken, m.asks(j, ev)
		}
	}
}

// meaning is the event that a command leads to.
func (m *Machine) meaning(at machine.Moment, c *command, j *cluster.Job) (events.Event, error) {
	switch {
	case c.Agents != nil:
		return submission.DecideAgents(&m.state.Agents, c.Agents)
	case c.Access != nil:
		return access.Decide(&m.state.Access, c.Access, at.Now)
	}
	return decide(Rules{c.By.Who, m.config.Unset}, m.state, c.Job, j, c.Command, m.beside(c))
}

// Decide is the event that a command leads to, as things are: what carrying it out would
// append, or why it would be refused.
func Decide(rules Rules, s *cluster.State, id string, c submission.Command) (events.Event, error) {
	return decide(rules, s, id, s.Job(id), c, nothingBeside)
}

func decide(rules Rules, s *cluster.State, id string, j *cluster.Job, c submission.Command, beside func(*policy.Quota) policy.Total) (events.Event, error) {
	ev, err := submission.Decide(j, c)
	if err == nil {
		err = circular(id, ev, s)
	}
	if err == nil && ev != nil {
		err = rules.forbids(s, j, ev, beside)
	}
	return ev, err
}

// place is where the event of a command goes, and what is last there.
func (m *Machine) place(c *command, j *cluster.Job) (subject string, last uint64) {
	switch {
	case c.Agents != nil:
		return events.AgentsSubject, m.state.Agents.Last
	case c.Access != nil:
		return events.AccessSubject, m.state.Access.Last
	case j == nil: // The log does not know it.
		return m.config.Space.Job(c.Job), 0
	}
	return m.config.Space.Job(c.Job), j.LastJob
}

// thing names what the command is about.
func (c *command) thing() string {
	switch about := c.about(); about.Role {
	case events.RoleJob:
		return fmt.Sprintf("job %q", about.Job)
	default:
		return string(about.Role)
	}
}

// underWay reports whether the command's event may be stored or not, and the fold has
// not shown it.
func (c *command) underWay() bool {
	return !c.answered && (c.phase == appending || c.phase == folding || c.phase == searching)
}

// append appends a decision that was made on a job.
func (m *Machine) append(at machine.Moment, c *command, j *cluster.Job, ev events.Event) {
	m.serial++
	subject, last := m.place(c, j)
	c.attempt = attempt{draft: machine.Decision(subject, last, m.envelope(at, c, subject, last, ev), ev)}
	m.send(c)
}

func (m *Machine) envelope(at machine.Moment, c *command, subject string, last uint64, ev events.Event) events.Envelope {
	return events.Envelope{
		ID:     fmt.Sprintf("%s@%d/%s/%s/%s-%d", subject, last, ev.Type(), m.config.Instance, m.config.Nonce, m.serial),
		Source: m.config.Source, Time: at.Now.UTC(), Actor: c.By.Actor, OnBehalfOf: c.By.OnBehalfOf, TraceParent: c.By.Trace,
	}
}

// send asks for the decision to be appended, perhaps again.
func (m *Machine) send(c *command) {
	m.rest(c, false)
	c.phase = appending
	ticket := m.tickets.Next()
	m.appends[ticket] = c.Ticket
	m.do(machine.Append{Ticket: ticket, Drafts: []machine.Draft{c.draft}})
}

// appended follows the log's answer. It may be that its caller has gone, or that
// the fold has told already.
func (m *Machine) appended(at machine.Moment, in machine.Appended) {
	ticket, known := m.appends[in.Ticket]
	if !known {
		return
	}
	delete(m.appends, in.Ticket)
	c := m.commands[ticket]
	answer := in.Outcome.Answer
	switch {
	case c.answered:
		m.remove(c)
	case answer == machine.Stored:
		c.phase, c.stored = folding, in.Outcome.Last
		if c.stored <= m.state.Sequence {
			m.stored(c, c.stored)
		}
	case answer == machine.Unknown || c.doubted != nil:
		c.doubted = in.Outcome.Err
		m.await(at, c, searching)
	case answer == machine.Conflict:
		m.await(at, c, outrun)
	case answer == machine.Refused:
		m.failed(c, in.Outcome.Err)
	}
}

// await waits for the log to show what follows the sequence that was expected,
// if it has not done so yet.
func (m *Machine) await(at machine.Moment, c *command, p phase) {
	if c.overtaken {
		m.lost(at, c)
		return
	}
	c.phase, c.until = p, at.Now.Add(m.config.SettleWait)
	m.rest(c, true)
}

// folded looks at what was written, by whoever may, about what commands are about.
func (m *Machine) folded(at machine.Moment, r *cluster.Record) {
	c := m.inHand(r.Subject)
	if c == nil || c.answered || c.phase == weighing {
		return
	}
	switch {
	case r.Envelope.ID == c.draft.Envelope.ID && r.Rejection != "":
		m.rejected(c, fmt.Errorf("%w: sequence %d: %s", ErrRejected, r.Sequence, r.Rejection))
	case r.Envelope.ID == c.draft.Envelope.ID:
		m.stored(c, r.Sequence)
	case c.phase == folding:
		if r.Sequence >= c.stored {
			m.stored(c, c.stored)
		}
	case c.phase == appending:
		c.overtaken = true
	default:
		m.lost(at, c)
	}
}

// stored answers a command whose event is folded. While its append is under way
// it stays in hand.
func (m *Machine) stored(c *command, sequence uint64) {
	m.do(Count{Type: c.draft.Event.Type(), Stored: true})
	if c.phase == appending {
		m.answer(c, sequence, nil)
		return
	}
	m.end(c, sequence, nil)
}

// rejected answers a command whose event changes nothing. While its append is under
// way it stays in hand.
func (m *Machine) rejected(c *command, err error) {
	if c.phase == appending {
		m.do(Count{Type: c.draft.Event.Type()})
		m.answer(c, 0, err)
		return
	}
	m.failed(c, err)
}

// lost decides anew, on what won the race if the log has shown it.
func (m *Machine) lost(at machine.Moment, c *command) {
	m.rest(c, false)
	if c.races++; c.races == DecideMax {
		m.failed(c, fmt.Errorf("%w: lost %d races for %s", ErrConflict, DecideMax, c.thing()))
		return
	}
	m.do(Count{Type: c.draft.Event.Type()})
	m.decide(at, c)
}

// failed answers a command of whose event nothing is stored.
func (m *Machine) failed(c *command, err error) {
	m.do(Count{Type: c.draft.Event.Type()})
	m.end(c, 0, err)
}

// abandon answers who no longer waits with all that is known.
func (m *Machine) abandon(in Abandoned) {
	c := m.commands[in.Ticket]
	if c == nil || c.answered {
		return
	}
	switch c.phase {
	case queued:
		m.end(c, 0, in.Err)
	case weighing:
		m.stopWeighing(c)
		m.end(c, 0, in.Err)
	case outrun:
		m.failed(c, in.Err)
	case searching:
		m.failed(c, fmt.Errorf("%w: %w", ErrOutcomeUnknown, c.doubted))
	case folding:
		m.failed(c, fmt.Errorf("%w: stored at %d, not folded: %w", ErrOutcomeUnknown, c.stored, in.Err))
	case appending:
		m.do(Count{Type: c.draft.Event.Type()})
		m.answer(c, 0, fmt.Errorf("%w: %w", ErrOutcomeUnknown, in.Err))
	}
}
