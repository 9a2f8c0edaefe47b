package core

import (
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/allocator"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// Register is an agent's registration, the first message of a session.
func (m *Master) Register(now time.Time, session, ip string, r *link.Register) {
	info := r.Agent.Value
	id := info.GetID().GetValue()
	if why := m.refuseAgent(id, ip, &info); why != "" {
		m.queue(Tell{Session: session, Message: link.ToAgent{Refused: &link.Refused{Reason: why}}})
		m.queue(HangUp{Session: session})
		return
	}
	m.replaceAtAddress(now, id, ip, &info)
	if a := m.agents[id]; a != nil && id != "" {
		m.reconnect(now, a, session, ip, r)
		return
	}
	m.admit(now, id, session, ip, r)
}

func (m *Master) refuseAgent(id, ip string, info *mesos.AgentInfo) string {
	if _, gone := m.registry.Gone[id]; gone {
		return "Agent has been marked gone"
	}
	if among(m.registry.Down, mesos.MachineID{Hostname: &info.Hostname, IP: &ip}) {
		return "Machine is `DOWN`"
	}
	return ""
}

// replaceAtAddress removes the agent that had the address of a new one (5.3).
func (m *Master) replaceAtAddress(now time.Time, id, ip string, info *mesos.AgentInfo) {
	if a := m.addresses[address(ip, info)]; a != nil && a.id != id {
		m.removeAgent(now, a, "a new agent registered at the same address")
	}
}

// reconnect is the return of a registered agent (5.3).
func (m *Master) reconnect(now time.Time, a *agent, session, ip string, r *link.Register) {
	changed := !a.connected
	m.linkUp(a, session)
	m.unlocate(a)
	if !slices.EqualFunc(a.info.Attributes, r.Agent.Value.Attributes, func(x, y mesos.Attribute) bool { return x.Equal(y) }) {
		m.dropFiltersOf(a) // What a framework refused may suit it now.
	}
	a.info, a.ip = r.Agent.Value, ip
	m.locate(a)
	a.reregistered, a.backBy = now, time.Time{}
	m.startPings(now, a)
	a.total = totalOf(r)
	a.touch()
	m.greet(a)
	for _, t := range r.Tasks {
		m.readopt(now, a, t, r.Frameworks)
	}
	m.repeatKills(a, r.Tasks)
	if a.drain != nil {
		m.tellDrain(a)
	}
	if changed {
		m.changed = append(m.changed, a)
	}
}

// repeatKills tells an agent again to kill what it still has, without the grace of
// the call: whether it was there to hear it, and alive to obey, is not known (5.3).
func (m *Master) repeatKills(a *agent, tasks []link.Task) {
	for _, t := range tasks {
		k, asked := a.kills[taskKey{t.FrameworkID, t.Info.Value.TaskID.Value}]
		if asked && !terminal(t.State) {
			m.tell(a, link.ToAgent{Kill: &k})
		}
	}
}

// admit is a new agent, or one that comes back from being recovered,
// unreachable or unknown.
func (m *Master) admit(now time.Time, id, session, ip string, r *link.Register) {
	info := r.Agent.Value
	_, unreachable := m.registry.Unreachable[id]
	was, recovered := m.registry.Admitted[id]
	if unreachable {
		was = m.registry.Aside[id]
	}
	fresh := id == ""
	if fresh {
		id = m.newAgentID()
	}
	info.ID = &mesos.AgentID{Value: id}
	a := &agent{
		id: id, info: info, ip: ip, registered: now, total: totalOf(r),
		deactivated: was.Deactivated, drain: was.Drain, tasks: map[taskKey]*task{}, kills: map[taskKey]link.Kill{},
		maintenance: map[string]allocator.InverseOfferStatus{},
	}
	if !fresh {
		a.reregistered = now
	}
	m.linkUp(a, session)
	m.startPings(now, a)
	m.enter(a)
	m.registry.Admitted[id] = Admitted{Info: link.AgentInfo{Value: info}, Deactivated: was.Deactivated, Drain: was.Drain}
	delete(m.registry.Unreachable, id)
	delete(m.registry.Aside, id)
	m.queue(SaveRegistry{})
	if unreachable {
		m.forgetUnreachable(id)
	}
	m.greet(a)
	var back *string
	switch {
	case fresh, recovered && !unreachable:
	case unreachable:
		text := "Unreachable agent re-reregistered"
		back = &text
	default:
		text := "Unknown agent reregistered"
		back = &text
	}
	for _, t := range r.Tasks {
		m.adopt(now, a, t, r.Frameworks, back)
	}
	if a.drain != nil {
		m.tellDrain(a)
	}
	if m.watched {
		m.announce(&master.Event{Type: master.Event_AGENT_ADDED, AgentAdded: &master.Event_AgentAdded{Agent: m.showAgent(a)}})
	}
	m.changed = append(m.changed, a)
}

func totalOf(r *link.Register) resource.Set {
	if len(r.Resources) == 0 {
		return resource.New(r.Agent.Value.Resources)
	}
	rs := make([]mesos.Resource, 0, len(r.Resources))
	for _, x := range r.Resources {
		rs = append(rs, x.Value)
	}
	return resource.New(rs)
}

// greet answers a registration with what the master thinks the agent has.
func (m *Master) greet(a *agent) {
	msg := &link.Registered{AgentID: a.id, Session: a.session, PingTimeout: m.cfg.PingTimeout, MaxPingTimeouts: m.cfg.MaxPingTimeouts}
	for _, t := range a.sortedTasks() {
		msg.Expected = append(msg.Expected, link.TaskKey{
			FrameworkID: t.framework.id, TaskID: t.id(), PartitionAware: t.framework.partitionAware(),
		})
	}
	m.tell(a, link.ToAgent{Registered: msg})
}

// forgetUnreachable drops the unreachable tasks of an agent that is back: it says
// itself which of them it still has.
func (m *Master) forgetUnreachable(agentID string) {
	for _, f := range m.frameworks {
		f.unreachable = slices.DeleteFunc(f.unreachable, func(t *task) bool { return t.agentID == agentID })
	}
}

// adopt takes a task that an agent reports. back is the message of the update
// that its framework gets when the task was lost to it.
func (m *Master) adopt(now time.Time, a *agent, lt link.Task, infos []link.FrameworkInfo, back *string) {
	if m.isCompleted(lt.FrameworkID) {
		m.tell(a, link.ToAgent{ShutdownFramework: &link.ShutdownFramework{FrameworkID: lt.FrameworkID}})
		return
	}
	f := m.frameworks[lt.FrameworkID]
	if f == nil {
		if f = m.recoverFramework(now, lt.FrameworkID, infos); f == nil {
			return
		}
	}
	if f.tasks[lt.Info.Value.TaskID.Value] != nil {
		return
	}
	t := newTask(f, a.id, lt.Info.Value, roleOf(lt.Info.Value.Resources))
	t.state = lt.State
	if lt.Group != nil {
		t.group = &lt.Group.Value
	}
	if x := t.executor(); x != nil && a.executor(f, x.ExecutorID) == nil {
		t.set = t.set.Plus(resource.New(x.Resources))
	}
	for _, s := range lt.Statuses {
		t.keep(s.Value)
		t.forwarded, t.uuid = s.Value.GetState().Enum(), s.Value.UUID
	}
	f.unreachable = slices.DeleteFunc(f.unreachable, func(u *task) bool { return u.id() == t.id() })
	f.completed = slices.DeleteFunc(f.completed, func(u *task) bool { return u.id() == t.id() && u.agentID == a.id })
	m.hold(t)
	if back == nil {
		return
	}
	s := t.masterStatus(now, t.state, mesos.REASON_AGENT_REREGISTERED, *back)
	t.decorate(&s)
	m.send(f, update(s))
}

// readopt takes a task that a registered agent reports after its link broke. One
// that was lost then, for want of a checkpoint, is shut down; one whose end was
// acknowledged is over.
func (m *Master) readopt(now time.Time, a *agent, lt link.Task, infos []link.FrameworkInfo) {
	f := m.frameworks[lt.FrameworkID]
	if f != nil && f.tasks[lt.Info.Value.TaskID.Value] == nil {
		if terminal(lt.State) {
			return
		}
		if !f.info.GetCheckpoint() {
			m.tell(a, link.ToAgent{ShutdownFramework: &link.ShutdownFramework{FrameworkID: f.id}})
			return
		}
	}
	m.adopt(now, a, lt, infos, nil)
}

// decorate adds what the last statuses said and reconciliation repeats (5.1).
func (t *task) decorate(s *mesos.TaskStatus) {
	if n := len(t.statuses); n > 0 {
		last := t.statuses[n-1]
		s.Healthy, s.CheckStatus, s.ContainerStatus = last.Healthy, last.CheckStatus, last.ContainerStatus
	}
}

func roleOf(rs []mesos.Resource) string {
	for _, r := range rs {
		if r.AllocationInfo != nil {
			return r.AllocationInfo.GetRole()
		}
	}
	return "*"
}

// recoverFramework makes a framework known from an agent after a failover (5.2).
func (m *Master) recoverFramework(now time.Time, id string, infos []link.FrameworkInfo) *framework {
	for _, i := range infos {
		if i.Value.GetID().GetValue() == id {
			return m.recovered(now, id, i.Value)
		}
	}
	return nil
}

// recovered is a framework that has an id already, and is not there itself yet.
func (m *Master) recovered(now time.Time, id string, info mesos.FrameworkInfo) *framework {
	f := newFramework(id, info)
	f.recovered, f.registered, f.reregistered = true, now, now
	m.frameworks[id] = f
	m.announceFramework(master.Event_FRAMEWORK_ADDED, f)
	return f
}
