package explore

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
)

var (
	errConflict = errors.New("a subject has moved")
	errLost     = errors.New("the answer was lost")
	errGivenUp  = errors.New("no answer in time")
	errStale    = errors.New("not the current subscription")
	errOver     = errors.New("the connection broke")
)

// carry carries out what a machine wants: mostly, it puts it on its way.
func (w *World) carry(i int, e machine.Effect) {
	switch e := e.(type) {
	case machine.Append:
		w.checkAppend(i, e)
		w.ask(i, ToLog, e)
	case leading.Lease:
		w.ask(i, ToLease, e)
	case leading.Release:
		if w.lease.Holder == i && w.lease.Life == w.procs[i].life {
			w.lease = Lease{Holder: -1}
		}
	case leading.Subscribe:
		w.ask(i, ToMesos, e)
	case leading.Listen:
		w.listen(i, e.Session)
	case leading.Close:
		w.close(i, e.Session)
	case launching.Accept:
		w.checkAccept(i, e)
		w.call(i, e)
	case launching.Decline, launching.Revive, launching.Suppress, launching.Reconcile:
		w.call(i, e)
	case launching.Acknowledge:
		w.checkAcknowledge(i, e)
		w.askBy(i, e)
	case launching.List:
		w.ask(i, ToMesos, e)
	case reaping.Kill:
		w.checkKill(i, e)
		w.send(&Message{to: ToMesos, proc: i, life: w.procs[i].life, stream: e.Target.StreamID, effect: e, asked: w.now})
	default:
		w.violate("effects are known", fmt.Sprintf("%s wants %T", w.procs[i].name, e))
	}
}

func (w *World) ask(i int, to Place, e machine.Effect) {
	m := &Message{to: to, proc: i, life: w.procs[i].life, effect: e, serving: w.serving(i, e)}
	if patience(e) > 0 {
		m.asked = w.now
	}
	w.send(m)
}

// askBy sends a call that goes by the subscription but has no turn.
func (w *World) askBy(i int, e machine.Effect) {
	s := w.procs[i].listening()
	if s == nil {
		return
	}
	w.send(&Message{to: ToMesos, proc: i, life: w.procs[i].life, session: s.session, stream: s.stream, effect: e})
}

// call sends a call that has its turn, once those before it were answered.
func (w *World) call(i int, e machine.Effect) {
	p := w.proc(i)
	if p.listening() == nil {
		w.violate("calls go by a subscription that is listened to", fmt.Sprintf("%s wants %s", p.name, describeEffect(e)))
		return
	}
	p.calls = append(p.calls, e)
	w.nextCall(i)
}

func (w *World) nextCall(i int) {
	p := w.proc(i)
	s := p.listening()
	if p.calling || len(p.calls) == 0 || s == nil {
		return
	}
	e := p.calls[0]
	p.calls, p.calling = slices.Clone(p.calls[1:]), true
	w.send(&Message{
		to: ToMesos, proc: i, life: p.life, session: s.session, stream: s.stream, effect: e, ordered: true, asked: w.now,
	})
}

// listen has the events of a subscription come in.
func (w *World) listen(i int, session uint64) {
	p := w.proc(i)
	at := slices.IndexFunc(p.subs, func(s sub) bool { return s.session == session })
	if at < 0 {
		w.violate("who listens has a subscription", p.name)
		return
	}
	if l := p.state.Launcher; l.Subscription.StreamID != p.subs[at].stream || l.Subscription.Epoch != l.Epoch {
		w.violate("events of a subscription only after its opening was folded", fmt.Sprintf("%s listens to %s", p.name, p.subs[at].stream))
	}
	p.subs[at].listening = true
}

// close ends a subscription, or the wish for one.
func (w *World) close(i int, session uint64) {
	p := w.proc(i)
	for at, s := range p.subs {
		if s.session != session {
			continue
		}
		if s.listening {
			p.calls, p.calling = nil, false
		}
		p.subs = slices.Delete(slices.Clone(p.subs), at, at+1)
		w.abandon(i, session)
		w.send(&Message{to: Hung, proc: i, life: p.life, stream: s.stream})
		return
	}
}

