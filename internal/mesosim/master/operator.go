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
	if !only(w, r, http.MethodPost) {
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

// operatorFault says what part of a call that its type names is missing.
func operatorFault(c *master.Call) string {
	bodies := map[master.Call_Type]bool{
		master.Call_GET_METRICS:                 c.GetMetrics != nil,
		master.Call_SET_LOGGING_LEVEL:           c.SetLoggingLevel != nil,
		master.Call_LIST_FILES:                  c.ListFiles != nil,
		master.Call_READ_FILE:                   c.ReadFile != nil,
		master.Call_UPDATE_WEIGHTS:              c.UpdateWeights != nil,
		master.Call_RESERVE_RESOURCES:           c.ReserveResources != nil,
		master.Call_UNRESERVE_RESOURCES:         c.UnreserveResources != nil,
		master.Call_CREATE_VOLUMES:              c.CreateVolumes != nil,
		master.Call_DESTROY_VOLUMES:             c.DestroyVolumes != nil,
		master.Call_GROW_VOLUME:                 c.GrowVolume != nil,
		master.Call_SHRINK_VOLUME:               c.ShrinkVolume != nil,
		master.Call_UPDATE_MAINTENANCE_SCHEDULE: c.UpdateMaintenanceSchedule != nil,
		master.Call_START_MAINTENANCE:           c.StartMaintenance != nil,
		master.Call_STOP_MAINTENANCE:            c.StopMaintenance != nil,
		master.Call_DRAIN_AGENT:                 c.DrainAgent != nil,
		master.Call_DEACTIVATE_AGENT:            c.DeactivateAgent != nil,
		master.Call_REACTIVATE_AGENT:            c.ReactivateAgent != nil,
		master.Call_UPDATE_QUOTA:                c.UpdateQuota != nil,
		master.Call_SET_QUOTA:                   c.SetQuota != nil,
		master.Call_REMOVE_QUOTA:                c.RemoveQuota != nil,
		master.Call_TEARDOWN:                    c.Teardown != nil,
		master.Call_MARK_AGENT_GONE:             c.MarkAgentGone != nil,
	}
	if there, needed := bodies[c.Type]; needed && !there {
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
	case status == http.StatusOK:
	default:
		text(w, status, body)
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
		return &master.Response{Type: master.Response_GET_EXECUTORS, GetExecutors: m.Executors()}
	case master.Call_GET_ROLES:
		return &master.Response{Type: master.Response_GET_ROLES, GetRoles: m.ShowRoles()}
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
	case master.Call_GET_LOGGING_LEVEL:
		return &master.Response{Type: master.Response_GET_LOGGING_LEVEL, GetLoggingLevel: &master.Response_GetLoggingLevel{}}
	case master.Call_GET_QUOTA:
		return &master.Response{Type: master.Response_GET_QUOTA, GetQuota: &master.Response_GetQuota{}}
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

// change carries out a call that is answered without a message.
func change(now time.Time, m *core.Master, call *master.Call) (status int, body string) {
	var why string
	switch call.Type {
	case master.Call_TEARDOWN:
		if !m.Teardown(now, call.Teardown.FrameworkID.Value) {
			why = "No framework found with specified ID"
		}
	case master.Call_MARK_AGENT_GONE:
		if id := call.MarkAgentGone.AgentID.Value; !m.MarkGone(now, id) {
			return http.StatusNotFound, "Agent '" + id + "' not found"
		}
	case master.Call_DRAIN_AGENT:
		d := call.DrainAgent
		why = m.DrainAgent(now, d.AgentID.Value, graceOf(d), d.GetMarkGone())
	case master.Call_DEACTIVATE_AGENT:
		why = m.DeactivateAgent(call.DeactivateAgent.AgentID.Value)
	case master.Call_REACTIVATE_AGENT:
		why = m.ReactivateAgent(call.ReactivateAgent.AgentID.Value)
	case master.Call_UPDATE_MAINTENANCE_SCHEDULE:
		why = m.UpdateMaintenance(call.UpdateMaintenanceSchedule.Schedule)
	case master.Call_START_MAINTENANCE:
		why = m.StartMaintenance(now, call.StartMaintenance.Machines)
	case master.Call_STOP_MAINTENANCE:
		why = m.StopMaintenance(call.StopMaintenance.Machines)
	case master.Call_SET_LOGGING_LEVEL: // What is logged is a flag here.
	case master.Call_LIST_FILES, master.Call_READ_FILE: // a master has no files
		return http.StatusNotFound, ""
	default:
		return http.StatusNotImplemented, "501 Not Implemented."
	}
	if why != "" {
		return http.StatusBadRequest, why
	}
	return http.StatusOK, ""
}

// graceOf is the longest grace of a drain, negative when there is none.
func graceOf(d *master.Call_DrainAgent) time.Duration {
	if g := d.MaxGracePeriod; g != nil {
		return time.Duration(g.Seconds)*time.Second + time.Duration(g.Nanos)
	}
	return -1
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
	if len(body) < minGzip || !wire.AcceptsGzip(r.Header.Values("Accept-Encoding")) {
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
		s.operators = append(s.operators, out)
		if extra := len(s.operators) - s.opts.MaxOperators; extra > 0 {
			for _, old := range s.operators[:extra] {
				old.close()
			}
			s.operators = slices.Delete(s.operators, 0, extra)
		}
		m.Watch(true)
	})
	done := make(chan struct{})
	go beats(done, out)
	w.Header().Set("Content-Type", media)
	pump(w, r, out, func(e *master.Event) ([]byte, error) { return s.codec.Encode(media, e) })
	close(done)
	s.do(func(_ time.Time, m *core.Master) {
		s.operators = slices.DeleteFunc(s.operators, func(o *outbox[*master.Event]) bool { return o == out })
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
