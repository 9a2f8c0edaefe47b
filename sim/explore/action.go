package explore

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/leading"
)

// Action is a step of the world.
type Action struct {
	verb verb
	// at is which message, process, task or agent.
	at int
	// fault is what it costs; none if it is free.
	fault Fault
	costs bool
}

type verb uint8

const (
	// What happens by itself.
	deliver verb = iota // a message arrives
	fold                // a process reads the next record
	tick                // a process is due
	run                 // a task comes to run
	die                 // a task that was told to ends
	offers              // the master makes offers
	pass                // time passes until something is due
	// What ends a fault that lasts.
	release
	resume
	see
	restart
	comeBack
	// Faults.
	lose
	unanswer
	hold
	stick
	blind
	crash
	fell
	cut
	usurp
	lostAgent
	forget
	// What tasks and users do.
	end
	fail
	stop
	scale
	update
	steer
	drain
	restore
	rule
)

// reach tells which parts of the world an action touches.
type reach uint32

const (
	theLog reach = 1 << (16 + iota)
	theMesos
	everything
)

func theProcess(i int) reach { return 1 << i }

func (r reach) meets(other reach) bool { return (r|other)&everything != 0 || r&other != 0 }

// reach tells what an action touches that happens by itself.
func (w *World) reach(a Action) reach {
	switch a.verb {
	case deliver:
		return w.destination(w.flight[a.at])
	case fold, tick:
		return theProcess(a.at)
	case run, die, end, fail, offers:
		return theMesos
	default:
		return everything
	}
}

func (w *World) destination(m *Message) reach {
	switch m.to {
	case ToLog:
		return theLog
	case ToProcess:
		return theProcess(m.proc)
	case ToMesos, Hung:
		return theMesos
	case ToLease:
	}
	return everything
}

// steps lists what may happen by itself, what is done first, first. Time passes
// only when nothing else is left to happen.
func (w *World) steps() []Action {
	var all []Action
	for i, p := range w.procs {
		switch {
		case p.away():
		case p.state.Sequence < w.log.tail() && !p.blind:
			all = append(all, Action{verb: fold, at: i})
		case !p.wake.IsZero() && !p.wake.After(w.now):
			all = append(all, Action{verb: tick, at: i})
		}
	}
	for i := range w.flight {
		if w.deliverable(i) {
			all = append(all, Action{verb: deliver, at: i})
		}
	}
	for i := range w.mesos.Tasks {
		t := &w.mesos.Tasks[i]
		switch {
		case !t.Alive:
		case t.Dying:
			all = append(all, Action{verb: die, at: i})
		case t.Known == "TASK_STAGING" && len(t.Queue) == 0 && t.Launch.Group.Container.Image == badImage:
			all = append(all, Action{verb: fail, at: i})
		case t.Known == "TASK_STAGING" && len(t.Queue) == 0:
			all = append(all, Action{verb: run, at: i})
		case !t.Ends.IsZero() && !t.Ends.After(w.now):
			all = append(all, Action{verb: end, at: i})
		}
	}
	for i := range w.mesos.Agents {
		if w.offerable(i) {
			all = append(all, Action{verb: offers})
			break
		}
	}
	switch {
	case len(all) > 0:
	case w.asked < len(w.scope.Asks) && w.goal() == "":
		all = append(all, w.scope.Asks[w.asked])
	default:
		all = append(all, Action{verb: pass})
	}
	return all
}

// fair is the step that is taken when nothing more goes wrong: what happens by
// itself, and when nothing does, the end of a fault that lasts.
func (w *World) fair() Action {
	first := w.steps()[0]
	if first.verb != pass {
		return first
	}
	if ends := w.ends(first); len(ends) > 0 {
		return ends[0]
	}
	return first
}

