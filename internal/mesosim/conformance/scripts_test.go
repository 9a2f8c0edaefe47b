package conformance_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// The functions here observe what the driver did beside its transcripts, and
// compare it with what it kept in expected.json.

// observation is what the driver observed under a label.
func (r *replay) observation(label string) any {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "expected.json"))
	if err != nil {
		r.t.Fatal(err)
	}
	var expected struct {
		Checks map[string]struct{ Observations map[string]any }
	}
	if err := decode(text, &expected); err != nil {
		r.t.Fatal(err)
	}
	want, ok := expected.Checks[strconv.Itoa(r.id)].Observations[label]
	if !ok {
		r.t.Fatalf("expected.json has no observation %q of check %d", label, r.id)
	}
	return want
}

// observe compares a value with the observation of a label.
func (r *replay) observe(label string, got any) {
	r.t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		r.t.Fatal(err)
	}
	var live any
	if err := decode(text, &live); err != nil {
		r.t.Fatal(err)
	}
	for _, d := range r.match.compare(label, r.observation(label), live) {
		r.t.Error(d)
	}
}

// get fetches a path of the master.
func (r *replay) get(path string) response {
	r.t.Helper()
	res, err := request(r.t.Context(), r.cluster.master.addr, http.MethodGet, path, nil, nil) //nolint:bodyclose // whole closes it.
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := whole(res)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// operator makes a call of the operator API without a body.
func (r *replay) operator(call string) any {
	r.t.Helper()
	return post(r.t, r.cluster.master.addr, map[string]any{"type": call})
}

func fields(v any) []string {
	m, _ := v.(map[string]any)
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// encoding looks at the bytes of the first events (check 19).
func encoding(r *replay) {
	r.t.Helper()
	first, beat := r.taken["SUBSCRIBED"], r.taken["HEARTBEAT"]
	r.observe("heartbeat record", string(wire.Frame([]byte(beat))))
	r.observe("heartbeat interval is written 15.0", strings.Contains(first, `"heartbeat_interval_seconds":15.0`))
	r.observe("no white space", !strings.Contains(first, ", ") && !strings.Contains(first, `": `))
}

// completedTask looks at what the master keeps of a task that ended (check 54).
func completedTask(r *replay) {
	r.t.Helper()
	var where string
	var task any
	r.cluster.poll("t54 is completed", func() bool {
		where, task = r.task("t54")
		return where == "completed_tasks"
	})
	var states []any
	statuses, _ := at(task, "statuses").([]any)
	for _, s := range statuses {
		states = append(states, at(s, "state"))
	}
	r.observe("GET_TASKS", []any{where, at(task, "state"), at(task, "status_update_state"), states})
	r.observe("a task of GET_TASKS", fields(task))
}

// unreachableTask looks at what the master keeps of a task whose agent is
// unreachable (check 72).
func unreachableTask(r *replay) {
	r.t.Helper()
	where, task := r.task("t72")
	r.observe("GET_TASKS", []any{where, at(task, "state")})
}

// task finds a task of the master and the list it is in.
func (r *replay) task(id string) (where string, task any) {
	r.t.Helper()
	tasks := at(r.operator("GET_TASKS"), "get_tasks")
	for _, where := range []string{"tasks", "unreachable_tasks", "completed_tasks"} {
		list, _ := at(tasks, where).([]any)
		for _, task := range list {
			if textAt(task, "task_id.value") == id {
				return where, task
			}
		}
	}
	return "", nil
}

// taskInStderr looks for the task in the log of its executor (check 81).
func taskInStderr(r *replay) {
	r.t.Helper()
	text, _ := at(r.last, "data").(string)
	r.observe("stderr names the task", strings.Contains(text, "Starting task t81"))
}

// endpoints looks at what the driver does not record (check 88).
func endpoints(r *replay) {
	r.t.Helper()
	for _, call := range []string{"GET_AGENTS", "GET_FRAMEWORKS", "GET_TASKS", "GET_STATE", "GET_ROLES", "GET_EXECUTORS"} {
		body := r.operator(call)
		r.observe(call, []any{http.StatusOK, at(body, "type"), fields(body)})
	}
	r.observe("GET_MASTER", fields(at(r.operator("GET_MASTER"), "get_master")))
	for _, path := range []string{"/slaves", "/frameworks", "/tasks", "/roles", "/state-summary", "/flags", "/version", "/state"} {
		res := r.get(path)
		r.observe(path, []any{res.status, res.headers["Content-Type"]})
	}
	r.observe("/state keys", has(r.get("/state").body, "version", "id", "pid", "hostname", "slaves", "frameworks", "completed_frameworks",
		"leader", "leader_info", "flags", "activated_slaves", "deactivated_slaves", "unreachable_slaves", "start_time", "elected_time",
		"capabilities", "cluster"))
	r.observe("/metrics/snapshot", has(r.get("/metrics/snapshot").body, "master/elected", "master/uptime_secs", "master/slaves_active",
		"master/frameworks_active", "master/tasks_running", "master/cpus_total"))
}

func has(v any, keys ...string) bool {
	got := fields(v)
	return !slices.ContainsFunc(keys, func(k string) bool { return !slices.Contains(got, k) })
}
