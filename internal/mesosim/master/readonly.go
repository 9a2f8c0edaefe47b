package master

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gogo/protobuf/proto"
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// object is the v0 JSON of the read-only endpoints.
type object = map[string]any

func writeJSON(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		text(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeScript(w, r, body)
}

// writeScript answers with JSON, or with a call of the function that the query
// wants.
func writeScript(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	if fn := r.URL.Query().Get("jsonp"); fn != "" {
		w.Header().Set("Content-Type", "text/javascript")
		body = slices.Concat([]byte(fn+"("), body, []byte(");"))
	}
	writeBody(w, r, body)
}

func (s *Server) snapshotOf() (*master.Response_GetState, mesos.MasterInfo) {
	var st *master.Response_GetState
	var info mesos.MasterInfo
	s.do(func(_ time.Time, m *core.Master) { st, info = m.State(), m.Info() })
	if st == nil {
		st = &master.Response_GetState{
			GetTasks: &master.Response_GetTasks{}, GetFrameworks: &master.Response_GetFrameworks{}, GetAgents: &master.Response_GetAgents{},
		}
	}
	return st, info
}

func (s *Server) state(w http.ResponseWriter, r *http.Request) {
	st, info := s.snapshotOf()
	active := 0
	for _, a := range st.GetAgents.Agents {
		if a.Active {
			active++
		}
	}
	leader := object{"id": info.ID, "pid": info.GetPID(), "port": info.GetPort(), "hostname": info.GetHostname()}
	out := build()
	maps.Copy(out, object{
		"git_sha": "", "start_time": unix(s.started), "elected_time": unix(s.elected), "id": info.ID, "pid": info.GetPID(),
		"hostname": info.GetHostname(), "leader": info.GetPID(), "leader_info": leader, "capabilities": capabilities(),
		"flags": s.flagMap(), "cluster": "", "unreachable_slaves": s.unreachable(), "orphan_tasks": []any{}, "unregistered_frameworks": []any{},
		"slaves": s.slavesOf(st), "recovered_slaves": s.recoveredOf(st),
		"activated_slaves": active, "deactivated_slaves": len(st.GetAgents.Agents) - active,
		"frameworks":           s.frameworksOf(st.GetFrameworks.Frameworks, st),
		"completed_frameworks": s.frameworksOf(st.GetFrameworks.CompletedFrameworks, st),
	})
	if info.Domain != nil {
		out["domain"], leader["domain"] = s.message(info.Domain), s.message(info.Domain)
	}
	writeJSON(w, r, out)
}

func (s *Server) unreachable() (n int) {
	s.do(func(_ time.Time, m *core.Master) { n = len(m.Registry().Unreachable) })
	return n
}

// message is a message within v0 JSON.
func (s *Server) message(msg proto.Message) json.RawMessage {
	body, err := s.codec.Encode(wire.MediaJSON, msg)
	if err != nil {
		return json.RawMessage("null") // JSON has no errors.
	}
	return body
}

// slaves is /slaves: agents with their resources in full.
func (s *Server) slaves(w http.ResponseWriter, r *http.Request) {
	st, _ := s.snapshotOf()
	list := s.slavesOf(st)
	for i, a := range st.GetAgents.Agents {
		s.inFull(list[i], &a)
	}
	id := r.URL.Query().Get("slave_id")
	writeJSON(w, r, object{"slaves": pick(list, id), "recovered_slaves": pick(s.recoveredOf(st), id)})
}

// pick keeps the objects with an id; all when it is empty.
func pick(list []object, id string) []object {
	if id == "" {
		return list
	}
	return slices.DeleteFunc(list, func(o object) bool { return o["id"] != id })
}

func (s *Server) frameworks(w http.ResponseWriter, r *http.Request) {
	st, _ := s.snapshotOf()
	id := r.URL.Query().Get("framework_id")
	writeJSON(w, r, object{
		"frameworks":              pick(s.frameworksOf(st.GetFrameworks.Frameworks, st), id),
		"completed_frameworks":    pick(s.frameworksOf(st.GetFrameworks.CompletedFrameworks, st), id),
		"unregistered_frameworks": []any{},
	})
}

// defaultLimit is how many tasks /tasks shows unless told.
const defaultLimit = 100

// tasks is /tasks: limit, offset, order (by start, newest first unless asc),
// framework_id, task_id.
func (s *Server) tasks(w http.ResponseWriter, r *http.Request) {
	st, _ := s.snapshotOf()
	q := r.URL.Query()
	all := s.tasksOf(slices.Concat(st.GetTasks.Tasks, st.GetTasks.UnreachableTasks, st.GetTasks.CompletedTasks), q.Get("framework_id"))
	all = pick(all, q.Get("task_id"))
	slices.SortStableFunc(all, func(a, b object) int { return cmp.Compare(firstSeen(a), firstSeen(b)) })
	if q.Get("order") != "asc" {
		slices.Reverse(all)
	}
	limit, offset := atoi(q.Get("limit"), defaultLimit), atoi(q.Get("offset"), 0)
	from := min(max(offset, 0), len(all))
	writeJSON(w, r, object{"tasks": all[from:min(from+max(limit, 0), len(all))]})
}

func atoi(text string, def int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return def
}

func firstSeen(t object) float64 {
	if list, ok := t["statuses"].([]object); ok && len(list) > 0 {
		at, _ := list[0]["timestamp"].(float64)
		return at
	}
	return -1 // Tasks without a status come before all others.
}

// summary is /state-summary: no tasks, but how many there are.
func (s *Server) summary(w http.ResponseWriter, r *http.Request) {
	st, info := s.snapshotOf()
	ts := slices.Concat(st.GetTasks.Tasks, st.GetTasks.UnreachableTasks, st.GetTasks.CompletedTasks)
	ts = slices.DeleteFunc(ts, func(t mesos.Task) bool { // Those of frameworks that are completed are not counted.
		return !slices.ContainsFunc(st.GetFrameworks.Frameworks, func(f master.Response_GetFrameworks_Framework) bool {
			return f.FrameworkInfo.GetID().GetValue() == t.FrameworkID.Value
		})
	})
	slaves, frameworks := s.slavesOf(st), []object{}
	for _, o := range slaves {
		counts(o, ts, func(t *mesos.Task) (mine bool, other string) { return t.AgentID.Value == o["id"], t.FrameworkID.Value }, "framework_ids")
	}
	for _, f := range st.GetFrameworks.Frameworks {
		o := summaryOf(&f)
		counts(o, ts, func(t *mesos.Task) (mine bool, other string) { return t.FrameworkID.Value == o["id"], t.AgentID.Value }, "slave_ids")
		frameworks = append(frameworks, o)
	}
	writeJSON(w, r, object{"hostname": info.GetHostname(), "cluster": "", "slaves": slaves, "frameworks": frameworks})
}

// counts adds how many tasks an agent or framework has in each state, and the ids
// of where they are, or whose.
func counts(o object, ts []mesos.Task, of func(*mesos.Task) (mine bool, other string), others string) {
	for _, state := range []mesos.TaskState{
		mesos.TASK_STAGING, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_FINISHED, mesos.TASK_KILLED,
		mesos.TASK_FAILED, mesos.TASK_LOST, mesos.TASK_ERROR, mesos.TASK_UNREACHABLE,
	} {
		o[state.String()] = 0
	}
	ids := []string{}
	for i := range ts {
		mine, other := of(&ts[i])
		if !mine {
			continue
		}
		if n, counted := o[ts[i].GetState().String()].(int); counted {
			o[ts[i].GetState().String()] = n + 1
		}
		if !slices.Contains(ids, other) {
			ids = append(ids, other)
		}
	}
	o[others] = ids
}

func (s *Server) roles(w http.ResponseWriter, r *http.Request) {
	list := []object{}
	s.do(func(_ time.Time, m *core.Master) {
		for _, role := range m.Roles() {
			sum := maps.Clone(role.Allocated)
			for kind, v := range role.Offered {
				sum[kind] += v
			}
			list = append(list, object{
				"name": role.Name, "weight": 1.0, "frameworks": append([]string{}, role.Frameworks...), "resources": sum,
				"allocated": role.Allocated, "offered": role.Offered, "reserved": role.Reserved,
				"quota": object{"role": role.Name, "guarantee": object{}, "limit": object{}, "consumed": role.Consumed},
			})
		}
	})
	writeJSON(w, r, object{"roles": list})
}

// flagMap is what this master was started with, in Mesos' names and forms.
func (s *Server) flagMap() map[string]string {
	out := map[string]string{
		"ip": s.opts.IP, "port": strconv.Itoa(s.Port()), "hostname": s.opts.Hostname, "work_dir": s.opts.WorkDir,
		"allocation_interval": core.DurationText(s.opts.AllocationInterval), "agent_ping_timeout": core.DurationText(s.opts.PingTimeout),
		"max_agent_ping_timeouts": strconv.Itoa(s.opts.MaxPingTimeouts), "agent_reregister_timeout": core.DurationText(s.opts.ReregisterTimeout),
		"authenticate_http_frameworks": strconv.FormatBool(s.opts.AuthenticateFrameworks),
		"authenticate_agents":          strconv.FormatBool(s.opts.AuthenticateAgents),
		"authenticate_http_readonly":   strconv.FormatBool(s.opts.AuthenticateReadOnly),
		"authenticate_http_readwrite":  strconv.FormatBool(s.opts.AuthenticateReadWrite),
		"root_submissions":             strconv.FormatBool(!s.opts.RejectRoot),
	}
	if s.opts.OfferTimeout > 0 {
		out["offer_timeout"] = core.DurationText(s.opts.OfferTimeout)
	}
	if len(s.opts.Roles) > 0 {
		out["roles"] = strings.Join(s.opts.Roles, ",")
	}
	return out
}

func (s *Server) flags(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, object{"flags": s.flagMap()})
}

