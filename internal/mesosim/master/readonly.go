package master

import (
	"cmp"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
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
	started, elected, active := unix(s.started), unix(s.elected), 0
	for _, a := range st.GetAgents.Agents {
		if a.Active {
			active++
		}
	}
	out := object{
		"version": core.Version, "git_sha": "", "build_date": "", "build_time": 0.0, "build_user": "", "start_time": started, "elected_time": elected, "id": info.ID, "pid": info.GetPID(),
		"hostname": info.GetHostname(), "leader": info.GetPID(), "capabilities": capabilities(),
		"leader_info": object{"id": info.ID, "pid": info.GetPID(), "port": info.GetPort(), "hostname": info.GetHostname()},
		"flags":       s.flagMap(), "cluster": "", "unreachable_slaves": s.unreachable(), "orphan_tasks": []any{}, "unregistered_frameworks": []any{}, "recovered_slaves": []any{},
		"slaves": slavesOf(st), "activated_slaves": active, "deactivated_slaves": len(st.GetAgents.Agents) - active,
		"frameworks":           frameworksOf(st.GetFrameworks.Frameworks, st.GetTasks),
		"completed_frameworks": frameworksOf(st.GetFrameworks.CompletedFrameworks, st.GetTasks),
	}
	writeJSON(w, r, out)
}

func (s *Server) unreachable() (n int) {
	s.do(func(_ time.Time, m *core.Master) { n = len(m.Registry().Unreachable) })
	return n
}

func slavesOf(st *master.Response_GetState) []object {
	out := []object{}
	for _, a := range st.GetAgents.Agents {
		attributes := object{}
		for _, x := range a.AgentInfo.Attributes {
			attributes[x.Name] = attributeText(x)
		}
		out = append(out, object{
			"id": a.AgentInfo.GetID().GetValue(), "hostname": a.AgentInfo.Hostname, "port": a.AgentInfo.GetPort(), "pid": a.GetPID(),
			"active": a.Active, "version": a.Version, "registered_time": float64(a.RegisteredTime.GetNanoseconds()) / 1e9,
			"resources": amountsOf(a.TotalResources), "used_resources": amountsOf(a.AllocatedResources),
			"offered_resources": amountsOf(a.OfferedResources), "attributes": attributes,
		})
	}
	return out
}

func attributeText(a mesos.Attribute) any {
	if a.Scalar != nil {
		return a.Scalar.Value
	}
	return a.GetText().GetValue()
}

func amountsOf(rs []mesos.Resource) object {
	out := object{"cpus": 0.0, "mem": 0.0, "disk": 0.0, "gpus": 0.0}
	set := resource.New(rs)
	for name, v := range set.Scalars() {
		have, _ := out[name].(float64)
		out[name] = have + v.Float()
	}
	for _, r := range set.Messages(resource.Format{}) {
		if r.Ranges != nil {
			t := resource.Text(r)
			out[r.Name] = t[strings.Index(t, ":")+1:]
		}
	}
	return out
}

func frameworksOf(fs []master.Response_GetFrameworks_Framework, ts *master.Response_GetTasks) []object {
	out := []object{}
	for _, f := range fs {
		id := f.FrameworkInfo.GetID().GetValue()
		out = append(out, object{
			"id": id, "name": f.FrameworkInfo.Name, "user": f.FrameworkInfo.User, "active": f.Active, "connected": f.Connected,
			"recovered": f.Recovered, "checkpoint": f.FrameworkInfo.GetCheckpoint(), "failover_timeout": f.FrameworkInfo.GetFailoverTimeout(),
			"role": f.FrameworkInfo.GetRole(), "principal": f.FrameworkInfo.GetPrincipal(),
			"resources": amountsOf(f.AllocatedResources), "offered_resources": amountsOf(f.OfferedResources),
			"tasks": tasksOf(ts.Tasks, id), "unreachable_tasks": tasksOf(ts.UnreachableTasks, id), "completed_tasks": tasksOf(ts.CompletedTasks, id),
		})
	}
	return out
}

func tasksOf(ts []mesos.Task, framework string) []object {
	out := []object{}
	for _, t := range ts {
		if framework != "" && t.FrameworkID.Value != framework {
			continue
		}
		out = append(out, taskOf(&t))
	}
	return out
}

func (s *Server) slaves(w http.ResponseWriter, r *http.Request) {
	st, _ := s.snapshotOf()
	writeJSON(w, r, object{"slaves": pick(slavesOf(st), r.URL.Query().Get("slave_id")), "recovered_slaves": []any{}})
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
		"frameworks":              pick(frameworksOf(st.GetFrameworks.Frameworks, st.GetTasks), id),
		"completed_frameworks":    pick(frameworksOf(st.GetFrameworks.CompletedFrameworks, st.GetTasks), id),
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
	all := tasksOf(slices.Concat(st.GetTasks.Tasks, st.GetTasks.UnreachableTasks, st.GetTasks.CompletedTasks), q.Get("framework_id"))
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
	return math.MaxFloat64
}

// summary is /state without tasks.
func (s *Server) summary(w http.ResponseWriter, r *http.Request) {
	st, info := s.snapshotOf()
	writeJSON(w, r, object{
		"hostname": info.GetHostname(), "cluster": "", "slaves": slavesOf(st),
		"frameworks": frameworksOf(st.GetFrameworks.Frameworks, &master.Response_GetTasks{}),
	})
}

func (s *Server) roles(w http.ResponseWriter, r *http.Request) {
	list := []object{}
	s.do(func(_ time.Time, m *core.Master) {
		for _, role := range m.Roles().Roles {
			ids := []string{}
			for _, id := range role.Frameworks {
				ids = append(ids, id.Value)
			}
			list = append(list, object{"name": role.Name, "weight": role.Weight, "frameworks": ids, "resources": amountsOf(role.Resources)})
		}
	})
	writeJSON(w, r, object{"roles": list})
}

// flagMap is what this master was started with, in Mesos' names.
func (s *Server) flagMap() map[string]string {
	return map[string]string{
		"ip": s.opts.IP, "hostname": s.opts.Hostname, "work_dir": s.opts.WorkDir,
		"allocation_interval": s.opts.AllocationInterval.String(), "agent_ping_timeout": s.opts.PingTimeout.String(),
		"max_agent_ping_timeouts": strconv.Itoa(s.opts.MaxPingTimeouts), "agent_reregister_timeout": s.opts.ReregisterTimeout.String(),
		"authenticate_http_frameworks": strconv.FormatBool(s.opts.AuthenticateFrameworks),
	}
}

func (s *Server) flags(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, object{"flags": s.flagMap()})
}

func (s *Server) version(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, object{"version": core.Version})
}

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
