package foresight

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

// moment is how long a task takes to start, and to end.
const moment = time.Second

// mesos is a master on a good day.
type mesos struct {
	w       *world
	agents  []*agent
	byID    map[string]*agent
	tasks   map[string]*task
	session uint64
	// listening reports whether what it says is heard, suppressed whether offers are wanted.
	listening, suppressed bool
	offers                uint64
	statuses              uint64
}

// agent is one of its agents.
type agent struct {
	Agent
	lost bool
	// offered is the id of the offer that is out; empty for none.
	offered      string
	refusedUntil time.Time
	// free is what no task has.
	free  offer.Resources
	ports []offer.PortRange
}

// task is a task that it runs.
type task struct {
	ref     scheduler.TaskRef
	agent   *agent
	use     offer.Resources
	ports   []uint32
	checked bool
	ending  bool
}

func newMesos(w *world, agents []Agent) mesos {
	m := mesos{w: w, byID: map[string]*agent{}, tasks: map[string]*task{}}
	for _, a := range agents {
		m.add(&agent{Agent: a, free: a.Whole, ports: slices.Clone(a.Ports)})
	}
	for _, j := range w.jobs() {
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				if t.Live() && t.State != cluster.Waiting {
					m.adopt(t)
				}
			}
		}
	}
	slices.SortFunc(m.agents, func(a, b *agent) int { return cmp.Compare(a.ID, b.ID) })
	return m
}

func (m *mesos) add(a *agent) *agent {
	m.agents = append(m.agents, a)
	m.byID[a.ID] = a
	return a
}

// adopt has a task run that the state knows. Of an agent that never offered is known
// what tasks have there: it has room for nothing else.
func (m *mesos) adopt(t *cluster.Task) {
	a, use := m.byID[t.AgentID], Amounts(t.Resources)
	if a == nil {
		a = m.add(&agent{Agent: Agent{ID: t.AgentID, Hostname: t.Hostname, Attributes: t.Attributes}})
		a.free = use
	} else if !use.Within(a.free) {
		a.free = most(a.free, use)
	}
	one := &task{agent: a, use: use, ports: t.HostPorts, ref: scheduler.TaskRef{
		TaskID: t.ID, AgentID: t.AgentID, Name: t.ID, State: "TASK_RUNNING", Ours: true,
		Job: t.Job, Run: t.Run, Group: t.Group, Slot: t.Slot, Attempt: t.Attempt, Version: t.Version,
	}}
	a.lost = a.lost || t.Unreachable
	m.tasks[t.ID] = one
	a.take(one)
	if !t.Unreachable && t.State < cluster.Running {
		m.starts(one)
	}
	if t.State == cluster.Killing {
		m.ends(one)
	}
}

func (a *agent) take(t *task) {
	a.free = a.free.Minus(t.use)
	for _, p := range t.ports {
		a.ports = offer.Without(a.ports, p)
	}
}

func (a *agent) giveBack(t *task) {
	a.free = a.free.Plus(t.use)
	for _, p := range t.ports {
		a.ports = append(a.ports, offer.PortRange{Begin: p, End: p})
	}
	a.refusedUntil = time.Time{} // More than was declined is offered anew.
}

// call carries out what a machine asks of Mesos.
func (m *mesos) call(e effect) {
	w := m.w
	switch c := e.effect.(type) {
	case leading.Subscribe:
		id := w.state.Launcher.FrameworkID
		if id == "" {
			id = "foresight"
		}
		m.session, m.listening = c.Session, false
		w.step(e.of, leading.Subscribed{
			Session: c.Session, FrameworkID: id, StreamID: fmt.Sprintf("foresight-%d", c.Session), Master: "http://foresight", MasterID: "foresight",
		})
	case leading.Listen:
		m.listening = true
	case leading.Close:
		m.listening = m.listening && c.Session != m.session
	case launching.Accept:
		m.accept(c.Accept)
		w.step(e.of, launching.Called{Ticket: c.Ticket})
	case launching.Decline:
		m.declined(c.OfferIDs, c.Refuse)
		w.step(e.of, launching.Called{Ticket: c.Ticket})
	case launching.Revive:
		m.suppressed = false
		for _, a := range m.agents {
			a.refusedUntil = time.Time{}
		}
		w.step(e.of, launching.Called{Ticket: c.Ticket})
	case launching.Suppress:
		m.suppressed = true
		w.step(e.of, launching.Called{Ticket: c.Ticket})
	case launching.Reconcile:
		w.step(e.of, launching.Called{Ticket: c.Ticket})
		m.reconcile(c.Tasks)
	case launching.AcceptInverse:
		w.step(e.of, launching.Called{Ticket: c.Ticket})
	case launching.List:
		w.step(e.of, launching.Listed{Ticket: c.Ticket, Tasks: m.refs()})
	case reaping.Kill:
		w.step(e.of, reaping.Killed{Ticket: c.Ticket})
		m.kill(c)
	default: // Notes, acknowledgements and the release of the lease ask for nothing.
	}
}

// allocate offers what is free, and reports whether it offered anything.
func (w *world) allocate() bool {
	m := &w.mesos
	if !m.listening || m.suppressed {
		return false
	}
	var list []offer.Offer
	for _, a := range m.agents {
		if a.lost || a.offered != "" || a.refusedUntil.After(w.now) || a.free.CPUs <= 0 || a.free.Mem <= 0 {
			continue
		}
		m.offers++
		a.offered = fmt.Sprintf("foresight-%d", m.offers)
		list = append(list, a.offer())
	}
	if len(list) == 0 {
		return false
	}
	w.step(w.launcher(), launching.Offered{Session: m.session, Offers: list})
	return true
}