// build is what is said of the program.
func build() object {
	return object{"version": core.Version, "build_date": buildDate, "build_time": buildTime, "build_user": ""}
}

func (s *Server) version(w http.ResponseWriter, r *http.Request) { writeJSON(w, r, build()) }

// teardown is the form of old scripts: frameworkId=<id>.
func (s *Server) teardown(w http.ResponseWriter, r *http.Request) {
	if !only(w, r, http.MethodPost) {
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		text(w, http.StatusBadRequest, err.Error())
		return
	}
	form, err := url.ParseQuery(string(body))
	switch {
	case err != nil:
		text(w, http.StatusBadRequest, "Unable to decode query string: "+err.Error())
	case !form.Has("frameworkId"):
		text(w, http.StatusBadRequest, "Missing 'frameworkId' query parameter in the request body")
	default:
		s.attempt(w, func(now time.Time, m *core.Master) string {
			if !m.Teardown(now, form.Get("frameworkId")) {
				return "No framework found with specified ID"
			}
			return ""
		})
	}
}

func (s *Server) snapshot(w http.ResponseWriter, r *http.Request) {
	// A standby has nothing else to count.
	out := map[string]float64{"master/elected": 0, "master/uptime_secs": time.Since(s.started).Seconds()}
	s.do(func(_ time.Time, m *core.Master) { out = s.gauge(m) })
	writeJSON(w, r, out)
}
