package checks_test

import (
	"encoding/base64"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// keys wants all of them in an object.
func keys(t *testing.T, what string, o any, names ...string) {
	t.Helper()
	have, ok := o.(object)
	if !ok {
		t.Fatalf("%s: %v", what, o)
	}
	for _, n := range names {
		if _, ok := have[n]; !ok {
			t.Errorf("%s lacks %s", what, n)
		}
	}
}

// The read-only endpoints that people's scripts use (7.1).
func TestOperatorEndpoints(t *testing.T) {
	t.Parallel()
	f := solo(t, with(info("PARTITION_AWARE"), "name", "a name"), simulated)
	o := f.offer()
	labels := object{"labels": list{object{"key": "k", "value": "v"}}}
	f.launch(o, task("t", o, "sleep 1000", "labels", labels, "discovery", object{"visibility": "CLUSTER", "name": "d"},
		"resources", append(small(), ports(31000, 31001))))
	f.expect("t", "TASK_STARTING", "TASK_RUNNING")
	agentID := agentOf(o)

	st := get(t, f.addr, "/master/state").json(t)
	keys(t, "/state", st, "version", "git_sha", "build_date", "build_time", "build_user", "start_time", "elected_time", "id", "pid",
		"hostname", "capabilities", "activated_slaves", "deactivated_slaves", "unreachable_slaves", "leader", "leader_info", "cluster",
		"flags", "slaves", "recovered_slaves", "frameworks", "completed_frameworks", "orphan_tasks", "unregistered_frameworks")
	match(t, "/state", st, object{
		"activated_slaves": 1, "deactivated_slaves": 0, "unreachable_slaves": 0, "slaves.0.id": agentID, "slaves.0.resources.cpus": 4,
		"slaves.0.resources.mem": 2048, "slaves.0.resources.ports": "[31000-31099]", "slaves.0.used_resources.cpus": 0.1,
		"slaves.0.used_resources.ports": "[31000-31001]", "frameworks.0.id": f.id, "frameworks.0.name": "a name",
		"frameworks.0.tasks.0.id": "t", "frameworks.0.tasks.0.state": "TASK_RUNNING", "frameworks.0.tasks.0.slave_id": agentID,
		"frameworks.0.tasks.0.framework_id": f.id, "frameworks.0.tasks.0.executor_id": "", "frameworks.0.tasks.0.role": "*",
		"frameworks.0.tasks.0.labels.0.key": "k", "frameworks.0.tasks.0.discovery.name": "d",
		"frameworks.0.tasks.0.resources.cpus": 0.1, "frameworks.0.tasks.0.statuses.0.state": "TASK_STARTING",
		"frameworks.0.tasks.0.statuses.1.state": "TASK_RUNNING",
		"orphan_tasks":                          list{}, "unregistered_frameworks": list{}, "leader": st["pid"],
	})
	if text(st, "frameworks.0.tasks.0.statuses.1.container_status.container_id.value") == "" {
		t.Error("no container_status")
	}
	match(t, "/slaves", get(t, f.addr, "/slaves?slave_id="+agentID).json(t), object{"slaves.0.id": agentID, "recovered_slaves": list{}})
	match(t, "/slaves of none", get(t, f.addr, "/slaves?slave_id=x").json(t), object{"slaves": list{}})
	match(t, "/frameworks", get(t, f.addr, "/frameworks?framework_id="+f.id).json(t), object{"frameworks.0.id": f.id, "completed_frameworks": list{}})
	match(t, "/frameworks of none", get(t, f.addr, "/frameworks?framework_id=x").json(t), object{"frameworks": list{}})
	match(t, "/tasks", get(t, f.addr, "/tasks?task_id=t&limit=1&order=asc").json(t), object{"tasks.0.id": "t", "tasks.1": nil})
	match(t, "/tasks beyond", get(t, f.addr, "/tasks?offset=1").json(t), object{"tasks": list{}})
	match(t, "/tasks of none", get(t, f.addr, "/tasks?framework_id=x").json(t), object{"tasks": list{}})
	match(t, "/roles", get(t, f.addr, "/roles").json(t), object{"roles.0.name": "*", "roles.0.frameworks.0": f.id, "roles.0.weight": 1})
	keys(t, "/flags", get(t, f.addr, "/flags").json(t)["flags"], "allocation_interval", "work_dir", "agent_ping_timeout")
	keys(t, "/state-summary", get(t, f.addr, "/state-summary").json(t), "hostname", "slaves", "frameworks", "cluster")
	match(t, "/version", get(t, f.addr, "/version").json(t), object{"version": "1.12.0"})
	if a := get(t, f.addr, "/state?jsonp=fn"); !strings.HasPrefix(a.body, "fn({") || !strings.HasSuffix(a.body, "});") {
		t.Errorf("jsonp: %.20q", a.body)
	}
	if a := get(t, f.addr, "/health"); a.status != 200 {
		t.Errorf("/health %d", a.status)
	}
	z := ask(t, "GET", f.addr, "/state", map[string][]string{"Accept-Encoding": {"gzip"}}, nil)
	if z.header.Get("Content-Encoding") != "gzip" {
		t.Error("/state is not compressed")
	}
}

// The metrics that dashboards use (7.1).
func TestMetrics(t *testing.T) {
	t.Parallel()
	f := solo(t, with(info("PARTITION_AWARE"), "name", "a name"))
	o := f.offer()
	f.launch(o, task("ok", o, "exit 0"))
	f.expect("ok", "TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED")
	o = f.offer()
	f.launch(o, task("no", o, "exit 1"), task("a/b", o, "x"))
	f.expect("a/b", "TASK_ERROR")
	f.expect("no", "TASK_STARTING", "TASK_RUNNING", "TASK_FAILED")
	o = f.offer()
	f.run("on", o)
	f.decline(refuse(3600), f.offer())
	f.quiet("DECLINE")
	out := get(t, f.addr, "/metrics/snapshot").json(t)
	names := []string{"master/elected", "master/uptime_secs", "master/event_queue_messages", "master/event_queue_dispatches", "master/event_queue_http_requests"}
	for _, s := range []string{
		"staging", "starting", "running", "killing", "unreachable", "finished", "failed", "killed", "lost", "error", "dropped", "gone",
		"gone_by_operator",
	} {
		names = append(names, "master/tasks_"+s)
	}
	for _, r := range []string{"cpus", "mem", "disk", "gpus"} {
		names = append(names, "master/"+r+"_total", "master/"+r+"_used", "master/"+r+"_percent")
	}
	for _, s := range []string{
		"slaves_active", "slaves_connected", "slaves_unreachable", "slaves_inactive", "slaves_disconnected",
		"frameworks_active", "frameworks_connected", "frameworks_disconnected", "frameworks_inactive",
	} {
		names = append(names, "master/"+s)
	}
	prefix := "master/frameworks/" + url.PathEscape("a name") + "/" + f.id + "/"
	for _, s := range []string{"subscribed", "calls", "events", "offers/sent", "offers/accepted", "offers/declined", "offers/rescinded", "operations"} {
		names = append(names, prefix+s)
	}
	keys(t, "/metrics/snapshot", out, names...)
	match(t, "/metrics/snapshot", out, object{
		"master/elected": 1, "master/slaves_active": 1, "master/frameworks_connected": 1, "master/cpus_total": 4, "master/cpus_used": 0.1,
		"master/tasks_running": 1, "master/tasks_finished": 1, "master/tasks_failed": 1, "master/tasks_error": 1,
		prefix + "subscribed": 1, prefix + "calls/accept": 3, prefix + "offers/accepted": 3, prefix + "offers/declined": 1,
		prefix + "tasks/active/task_running": 1, prefix + "tasks/terminal/task_finished": 1, prefix + "events/subscribed": 1,
		prefix + "calls/subscribe": 1,
	})
	all := f.operate("GET_METRICS", object{"timeout": object{"nanoseconds": 1e9}})
	if len(items(all, "get_metrics.metrics")) < len(names) {
		t.Errorf("GET_METRICS has %d", len(items(all, "get_metrics.metrics")))
	}
	order(t, f.addr, "GET_METRICS", nil).is(t, "GET_METRICS", 400, "Failed to validate master::Call: Expecting 'get_metrics' to be present")
}

// What an operator's calls lack (7.1).
func TestOperatorValidation(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	const prefix = "Failed to validate master::Call: "
	ask(t, "POST", m.addr, operatorPath, jsonHeaders(), object{}).is(t, "no type", 400, prefix+"Expecting 'type' to be present")
	for _, kind := range []string{
		"TEARDOWN", "MARK_AGENT_GONE", "DRAIN_AGENT", "DEACTIVATE_AGENT", "REACTIVATE_AGENT", "UPDATE_MAINTENANCE_SCHEDULE",
		"START_MAINTENANCE", "STOP_MAINTENANCE", "LIST_FILES", "READ_FILE", "GET_METRICS", "SET_LOGGING_LEVEL", "UPDATE_WEIGHTS",
		"RESERVE_RESOURCES", "UNRESERVE_RESOURCES", "CREATE_VOLUMES", "DESTROY_VOLUMES", "GROW_VOLUME", "SHRINK_VOLUME", "UPDATE_QUOTA",
		"SET_QUOTA", "REMOVE_QUOTA",
	} {
		order(t, m.addr, kind, nil).is(t, kind, 400, prefix+"Expecting '"+strings.ToLower(kind)+"' to be present")
	}
	order(t, m.addr, "TEARDOWN", object{"framework_id": object{"value": "x"}}).
		is(t, "TEARDOWN", 400, "No framework found with specified ID")
	for _, kind := range []string{
		"GET_HEALTH", "GET_VERSION", "GET_FLAGS", "GET_MASTER", "GET_AGENTS", "GET_FRAMEWORKS", "GET_EXECUTORS", "GET_TASKS", "GET_ROLES",
		"GET_STATE", "GET_MAINTENANCE_STATUS", "GET_MAINTENANCE_SCHEDULE", "GET_OPERATIONS", "GET_WEIGHTS",
		"GET_QUOTA", "GET_LOGGING_LEVEL",
	} {
		a := order(t, m.addr, kind, nil)
		if a.status != 200 {
			t.Errorf("%s: %d %q", kind, a.status, a.body)
			continue
		}
		match(t, kind, a.json(t), object{"type": kind})
	}
	order(t, m.addr, "SET_LOGGING_LEVEL", object{"level": 1, "duration": object{"nanoseconds": 1}}).is(t, "SET_LOGGING_LEVEL", 200, "")
	order(t, m.addr, "UPDATE_WEIGHTS", object{}).is(t, "what is left out", 501, "501 Not Implemented.")
	order(t, m.addr, "READ_FILE", object{"path": "/x", "offset": 0}).is(t, "a file of the master", 404, "")
	f := subscribe(t, m.addr, info())
	form := map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}}
	ask(t, "POST", m.addr, "/teardown", form, "frameworkId=nope").is(t, "nope", 400, "No framework found with specified ID")
	const missing = "Missing 'frameworkId' query parameter in the request body"
	ask(t, "POST", m.addr, "/teardown?frameworkId="+f.id, form, "").is(t, "in the query", 400, missing)
	ask(t, "POST", m.addr, "/teardown", form, "frameworkId=").is(t, "empty", 400, "No framework found with specified ID")
	ask(t, "GET", m.addr, "/teardown", form, "").is(t, "GET", 405, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.")
	ask(t, "POST", m.addr, "/master/teardown", jsonHeaders(), "frameworkId="+f.id).is(t, "teardown", 200, "")
	f.ended()
}

