package core

import (
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// Version is the version of Mesos whose behaviour is copied.
const Version = "1.12.0"

// show is the task as operators see it (7.1).
func (t *task) show() mesos.Task {
	i := t.info
	out := mesos.Task{
		Name: i.Name, TaskID: i.TaskID, FrameworkID: mesos.FrameworkID{Value: t.framework.id}, AgentID: mesos.AgentID{Value: t.agentID},
		State: t.state.Enum(), Resources: i.Resources, Statuses: append([]mesos.TaskStatus(nil), t.statuses...),
		StatusUpdateState: t.forwarded, StatusUpdateUUID: t.uuid, Labels: i.Labels, Discovery: i.Discovery,
		Container: i.Container, HealthCheck: i.HealthCheck, KillPolicy: i.KillPolicy,
	}
	if i.Command != nil {
		out.User = i.Command.User
	}
	out.ExecutorID = t.executorID()
	return out
}

// Tasks is GET_TASKS.
func (m *Master) Tasks() *master.Response_GetTasks {
	out := &master.Response_GetTasks{}
	for _, f := range append(m.sortedFrameworks(), m.completed...) {
		for _, t := range f.sortedTasks() {
			out.Tasks = append(out.Tasks, t.show())
		}
		for _, t := range f.unreachable {
			out.UnreachableTasks = append(out.UnreachableTasks, t.show())
		}
		for _, t := range f.completed {
			out.CompletedTasks = append(out.CompletedTasks, t.show())
		}
	}
	return out
}

// endpoint is how operators see resources that are allocated to a role; the
// role is empty for those of an agent as a whole.
func endpoint(role string) resource.Format { return resource.Format{Allocation: role, Endpoint: true} }

func (m *Master) showFramework(f *framework, withOffers bool) master.Response_GetFrameworks_Framework {
	out := master.Response_GetFrameworks_Framework{
		FrameworkInfo: f.info, Active: f.connected, Connected: f.connected, Recovered: f.recovered,
		RegisteredTime: timeInfo(f.registered), ReregisteredTime: timeInfo(f.registered),
	}
	if !withOffers {
		out.UnregisteredTime = &mesos.TimeInfo{}
	}
	if !f.reregistered.IsZero() {
		out.ReregisteredTime = timeInfo(f.reregistered)
	}
	if !f.unregistered.IsZero() {
		out.UnregisteredTime = timeInfo(f.unregistered)
	}
	if withOffers {
		out.InverseOffers = m.inversesOf(f)
	}
	byRole := map[string]resource.Set{}
	for _, t := range f.sortedTasks() {
		if !terminal(t.state) {
			byRole[t.role] = byRole[t.role].Plus(t.set)
		}
	}
	for role, set := range byRole {
		out.AllocatedResources = append(out.AllocatedResources, set.Messages(endpoint(role))...)
	}
	for _, o := range m.sortedOffers(func(o *offer) bool { return o.framework == f }) {
		out.OfferedResources = append(out.OfferedResources, o.set.Messages(endpoint(o.role))...)
		if withOffers {
			out.Offers = append(out.Offers, m.showOffer(o))
		}
	}
	return out
}

// showOffer is the offer as operators see it: for them it has its role even
// where the framework, which has no capability for that, is spared it.
func (m *Master) showOffer(o *offer) mesos.Offer {
	out := m.message(o)
	out.Resources = o.set.Messages(resource.Format{Allocation: o.role, Refined: true})
	out.AllocationInfo = &mesos.Resource_AllocationInfo{Role: &o.role}
	return out
}

func (m *Master) inversesOf(f *framework) []mesos.InverseOffer {
	var out []mesos.InverseOffer
	for _, i := range m.inverses {
		if u := m.unavailability(i.agent); i.framework == f && u != nil {
			out = append(out, mesos.InverseOffer{
				OfferID: mesos.OfferID{Value: i.id}, URL: i.agent.url(), FrameworkID: mesos.FrameworkID{Value: f.id},
				AgentID: &mesos.AgentID{Value: i.agent.id}, Unavailability: *u,
			})
		}
	}
	return out
}

// Frameworks is GET_FRAMEWORKS.
func (m *Master) Frameworks() *master.Response_GetFrameworks {
	out := &master.Response_GetFrameworks{}
	for _, f := range m.sortedFrameworks() {
		out.Frameworks = append(out.Frameworks, m.showFramework(f, true))
	}
	for _, f := range m.completed {
		out.CompletedFrameworks = append(out.CompletedFrameworks, m.showFramework(f, false))
	}
	return out
}

func agentCapabilities() []mesos.AgentInfo_Capability {
	out := make([]mesos.AgentInfo_Capability, 0, mesos.AgentInfo_Capability_TASK_RESOURCE_LIMITS)
	for c := mesos.AgentInfo_Capability_MULTI_ROLE; c <= mesos.AgentInfo_Capability_TASK_RESOURCE_LIMITS; c++ {
		out = append(out, mesos.AgentInfo_Capability{Type: c})
	}
	return out
}

func (m *Master) showAgent(a *agent) master.Response_GetAgents_Agent {
	pid, deactivated := a.pid(), a.deactivated
	out := master.Response_GetAgents_Agent{
		AgentInfo: a.info, Active: a.connected && !a.deactivated, Deactivated: &deactivated, Version: Version, PID: &pid,
		RegisteredTime: timeInfo(a.registered), TotalResources: a.total.Messages(endpoint("")), OfferedResources: nil,
		Capabilities: agentCapabilities(),
	}
	if !a.reregistered.IsZero() {
		out.ReregisteredTime = timeInfo(a.reregistered)
	}
	byRole := map[string]resource.Set{}
	for _, t := range a.sortedTasks() {
		if !terminal(t.state) {
			byRole[t.role] = byRole[t.role].Plus(t.set)
		}
	}
	for role, set := range byRole {
		out.AllocatedResources = append(out.AllocatedResources, set.Messages(endpoint(role))...)
	}
	for _, o := range a.sortedOffers() {
		out.OfferedResources = append(out.OfferedResources, o.set.Messages(endpoint(o.role))...)
	}
	if a.drain != nil {
		out.DrainInfo, out.EstimatedDrainStartTime = a.drain.show(), timeInfo(a.drain.Since)
	}
	return out
}

func (d *Drain) show() *mesos.DrainInfo {
	out := &mesos.DrainInfo{State: mesos.DrainState_DRAINING, Config: mesos.DrainConfig{MarkGone: &d.MarkGone}}
	if d.Drained {
		out.State = mesos.DrainState_DRAINED
	}
	if d.MaxGrace >= 0 {
		out.Config.MaxGracePeriod = &mesos.DurationInfo{Nanoseconds: d.MaxGrace.Nanoseconds()}
	}
	return out
}

// Agents is GET_AGENTS.
func (m *Master) Agents() *master.Response_GetAgents {
	out := &master.Response_GetAgents{}
	for _, a := range m.sortedAgents() {
		out.Agents = append(out.Agents, m.showAgent(a))
	}
	for id, r := range m.registry.Admitted {
		if m.isRecovered(id) {
			out.RecoveredAgents = append(out.RecoveredAgents, r.Info.Value)
		}
	}
	return out
}

// Executors is GET_EXECUTORS: those of groups and of frameworks' own; docker and
// command tasks have none that the master knows of.
func (m *Master) Executors() *master.Response_GetExecutors {
	out := &master.Response_GetExecutors{}
	type key struct{ framework, agent, executor string }
	seen := map[key]bool{}
	for _, f := range m.sortedFrameworks() {
		for _, t := range f.sortedTasks() {
			x := t.executor()
			if x == nil || terminal(t.state) || seen[key{f.id, t.agentID, x.ExecutorID.Value}] {
				continue
			}
			seen[key{f.id, t.agentID, x.ExecutorID.Value}] = true
			info := *x
			info.FrameworkID = &mesos.FrameworkID{Value: f.id}
			out.Executors = append(out.Executors, master.Response_GetExecutors_Executor{
				ExecutorInfo: info, AgentID: mesos.AgentID{Value: t.agentID},
			})
		}
	}
	return out
}

// State is GET_STATE.
func (m *Master) State() *master.Response_GetState {
	return &master.Response_GetState{
		GetTasks: m.Tasks(), GetExecutors: m.Executors(), GetFrameworks: m.Frameworks(), GetAgents: m.Agents(),
	}
}