// abandon lets nobody wait for what goes by a subscription.
func (w *World) abandon(i int, session uint64) {
	w.purge(func(m *Message) bool { return m.proc == i && m.session == session && m.to == ToProcess })
	w.drop(func(m *Message) bool { return m.proc == i && m.session == session })
}

// drop lets nobody wait for the messages that fit.
func (w *World) drop(fits func(*Message) bool) {
	for at := 0; at < len(w.flight); at++ {
		if m := w.flight[at]; m.to != ToProcess && !m.dropped && fits(m) {
			w.change(at, func(m *Message) { m.dropped, m.ordered = true, false })
			at = -1
		}
	}
}

// answer tells the sender of an effect what became of it.
func (w *World) answer(m *Message, in machine.Input) {
	if m.dropped || in == nil || m.life != w.procs[m.proc].life {
		return
	}
	w.send(&Message{
		to: ToProcess, proc: m.proc, life: m.life, session: m.session, stream: m.stream, effect: m.effect, input: in,
		ordered: m.ordered, asked: m.asked,
	})
}

// refusal is what a process is told when an effect failed, or succeeded if err is
// nil and nothing more is to be said; nil if nobody waits for it.
func refusal(e machine.Effect, err error) machine.Input {
	switch e := e.(type) {
	case machine.Append:
		return machine.Appended{Ticket: e.Ticket, Outcome: machine.Outcome{Answer: machine.Unknown, Err: err}}
	case leading.Subscribe:
		return leading.NotSubscribed{Session: e.Session, Err: err}
	case launching.List:
		return launching.Listed{Ticket: e.Ticket, Err: err}
	case reaping.Kill:
		return reaping.Killed{Ticket: e.Ticket, Stale: errors.Is(err, errStale), Err: err}
	case launching.Accept:
		return launching.Called{Ticket: e.Ticket, Err: err}
	case launching.Decline:
		return launching.Called{Ticket: e.Ticket, Err: err}
	case launching.Revive:
		return launching.Called{Ticket: e.Ticket, Err: err}
	case launching.Suppress:
		return launching.Called{Ticket: e.Ticket, Err: err}
	case launching.Reconcile:
		return launching.Called{Ticket: e.Ticket, Err: err}
	}
	return nil
}

// told gives a process the answer to what it asked for, or an event.
func (w *World) told(m *Message) {
	p := w.proc(m.proc)
	if m.ordered {
		p.calling = false
		w.nextCall(m.proc)
	}
	if s, ok := m.input.(leading.Subscribed); ok {
		p.subs = append(p.subs, sub{session: s.Session, stream: s.StreamID})
	}
	w.hear(m.proc, m.input)
	if a, ok := m.input.(machine.Appended); ok && a.Outcome.Answer == machine.Conflict && p.blind {
		if p.races++; p.races == racesMax {
			w.wakeUp(m.proc)
		}
	}
}

// racesMax is how many races a blind process loses before it sees again: more
// tell it nothing new.
const racesMax = 2

// expire has the sender of a message give it up.
func (w *World) expire(i int) {
	m := w.flight[i]
	if m.to == ToProcess { // It was carried out; the answer comes too late.
		w.unanswered(w.take(i))
		return
	}
	w.change(i, func(m *Message) { m.dropped, m.ordered = true, false })
	w.fail(m, errGivenUp)
}

// unanswered loses an answer.
func (w *World) unanswered(m *Message) {
	if s, ok := m.input.(leading.Subscribed); ok {
		w.send(&Message{to: Hung, proc: m.proc, life: m.life, stream: s.StreamID})
	}
	w.fail(m, errLost)
}

// fail tells the sender of a message at once that nothing is known of it.
func (w *World) fail(m *Message, err error) {
	in := refusal(m.effect, err)
	if in == nil || m.life != w.procs[m.proc].life || m.dropped {
		return
	}
	failed := *m
	failed.to, failed.input, failed.held, failed.print = ToProcess, in, false, nil
	failed.asked = time.Time{}
	w.send(&failed)
}
