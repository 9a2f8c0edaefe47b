package master

import (
	"fmt"
	"slices"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

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
	out["master/outstanding_offers"], out["master/operator_event_stream_subscribers"] = float64(m.OutstandingOffers()), float64(len(s.operators))
	for name, n := range s.metrics {
		out["master/"+name] = n
	}
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

// gaugeFramework has an entry for every call, event, operation and state, whether
// there was one or not.
func gaugeFramework(out map[string]float64, f *core.FrameworkCounts) {
	prefix := "master/frameworks/" + percentEncode(f.Name) + "/" + f.ID + "/"
	out[prefix+"subscribed"] = 0
	if f.Subscribed {
		out[prefix+"subscribed"] = 1
	}
	out[prefix+"offers/sent"], out[prefix+"offers/accepted"] = float64(f.Sent), float64(f.Accepted)
	out[prefix+"offers/declined"], out[prefix+"offers/rescinded"] = float64(f.Declined), float64(f.Rescinded)
	each(out, prefix+"calls", scheduler.Call_Type_name, func(t int32) int { return f.Calls[scheduler.Call_Type(t)] })
	each(out, prefix+"events", scheduler.Event_Type_name, func(t int32) int { return f.Events[scheduler.Event_Type(t)] })
	each(out, prefix+"operations", mesos.Offer_Operation_Type_name, func(t int32) int { return f.Operations[mesos.Offer_Operation_Type(t)] })
	for n := range mesos.TaskState_name {
		s := mesos.TaskState(n)
		if core.Terminal(s) {
			out[prefix+"tasks/terminal/"+strings.ToLower(s.String())] = float64(f.Ended[s])
		} else {
			out[prefix+"tasks/active/"+strings.ToLower(s.String())] = float64(f.Active[s])
		}
	}
}

// each counts each kind of something but the unknown one, and all together.
func each(out map[string]float64, name string, kinds map[int32]string, count func(int32) int) {
	out[name] = 0
	for n, kind := range kinds {
		if kind != "UNKNOWN" {
			out[name+"/"+strings.ToLower(kind)] = float64(count(n))
			out[name] += float64(count(n))
		}
	}
}

// percentEncode is libprocess' encoding of what may not be in a URL.
func percentEncode(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > 0x7f || strings.IndexByte("$&+,/:;=?@ \"<>#%{}|\\^~[]`", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func metricList(all map[string]float64) []mesos.Metric {
	out := make([]mesos.Metric, 0, len(all))
	for name, v := range all {
		out = append(out, mesos.Metric{Name: name, Value: &v})
	}
	slices.SortFunc(out, func(a, b mesos.Metric) int { return strings.Compare(a.Name, b.Name) })
	return out
}