// ends lists the faults that may end now. It makes no difference when one does,
// but before a step that touches what it touches.
func (w *World) ends(first Action) []Action {
	var all []Action
	next := w.reach(first)
	for i, m := range w.flight {
		if m.held && next.meets(w.destination(m)) {
			all = append(all, Action{verb: release, at: i})
		}
	}
	for i, p := range w.procs {
		alone := theProcess(i) | theLog
		switch {
		case p.down && next.meets(alone|theMesos):
			all = append(all, Action{verb: restart, at: i})
		case p.stuck && next.meets(alone|theMesos):
			all = append(all, Action{verb: resume, at: i})
		case p.blind && next.meets(alone):
			all = append(all, Action{verb: see, at: i})
		}
	}
	for i, a := range w.mesos.Agents {
		if a.Away && next.meets(theMesos) {
			all = append(all, Action{verb: comeBack, at: i})
		}
	}
	return all
}

// faults lists what may go wrong now. Like the end of a fault, it makes no
// difference when one happens, but before a step that touches what it touches.
func (w *World) faults(first Action) []Action {
	if w.left.all == 0 {
		return nil
	}
	var all []Action
	may := func(f Fault, v verb, at int) {
		if w.allows(f) {
			all = append(all, Action{verb: v, at: at, fault: f, costs: true})
		}
	}
	switch first.verb {
	case deliver:
		m := w.flight[first.at]
		if m.to == ToLog || m.to == ToMesos {
			may(Lost, lose, first.at)
			if m.effect != nil && !m.dropped && refusal(m.effect, nil) != nil {
				may(Unanswered, unanswer, first.at)
			}
		}
		if m.to != ToLease {
			may(Late, hold, first.at)
		}
		if m.to == ToProcess {
			w.processFaults(m.proc, may)
		}
	case fold, tick:
		w.processFaults(first.at, may)
		may(Blind, blind, first.at)
	default:
	}
	w.mesosFaults(w.reach(first), may)
	w.wishes(w.reach(first), may)
	return all
}

func (w *World) processFaults(i int, may func(Fault, verb, int)) {
	may(Stuck, stick, i)
	may(Crash, crash, i)
	may(Down, fell, i)
}

// mesosFaults are those of connections, leases and agents, and what tasks do.
func (w *World) mesosFaults(next reach, may func(Fault, verb, int)) {
	s := w.mesos.Stream
	if s.ID != "" && w.procs[s.Proc].life == s.Life && next.meets(theMesos|theProcess(s.Proc)) {
		may(Cut, cut, 0)
	}
	if w.leaseWanted() && next.meets(theLog) {
		may(Usurped, usurp, 0)
	}
	if !next.meets(theMesos) {
		return
	}
	for i, a := range w.mesos.Agents {
		switch {
		case !a.Away:
			may(Away, lostAgent, i)
		case !a.Forgotten:
			may(Forgotten, forget, i)
		}
	}
	for i := range w.mesos.Tasks {
		if t := &w.mesos.Tasks[i]; t.Alive && t.Known == "TASK_RUNNING" {
			may(Ends, end, i)
			may(Fails, fail, i)
		}
	}
}

// wishes are what users and operators ask for.
func (w *World) wishes(next reach, may func(Fault, verb, int)) {
	j := w.log.job()
	if j.Over() || !next.meets(theLog) {
		return
	}
	if w.ruled < len(w.scope.Policies) {
		may(Rule, rule, 0)
	}
	may(Stop, stop, 0)
	if w.scaled < len(w.scope.ScaleTo) {
		may(Scale, scale, 0)
	}
	if w.updated < len(w.scope.Images) {
		may(Update, update, 0)
	}
	if w.steered < len(w.scope.Steers) {
		may(Steer, steer, 0)
	}
	for i := range w.mesos.Agents {
		if w.drained(i) {
			may(Restore, restore, i)
		} else {
			may(Drain, drain, i)
		}
	}
}

