package agent

import (
	"net/http"
	"slices"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/agent"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// show is a task as the agent's GET_TASKS has it.
func (r *record) show(agentID string) mesos.Task {
	i := r.Info.Value
	out := mesos.Task{
		Name: i.Name, TaskID: i.TaskID, FrameworkID: mesos.FrameworkID{Value: r.Run.FrameworkID}, AgentID: mesos.AgentID{Value: agentID},
		State: r.State.Enum(), Resources: i.Resources, Labels: i.Labels, Discovery: i.Discovery, Container: i.Container,
		HealthCheck: i.HealthCheck, KillPolicy: i.KillPolicy,
	}
	for _, s := range slices.Concat(r.Acked, r.Pending) {
		s.Value.Data = nil
		out.Statuses = append(out.Statuses, s.Value)
	}
	return out
}

// tasks is GET_TASKS: what runs, and what ended without being acknowledged yet.
func (a *Server) tasks() *agent.Response_GetTasks {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := &agent.Response_GetTasks{}
	for _, r := range a.records {
		switch {
		case r.Kind == "" || r.Orphan:
		case executor.Terminal(r.State):
			out.TerminatedTasks = append(out.TerminatedTasks, r.show(a.identity.AgentID))
		case r.State == mesos.TASK_STAGING:
			out.QueuedTasks = append(out.QueuedTasks, r.show(a.identity.AgentID))
		default:
			out.LaunchedTasks = append(out.LaunchedTasks, r.show(a.identity.AgentID))
		}
	}
	return out
}

// frameworks is GET_FRAMEWORKS.
func (a *Server) frameworks() *agent.Response_GetFrameworks {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := &agent.Response_GetFrameworks{}
	seen := map[string]bool{}
	for _, r := range a.records {
		if id := r.Run.FrameworkID; r.Kind != "" && !seen[id] {
			seen[id] = true
			out.Frameworks = append(out.Frameworks, agent.Response_GetFrameworks_Framework{FrameworkInfo: r.Framework.Value})
		}
	}
	return out
}

func (a *Server) getState() *agent.Response_GetState {
	return &agent.Response_GetState{GetTasks: a.tasks(), GetFrameworks: a.frameworks(), GetExecutors: &agent.Response_GetExecutors{}}
}

// statisticsOf is /containers and /monitor/statistics: GET_CONTAINERS in the v0
// form.
func (a *Server) statisticsOf(w http.ResponseWriter, r *http.Request) {
	out := []object{}
	for _, c := range a.containers().GetContainers.Containers {
		s := c.ResourceStatistics
		out = append(out, object{
			"container_id": c.ContainerID.Value, "executor_id": c.GetExecutorID().GetValue(), "executor_name": c.GetExecutorName(),
			"framework_id": c.GetFrameworkID().GetValue(), "source": c.GetExecutorID().GetValue(),
			"statistics": object{
				"timestamp": s.Timestamp, "cpus_limit": max(s.GetCPUsLimit(), s.GetCPUsSoftLimit()), "cpus_user_time_secs": s.GetCPUsUserTimeSecs(),
				"cpus_system_time_secs": s.GetCPUsSystemTimeSecs(), "mem_limit_bytes": s.GetMemLimitBytes(), "mem_rss_bytes": s.GetMemRSSBytes(),
			},
		})
	}
	writeJSON(w, r, out)
}

// snapshot is /metrics/snapshot.
func (a *Server) snapshot(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, a.gauges())
}

// gauges are the metrics of an agent: what it has now.
func (a *Server) gauges() map[string]float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := map[string]float64{"slave/registered": 0, "slave/uptime_secs": time.Since(a.started).Seconds()}
	if a.session != nil {
		out["slave/registered"] = 1
	}
	for s := range mesos.TASK_UNKNOWN {
		out["slave/"+strings.ToLower(strings.Replace(s.String(), "TASK_", "tasks_", 1))] = 0
	}
	for name, v := range resource.New(a.opts.Resources).Scalars() {
		out["slave/"+name+"_total"], out["slave/"+name+"_used"] = v.Float(), 0
	}
	for _, r := range a.records {
		if r.Kind == "" {
			continue
		}
		out["slave/"+strings.ToLower(strings.Replace(r.State.String(), "TASK_", "tasks_", 1))]++
		if executor.Terminal(r.State) {
			continue
		}
		for name, v := range resource.New(r.Info.Value.Resources).Scalars() {
			out["slave/"+name+"_used"] += v.Float()
		}
	}
	return out
}
