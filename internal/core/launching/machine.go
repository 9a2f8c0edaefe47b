package launching

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Config is what tells one launcher from others.
type Config struct {
	leading.Config
	// Explain reports whether verdicts are to be recorded.
	Explain bool
}

// Machine is a launcher.
type Machine struct {
	cfg     Config
	state   *cluster.State
	tickets *machine.Tickets
	lead    *leading.Machine

	pending *pending
	matcher placement.Matcher
	// incapable are the agents that have refused what a task was to be limited to.
	incapable incapable
	verdicts  verdicts
	permits   permits
	// counter numbers the facts of this process; see cluster.Repeated.
	counter uint64
	// batches numbers those of this process, offerings what it wrote about agents.
	batches, offerings uint64
	agents             agents
	// astray is the ticket of decisions under way that are not of the session,
	// 0 for none: withdrawals without one, or what a session that is over left
	// behind. Until the answer nothing else is decided: at most one append at a time
	// may expect something of a subject. withdrawAt is when the next withdrawals may
	// be appended.
	astray     uint64
	withdrawAt time.Time
	// session is what is known by the subscription; nil while there is none.
	session *session

	at  machine.Moment
	out []machine.Effect
}

// New returns a launcher that has folded nothing. It reads state, which must be
// one before its first record.
func New(cfg Config, state *cluster.State) *Machine {
	m := &Machine{cfg: cfg, state: state, tickets: &machine.Tickets{}, pending: newPending(), verdicts: verdicts{}, incapable: incapable{}, agents: newAgents()}
	m.lead = leading.New(cfg.Config, state, m.tickets)
	return m
}

// Phase returns how far the launcher is.
func (m *Machine) Phase() leading.Phase { return m.lead.Phase() }

// Trouble returns why the launcher does not do its work, nil if it does or stands
// by.
func (m *Machine) Trouble() error {
	if err := m.lead.Trouble(); err != nil {
		return err
	}
	return m.session.trouble()
}

// Step handles an input and returns what is to be done.
func (m *Machine) Step(at machine.Moment, in machine.Input) []machine.Effect {
	m.at = at
	m.out = append(m.out[:0], m.lead.Step(at, in)...)
	m.follow()
	switch in := in.(type) {
	case machine.Folded:
		m.folded(in)
	case machine.Resumed:
		m.pending.resume(m.state)
	case machine.Appended:
		m.appended(in)
	case machine.ClockMoved:
		m.pending.changed = true
	case machine.Tick:
		m.work()
	case Offered:
		if m.listensTo(in.Session) {
			m.offered(in.Offers)
			m.offeredBy(in.Offers)
			m.windowsOffered(in.Offers)
		}
	case Rescinded:
		if m.listensTo(in.Session) {
			m.session.offers.rescinded(in.OfferID)
		}
	case InverseOffered:
		if m.listensTo(in.Session) {
			m.inverseOffered(in.Offers)
			m.windowsAsked(in.Offers)
		}
	case Reported:
		if m.listensTo(in.Session) {
			m.reported(in.Status)
		}
	case Called:
		m.called(in)
	case Listed:
		m.listed(in)
	case GotSecrets:
		m.gotSecrets(in)
	}
	return m.out
}

// follow begins and ends the session with the subscription.
func (m *Machine) follow() {
	listening := m.lead.Session()
	if m.session != nil && m.session.number != listening {
		if b := m.session.batch; b != nil && b.until == 0 {
			m.astray = b.ticket
		}
		m.out = append(m.out, m.session.forgetAll()...)
		m.session = nil
	}
	if m.session == nil && listening != 0 {
		m.session = m.newSession(listening)
	}
}

func (m *Machine) listensTo(session uint64) bool {
	return m.session != nil && m.session.number == session
}

func (m *Machine) folded(in machine.Folded) {
	m.pending.update(in.Change)
	m.pending.changed = m.pending.changed || in.Change.Agents || in.Change.Rules
	if m.session == nil {
		return
	}
	m.moved(in.Change)
	if in.Change.Agents || in.Change.Rules {
		m.session.offers.wanted = 0 // What was declined for them is to be asked for again.
	}
	_, status := in.Record.Event.(events.TaskStatusChanged)
	if in.Own && (status || in.Change.Judgement == cluster.Rejected) {
		m.recorded(in.Record, in.Change)
	}
	m.launchFolded()
}

// appended follows the log's answer. Answers to a session that is over are of no
// interest: what was staged will be resolved.
func (m *Machine) appended(in machine.Appended) {
	switch s := m.session; {
	case in.Ticket == m.astray:
		m.astray = 0
		if in.Outcome.Err != nil {
			m.note(machine.Warn, "decisions not stored; deciding again", in.Outcome.Err)
		}
	case s == nil:
	case s.batch != nil && in.Ticket == s.batch.ticket:
		m.batchAppended(in.Outcome)
	case in.Ticket == s.facts.ticket:
		m.factsAppended(in.Outcome)
	}
}

// work does what is to be done now.
func (m *Machine) work() {
	if m.session == nil {
		if m.lead.Elected() {
			m.withdrawDoomed()
		}
		return
	}
	m.resolve()
	m.look()
	m.flush()
	m.decide()
	m.tellListed()
	m.declineAgain()
	m.reconcile()
	m.noteAgents()
	m.askCutOff()
	m.forgetSecrets()
}

// Wake returns when to look again.
func (m *Machine) Wake() time.Time {
	wake := m.lead.Wake()
	s := m.session
	if s == nil {
		if m.lead.Elected() && len(m.pending.doomed) > 0 && m.astray == 0 {
			wake = earlier(wake, m.withdrawAt)
		}
		return wake
	}
	wake = earlier(wake, s.resolveAt)
	wake = earlier(wake, m.lookAt())
	if s.facts.ticket == 0 && len(s.facts.pending) > 0 {
		wake = earlier(wake, s.facts.retryAt)
	}
	switch {
	case s.batch != nil, m.astray != 0:
	case s.retryAt.After(m.at.Now):
		wake = earlier(wake, s.retryAt)
	default:
		wake = earlier(wake, s.matchAt)
	}
	wake = earlier(wake, s.offers.retryAt)
	wake = earlier(wake, m.agents.due)
	wake = earlier(wake, s.cutOffAt)
	return earlier(wake, s.round.askAt)
}

// earlier is the first of two times; zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (m *Machine) do(e machine.Effect) { m.out = append(m.out, e) }

func (m *Machine) note(level machine.Level, message string, err error, fields ...machine.Field) {
	m.do(machine.Note{Level: level, Message: message, Err: err, Fields: fields})
}

// noteTask writes a line about a task.
func (m *Machine) noteTask(level machine.Level, message string, err error, t *cluster.Task, fields ...machine.Field) {
	m.do(machine.Note{Level: level, Message: message, Err: err, Job: t.Job, Task: t.ID, Sequence: t.Sequence, Fields: fields})
}

// envelope is that of the launcher's next event.
func (m *Machine) envelope(id string, cause uint64) events.Envelope {
	return events.Envelope{ID: id, Source: m.cfg.Source, Time: m.at.Now, Cause: cause, Epoch: m.state.Launcher.Epoch}
}

func decisionID(subject string, last uint64, ev events.Event, epoch, batch uint64) string {
	return fmt.Sprintf("%s@%d/%s/%d.%d", subject, last, ev.Type(), epoch, batch)
}
