package deciding

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// appendsMax is how many jobs may have an append under way.
	appendsMax = 64
	// conflictWait is how long a lost race is left to the fold before the job is
	// looked at again in any case.
	conflictWait = 250 * time.Millisecond
	// troubleWait is the wait after an append that failed otherwise.
	troubleWait = time.Second
	// rejectedWait is the wait after a decision that was rejected: the next will be,
	// too, and would fill the log.
	rejectedWait = time.Minute
	// large is from how many slots on a job rests between two looks, lookPerSlot how
	// long, for each of them: several times of what a look takes.
	large       = 1000
	lookPerSlot = 2 * time.Microsecond
)

// Proposal is what a decision wants appended.
type Proposal struct {
	// Event is nil for nothing.
	Event events.Event
	// Cause is the sequence of the event that led to it; 0 if none did.
	Cause uint64
	// Wake is when to look again although nothing was folded, zero for never, by
	// the log's clock.
	Wake time.Time
	// Takes is what it takes of what a policy has to share out among jobs; the decisions
	// that follow are told, until it is folded.
	Takes Takes
}

// Takes is what decisions take of what is there for all jobs together.
type Takes struct {
	// Bytes are those of the log.
	Bytes uint64
	// Kills are tasks that are to end though nobody asked for it.
	Kills uint64
}

func (t Takes) plus(o Takes) Takes { return Takes{t.Bytes + o.Bytes, t.Kills + o.Kills} }

// Policy is what tells a planner from a reaper: where it writes about a job, and what
// it decides. It is a plain value.
type Policy interface {
	// Role is whose policy it is, "planner" or "reaper".
	Role() string
	// Subject is where it writes about a job, Last its last sequence.
	Subject(job string) string
	Last(j *cluster.Job) uint64
	// Decide returns what is next for a job; now is the log's time, taken what the
	// decisions that are under way take.
	Decide(s *cluster.State, j *cluster.Job, now time.Time, taken Takes) Proposal
	// Concerned are the other jobs about which may be decided otherwise once a job has
	// changed.
	Concerned(s *cluster.State, job string) []string
}

// Machine decides about every job of a state that somebody else folds. Its inputs
// are those of package machine, and Shared.
type Machine struct {
	policy Policy
	space  events.Space
	source string
	state  *cluster.State

	agenda agenda
	mine   []bool               // by partition; nil is all
	left   map[string]time.Time // jobs left to other replicas, and since when
	// refused are the jobs that are left alone after a decision that was rejected,
	// and until when.
	refused map[string]time.Time
	// paced are the large jobs that were looked at, and when they may be again.
	paced map[string]time.Time
	// suspects are records about jobs that were rejected while an append about the
	// job was under way, the newest of each.
	suspects map[string]suspect

	// taken is by job what decisions take that are under way: until the fold shows what
	// became of them, be the append answered before or after.
	taken map[string]Takes

	tickets uint64
	flights map[uint64]flight // appends under way, by ticket
	effects []machine.Effect
}

// suspect is a record that was rejected, and may be a decision of ours.
type suspect struct {
	sequence uint64
	reason   string
}

// flight is an append under way.
type flight struct{ job, event string }

// New returns a machine that decides by policy about the jobs of state, for an
// instance of its role.
func New(policy Policy, space events.Space, instance string, state *cluster.State) *Machine {
	return &Machine{
		policy: policy, space: space, source: "taurus/" + policy.Role() + "/" + instance, state: state,
		agenda: newAgenda(), left: map[string]time.Time{}, refused: map[string]time.Time{}, paced: map[string]time.Time{}, suspects: map[string]suspect{}, taken: map[string]Takes{}, flights: map[uint64]flight{},
	}
}

// Source is how the machine signs what it appends.
func (m *Machine) Source() string { return m.source }

// SetPolicy decides otherwise from now on.
func (m *Machine) SetPolicy(policy Policy) { m.policy = policy }

