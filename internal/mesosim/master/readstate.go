package master

import (
	"slices"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// secs is a time in the seconds of v0 JSON.
func secs(t *mesos.TimeInfo) float64 { return float64(t.GetNanoseconds()) / 1e9 }

// slavesOf are the registered agents in v0 JSON (7.1).
func (s *Server) slavesOf(st *master.Response_GetState) []object {
	out := []object{}
	for _, a := range st.GetAgents.Agents {
		capabilities := []string{}
		for _, c := range a.Capabilities {
			capabilities = append(capabilities, c.Type.String())
		}
		reserved, unreserved := byReservation(a.TotalResources)
		roles := object{}
		for role, rs := range reserved {
			roles[role] = amountsOf(rs)
		}
		o := s.slaveOf(&a.AgentInfo)
		o["pid"], o["active"], o["deactivated"], o["version"] = a.GetPID(), a.Active, a.GetDeactivated(), a.Version
		o["capabilities"], o["registered_time"] = capabilities, secs(a.RegisteredTime)
		o["resources"], o["used_resources"], o["offered_resources"] = amountsOf(a.TotalResources), amountsOf(a.AllocatedResources), amountsOf(a.OfferedResources)
		o["reserved_resources"], o["unreserved_resources"] = roles, amountsOf(unreserved)
		if a.ReregisteredTime != nil {
			o["reregistered_time"] = secs(a.ReregisteredTime)
		}
		if a.DrainInfo != nil {
			o["drain_info"], o["estimated_drain_start_time_seconds"] = s.message(a.DrainInfo), secs(a.EstimatedDrainStartTime)
		}
		out = append(out, o)
	}
	return out
}

func (s *Server) recoveredOf(st *master.Response_GetState) []object {
	out := []object{}
	for i := range st.GetAgents.RecoveredAgents {
		out = append(out, s.slaveOf(&st.GetAgents.RecoveredAgents[i]))
	}
	return out
}

// slaveOf is what an agent says of itself.
func (s *Server) slaveOf(info *mesos.AgentInfo) object {
	attributes := object{}
	for _, x := range info.Attributes {
		attributes[x.Name] = attributeText(x)
	}
	out := object{"id": info.GetID().GetValue(), "hostname": info.Hostname, "port": info.GetPort(), "attributes": attributes}
	if info.Domain != nil {
		out["domain"] = s.message(info.Domain)
	}
	return out
}

// byReservation parts resources by the role that they are reserved for.
func byReservation(rs []mesos.Resource) (reserved map[string][]mesos.Resource, unreserved []mesos.Resource) {
	reserved = map[string][]mesos.Resource{}
	for _, r := range rs {
		if n := len(r.Reservations); n > 0 {
			role := r.Reservations[n-1].GetRole()
			reserved[role] = append(reserved[role], r)
		} else {
			unreserved = append(unreserved, r)
		}
	}
	return reserved, unreserved
}

// inFull adds an agent's resources as messages.
func (s *Server) inFull(o object, a *master.Response_GetAgents_Agent) {
	reserved, unreserved := byReservation(a.TotalResources)
	roles := object{}
	for role, rs := range reserved {
		roles[role] = s.full(rs)
	}
	o["reserved_resources_full"], o["unreserved_resources_full"] = roles, s.full(unreserved)
	o["used_resources_full"], o["offered_resources_full"] = s.full(a.AllocatedResources), s.full(a.OfferedResources)
}

func (s *Server) full(rs []mesos.Resource) []any {
	out := []any{}
	for i := range rs {
		out = append(out, s.message(&rs[i]))
	}
	return out
}

func attributeText(a mesos.Attribute) any {
	switch {
	case a.Scalar != nil:
		return a.Scalar.Value
	case a.Ranges != nil || a.Set != nil:
		return valueText(mesos.Resource{Type: a.Type.Enum(), Ranges: a.Ranges, Set: a.Set})
	}
	return a.GetText().GetValue()
}

// valueText is what comes after the name in a resource's text.
func valueText(r mesos.Resource) string {
	t := resource.Text(r)
	return t[strings.Index(t, ":")+1:]
}

func amountsOf(rs []mesos.Resource) object {
	out := object{"cpus": 0.0, "mem": 0.0, "disk": 0.0, "gpus": 0.0}
	plain := slices.Clone(rs)
	for i := range plain { // Amounts do not tell reservations.
		plain[i].Reservations, plain[i].Reservation, plain[i].Role = nil, nil, nil
	}
	set := resource.New(plain)
	for name, v := range set.Scalars() {
		have, _ := out[name].(float64)
		out[name] = have + v.Float()
	}
	for _, r := range set.Messages(resource.Format{Refined: true}) {
		if r.Ranges != nil || r.Set != nil {
			out[r.Name] = valueText(r)
		}
	}
	return out
}

// summaryOf is a framework without its tasks.
func summaryOf(f *master.Response_GetFrameworks_Framework) object {
	capabilities := []string{}
	for _, c := range f.FrameworkInfo.Capabilities {
		capabilities = append(capabilities, c.Type.String())
	}
	return object{
		"id": f.FrameworkInfo.GetID().GetValue(), "name": f.FrameworkInfo.Name, "used_resources": amountsOf(f.AllocatedResources),
		"offered_resources": amountsOf(f.OfferedResources), "capabilities": capabilities, "hostname": f.FrameworkInfo.GetHostname(),
		"webui_url": f.FrameworkInfo.GetWebUiURL(), "active": f.Active, "connected": f.Connected, "recovered": f.Recovered,
	}
}

// frameworksOf are frameworks in v0 JSON with their tasks.
func (s *Server) frameworksOf(fs []master.Response_GetFrameworks_Framework, st *master.Response_GetState) []object {
	out := []object{}
	ts := st.GetTasks
	for _, f := range fs {
		o, info := summaryOf(&f), &f.FrameworkInfo
		id := info.GetID().GetValue()
		o["user"], o["failover_timeout"], o["checkpoint"] = info.User, info.GetFailoverTimeout(), info.GetCheckpoint()
		o["registered_time"], o["unregistered_time"] = secs(f.RegisteredTime), secs(f.UnregisteredTime)
		o["resources"] = amountsOf(slices.Concat(f.AllocatedResources, f.OfferedResources))
		o["tasks"], o["unreachable_tasks"], o["completed_tasks"] = s.tasksOf(ts.Tasks, id), s.tasksOf(ts.UnreachableTasks, id), s.tasksOf(ts.CompletedTasks, id)
		o["offers"], o["executors"], o["offer_constraints"] = offersOf(f.Offers), s.executorsOf(st.GetExecutors.GetExecutors(), id), object{}
		if f.ReregisteredTime.GetNanoseconds() != f.RegisteredTime.GetNanoseconds() {
			o["reregistered_time"] = secs(f.ReregisteredTime)
		}
		if info.Principal != nil {
			o["principal"] = info.GetPrincipal()
		}
		if info.Labels != nil {
			o["labels"] = labelsOf(info.Labels)
		}
		if slices.Contains(o["capabilities"].([]string), mesos.FrameworkInfo_Capability_MULTI_ROLE.String()) {
			o["roles"] = append([]string{}, info.Roles...)
		} else {
			o["role"] = info.GetRole()
		}
		out = append(out, o)
	}
	return out
}

func offersOf(os []mesos.Offer) []object {
	out := []object{}
	for _, o := range os {
		out = append(out, object{
			"id": o.ID.Value, "framework_id": o.FrameworkID.Value, "slave_id": o.AgentID.Value, "resources": amountsOf(o.Resources),
			"allocation_info": object{"role": o.GetAllocationInfo().GetRole()},
		})
	}
	return out
}

func (s *Server) executorsOf(xs []master.Response_GetExecutors_Executor, framework string) []object {
	out := []object{}
	for _, x := range xs {
		i := x.ExecutorInfo
		if i.GetFrameworkID().GetValue() != framework {
			continue
		}
		o := object{
			"executor_id": i.ExecutorID.Value, "name": i.GetName(), "framework_id": framework, "slave_id": x.AgentID.Value,
			"command": commandOf(i.Command), "resources": amountsOf(i.Resources), "type": i.Type.String(),
		}
		if len(i.Resources) > 0 {
			o["role"] = i.Resources[0].GetAllocationInfo().GetRole()
		}
		if i.Labels != nil {
			o["labels"] = labelsOf(i.Labels)
		}
		out = append(out, o)
	}
	return out
}

func commandOf(c *mesos.CommandInfo) object {
	uris := []object{}
	for _, u := range c.GetURIs() {
		uris = append(uris, object{"value": u.Value, "executable": u.GetExecutable()})
	}
	out := object{"argv": append([]string{}, c.GetArguments()...), "uris": uris}
	if c == nil {
		return out
	}
	if c.Shell != nil {
		out["shell"] = c.GetShell()
	}
	if c.Value != nil {
		out["value"] = c.GetValue()
	}
	return out
}
