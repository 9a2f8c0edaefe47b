package world

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Step is one thing that happens. It is a plain value, so that a run can be
// written down and done again.
type Step struct {
	Kind StepKind
	// Process is whose step it is, or the index of an agent or a task.
	Process int
	// Message is the id of the message that Fate befalls.
	Message uint64
	Fate    Fate
	// Count is how many records are folded.
	Count int
	// To is what the time becomes.
	To time.Time
}

// StepKind is the kind of a Step.
type StepKind uint8

// The kinds of step.
const (
	// Fold: a process folds the next Count records.
	Fold StepKind = iota
	// Tick: a process is given one.
	Tick
	// Meet: a message meets its Fate.
	Meet
	// Expire: the sender of a message gives it up.
	Expire
	// Allocate: the master offers what is free.
	Allocate
	// TaskTurn: a task comes to its next state.
	TaskTurn
	// Resend: an agent sends a status again.
	Resend
	// Reregister: an agent registers with a restarted master.
	Reregister
	// Remove: the framework's failover timeout has run out.
	Remove
	// Advance: time passes.
	Advance
)

var stepNames = [...]string{ //nolint:gochecknoglobals // Never written after start.
	"fold", "tick", "meet", "expire", "allocate", "turn", "resend", "reregister", "remove", "advance",
}

// String is the step's name.
func (k StepKind) String() string { return stepNames[k] }

// Enabled appends the steps that may come next, but for Advance, in a fixed
// order: what was sent first first, then what each process may do, then timers.
// A message may meet another fate instead, see Fates.
func (w *World) Enabled(steps []Step) []Step {
	steps = w.enabledMessages(steps)
	for i, p := range w.Processes {
		if !p.Alive || w.Now.Before(p.StuckUntil) {
			continue
		}
		if n := w.unread(p); n > 0 {
			steps = append(steps, Step{Kind: Fold, Process: i, Count: n})
		}
		if p.ticks(w.Now) {
			steps = append(steps, Step{Kind: Tick, Process: i})
		}
	}
	return w.enabledTimers(steps)
}

// unread is how many records a process may fold now.
func (w *World) unread(p *Process) int {
	if w.LogAway || w.Now.Before(p.BlindUntil) {
		return 0
	}
	n := int(w.Log.Last() - p.State.Sequence)
	if p.Lag == 0 {
		return n
	}
	for n > 0 && w.Now.Before(w.shows(p, n)) {
		n--
	}
	return n
}

// shows is when a process may fold the nth record that it has not folded yet.
func (w *World) shows(p *Process, n int) time.Time {
	return w.Log.Records[int(p.State.Sequence)+n-1].Decoded.Time.Add(p.Lag)
}

func (w *World) enabledMessages(steps []Step) []Step {
	for i, m := range w.Flight {
		if !m.GiveUp.IsZero() && !w.Now.Before(m.GiveUp) {
			steps = append(steps, Step{Kind: Expire, Message: m.ID, Process: m.Process})
		}
		if !m.Gone && !w.Now.Before(m.NotBefore) && w.reaches(m, w.Flight[:i]) {
			steps = append(steps, Step{Kind: Meet, Message: m.ID, Process: m.Process})
		}
	}
	return steps
}

// reaches reports whether a message may arrive now, with those under way that
// were sent earlier.
func (w *World) reaches(m *Message, earlier []*Message) bool {
	switch m.To {
	case ToLog:
		return !w.LogAway
	case ToMaster:
		return true
	case ToProcess:
	}
	p := w.Processes[m.Process]
	if !p.Ready || w.Now.Before(p.StuckUntil) {
		return false
	}
	if !m.Event {
		return true
	}
	s := p.subscription(m.Session)
	if s == nil || !s.Listening {
		return false
	}
	for _, other := range earlier {
		if other.Event && other.Process == m.Process && other.Session == m.Session {
			return false
		}
	}
	return true
}