// Step implements machine.Machine.
func (m *Machine) Step(at machine.Moment, in machine.Input) []machine.Effect {
	m.effects = m.effects[:0]
	switch in := in.(type) {
	case machine.Folded:
		if in.Change.Job != nil {
			m.changed(in.Change.Job.ID)
		}
		for _, other := range in.Change.Others {
			m.changed(other.ID)
		}
		if in.Change.Room {
			m.touchBeside(in.Change.Job.ID)
		}
		if in.Change.Agents || in.Change.Hearing || in.Change.Rules {
			m.touchAll()
		}
		if j := m.state.Job(in.Record.Subject.Job); j == nil || m.policy.Last(j) == in.Record.Sequence {
			delete(m.taken, in.Record.Subject.Job) // It is this record, or comes too late after it.
		}
		if in.Change.Judgement == cluster.Rejected {
			m.rejected(at.Now, in.Record)
		}
	case machine.Resumed:
		for _, id := range slices.Sorted(maps.Keys(m.state.Jobs)) {
			m.agenda.touch(id)
		}
	case machine.ClockMoved:
		m.agenda.touchWaiting()
	case machine.Appended:
		m.appended(at.Now, in)
	case Shared:
		m.reshare(in.Mine)
	case machine.Tick:
		m.look(at)
	}
	return m.effects
}

// changed has a job looked at, and those that it concerns.
func (m *Machine) changed(job string) {
	m.agenda.touch(job)
	for _, id := range m.policy.Concerned(m.state, job) {
		m.agenda.touch(id)
	}
}

// touchAll has every job looked at that is not over: what is planned with agents may
// concern any of them, and so may what jobs may ask for, and whether anything is heard from Mesos.
func (m *Machine) touchAll() {
	for _, id := range slices.Sorted(maps.Keys(m.state.Jobs)) {
		if !m.state.Jobs[id].Over() {
			m.agenda.touch(id)
		}
	}
}

// touchBeside has those looked at that may have what a job asks for no more.
func (m *Machine) touchBeside(job string) {
	for _, id := range slices.Sorted(maps.Keys(m.state.Jobs)) {
		if !m.state.Jobs[id].Over() && m.state.ShareQuota(job, id) {
			m.agenda.touch(id)
		}
	}
}

// Wake implements machine.Machine. A job that no append is free for needs none:
// it is looked at when one has ended.
func (m *Machine) Wake() time.Time { return m.agenda.next() }

// look decides about every job that is due.
func (m *Machine) look(at machine.Moment) {
	m.agenda.wake(m.state.Sequence, at.Now)
	for len(m.flights) < appendsMax {
		id, ok := m.agenda.take(m.state.Sequence, at.Now)
		if !ok {
			return
		}
		j := m.state.Job(id)
		if j == nil {
			m.forget(id)
			continue
		}
		if m.due(id, at.Now) && m.ours(id, at.Now) && !m.waits(id, at.Now) {
			m.decide(at, j)
		}
	}
}

// forget drops what is kept of a job that there is no more.
func (m *Machine) forget(job string) {
	delete(m.left, job)
	delete(m.paced, job)
	delete(m.refused, job)
}

// rejected looks whether a record that was rejected is a decision of this machine's.
// The log's answer tells, perhaps later: how a record is signed proves nothing.
func (m *Machine) rejected(now time.Time, r *cluster.Record) {
	id := r.Subject.Job
	switch rest, resting := m.agenda.resting[id]; {
	case !resting:
	case rest.inFlight:
		m.suspects[id] = suspect{r.Sequence, r.Rejection}
	case rest.until == r.Sequence:
		m.refuse(now, id, suspect{r.Sequence, r.Rejection})
	}
}

