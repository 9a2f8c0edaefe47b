package core

import (
	"fmt"
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/allocator"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

type taskKey struct{ framework, task string }

type agent struct {
	id        string
	info      mesos.AgentInfo
	ip        string
	session   string
	connected bool

	deactivated bool
	drain       *Drain

	registered, reregistered time.Time

	pingAt   time.Time
	awaiting bool
	missed   int
	backBy   time.Time // disconnected since; unreachable then

	total, used, offered resource.Set
	tasks                map[taskKey]*task
	kills                map[taskKey]link.Kill // asked for while it was away
	// maintenance is what frameworks answered to inverse offers, by framework.
	maintenance map[string]allocator.InverseOfferStatus
}

func (a *agent) free() resource.Set { return a.total.Minus(a.used).Minus(a.offered) }

func (a *agent) offerable() bool { return a.connected && !a.deactivated }

// PID is the agent's address in the form of libprocess.
func (a *agent) pid() string { return fmt.Sprintf("slave(1)@%s:%d", a.ip, a.info.GetPort()) }

func (a *agent) url() *mesos.URL {
	path := "/slave(1)"
	return &mesos.URL{
		Scheme:  "http",
		Address: mesos.Address{Hostname: &a.info.Hostname, IP: &a.ip, Port: a.info.GetPort()},
		Path:    &path,
	}
}

func (m *Master) bySession(session string) *agent { return m.sessions[session] }

// linkUp binds a session to an agent, and ends the one it had.
func (m *Master) linkUp(a *agent, session string) {
	if a.connected && a.session != session {
		m.queue(HangUp{Session: a.session})
	}
	delete(m.sessions, a.session)
	a.session, a.connected = session, true
	m.sessions[session] = a
}

func (m *Master) linkDown(a *agent) {
	a.connected = false
	delete(m.sessions, a.session)
}

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
	if slices.ContainsFunc(m.down, func(id mesos.MachineID) bool { return onMachine(id, info.Hostname, ip) }) {
		return "Machine is `DOWN`"
	}
	return ""
}

// replaceAtAddress removes the agent that had the address of a new one (5.3).
func (m *Master) replaceAtAddress(now time.Time, id, ip string, info *mesos.AgentInfo) {
	for _, a := range m.sortedAgents() {
		if a.id != id && a.ip == ip && a.info.GetPort() == info.GetPort() && info.GetPort() != 0 {
			m.removeAgent(now, a, "a new agent registered at the same address")
		}
	}
}

// reconnect is the return of a registered agent (5.3).
func (m *Master) reconnect(now time.Time, a *agent, session, ip string, r *link.Register) {
	changed := !a.connected
	m.linkUp(a, session)
	a.info, a.ip = r.Agent.Value, ip
	a.reregistered, a.backBy = now, time.Time{}
	m.startPings(now, a)
	a.total = totalOf(r)
	m.greet(a)
	for _, t := range r.Tasks {
		m.readopt(now, a, t, r.Frameworks)
	}
	for _, k := range a.kills {
		m.tell(a, link.ToAgent{Kill: &k})
	}
	clear(a.kills)
	if a.drain != nil {
		m.tellDrain(a)
	}
	m.allocate = m.allocate || changed
}

