package master

import (
	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

func (s *Server) tasksOf(ts []mesos.Task, framework string) []object {
	out := []object{}
	for i := range ts {
		if framework == "" || ts[i].FrameworkID.Value == framework {
			out = append(out, s.taskOf(&ts[i]))
		}
	}
	return out
}

// taskOf is a task in v0 JSON (7.1).
func (s *Server) taskOf(t *mesos.Task) object {
	statuses := []object{}
	for i := range t.Statuses {
		statuses = append(statuses, s.statusOf(&t.Statuses[i]))
	}
	out := object{
		"id": t.TaskID.Value, "name": t.Name, "framework_id": t.FrameworkID.Value, "executor_id": t.GetExecutorID().GetValue(),
		"slave_id": t.AgentID.Value, "state": t.GetState().String(), "resources": amountsOf(t.Resources), "statuses": statuses,
	}
	if len(t.Resources) > 0 {
		out["role"] = t.Resources[0].GetAllocationInfo().GetRole()
	}
	if t.User != nil {
		out["user"] = t.GetUser()
	}
	if t.Labels != nil {
		out["labels"] = labelsOf(t.Labels)
	}
	if t.Discovery != nil {
		out["discovery"] = s.message(t.Discovery)
	}
	if t.Container != nil {
		out["container"] = s.message(t.Container)
	}
	if t.HealthCheck != nil {
		out["health_check"] = s.message(t.HealthCheck)
	}
	return out
}

func (s *Server) statusOf(status *mesos.TaskStatus) object {
	out := object{"state": status.GetState().String(), "timestamp": status.GetTimestamp()}
	if status.Healthy != nil {
		out["healthy"] = status.GetHealthy()
	}
	if status.Labels != nil {
		out["labels"] = labelsOf(status.Labels)
	}
	if c := status.ContainerStatus; c != nil {
		out["container_status"] = s.containerOf(c)
	}
	return out
}

func (s *Server) containerOf(c *mesos.ContainerStatus) object {
	out := object{}
	if c.ContainerID != nil {
		out["container_id"] = s.message(c.ContainerID)
	}
	if c.CgroupInfo != nil {
		out["cgroup_info"] = s.message(c.CgroupInfo)
	}
	networks := []any{}
	for i := range c.NetworkInfos {
		networks = append(networks, s.message(&c.NetworkInfos[i]))
	}
	if len(networks) > 0 {
		out["network_infos"] = networks
	}
	return out
}

func labelsOf(l *mesos.Labels) []object {
	out := []object{}
	for _, x := range l.GetLabels() {
		o := object{"key": x.Key}
		if x.Value != nil {
			o["value"] = x.GetValue()
		}
		out = append(out, o)
	}
	return out
}