// refuse puts off the next decision about a job whose last was rejected.
func (m *Machine) refuse(now time.Time, job string, s suspect) {
	m.refused[job] = now.Add(rejectedWait)
	m.agenda.touch(job)
	m.effects = append(m.effects, machine.Note{
		Level: machine.Error, Message: "decision rejected; deciding again in a minute", Job: job, Sequence: s.sequence,
		Fields: []machine.Field{{Key: "reason", Value: s.reason}},
	})
}

// due reports whether a job may be looked at. A look at a large one takes long, and its
// tasks' statuses come without a break while it changes: for what they tell together one
// look is enough.
func (m *Machine) due(job string, now time.Time) bool {
	at, paced := m.paced[job]
	if paced && now.Before(at) {
		m.agenda.wakeAt(job, at)
		return false
	}
	delete(m.paced, job)
	return true
}

// pace has a large job rest after a look.
func (m *Machine) pace(j *cluster.Job, now time.Time) {
	if n := len(j.Slots); n >= large {
		m.paced[j.ID] = now.Add(time.Duration(n) * lookPerSlot)
	}
}

// waits reports whether a job is left alone for a while; it is looked at then.
func (m *Machine) waits(job string, now time.Time) bool {
	until, refused := m.refused[job]
	if !refused {
		return false
	}
	if now.Before(until) {
		m.agenda.wakeAt(job, until)
		return true
	}
	delete(m.refused, job)
	return false
}

func (m *Machine) decide(at machine.Moment, j *cluster.Job) {
	m.pace(j, at.Now)
	delete(m.taken, j.ID) // What is looked at has nothing under way.
	p := m.policy.Decide(m.state, j, at.Log, m.takenByAll())
	if !p.Wake.IsZero() {
		m.agenda.wakeAt(j.ID, at.Now.Add(p.Wake.Sub(at.Log)))
	}
	if p.Event == nil {
		return
	}
	last, subject, event := m.policy.Last(j), m.policy.Subject(j.ID), p.Event.Type()
	env := events.Envelope{
		// The same decision at the same place is the same event, whoever makes it.
		ID:     fmt.Sprintf("%s@%d/%s", subject, last, event),
		Source: m.source, Time: at.Now, Cause: p.Cause,
	}
	m.tickets++
	m.flights[m.tickets] = flight{job: j.ID, event: event}
	if p.Takes != (Takes{}) {
		m.taken[j.ID] = p.Takes
	}
	m.agenda.send(j.ID)
	m.effects = append(m.effects, machine.Append{
		Ticket: m.tickets, Drafts: []machine.Draft{machine.Decision(subject, last, env, p.Event)},
	})
}

func (m *Machine) takenByAll() (sum Takes) {
	for _, t := range m.taken {
		sum = sum.plus(t)
	}
	return sum
}

// appended says when the job is looked at again. Whether the append counted is for
// the fold to say. An answer that was heard already says nothing.
func (m *Machine) appended(now time.Time, in machine.Appended) {
	f, ok := m.flights[in.Ticket]
	if !ok {
		return
	}
	delete(m.flights, in.Ticket)
	s := m.suspects[f.job]
	delete(m.suspects, f.job)
	if in.Outcome.Answer != machine.Stored {
		delete(m.taken, f.job)
	}
	switch in.Outcome.Answer {
	case machine.Stored:
		m.agenda.rest(f.job, in.Outcome.Last, time.Time{})
		if s.sequence == in.Outcome.Last {
			m.refuse(now, f.job, s)
		}
	case machine.Conflict:
		m.agenda.rest(f.job, 0, now.Add(conflictWait))
	case machine.Unknown, machine.Refused:
		m.agenda.rest(f.job, 0, now.Add(troubleWait))
		m.effects = append(m.effects, machine.Note{
			Level: machine.Warn, Message: "append failed; deciding again", Job: f.job, Sequence: m.state.Sequence,
			Err: in.Outcome.Err, Fields: []machine.Field{{Key: "event", Value: f.event}},
		})
	}
}
