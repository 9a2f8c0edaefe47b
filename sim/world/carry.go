package world

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
)

// carry carries out what a machine wants: mostly, it puts it on its way.
func (w *World) carry(process int, e machine.Effect) {
	switch e := e.(type) {
	case machine.Note:
	case machine.Append:
		w.append(process, e)
	case leading.Lease, leading.Release:
		w.ask(process, ToLog, e)
	case leading.Subscribe:
		if e.FrameworkID == "" {
			w.checkUnregistered(process)
		}
		w.ask(process, ToMaster, e).Session = e.Session
	case leading.Listen:
		w.listen(process, e.Session)
	case leading.Close:
		w.close(process, e.Session)
	case launching.Accept:
		w.checkAccept(process, e)
		w.call(process, e)
	case launching.Decline, launching.Revive, launching.Suppress, launching.Reconcile, launching.AcceptInverse:
		w.call(process, e)
	case launching.Acknowledge:
		w.checkAcknowledge(process, e)
		w.beside(process, e)
	case launching.List:
		w.ask(process, ToMaster, e)
	case reaping.Kill:
		w.checkKill(process, e)
		w.ask(process, ToMaster, e).Stream = e.Target.StreamID
	case commanding.AskUsage, launching.GetSecrets:
		w.ask(process, ToLog, e) // Where secrets are is as far away, and as often gone.
	case launching.ForgetSecrets:
		delete(w.Processes[process].Secrets, e.Ticket)
	case commanding.Answer:
		w.answered(process, e)
	case launching.Explain, commanding.DropUsage, commanding.Weighed, commanding.Survey, commanding.Count:
	default:
		w.violate("%s wants %T, which the world does not know", w.Processes[process].Name, e)
	}
}

// refusal is what a process is told when the effect failed; nil if nobody waits
// for an answer.
func refusal(e machine.Effect, err error) machine.Input {
	switch e := e.(type) {
	case machine.Append:
		return machine.Appended{Ticket: e.Ticket, Outcome: machine.Outcome{Answer: machine.Unknown, Err: err}}
	case leading.Lease:
		return leading.Leased{Err: err}
	case leading.Subscribe:
		return leading.NotSubscribed{Session: e.Session, Err: err}
	case launching.List:
		return launching.Listed{Ticket: e.Ticket, Err: err}
	case reaping.Kill:
		return reaping.Killed{Ticket: e.Ticket, Stale: err == errStale, Err: err} //nolint:errorlint // It is one of our own.
	case commanding.AskUsage:
		return commanding.Usage{Ticket: e.Ticket, Err: err}
	case launching.GetSecrets:
		return launching.GotSecrets{Ticket: e.Ticket, Problem: &launching.SecretProblem{Kind: launching.SecretUnavailable, Name: e.Names[0], Text: "is away"}}
	}
	if ticket, ok := ticketOf(e); ok {
		return launching.Called{Ticket: ticket, Err: err}
	}
	return nil
}

// patienceFor is how long the sender of an effect waits.
func patienceFor(e machine.Effect) time.Duration {
	if k, ok := e.(reaping.Kill); ok {
		return k.Within
	}
	return CallTimeout
}

// ticketOf is the ticket of a call that is answered by Called.
func ticketOf(e machine.Effect) (ticket uint64, ok bool) {
	switch e := e.(type) {
	case launching.Accept:
		return e.Ticket, true
	case launching.Decline:
		return e.Ticket, true
	case launching.Revive:
		return e.Ticket, true
	case launching.Suppress:
		return e.Ticket, true
	case launching.Reconcile:
		return e.Ticket, true
	case launching.AcceptInverse:
		return e.Ticket, true
	}
	return 0, false
}

func (w *World) append(process int, e machine.Append) {
	w.checkAppend(process, e)
	entries, err := encode(e.Drafts)
	m := w.ask(process, ToLog, e)
	m.Entries, m.Stream = entries, w.Processes[process].stream()
	if err != nil {
		w.violate("%s appends what no log takes: %v", w.Processes[process].Name, err)
		w.drop(m)
		w.answer(m, answerOf(e.Ticket, 0, err))
	}
}

// listen has the events of a subscription come in.
func (w *World) listen(process int, session uint64) {
	p := w.Processes[process]
	s := p.subscription(session)
	if s == nil {
		w.violate("%s listens to session %d, which it does not have", p.Name, session)
		return
	}
	if p.listening() != nil {
		w.violate("%s listens to two subscriptions", p.Name)
	}
	if !openedByFold(p, s.Stream) {
		w.violate("%s listens to %s before its opening was folded", p.Name, s.Stream)
	}
	s.Listening = true
}

// close ends a subscription, or the wish for one.
func (w *World) close(process int, session uint64) {
	p := w.Processes[process]
	for _, m := range w.Flight {
		if m.Process == process && m.Life == p.Life && m.Session == session {
			m.Abandoned, m.GiveUp = true, time.Time{}
		}
	}
	w.sweep()
	kept := p.Subscriptions[:0]
	for _, s := range p.Subscriptions {
		if s.Session != session {
			kept = append(kept, s)
			continue
		}
		w.hangUp(process, p.Life, s.Stream)
		if s.Listening {
			p.Calls, p.Calling = nil, 0
		}
	}
	p.Subscriptions = kept
}

// hangUp lets the master know that a connection is closed, in time.
func (w *World) hangUp(process int, life uint64, stream string) {
	w.send(&Message{To: ToMaster, Process: process, Life: life, Stream: stream, Body: hungUp{}})
}

// hungUp is what the master sees of a connection that was closed.
type hungUp struct{}

// sweep drops answers and events that nobody wants any more.
func (w *World) sweep() {
	kept := w.Flight[:0]
	for _, m := range w.Flight {
		if (m.To != ToProcess && !m.Gone) || !m.Abandoned {
			kept = append(kept, m)
		}
	}
	clear(w.Flight[len(kept):])
	w.Flight = kept
}

// call sends an ordered call, once those before it were answered.
func (w *World) call(process int, e machine.Effect) {
	p := w.Processes[process]
	s := p.listening()
	if s == nil {
		w.violate("%s calls %T without a subscription", p.Name, e)
		return
	}
	m := &Message{
		To: ToMaster, Process: process, Life: p.Life, Session: s.Session, Stream: s.Stream, Body: e, Ordered: true,
	}
	p.Calls = append(p.Calls, m)
	w.next(process)
}

// next sends the next ordered call if none is under way.
func (w *World) next(process int) {
	p := w.Processes[process]
	if p.Calling != 0 || len(p.Calls) == 0 {
		return
	}
	m := p.Calls[0]
	p.Calls = p.Calls[1:]
	m.GiveUp = w.Now.Add(CallTimeout)
	p.Calling = w.send(m).ID
}

// unblock lets the calls behind m go.
func (w *World) unblock(m *Message) {
	p := w.Processes[m.Process]
	if m.Ordered && p.Alive && p.Life == m.Life && p.Calling == m.ID {
		p.Calling = 0
		w.next(m.Process)
	}
}

// beside sends a call that nothing waits for.
func (w *World) beside(process int, e machine.Effect) {
	p := w.Processes[process]
	if s := p.listening(); s != nil {
		m := w.ask(process, ToMaster, e)
		m.Session, m.Stream = s.Session, s.Stream
	}
}