// Fates appends what else may become of a message that may arrive: held back for
// a while, unless held is 0, and whatever fits its kind.
func (w *World) Fates(id uint64, held time.Duration, fates []Fate) []Fate {
	m := w.Message(id)
	if m == nil {
		return fates
	}
	if held > 0 {
		fates = append(fates, Fate{Kind: Hold, For: held})
	}
	if _, hung := m.Body.(hungUp); hung || m.To == ToProcess {
		return fates
	}
	fates = append(fates, Fate{Kind: Lose}, Fate{Kind: Swallow}, Fate{Kind: Mute})
	if held > 0 {
		fates = append(fates, Fate{Kind: Stray, For: held})
	}
	if _, appends := m.Body.(machine.Append); !appends {
		return fates
	}
	fates = append(fates, Fate{Kind: Refuse})
	if w.contended(m) {
		fates = append(fates, Fate{Kind: Clash})
	}
	if len(m.Entries) > 1 && !eventlog.Conditional(m.Entries) {
		fates = append(fates, Fate{Kind: Tear})
	}
	return fates
}

// contended reports whether another decision on a subject of m's is under way.
func (w *World) contended(m *Message) bool {
	for _, e := range m.Entries {
		if _, conditional := e.Expect.Last(); !conditional {
			continue
		}
		for _, other := range w.Flight {
			if other != m && other.To == ToLog && decides(other.Entries, e.Message.Subject) {
				return true
			}
		}
	}
	return false
}

func decides(entries []eventlog.Entry, subject string) bool {
	for _, e := range entries {
		if _, conditional := e.Expect.Last(); conditional && e.Message.Subject == subject {
			return true
		}
	}
	return false
}

// Do does a step. One that is not enabled any more does nothing, so that a run
// can be done again with steps left out.
func (w *World) Do(s Step) {
	switch s.Kind {
	case Fold:
		if p := w.Processes[s.Process]; p.Alive {
			w.fold(s.Process, min(s.Count, w.unread(p)))
		}
	case Tick:
		if p := w.Processes[s.Process]; p.Alive && (p.Ready || p.ticks(w.Now)) {
			w.tick(s.Process)
		}
	case Meet:
		if m := w.Message(s.Message); m != nil {
			w.meet(m, s.Fate)
		}
	case Expire:
		if m := w.Message(s.Message); m != nil {
			w.expire(m)
		}
	case Allocate:
		w.allocate()
	case TaskTurn:
		w.turn(w.Master.Tasks[s.Process])
	case Resend:
		w.forward(w.Master.Tasks[s.Process])
	case Reregister:
		w.reregister(s.Process)
	case Remove:
		w.remove()
	case Advance:
		if s.To.After(w.Now) {
			w.Now = s.To
		}
	}
}

// Describe says what a step is about to do, for people.
func (w *World) Describe(s Step) string {
	switch s.Kind {
	case Fold:
		return fmt.Sprintf("%s folds %d after %d", w.Processes[s.Process].Name, s.Count, w.Processes[s.Process].State.Sequence)
	case Tick:
		return w.Processes[s.Process].Name + " ticks"
	case Meet:
		return fmt.Sprintf("%s: %s", w.describe(w.Message(s.Message)), s.Fate)
	case Expire:
		return w.describe(w.Message(s.Message)) + ": given up"
	case TaskTurn:
		t := w.Master.Tasks[s.Process]
		return fmt.Sprintf("%s comes to %s", t.Launch.TaskID, t.Next[0].State)
	case Resend:
		return w.Master.Tasks[s.Process].Launch.TaskID + " repeats its status"
	case Reregister:
		return w.Master.Agents[s.Process].ID + " registers again"
	case Advance:
		return "time passes to " + s.To.Format(clock)
	case Allocate, Remove:
	}
	return s.Kind.String()
}

// clock is how times are written.
const clock = "15:04:05.000"

func (w *World) describe(m *Message) string {
	if m == nil {
		return "nothing"
	}
	switch m.To {
	case ToLog:
		return fmt.Sprintf("#%d %s -> log %s", m.ID, w.Processes[m.Process].Name, text(m))
	case ToMaster:
		return fmt.Sprintf("#%d %s -> master %s", m.ID, w.Processes[m.Process].Name, text(m))
	case ToProcess:
	}
	return fmt.Sprintf("#%d -> %s %s", m.ID, w.Processes[m.Process].Name, text(m))
}

func text(m *Message) string {
	if a, ok := m.Body.(machine.Append); ok {
		line := fmt.Sprintf("append/%d", a.Ticket)
		for _, d := range a.Drafts {
			line += fmt.Sprintf(" %s@%d %s", d.Subject, d.Last, d.Event.Type())
		}
		return line
	}
	return fmt.Sprintf("%T%+v", m.Body, m.Body)
}