// describe is for traces.
func (w *World) describe(a Action) string {
	switch a.verb {
	case deliver:
		return w.describeDelivery(w.flight[a.at])
	case fold:
		p := w.procs[a.at]
		return fmt.Sprintf("%s folds %v", p.name, w.log.records[p.state.Sequence])
	case tick:
		return w.procs[a.at].name + " is due"
	case run, die, end, fail:
		return fmt.Sprintf("task %s: %s", w.mesos.Tasks[a.at].Launch.TaskID, [...]string{run: "runs", die: "dies", end: "ends by itself", fail: "fails"}[a.verb])
	case offers:
		return "the master makes offers"
	case pass:
		return "time passes"
	case release:
		return fmt.Sprintf("at last, %s", w.describeDelivery(w.flight[a.at]))
	case lose:
		return fmt.Sprintf("LOST: %s", w.describeDelivery(w.flight[a.at]))
	case unanswer:
		return fmt.Sprintf("%s, and the answer is LOST", w.describeDelivery(w.flight[a.at]))
	case hold:
		return fmt.Sprintf("LATE: %s", w.describeDelivery(w.flight[a.at]))
	case stick, blind, crash, fell, resume, see, restart:
		return w.procs[a.at].name + " " + [...]string{
			stick: "gets STUCK", blind: "reads no records: BLIND", crash: "is KILLED and starts again", fell: "is KILLED",
			resume: "goes on", see: "reads records again", restart: "starts again",
		}[a.verb]
	case cut:
		return "the subscription " + w.mesos.Stream.ID + " is CUT"
	case usurp:
		return "the lease goes to another launcher although its holder lives: USURPED"
	case lostAgent:
		return w.mesos.Agents[a.at].ID + " is AWAY"
	case forget:
		return "the master FORGETS " + w.mesos.Agents[a.at].ID
	case comeBack:
		return w.mesos.Agents[a.at].ID + " is back"
	case stop:
		return "a user STOPS the job"
	case scale:
		return fmt.Sprintf("a user SCALES the job to %d", w.scope.ScaleTo[w.scaled])
	case update:
		return "a user UPDATES the job to " + w.scope.Images[w.updated]
	case steer:
		return fmt.Sprintf("a user STEERS: %+v", w.scope.Steers[w.steered])
	case drain:
		return "a user DRAINS " + w.mesos.Agents[a.at].ID
	case restore:
		return "a user RESTORES " + w.mesos.Agents[a.at].ID
	case rule:
		return "an operator sets the POLICY " + w.scope.Policies[w.ruled]
	}
	return "nothing"
}

func (w *World) describeDelivery(m *Message) string {
	switch m.to {
	case ToLog:
		return fmt.Sprintf("the log takes %s of %s", m, w.procs[m.proc].name)
	case ToMesos:
		return fmt.Sprintf("the master takes %s of %s", m, w.procs[m.proc].name)
	case ToProcess:
		return fmt.Sprintf("%s hears %s", w.procs[m.proc].name, m)
	case ToLease:
		return w.procs[m.proc].name + " gets the lease"
	case Hung:
	}
	return fmt.Sprintf("the master sees %s", m)
}

// leaseFree reports whether the lease may be given.
func (w *World) leaseFree() bool {
	if w.lease.Holder < 0 {
		return true
	}
	if p := w.procs[w.lease.Holder]; p.life == w.lease.Life && !p.down {
		return false
	}
	return !w.lease.Until.After(w.now)
}

// leaseWanted reports whether somebody waits for the lease of another that lives.
func (w *World) leaseWanted() bool {
	if w.lease.Holder < 0 || w.procs[w.lease.Holder].life != w.lease.Life {
		return false
	}
	for _, m := range w.flight {
		if m.to == ToLease && m.proc != w.lease.Holder && !w.procs[m.proc].away() {
			return true
		}
	}
	return false
}

// grant gives the lease to a process.
func (w *World) grant(m *Message) {
	w.lease = Lease{Holder: m.proc, Life: m.life}
	if w.procs[m.proc].life == m.life {
		w.send(&Message{to: ToProcess, proc: m.proc, life: m.life, input: leading.Leased{}})
	}
}

// usurp gives the lease to who waits for it.
func (w *World) usurp() {
	old := w.lease.Holder
	for _, m := range w.flight {
		if m.to == ToLease && m.proc != old && !w.procs[m.proc].away() {
			w.send(&Message{to: ToProcess, proc: old, life: w.procs[old].life, input: leading.LeaseLost{}})
			w.purge(func(o *Message) bool { return o == m })
			w.grant(m)
			return
		}
	}
}