func TestCheck80Files(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	dir := t.TempDir()
	a := startAgent(t, m, func(o *agent.Options) { o.WorkDir = dir })
	f := subscribe(t, m.addr, info())
	o := f.offer()
	f.launch(o, task("t", o, "echo hello world; mkdir sub; echo x > sub/file; sleep 1000"))
	f.expect("t", "TASK_STARTING", "TASK_RUNNING")
	virtual := "/frameworks/" + f.id + "/executors/t/runs/latest"
	inside, err := filepath.EvalSymlinks(sandboxOf(t, dir, "t"))
	if err != nil {
		t.Fatal(err)
	}
	container := filepath.Base(inside)
	testwait.Until(t, "the task wrote", func() bool {
		b, err := os.ReadFile(filepath.Join(inside, "sub", "file"))
		return err == nil && len(b) > 0
	})
	stdout, err := os.ReadFile(filepath.Join(inside, "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	size := len(stdout)
	read := func(query string) answer { return get(t, a.addr, "/slave(1)/files/read?"+query) }
	match(t, "no offset", read("path="+virtual+"/stdout").json(t), object{"data": "", "offset": size})
	match(t, "offset -1", read("path="+virtual+"/stdout&offset=-1").json(t), object{"data": "", "offset": size})
	match(t, "part", read("path="+virtual+"/stdout&offset=0&length=5").json(t), object{"data": string(stdout[:5]), "offset": 0})
	match(t, "all", read("path="+virtual+"/stdout&offset=0").json(t), object{"data": string(stdout), "offset": 0})
	match(t, "beyond", read("path="+virtual+"/stdout&offset=100000").json(t), object{"data": ""})
	match(t, "below", read("path="+virtual+"/sub/file&offset=0").json(t), object{"data": "x\n"})
	match(t, "inside path", read("path="+url.QueryEscape(inside+"/stdout")+"&offset=0&length=5").json(t), object{"data": string(stdout[:5])})
	if got := get(t, a.addr, "/files/read?path="+virtual+"/stdout&offset=0&length=5"); got.status != 200 {
		t.Errorf("without /slave(1): %d", got.status)
	}
	read("path="+virtual).is(t, "directory", 400, "Cannot read a directory.\n")
	read("").is(t, "no path", 400, "Expecting 'path=value' in query.\n")
	for _, path := range []string{
		virtual + "/nope", virtual + "/stdout/below", "/etc/passwd", "/frameworks", filepath.Dir(virtual), filepath.Dir(virtual) + "/" + container,
		filepath.Dir(inside),
	} {
		read("path="+path).is(t, path, 404, "")
		get(t, a.addr, "/files/browse?path="+path).is(t, "browse "+path, 404, "")
		get(t, a.addr, "/files/download?path="+path).is(t, "download "+path, 404, "404 Not Found.")
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(inside, "sub", "out")); err != nil {
		t.Fatal(err)
	}
	read("path="+virtual+"/sub/out").is(t, "a way out", 400, "'"+filepath.Join(filepath.Dir(inside), "latest/sub/out")+"' is inaccessible.\n")
	const nope = "path=/nope" // Parameters come first.
	read(nope+"&offset=x").is(t, "offset", 400, "Failed to parse offset: Failed to convert 'x' to number.\n")
	read(nope+"&offset=").is(t, "no number", 400, "Failed to parse offset: Failed to convert '' to number.\n")
	read(nope+"&offset=-2").is(t, "negative offset", 400, "Negative offset provided: -2.\n")
	read(nope+"&length=x").is(t, "length", 400, "Failed to parse length: Failed to convert 'x' to number.\n")
	read(nope+"&length=-2").is(t, "negative length", 400, "Negative length provided: -2.\n")
	match(t, "nothing", read("path="+virtual+"/stdout&offset=1&length=0").json(t), object{"data": "", "offset": 1})
	match(t, "length -1", read("path="+virtual+"/stdout&offset=1&length=-1").json(t), object{"data": string(stdout[1:]), "offset": 1})
	if got := read("path=" + virtual + "/stdout&jsonp=f"); got.header.Get("Content-Type") != "text/javascript" || !strings.HasPrefix(got.body, "f({") {
		t.Errorf("jsonp: %v %q", got.header, got.body)
	}
	get(t, a.addr, "/files/browse?path="+virtual+"/stdout").is(t, "browse a file", 200, "[]")
	get(t, a.addr, "/files/download?path="+virtual).is(t, "download a directory", 400, "Cannot download a directory.\n")
	debug := get(t, a.addr, "/files/debug").json(t)
	for _, path := range []string{virtual, inside, filepath.Join(filepath.Dir(inside), "latest")} {
		if debug[path] != inside {
			t.Errorf("%s is %v in %v", path, debug[path], debug)
		}
	}
	var seen []string
	for _, x := range decodeList(t, get(t, a.addr, "/files/browse?path="+virtual).body) {
		keys(t, "browse", x, "path", "nlink", "size", "mtime", "mode", "uid", "gid")
		if mtime := number(x, "mtime"); mtime != math.Trunc(mtime) || mtime == 0 {
			t.Errorf("mtime %f is no whole second", mtime)
		}
		seen = append(seen, filepath.Base(text(x, "path"))+" "+text(x, "mode")[:1])
	}
	if want := "stderr -,stdout -,sub d"; strings.Join(seen, ",") != want {
		t.Errorf("browse %v, want %s", seen, want)
	}
	down := get(t, a.addr, "/files/download?path="+virtual+"/stdout")
	if down.body != string(stdout) || down.header.Get("Content-Type") != "application/octet-stream" || down.header.Get("Content-Disposition") == "" {
		t.Errorf("download %v %q", down.header, down.body)
	}
	match(t, "READ_FILE", operate(t, a.addr, "READ_FILE", object{"path": virtual + "/stdout", "offset": 1, "length": 4}),
		object{"read_file.size": size, "read_file.data": base64.StdEncoding.EncodeToString(stdout[1:5])})
	if got := items(operate(t, a.addr, "LIST_FILES", object{"path": virtual}), "list_files.file_infos"); len(got) != 3 {
		t.Errorf("LIST_FILES %v", got)
	}
	order(t, a.addr, "READ_FILE", object{"path": "/nope", "offset": 0}).is(t, "READ_FILE of nothing", 404, "")
	order(t, a.addr, "READ_FILE", object{"path": virtual, "offset": 0}).is(t, "READ_FILE", 400, "Cannot read a directory.\n")
	order(t, a.addr, "LIST_FILES", object{"path": "/nope"}).is(t, "LIST_FILES of nothing", 404, "")
}

// The rest of an agent's API (7.2).
func TestAgentAPI(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	a := startAgent(t, m)
	f := subscribe(t, m.addr, info())
	o := f.offer()
	f.launch(o, task("t", o, "sleep 1000"))
	s := f.expect("t", "TASK_STARTING", "TASK_RUNNING")
	container := text(s, "container_status.container_id.value")
	call := func(kind string, body any) answer {
		c := object{"type": kind}
		if body != nil {
			c[strings.ToLower(kind)] = body
		}
		return ask(t, "POST", a.addr, "/slave(1)/api/v1", jsonHeaders(), c)
	}
	st := get(t, a.addr, "/state").json(t)
	match(t, "/state", st, object{
		"frameworks.0.id": f.id, "frameworks.0.executors.0.id": "t", "frameworks.0.executors.0.container": container,
		"frameworks.0.executors.0.tasks.0.id": "t", "frameworks.0.executors.0.tasks.0.state": "TASK_RUNNING", "id": agentOf(o),
	})
	match(t, "GET_CONTAINERS", call("GET_CONTAINERS", nil).json(t), object{"get_containers.containers.0.container_id.value": container})
	match(t, "GET_TASKS", call("GET_TASKS", nil).json(t), object{
		"get_tasks.launched_tasks.0.task_id.value": "t", "get_tasks.launched_tasks.0.state": "TASK_RUNNING",
	})
	match(t, "GET_STATE", call("GET_STATE", nil).json(t), object{"get_state.get_tasks.launched_tasks.0.task_id.value": "t"})
	match(t, "GET_HEALTH", call("GET_HEALTH", nil).json(t), object{"get_health.healthy": true})
	for _, path := range []string{"/containers", "/monitor/statistics", "/slave(1)/monitor/statistics"} {
		got := decodeList(t, get(t, a.addr, path).body)
		if len(got) != 1 {
			t.Fatalf("%s: %v", path, got)
		}
		match(t, path, got[0], object{"executor_id": "t", "framework_id": f.id, "statistics.cpus_limit": 0.1})
	}
	id := func(v string) object { return object{"container_id": object{"value": v}} }
	child := object{"container_id": object{"value": "c", "parent": object{"value": "nope"}}, "command": object{"value": "x"}}
	call("LAUNCH_NESTED_CONTAINER", child).is(t, "unknown parent", 400, "Parent container nope does not exist")
	call("ATTACH_CONTAINER_OUTPUT", id("nope")).is(t, "unknown", 404, "Container nope cannot be found")
	call("ATTACH_CONTAINER_OUTPUT", id(container)).is(t, "command task", 500, "I/O switchboard server was disabled for this container")
	if got := call("PRUNE_IMAGES", nil); got.status != 501 {
		t.Errorf("what is left out answers %d %q", got.status, got.body)
	}
	ask(t, "POST", a.addr, operatorPath, map[string][]string{}, "{}").is(t, "no Content-Type", 400, "Expecting 'Content-Type' to be present")
	bad := ask(t, "POST", a.addr, operatorPath, jsonHeaders(), "x")
	if bad.status != 400 || !strings.HasPrefix(bad.body, "Failed to parse body into JSON: ") {
		t.Errorf("%d %q", bad.status, bad.body)
	}
	if got := ask(t, "POST", a.addr, operatorPath, jsonHeaders("Accept", "text/html"), object{"type": "GET_HEALTH"}); got.status != 406 {
		t.Errorf("Accept: %d %q", got.status, got.body)
	}
	match(t, "metrics", get(t, a.addr, "/metrics/snapshot").json(t), object{"slave/registered": 1, "slave/tasks_running": 1})
}