// admit is a new agent, or one that comes back from being recovered,
// unreachable or unknown.
func (m *Master) admit(now time.Time, id, session, ip string, r *link.Register) {
	info := r.Agent.Value
	_, unreachable := m.registry.Unreachable[id]
	was, recovered := m.registry.Admitted[id]
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
	m.agents[id] = a
	m.registry.Admitted[id] = Admitted{Info: link.AgentInfo{Value: info}, Deactivated: was.Deactivated, Drain: was.Drain}
	delete(m.registry.Unreachable, id)
	m.queue(SaveRegistry{})
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
	m.allocate = true
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

func (m *Master) startPings(now time.Time, a *agent) {
	a.pingAt, a.awaiting, a.missed = now.Add(m.cfg.PingTimeout), false, 0
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

func (a *agent) sortedTasks() []*task {
	out := make([]*task, 0, len(a.tasks))
	for _, t := range a.tasks {
		out = append(out, t)
	}
	slices.SortFunc(out, func(x, y *task) int {
		if c := compare(x.framework.id, y.framework.id); c != 0 {
			return c
		}
		return x.seq - y.seq
	})
	return out
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
	for _, s := range lt.Statuses {
		t.record(s.Value)
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
			f := newFramework(id, i.Value)
			f.recovered, f.registered = true, now
			m.frameworks[id] = f
			return f
		}
	}
	return nil
}

// Pong is an agent's answer to a ping.
func (m *Master) Pong(session string) {
	if a := m.bySession(session); a != nil {
		a.awaiting, a.missed = false, 0
	}
}

// LinkBroken is the end of an agent's session at its side or the network's
// (5.3).
func (m *Master) LinkBroken(now time.Time, session string) {
	a := m.bySession(session)
	if a == nil {
		return
	}
	m.linkDown(a)
	a.backBy = now.Add(m.cfg.ReregisterTimeout)
	m.rescindAgent(a)
	for _, t := range a.sortedTasks() {
		if t.framework.info.GetCheckpoint() {
			continue
		}
		if !terminal(t.state) {
			s := t.masterStatus(now, mesos.TASK_LOST, mesos.REASON_AGENT_DISCONNECTED, "Agent "+a.info.Hostname+" disconnected")
			m.lose(t, s)
		} else {
			m.forget(t.framework, t)
		}
	}
}

// lose ends a task by a status of the master.
func (m *Master) lose(t *task, s mesos.TaskStatus) {
	f := t.framework
	m.settle(t, s, s.GetState())
	m.forget(f, t)
	m.announce(&master.Event{Type: master.Event_TASK_UPDATED, TaskUpdated: &master.Event_TaskUpdated{
		FrameworkID: mesos.FrameworkID{Value: f.id}, Status: s, State: s.State,
	}})
	m.send(f, update(s))
}

func (m *Master) advanceAgents(now time.Time) {
	for _, a := range m.sortedAgents() {
		switch {
		case !now.Before(a.pingAt) && m.missedPings(now, a):
			m.loseAgent(now, a, "health check timed out")
		case !a.backBy.IsZero() && !now.Before(a.backBy):
			m.loseAgent(now, a, fmt.Sprintf("agent did not reregister within %s after disconnecting", mesosDuration(m.cfg.ReregisterTimeout)))
		}
	}
	for id, r := range m.registry.Admitted {
		if m.isRecovered(id) && !now.Before(r.recoverBy) {
			delete(m.registry.Admitted, id)
			m.registry.Unreachable[id] = now
			m.queue(SaveRegistry{})
			m.fail(id)
		}
	}
}

// missedPings sends the next ping; true when too many went unanswered.
func (m *Master) missedPings(now time.Time, a *agent) bool {
	if a.awaiting {
		a.missed++
	}
	if a.missed >= m.cfg.MaxPingTimeouts {
		return true
	}
	a.awaiting, a.pingAt = true, now.Add(m.cfg.PingTimeout)
	m.tell(a, link.ToAgent{Ping: true})
	return false
}

func mesosDuration(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%dmins", d/time.Minute)
	}
	return fmt.Sprintf("%gsecs", d.Seconds())
}

// fail tells every framework that an agent is lost (1.6).
func (m *Master) fail(agentID string) {
	for _, f := range m.sortedFrameworks() {
		m.send(f, failure(agentID))
	}
}

// loseAgent marks an agent unreachable: its tasks may come back (5.3).
func (m *Master) loseAgent(now time.Time, a *agent, why string) {
	for _, t := range a.sortedTasks() {
		f := t.framework
		if terminal(t.state) {
			m.forget(f, t)
			continue
		}
		s := t.masterStatus(now, f.either(mesos.TASK_UNREACHABLE), mesos.REASON_AGENT_REMOVED, why)
		s.UnreachableTime = timeInfo(now)
		m.drop(f, t)
		t.state = s.GetState()
		t.record(s)
		f.unreachable = append(f.unreachable, t)
		if extra := len(f.unreachable) - maxUnreachableTasks; extra > 0 {
			f.unreachable = slices.Delete(f.unreachable, 0, extra)
		}
		m.announce(&master.Event{Type: master.Event_TASK_UPDATED, TaskUpdated: &master.Event_TaskUpdated{
			FrameworkID: mesos.FrameworkID{Value: f.id}, Status: s, State: s.State,
		}})
		m.send(f, update(s))
	}
	m.expel(a)
	m.registry.Unreachable[a.id] = now
	m.queue(SaveRegistry{})
	m.fail(a.id)
}

// expel takes an agent out of the registered ones.
func (m *Master) expel(a *agent) {
	m.rescindAgent(a)
	if a.connected {
		m.queue(HangUp{Session: a.session})
	}
	m.linkDown(a)
	m.dropInverses(func(i *inverse) bool { return i.agent == a })
	delete(m.agents, a.id)
	delete(m.registry.Admitted, a.id)
}

// Unregister is an agent's good-bye (SIGUSR1).
func (m *Master) Unregister(now time.Time, session string) {
	if a := m.bySession(session); a != nil {
		m.removeAgent(now, a, "the agent unregistered")
	}
}

// removeAgent removes an agent that will not come back: its tasks are lost,
// for partition-aware frameworks too (5.3).
func (m *Master) removeAgent(now time.Time, a *agent, why string) {
	text := fmt.Sprintf("Agent %s removed: %s", a.info.Hostname, why)
	for _, t := range a.sortedTasks() {
		if terminal(t.state) {
			m.forget(t.framework, t)
			continue
		}
		m.lose(t, t.masterStatus(now, mesos.TASK_LOST, mesos.REASON_AGENT_REMOVED, text))
	}
	m.expel(a)
	m.queue(SaveRegistry{})
	m.fail(a.id)
	m.announce(&master.Event{Type: master.Event_AGENT_REMOVED, AgentRemoved: &master.Event_AgentRemoved{AgentID: mesos.AgentID{Value: a.id}}})
}
