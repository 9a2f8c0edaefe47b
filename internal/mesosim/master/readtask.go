package master

import (
	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// taskOf is a task in v0 JSON (7.1).
func taskOf(t *mesos.Task) object {
	statuses := []object{}
	for i := range t.Statuses {
		statuses = append(statuses, statusOf(&t.Statuses[i]))
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
	if labels := labelsOf(t.Labels); labels != nil {
		out["labels"] = labels
	}
	if d := t.Discovery; d != nil {
		out["discovery"] = object{"visibility": d.Visibility.String(), "name": d.GetName()}
	}
	if c := t.Container; c != nil {
		container := object{"type": c.GetType().String()}
		if c.Docker != nil {
			container["docker"] = object{"image": c.Docker.Image, "network": c.Docker.GetNetwork().String(), "privileged": c.Docker.GetPrivileged()}
		}
		out["container"] = container
	}
	return out
}

func statusOf(s *mesos.TaskStatus) object {
	out := object{"state": s.GetState().String(), "timestamp": s.GetTimestamp()}
	if s.Healthy != nil {
		out["healthy"] = s.GetHealthy()
	}
	if labels := labelsOf(s.Labels); labels != nil {
		out["labels"] = labels
	}
	if c := s.ContainerStatus; c != nil {
		networks := []object{}
		for _, n := range c.NetworkInfos {
			ips := []object{}
			for _, ip := range n.IPAddresses {
				ips = append(ips, object{"protocol": ip.GetProtocol().String(), "ip_address": ip.GetIPAddress()})
			}
			networks = append(networks, object{"ip_addresses": ips})
		}
		out["container_status"] = object{
			"container_id": object{"value": c.GetContainerID().GetValue()}, "network_infos": networks,
		}
	}
	return out
}

func labelsOf(l *mesos.Labels) []object {
	var out []object
	for _, x := range l.GetLabels() {
		out = append(out, object{"key": x.Key, "value": x.GetValue()})
	}
	return out
}