func (a *agent) offer() offer.Offer {
	o := offer.Offer{
		ID: a.offered, AgentID: a.ID, Hostname: a.Hostname, Role: a.Role, Resources: a.free, Ports: slices.Clone(a.ports),
	}
	for _, name := range slices.Sorted(maps.Keys(a.Attributes)) {
		o.Attributes = append(o.Attributes, offer.Attribute{Name: name, Value: a.Attributes[name]})
	}
	if !a.UnavailableFrom.IsZero() {
		o.UnavailableFrom = a.UnavailableFrom.UnixNano()
	}
	return o
}

func (m *mesos) accept(a scheduler.Accept) {
	for _, id := range a.OfferIDs {
		if on := m.offerer(id); on != nil {
			on.offered = ""
		}
	}
	for i := range a.Launches {
		l := &a.Launches[i]
		on := m.byID[l.AgentID]
		if on == nil {
			continue
		}
		t := &task{agent: on, use: l.Resources, ports: l.HostPorts, checked: l.Group.HealthCheck != nil, ref: scheduler.TaskRef{
			TaskID: l.TaskID, AgentID: l.AgentID, Name: l.Name, State: "TASK_STAGING", Ours: true,
			Job: l.Job, Run: l.Run, Group: l.Group.Name, Slot: l.Slot, Attempt: l.Attempt, Version: l.Version,
		}}
		m.tasks[l.TaskID] = t
		on.take(t)
		m.starts(t)
	}
}

func (m *mesos) offerer(id string) *agent {
	i := slices.IndexFunc(m.agents, func(a *agent) bool { return a.offered == id })
	if i < 0 {
		return nil
	}
	return m.agents[i]
}

func (m *mesos) declined(ids []string, refuse time.Duration) {
	for _, id := range ids {
		if a := m.offerer(id); a != nil {
			a.offered, a.refusedUntil = "", m.w.now.Add(refuse)
		}
	}
}

func (m *mesos) reconcile(tasks []scheduler.TaskAgent) {
	if len(tasks) == 0 {
		for _, id := range slices.Sorted(maps.Keys(m.tasks)) {
			if t := m.tasks[id]; !t.agent.lost {
				m.report(t, t.ref.State)
			}
		}
		return
	}
	for _, asked := range tasks {
		t := m.tasks[asked.TaskID]
		switch {
		case t == nil:
			m.say(scheduler.Status{TaskID: asked.TaskID, AgentID: asked.AgentID, State: "TASK_GONE", Source: "SOURCE_MASTER", Reason: "REASON_RECONCILIATION"})
		case t.agent.lost:
			m.report(t, "TASK_UNREACHABLE")
		default:
			m.report(t, t.ref.State)
		}
	}
}

func (m *mesos) refs() []scheduler.TaskRef {
	var list []scheduler.TaskRef
	for _, id := range slices.Sorted(maps.Keys(m.tasks)) {
		list = append(list, m.tasks[id].ref)
	}
	return list
}

// kill ends a task, but for one that cannot be reached.
func (m *mesos) kill(k reaping.Kill) {
	t := m.tasks[k.TaskID]
	switch {
	case t == nil:
		m.say(scheduler.Status{TaskID: k.TaskID, AgentID: k.AgentID, State: "TASK_GONE", Source: "SOURCE_MASTER", Reason: "REASON_RECONCILIATION"})
	case !t.agent.lost && !t.ending:
		m.ends(t)
	}
}

// starts has a task run after a while.
func (m *mesos) starts(t *task) {
	m.w.later(moment, func() {
		t.ref.State = "TASK_RUNNING"
		m.say(m.status(t, t.ref.State))
	})
}

func (m *mesos) ends(t *task) {
	t.ending = true
	m.w.later(moment, func() {
		if t.agent.lost {
			return
		}
		delete(m.tasks, t.ref.TaskID)
		t.agent.giveBack(t)
		m.say(m.status(t, "TASK_KILLED"))
	})
}

// status is what an agent says of a task.
func (m *mesos) status(t *task, state string) scheduler.Status {
	m.statuses++
	st := scheduler.Status{
		TaskID: t.ref.TaskID, AgentID: t.ref.AgentID, State: state, Source: "SOURCE_EXECUTOR",
		UUID: fmt.Appendf(nil, "%016d", m.statuses),
	}
	if t.checked && state == "TASK_RUNNING" {
		healthy := true
		st.Healthy = &healthy
	}
	return st
}

// report says what the master knows of a task.
func (m *mesos) report(t *task, state string) {
	m.say(scheduler.Status{TaskID: t.ref.TaskID, AgentID: t.ref.AgentID, State: state, Source: "SOURCE_MASTER", Reason: "REASON_RECONCILIATION"})
}

func (m *mesos) say(st scheduler.Status) {
	st.Time = m.w.now
	m.w.step(m.w.launcher(), launching.Reported{Session: m.session, Status: st})
}

// lose cuts an agent off.
func (w *world) lose(id string) {
	a := w.mesos.byID[id]
	if a == nil || a.lost {
		return
	}
	a.lost = true
	if a.offered != "" {
		w.step(w.launcher(), launching.Rescinded{Session: w.mesos.session, OfferID: a.offered})
		a.offered = ""
	}
	for _, id := range slices.Sorted(maps.Keys(w.mesos.tasks)) {
		if t := w.mesos.tasks[id]; t.agent == a {
			w.mesos.say(scheduler.Status{
				TaskID: id, AgentID: a.ID, State: "TASK_UNREACHABLE", Source: "SOURCE_MASTER", Reason: "REASON_SLAVE_REMOVED",
				Message: "Agent is unreachable",
			})
		}
	}
}
