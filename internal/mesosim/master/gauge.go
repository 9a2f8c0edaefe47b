package master

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// gauge is the counters with what is counted at the moment (7.1).
func (s *Server) gauge(m *core.Master) map[string]float64 {
	out := map[string]float64{"master/elected": 1, "master/uptime_secs": time.Since(s.started).Seconds()}
	for _, name := range []string{
		"slaves_active", "slaves_inactive", "slaves_connected", "slaves_disconnected", "frameworks_active", "frameworks_inactive",
		"frameworks_connected", "frameworks_disconnected", "event_queue_messages", "event_queue_dispatches", "event_queue_http_requests",
	} {
		out["master/"+name] = 0
	}
	out["master/slaves_unreachable"] = float64(len(m.Registry().Unreachable))
	maps.Copy(out, s.metrics)
	gaugeAgents(out, m)
	gaugeTasks(out, m)
	for _, f := range m.Counts() {
		count(out, f.Subscribed, "master/frameworks_connected", "master/frameworks_disconnected")
		count(out, f.Subscribed, "master/frameworks_active", "master/frameworks_inactive")
		gaugeFramework(out, &f)
	}
	return out
}

func gaugeAgents(out map[string]float64, m *core.Master) {
	kinds := []string{"cpus", "mem", "disk", "gpus"}
	for _, name := range kinds {
		out["master/"+name+"_total"], out["master/"+name+"_used"], out["master/"+name+"_percent"] = 0, 0, 0
	}
	for _, a := range m.Agents().Agents {
		count(out, a.Active || a.GetDeactivated(), "master/slaves_connected", "master/slaves_disconnected")
		count(out, a.Active, "master/slaves_active", "master/slaves_inactive")
		for name, v := range resource.New(a.TotalResources).Scalars() {
			out["master/"+name+"_total"] += v.Float()
		}
		for name, v := range resource.New(a.AllocatedResources).Scalars() {
			out["master/"+name+"_used"] += v.Float()
		}
	}
	for _, name := range kinds {
		if total := out["master/"+name+"_total"]; total > 0 {
			out["master/"+name+"_percent"] = out["master/"+name+"_used"] / total
		}
	}
}

func count(out map[string]float64, holds bool, yes, no string) {
	if holds {
		out[yes]++
		return
	}
	out[no]++
}

// gaugeTasks counts live tasks by state, and all that ever ended.
func gaugeTasks(out map[string]float64, m *core.Master) {
	for s := range mesos.TASK_UNKNOWN {
		out["master/tasks_"+stateName(s)] = float64(m.Ended()[s])
	}
	for _, f := range m.Counts() {
		for s, n := range f.Active {
			out["master/tasks_"+stateName(s)] += float64(n)
		}
	}
}

func stateName(s mesos.TaskState) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "TASK_"))
}

func gaugeFramework(out map[string]float64, f *core.FrameworkCounts) {
	prefix := "master/frameworks/" + url.PathEscape(f.Name) + "/" + f.ID + "/"
	out[prefix+"subscribed"] = 0
	if f.Subscribed {
		out[prefix+"subscribed"] = 1
	}
	out[prefix+"calls"], out[prefix+"events"] = 0, 0
	for t, n := range f.Calls {
		out[prefix+"calls"] += float64(n)
		out[prefix+"calls/"+strings.ToLower(t.String())] = float64(n)
	}
	for t, n := range f.Events {
		out[prefix+"events"] += float64(n)
		out[prefix+"events/"+strings.ToLower(t.String())] = float64(n)
	}
	out[prefix+"offers/sent"], out[prefix+"offers/accepted"] = float64(f.Sent), float64(f.Accepted)
	out[prefix+"offers/declined"], out[prefix+"offers/rescinded"] = float64(f.Declined), float64(f.Rescinded)
	out[prefix+"operations"] = float64(f.Operations)
	for s, n := range f.Active {
		out[prefix+"tasks/active/"+strings.ToLower(s.String())] = float64(n)
	}
	for s, n := range f.Ended {
		out[prefix+"tasks/terminal/"+strings.ToLower(s.String())] = float64(n)
	}
}

func metricList(all map[string]float64) []mesos.Metric {
	out := make([]mesos.Metric, 0, len(all))
	for name, v := range all {
		out = append(out, mesos.Metric{Name: name, Value: &v})
	}
	slices.SortFunc(out, func(a, b mesos.Metric) int { return strings.Compare(a.Name, b.Name) })
	return out
}
