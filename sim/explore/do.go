package explore

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// do returns the world after an action.
func (w *World) do(a Action) *World {
	n := w.next()
	if a.costs {
		n.left.spend(a.fault)
	}
	if n.asked < len(w.scope.Asks) && a == w.scope.Asks[n.asked] {
		n.asked++
	}
	n.perform(a)
	n.checkAlways()
	return n
}

func (w *World) perform(a Action) {
	switch a.verb {
	case deliver:
		w.deliver(a.at)
	case fold:
		w.fold(a.at)
		w.tick(a.at)
	case tick:
		w.tick(a.at)
	case run:
		w.turn(a.at, "TASK_RUNNING")
	case die:
		w.turn(a.at, "TASK_KILLED")
	case offers:
		w.allocate()
	case pass:
		w.pass()
	case release:
		w.release(a.at)
	case resume, see:
		w.wakeUp(a.at)
	case restart:
		w.boot(a.at)
	case comeBack:
		w.returnAgent(a.at)
	case end:
		w.turn(a.at, "TASK_FINISHED")
	case fail:
		w.turn(a.at, "TASK_FAILED")
	case stop:
		w.command(submission.Stop{Reason: "enough"})
	case scale:
		w.command(submission.Scale{Replicas: w.scope.ScaleTo[w.scaled], Limits: limits()})
		w.scaled++
	case update:
		w.command(submission.Update{Spec: w.scope.updated(w.scope.Images[w.updated])})
		w.updated++
	case steer:
		w.command(w.scope.Steers[w.steered])
		w.steered++
	case drain:
		w.commandAgents(submission.Drain{Place: w.host(a.at)})
	case restore:
		w.commandAgents(submission.Undrain{Place: w.host(a.at)})
	case rule:
		w.setPolicy(w.scope.Policies[w.ruled])
		w.ruled++
	default:
		w.goWrong(a)
	}
}

// wakeUp ends the time in which a process did nothing, or saw nothing.
func (w *World) wakeUp(i int) {
	p := w.proc(i)
	p.stuck, p.blind, p.until, p.races = false, false, time.Time{}, 0
	w.foldAll(i)
	w.tick(i)
}

// goWrong is what a fault does.
func (w *World) goWrong(a Action) {
	switch a.verb {
	case lose:
		w.fail(w.take(a.at), errLost)
	case unanswer:
		w.unanswer(a.at)
	case hold:
		w.change(a.at, func(m *Message) { m.held, m.until = true, w.now.Add(lasts) })
	case stick:
		p := w.proc(a.at)
		p.stuck, p.until = true, w.now.Add(lasts)
	case blind:
		p := w.proc(a.at)
		p.blind, p.until = true, w.now.Add(lastsBlind)
	case crash:
		w.kill9(a.at)
		w.boot(a.at)
	case fell:
		w.kill9(a.at)
		p := w.proc(a.at)
		p.down, p.until = true, w.now.Add(lasts)
	case cut:
		s := w.mesos.Stream
		w.purge(func(m *Message) bool { return m.event && m.proc == s.Proc && m.session == s.Session })
		w.event(leading.Ended{Session: s.Session, Err: errOver})
		w.disconnect()
	case usurp:
		w.usurp()
	case lostAgent:
		w.loseAgent(a.at)
	case forget:
		w.master().Agents[a.at].Forgotten = true
	default:
		panic("unknown action")
	}
}

// deliver brings a message to where it goes.
func (w *World) deliver(i int) { w.bring(w.take(i)) }

func (w *World) bring(m *Message) {
	switch m.to {
	case ToLog:
		e := m.effect.(machine.Append) //nolint:forcetypeassert // Nothing else goes to the log.
		w.answer(m, machine.Appended{Ticket: e.Ticket, Outcome: w.storeOf(m, e.Drafts)})
	case ToProcess:
		w.told(m)
	case ToMesos:
		w.arrive(m)
	case ToLease:
		w.grant(m)
	case Hung:
		w.purge(func(o *Message) bool { return o.event && o.stream == m.stream })
		if w.mesos.Stream.ID == m.stream {
			w.disconnect()
		}
	}
}

// unanswer carries a message out and loses the answer.
func (w *World) unanswer(i int) {
	before := map[*Message]bool{}
	for _, m := range w.flight {
		before[m] = true
	}
	w.deliver(i)
	for at, m := range w.flight {
		if !before[m] && m.to == ToProcess && !m.event {
			w.unanswered(w.take(at))
			return
		}
	}
}

// release brings a message that was held, or lets an event take its turn.
func (w *World) release(i int) {
	m := w.flight[i]
	if m.event || m.to == ToProcess && w.procs[m.proc].away() {
		w.change(i, func(m *Message) { m.held, m.until = false, time.Time{} })
		return
	}
	w.bring(w.take(i))
}

// kill9 takes from a process all that it has.
func (w *World) kill9(i int) {
	p := w.proc(i)
	for _, m := range w.flight {
		if s, ok := m.input.(leading.Subscribed); ok && m.proc == i {
			w.send(&Message{to: Hung, proc: i, life: p.life, stream: s.StreamID})
			break
		}
	}
	for _, s := range p.subs {
		w.send(&Message{to: Hung, proc: i, life: p.life, stream: s.stream})
	}
	w.purge(func(m *Message) bool { return m.proc == i && (m.to == ToProcess || m.to == ToLease) })
	w.drop(func(m *Message) bool { return m.proc == i })
	if w.lease.Holder == i && w.lease.Life == p.life {
		w.lease.Until = w.now.Add(leaseTTL)
	}
	p.life++ // Nothing is for it until it starts again.
}

// command carries out what a user wants of a job that goes on, as the api does. One that is
// over would begin anew.
func (w *World) command(c submission.Command) {
	if w.log.job().Over() {
		return
	}
	ev, err := submission.Decide(w.log.job(), c)
	if err != nil || ev == nil {
		return
	}
	w.store([]machine.Draft{machine.Decision(
		space().Job(jobID), w.log.last(space().Job(jobID)), events.Envelope{ID: "user"}, ev,
	)})
}

// commandAgents carries out what a user wants of an agent, as the api does.
func (w *World) commandAgents(c submission.AgentCommand) {
	ev, err := submission.DecideAgents(&w.log.truth.Agents, c)
	if err != nil || ev == nil {
		return
	}
	w.store([]machine.Draft{machine.Decision(
		events.AgentsSubject, w.log.last(events.AgentsSubject), events.Envelope{ID: "user"}, ev,
	)})
}

// limits are those of the api.
func limits() job.Limits { return job.DefaultLimits() }
