package master

import (
	"compress/gzip"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// operator serves /api/v1 (7.1).
func (s *Server) operator(w http.ResponseWriter, r *http.Request) {
	if !onlyPost(w, r) {
		return
	}
	var call master.Call
	media, body, ok := s.decode(w, r, &call)
	if !ok {
		return
	}
	if call.Type == master.Call_UNKNOWN && !wire.HasUnknownType(media, body, 1) {
		text(w, http.StatusBadRequest, "Failed to validate master::Call: Expecting 'type' to be present")
		return
	}
	if why := operatorFault(&call); why != "" {
		text(w, http.StatusBadRequest, "Failed to validate master::Call: "+why)
		return
	}
	answer := accepted(r)
	if answer == "" {
		text(w, http.StatusNotAcceptable, notAcceptable)
		return
	}
	if call.Type == master.Call_SUBSCRIBE {
		s.watch(w, r, answer)
		return
	}
	s.operate(w, r, &call, answer)
}

func operatorFault(c *master.Call) string {
	var missing bool
	switch c.Type { //nolint:exhaustive // The calls with a body that are served.
	case master.Call_TEARDOWN:
		missing = c.Teardown == nil
	case master.Call_GET_METRICS:
		missing = c.GetMetrics == nil
	case master.Call_LIST_FILES:
		missing = c.ListFiles == nil
	case master.Call_READ_FILE:
		missing = c.ReadFile == nil
	case master.Call_MARK_AGENT_GONE:
		missing = c.MarkAgentGone == nil
	case master.Call_DRAIN_AGENT:
		missing = c.DrainAgent == nil
	case master.Call_DEACTIVATE_AGENT:
		missing = c.DeactivateAgent == nil
	case master.Call_REACTIVATE_AGENT:
		missing = c.ReactivateAgent == nil
	case master.Call_UPDATE_MAINTENANCE_SCHEDULE:
		missing = c.UpdateMaintenanceSchedule == nil
	case master.Call_START_MAINTENANCE:
		missing = c.StartMaintenance == nil
	case master.Call_STOP_MAINTENANCE:
		missing = c.StopMaintenance == nil
	}
	if missing {
		return "Expecting '" + strings.ToLower(c.Type.String()) + "' to be present"
	}
	return ""
}

// operate answers one call with one message, with an empty body, or with text.
func (s *Server) operate(w http.ResponseWriter, r *http.Request, call *master.Call, media string) {
	var response *master.Response
	status, body := http.StatusOK, ""
	ok := s.do(func(now time.Time, m *core.Master) {
		if response = s.query(m, call); response == nil {
			status, body = change(now, m, call)
		}
	})
	switch {
	case !ok:
		panic(http.ErrAbortHandler) // The master ends: there is no answer.
	case response != nil:
		s.respond(w, r, media, response)
	case body != "":
		text(w, status, body)
	default:
		w.WriteHeader(status)
	}
}

func (s *Server) query(m *core.Master, call *master.Call) *master.Response {
	switch call.Type { //nolint:exhaustive // The others change something, or are not served.
	case master.Call_GET_HEALTH:
		return &master.Response{Type: master.Response_GET_HEALTH, GetHealth: &master.Response_GetHealth{Healthy: true}}
	case master.Call_GET_VERSION:
		return &master.Response{Type: master.Response_GET_VERSION, GetVersion: &master.Response_GetVersion{VersionInfo: versionInfo()}}
	case master.Call_GET_MASTER:
		info, started, elected := m.Info(), unix(s.started), unix(s.elected)
		return &master.Response{Type: master.Response_GET_MASTER, GetMaster: &master.Response_GetMaster{
			MasterInfo: &info, StartTime: &started, ElectedTime: &elected,
		}}
	case master.Call_GET_STATE:
		return &master.Response{Type: master.Response_GET_STATE, GetState: m.State()}
	case master.Call_GET_TASKS:
		return &master.Response{Type: master.Response_GET_TASKS, GetTasks: m.Tasks()}
	case master.Call_GET_AGENTS:
		return &master.Response{Type: master.Response_GET_AGENTS, GetAgents: m.Agents()}
	case master.Call_GET_FRAMEWORKS:
		return &master.Response{Type: master.Response_GET_FRAMEWORKS, GetFrameworks: m.Frameworks()}
	case master.Call_GET_EXECUTORS:
		return &master.Response{Type: master.Response_GET_EXECUTORS, GetExecutors: &master.Response_GetExecutors{}}
	case master.Call_GET_ROLES:
		return &master.Response{Type: master.Response_GET_ROLES, GetRoles: m.Roles()}
	case master.Call_GET_WEIGHTS:
		return &master.Response{Type: master.Response_GET_WEIGHTS, GetWeights: &master.Response_GetWeights{}}
	case master.Call_GET_OPERATIONS:
		return &master.Response{Type: master.Response_GET_OPERATIONS, GetOperations: &master.Response_GetOperations{}}
	case master.Call_GET_MAINTENANCE_STATUS:
		return &master.Response{Type: master.Response_GET_MAINTENANCE_STATUS, GetMaintenanceStatus: &master.Response_GetMaintenanceStatus{
			Status: m.MaintenanceStatus(),
		}}
	case master.Call_GET_METRICS:
		return &master.Response{Type: master.Response_GET_METRICS, GetMetrics: &master.Response_GetMetrics{Metrics: metricList(s.gauge(m))}}
	case master.Call_GET_FLAGS:
		return &master.Response{Type: master.Response_GET_FLAGS, GetFlags: s.flagList()}
	case master.Call_GET_MAINTENANCE_SCHEDULE:
		return &master.Response{Type: master.Response_GET_MAINTENANCE_SCHEDULE, GetMaintenanceSchedule: &master.Response_GetMaintenanceSchedule{
			Schedule: m.Maintenance(),
		}}
	}
	return nil
}

// unix is a time in Mesos' seconds.
func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

const unknownAgent = "Unknown agent"

func change(now time.Time, m *core.Master, call *master.Call) (status int, body string) {
	switch call.Type {
	case master.Call_TEARDOWN:
		if !m.Teardown(now, call.Teardown.FrameworkID.Value) {
			return http.StatusBadRequest, "No framework found with specified ID"
		}
	case master.Call_MARK_AGENT_GONE:
		if id := call.MarkAgentGone.AgentID.Value; !m.MarkGone(now, id) {
			return http.StatusNotFound, "Agent '" + id + "' not found"
		}
	case master.Call_DRAIN_AGENT:
		grace := time.Duration(-1)
		if g := call.DrainAgent.MaxGracePeriod; g != nil {
			grace = time.Duration(g.Seconds)*time.Second + time.Duration(g.Nanos)
		}
		if why := m.UnderMaintenance(call.DrainAgent.AgentID.Value); why != "" {
			return http.StatusBadRequest, why
		}
		if !m.DrainAgent(now, call.DrainAgent.AgentID.Value, grace, call.DrainAgent.GetMarkGone()) {
			return http.StatusBadRequest, unknownAgent
		}
	case master.Call_DEACTIVATE_AGENT:
		if !m.DeactivateAgent(call.DeactivateAgent.AgentID.Value) {
			return http.StatusBadRequest, unknownAgent
		}
	case master.Call_REACTIVATE_AGENT:
		if !m.ReactivateAgent(call.ReactivateAgent.AgentID.Value) {
			return http.StatusBadRequest, unknownAgent
		}
	case master.Call_UPDATE_MAINTENANCE_SCHEDULE:
		if why := m.UpdateMaintenance(call.UpdateMaintenanceSchedule.Schedule); why != "" {
			return http.StatusBadRequest, why
		}
	case master.Call_START_MAINTENANCE:
		if why := m.StartMaintenance(now, call.StartMaintenance.Machines); why != "" {
			return http.StatusBadRequest, why
		}
	case master.Call_STOP_MAINTENANCE:
		if why := m.StopMaintenance(call.StopMaintenance.Machines); why != "" {
			return http.StatusBadRequest, why
		}
	case master.Call_LIST_FILES, master.Call_READ_FILE: // a master has no files
		return http.StatusNotFound, "404 Not Found."
	default:
		return http.StatusNotImplemented, "501 Not Implemented."
	}
	return http.StatusOK, ""
}

// minGzip is the size from which an answer is compressed (1.1).
const minGzip = 1024

func (s *Server) respond(w http.ResponseWriter, r *http.Request, media string, msg *master.Response) {
	body, err := s.codec.Encode(media, msg)
	if err != nil {
		text(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", media)
	writeBody(w, r, body)
}

func writeBody(w http.ResponseWriter, r *http.Request, body []byte) {
	if len(body) < minGzip || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		_, _ = w.Write(body) //nolint:gosec // JSON or plain text, not HTML.
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = z.Write(body)
	_ = z.Close()
}

// watch is the operator's SUBSCRIBE.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, media string) {
	out := newOutbox[*master.Event]()
	interval := core.HeartbeatInterval.Seconds()
	s.do(func(_ time.Time, m *core.Master) {
		out.put(&master.Event{Type: master.Event_SUBSCRIBED, Subscribed: &master.Event_Subscribed{
			GetState: m.State(), HeartbeatIntervalSeconds: &interval,
		}})
		out.put(&master.Event{Type: master.Event_HEARTBEAT})
		s.operators[out] = true
		m.Watch(true)
	})
	done := make(chan struct{})
	go beats(done, out)
	w.Header().Set("Content-Type", media)
	pump(w, r, out, func(e *master.Event) ([]byte, error) { return s.codec.Encode(media, e) })
	close(done)
	s.do(func(_ time.Time, m *core.Master) {
		delete(s.operators, out)
		m.Watch(len(s.operators) > 0)
	})
}

func beats(done <-chan struct{}, out *outbox[*master.Event]) {
	t := time.NewTicker(core.HeartbeatInterval)
	defer t.Stop()
	for {
		select {
		case <-done:
			return
		case <-t.C:
			out.put(&master.Event{Type: master.Event_HEARTBEAT})
		}
	}
}

func (s *Server) flagList() *master.Response_GetFlags {
	out := &master.Response_GetFlags{}
	all := s.flagMap()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		value := all[name]
		out.Flags = append(out.Flags, mesos.Flag{Name: name, Value: &value})
	}
	return out
}
