package agent

import (
	"os"
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/health"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// stamp begins a status of a task: with what every update of an agent has.
func (a *Server) stamp(r *record, state mesos.TaskState, source mesos.TaskStatus_Source) mesos.TaskStatus {
	now := float64(time.Now().UnixMicro()) / 1e6
	return mesos.TaskStatus{
		TaskID: r.Info.Value.TaskID, State: state.Enum(), Source: source.Enum(), Timestamp: &now, UUID: newUUID(),
		AgentID: &mesos.AgentID{Value: a.identity.AgentID}, ExecutorID: &mesos.ExecutorID{Value: r.Run.ExecutorID},
	}
}

// status completes what an executor says to an update (4.2, 4.3).
func (a *Server) status(r *record, from executor.Status) mesos.TaskStatus {
	s := a.stamp(r, from.State, from.Source)
	s.Reason, s.Data, s.Healthy = from.Reason, from.Data, from.Healthy
	if from.Message != "" {
		s.Message = &from.Message
	}
	if from.Source == mesos.SOURCE_EXECUTOR {
		s.ContainerStatus = a.containerStatus(r, from)
		s.CheckStatus = r.checkStatus(from)
	}
	r.drainStatus(&s)
	return s
}

// checkStatus is in every update of a task that has a check. Those of checks and
// health checks repeat what the check has found last; all others, made from
// scratch, say nothing but its type (4.3).
func (r *record) checkStatus(from executor.Status) *mesos.CheckStatusInfo {
	c := r.Info.Value.Check
	if c == nil || r.Kind != Process {
		return nil
	}
	switch {
	case from.Check != nil:
		return from.Check
	case from.Reason == nil || *from.Reason != mesos.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED:
		return health.NoStatus(c)
	}
	for _, list := range [][]link.TaskStatus{r.Pending, r.Acked} {
		for _, status := range slices.Backward(list) {
			if s := status.Value.CheckStatus; s != nil {
				return s
			}
		}
	}
	return health.NoStatus(c)
}

// containerStatus is what is told of a container. That of a task of a group is
// one inside of its executor's, and has a network and a process only while it
// runs: it is not there yet when the task starts, and no more when it has ended.
func (a *Server) containerStatus(r *record, from executor.Status) *mesos.ContainerStatus {
	if from.PID != 0 {
		r.PID = from.PID
	}
	id := &mesos.ContainerID{Value: r.Run.ContainerID}
	if r.Parent != "" {
		id.Parent = &mesos.ContainerID{Value: r.Parent}
		if from.State == mesos.TASK_STARTING || executor.Terminal(from.State) {
			return &mesos.ContainerStatus{ContainerID: id}
		}
	}
	out := &mesos.ContainerStatus{ContainerID: id, NetworkInfos: []mesos.NetworkInfo{a.network(r, from)}}
	if r.Kind == Process {
		// Before the task has a process, its executor is this one.
		pid := r.PID
		if pid == 0 {
			pid = uint32(os.Getpid())
		}
		out.ExecutorPID = &pid
	}
	return out
}

// network is how a task is reached: at its own addresses, else at the agent's.
func (a *Server) network(r *record, from executor.Status) mesos.NetworkInfo {
	var network mesos.NetworkInfo
	if infos := r.Info.Value.GetContainer().GetNetworkInfos(); len(infos) > 0 && len(from.IPs) > 0 {
		network = infos[0]
	}
	ips := from.IPs
	if len(ips) == 0 {
		ips = []string{a.opts.IP}
	}
	network.IPAddresses = nil
	for _, ip := range ips {
		network.IPAddresses = append(network.IPAddresses, mesos.NetworkInfo_IPAddress{Protocol: protocol(ip).Enum(), IPAddress: &ip})
	}
	return network
}

func protocol(ip string) mesos.NetworkInfo_Protocol {
	for _, c := range ip {
		if c == ':' {
			return mesos.IPv6
		}
	}
	return mesos.IPv4
}

// drainStatus marks the states of a kill by a drain (5.3).
func (r *record) drainStatus(s *mesos.TaskStatus) {
	if !r.Drained || (s.GetState() != mesos.TASK_KILLING && s.GetState() != mesos.TASK_KILLED) {
		return
	}
	s.Reason = mesos.REASON_AGENT_DRAINING.Enum()
	if r.Gone && r.partitionAware() {
		s.State = mesos.TASK_GONE_BY_OPERATOR.Enum()
	}
}

// byAgent is a status that the agent makes itself.
func (a *Server) byAgent(r *record, state mesos.TaskState, reason mesos.TaskStatus_Reason, message string) mesos.TaskStatus {
	s := a.stamp(r, state, mesos.SOURCE_AGENT)
	s.Reason, s.Message = reason.Enum(), &message
	return s
}

// withoutExecutor is one about a task that did not get as far as an executor:
// Mesos names none in it.
func (a *Server) withoutExecutor(r *record, state mesos.TaskState, reason mesos.TaskStatus_Reason, message string) mesos.TaskStatus {
	s := a.byAgent(r, state, reason, message)
	s.ExecutorID = nil
	return s
}

// dropped is TASK_DROPPED where the framework knows it, else TASK_LOST.
func dropped(partitionAware bool) mesos.TaskState {
	if partitionAware {
		return mesos.TASK_DROPPED
	}
	return mesos.TASK_LOST
}
