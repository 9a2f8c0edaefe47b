package checks_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// taskOf is what GET_TASKS shows of a task that the master holds.
func taskOf(t *testing.T, addr, id string) object {
	t.Helper()
	for _, x := range items(operate(t, addr, "GET_TASKS", nil), "get_tasks.tasks") {
		if text(x, "task_id.value") == id {
			return x.(object)
		}
	}
	return nil
}

// A status has the fields of 4.1 and 4.3.
func TestStatusFields(t *testing.T) {
	t.Parallel()
	f := solo(t, info())
	o := f.offer()
	f.launch(o, task("t", o, "sleep 1000"))
	for _, state := range []string{"TASK_STARTING", "TASK_RUNNING"} {
		s := f.status()
		match(t, state, s, object{
			"state": state, "source": "SOURCE_EXECUTOR", "executor_id.value": "t", "agent_id": o["agent_id"], "message": nil, "reason": nil,
			"data": nil, "healthy": nil, "container_status.network_infos.0.ip_addresses.0.ip_address": "127.0.0.1",
			"container_status.network_infos.0.ip_addresses.0.protocol": "IPv4",
		})
		uuid, err := base64.StdEncoding.DecodeString(text(s, "uuid"))
		if err != nil || len(uuid) != 16 || uuid[6]>>4 != 4 {
			t.Errorf("uuid %v, %v", uuid, err)
		}
		if text(s, "container_status.container_id.value") == "" || number(s, "timestamp") == 0 {
			t.Errorf("%v", s)
		}
		f.ack(s)
	}
	f.kill("t", agentOf(o), nil)
	match(t, "end", f.expect("t", "TASK_KILLED"), object{"message": "Command terminated with signal Terminated", "reason": nil, "healthy": nil})
}

func TestCheck56Retry(t *testing.T) {
	t.Parallel()
	f := solo(t, info())
	o := f.offer()
	at := time.Now()
	f.launch(o, task("t", o, "sleep 1000"))
	first := f.status()
	match(t, "first", first, object{"state": "TASK_STARTING"})
	match(t, "before it is resent", taskOf(t, f.addr, "t"), object{"state": "TASK_STARTING", "status_update_state": "TASK_STARTING"})
	second := f.status()
	if gap := time.Since(at); gap < 10*time.Second || gap > testwait.Patience/2 {
		t.Errorf("resent after %s", gap)
	}
	match(t, "second", second, object{"uuid": first["uuid"], "state": first["state"], "timestamp": first["timestamp"]})
	// Only now the master learns what became of the task meanwhile.
	match(t, "after it was resent", taskOf(t, f.addr, "t"), object{
		"state": "TASK_RUNNING", "status_update_state": "TASK_STARTING", "status_update_uuid": first["uuid"],
	})
	f.ack(second)
	f.expect("t", "TASK_RUNNING")
	f.ack(first) // once too often: ignored
	f.quiet("a repeated acknowledgement")
}

func TestCheck59Kill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := solo(t, info("TASK_KILLING_STATE"), func(x *agentOptions) { x.WorkDir = dir })
	g := subscribe(t, f.addr, info())
	o := f.offer()
	agentID := agentOf(o)
	f.run("t", o)
	f.kill("t", agentID, nil)
	match(t, "killing", f.expect("t", "TASK_KILLING"), object{"message": nil, "reason": nil, "source": "SOURCE_EXECUTOR"})
	match(t, "killed", f.expect("t", "TASK_KILLED"), object{"message": "Command terminated with signal Terminated", "reason": nil})
	f.call("SUPPRESS", nil)
	f.cancel()
	p := g.offer()
	deaf := "trap '' TERM; echo deaf; while :; do sleep 1; done"
	g.launch(p, task("plain", p, "sleep 1000"), task("deaf", p, deaf, "kill_policy", object{"grace_period": nanos(1e9)}))
	seen := map[string]string{}
	for len(seen) < 2 || seen["plain"] != "TASK_RUNNING" || seen["deaf"] != "TASK_RUNNING" {
		s := g.status()
		seen[text(s, "task_id.value")] = text(s, "state")
		g.ack(s)
	}
	awaitWritten(t, dir, "deaf", "deaf")
	g.kill("plain", agentID, nil)
	match(t, "without the capability", g.expect("plain", "TASK_KILLED"), object{"message": "Command terminated with signal Terminated"})
	at := time.Now()
	g.kill("deaf", agentID, nil)
	match(t, "deaf", g.expect("deaf", "TASK_KILLED"), object{"message": "Command terminated with signal Killed"})
	if gap := time.Since(at); gap < time.Second {
		t.Errorf("killed after %s", gap)
	}
}

// The grace of a KILL is not that of a command task (4.3).
func TestCheck89KillPolicyOfTheCall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := solo(t, info(), func(x *agentOptions) { x.WorkDir = dir })
	o := f.offer()
	f.launch(o, task("deaf", o, "trap '' TERM; echo deaf; while :; do sleep 1; done"))
	f.expect("deaf", "TASK_STARTING", "TASK_RUNNING")
	awaitWritten(t, dir, "deaf", "deaf")
	at := time.Now()
	f.kill("deaf", agentOf(o), object{"grace_period": nanos(0)})
	match(t, "deaf", f.expect("deaf", "TASK_KILLED"), object{"message": "Command terminated with signal Killed"})
	if gap := time.Since(at); gap < 3*time.Second {
		t.Errorf("killed after %s: the grace of commands is three seconds", gap)
	}
}

func TestCheck62HealthCheck(t *testing.T) {
	t.Parallel()
	f := solo(t, info("TASK_KILLING_STATE"))
	o := f.offer()
	check := object{
		"command": object{"value": "exit 1"}, "delay_seconds": 0, "grace_period_seconds": 0, "interval_seconds": 1, "consecutive_failures": 2,
	}
	f.launch(o, task("t", o, "sleep 1000", "health_check", check))
	f.expect("t", "TASK_STARTING")
	match(t, "running", f.expect("t", "TASK_RUNNING"), object{"healthy": nil, "reason": nil})
	for range 2 {
		match(t, "unhealthy", f.expect("t", "TASK_RUNNING"), object{
			"healthy": false, "reason": "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED", "source": "SOURCE_EXECUTOR", "data": nil,
		})
	}
	match(t, "killing", f.expect("t", "TASK_KILLING"), object{"reason": nil})
	match(t, "killed", f.expect("t", "TASK_KILLED"), object{"healthy": false, "reason": nil})
}

// What agents say of tasks that never ran (4.2).
func TestLaunchFailures(t *testing.T) {
	t.Parallel()
	f := solo(t, info("PARTITION_AWARE"))
	o := f.offer()
	f.launch(o, task("uri", o, "", "command", object{"value": "x", "uris": list{object{"value": "/no/such/file"}}}))
	s := f.expect("uri", "TASK_FAILED")
	match(t, "fetch", s, object{"source": "SOURCE_AGENT", "reason": "REASON_CONTAINER_LAUNCH_FAILED", "executor_id.value": "uri"})
	match(t, "container status", s, object{"container_status": nil})
	const prefix, suffix = "Failed to launch container: Failed to fetch all URIs for container '", "': exited with status 1"
	if why := text(s, "message"); !strings.HasPrefix(why, prefix) || !strings.HasSuffix(why, suffix) {
		t.Errorf("message %q", why)
	}
	o = f.offer()
	docker := object{"type": "DOCKER", "docker": object{"image": "x"}}
	f.launch(o, task("docker", o, "x", "container", docker))
	match(t, "no such containerizer", f.expect("docker", "TASK_FAILED"), object{
		"source": "SOURCE_AGENT", "reason": "REASON_EXECUTOR_TERMINATED", "message": "Abnormal executor termination: unknown container",
	})
	o = f.offer()
	f.launch(o, task("limits", o, "x", "limits", object{"mem": object{"value": 64}}))
	match(t, "limits", f.expect("limits", "TASK_DROPPED"), object{
		"source": "SOURCE_AGENT", "reason": "REASON_GC_ERROR", "executor_id": nil,
		"message": "Memory limits can only be set on tasks launched in Mesos containers when the agent has loaded the 'cgroups/mem' isolator",
	})
	o = f.offer()
	f.launch(o, task("empty", o, "", "command", object{}))
	f.expect("empty", "TASK_STARTING")
	match(t, "no command", f.expect("empty", "TASK_FAILED"), object{
		"source": "SOURCE_AGENT", "reason": "REASON_EXECUTOR_TERMINATED", "message": "Executor terminated", "container_status": nil,
	})
}

func TestCheck71TerminalUnacknowledged(t *testing.T) {
	t.Parallel()
	f := solo(t, info("PARTITION_AWARE"))
	o := f.offer()
	agentID := agentOf(o)
	f.launch(o, task("t", o, "exit 0"))
	f.expect("t", "TASK_STARTING")
	running := f.status()
	match(t, "head", running, object{"state": "TASK_RUNNING"})
	f.call("RECONCILE", object{})
	match(t, "implicit", f.status(), object{
		"state": "TASK_RUNNING", "message": "Reconciliation: Latest task state", "uuid": nil, "source": "SOURCE_MASTER",
	})
	f.ack(running)
	last := f.status()
	match(t, "end", last, object{"state": "TASK_FINISHED"})
	f.call("RECONCILE", object{})
	match(t, "unacknowledged", f.status(), object{"state": "TASK_FINISHED", "message": "Reconciliation: Latest task state", "uuid": nil})
	f.ack(last)
	match(t, "acknowledged", f.reconcile("t", agentID), object{"state": "TASK_GONE", "message": "Reconciliation: Task is unknown to the agent"})
	f.call("RECONCILE", object{})
	f.quiet("nothing to reconcile")
}

// The table of 5.1, row by row, with and without PARTITION_AWARE.
func TestReconciliationTable(t *testing.T) {
	t.Parallel()
	m := startMaster(t, quickPings)
	startAgent(t, m, simulated)
	lost, gone := startAgent(t, m, simulated), startAgent(t, m, simulated)
	f, g := subscribe(t, m.addr, info("PARTITION_AWARE")), subscribe(t, m.addr, info())
	byPort := map[float64]object{}
	f.call("REVIVE", nil)
	for len(byPort) < 3 {
		for _, x := range items(operate(t, m.addr, "GET_AGENTS", nil), "get_agents.agents") {
			byPort[number(x, "agent_info.port")] = x.(object)
		}
	}
	agentAt := func(n *node) string { return text(byPort[float64(portOf(t, n.addr))], "agent_info.id.value") }
	lostID, goneID := agentAt(lost), agentAt(gone)
	var liveID string
	for _, x := range byPort {
		if id := text(x, "agent_info.id.value"); id != lostID && id != goneID {
			liveID = id
		}
	}
	operate(t, m.addr, "MARK_AGENT_GONE", object{"agent_id": object{"value": goneID}})
	lost.stop()
	for _, x := range []*framework{f, g} {
		for failures := 0; failures < 2; {
			if e := x.next(); e["type"] == "FAILURE" {
				failures++
			}
		}
	}
	for _, c := range []struct{ agent, state, message string }{
		{"", "TASK_UNKNOWN", "Task is unknown"},
		{"nobody", "TASK_UNKNOWN", "Task is unknown"},
		{liveID, "TASK_GONE", "Task is unknown to the agent"},
		{lostID, "TASK_UNREACHABLE", "Task is unreachable"},
		{goneID, "TASK_GONE_BY_OPERATOR", "Task is gone"},
	} {
		for _, x := range []*framework{f, g} {
			s := x.reconcile("t", c.agent)
			want := object{
				"state": c.state, "message": "Reconciliation: " + c.message, "reason": "REASON_RECONCILIATION", "source": "SOURCE_MASTER",
				"uuid": nil, "executor_id": nil, "agent_id": nil, "unreachable_time": nil,
			}
			if x == g {
				want["state"] = "TASK_LOST"
			}
			if c.agent != "" {
				want["agent_id"] = object{"value": c.agent}
			}
			if c.agent == lostID {
				delete(want, "unreachable_time")
				if at(s, "unreachable_time.nanoseconds") == nil {
					t.Errorf("%v has no time", s)
				}
			}
			match(t, c.message, s, want)
			// KILL of an unknown task asks the same.
			x.call("KILL", with(object{"task_id": object{"value": "k"}}, "agent_id", want["agent_id"]))
			match(t, "KILL", x.status(), object{"message": "Reconciliation: " + c.message, "state": want["state"]})
		}
	}
	for _, c := range []struct{ agent, state, message string }{
		{"", "OPERATION_UNKNOWN", "Operation is unknown and no 'agent_id' was provided"},
		{"nobody", "OPERATION_UNKNOWN", "Both operation and agent are unknown"},
		{liveID, "OPERATION_UNKNOWN", "Operation is unknown"},
		{lostID, "OPERATION_UNREACHABLE", "Agent is unreachable"},
		{goneID, "OPERATION_GONE_BY_OPERATOR", "Agent marked gone by operator"},
	} {
		q := object{"operation_id": object{"value": "o"}}
		if c.agent != "" {
			q["agent_id"] = object{"value": c.agent}
		}
		f.call("RECONCILE_OPERATIONS", object{"operations": list{q}})
		match(t, c.message, f.wait("UPDATE_OPERATION_STATUS"), object{
			"update_operation_status.status.state": c.state, "update_operation_status.status.message": "Reconciliation: " + c.message,
			"update_operation_status.status.uuid": nil, "update_operation_status.status.operation_id.value": "o",
		})
	}
}

// While agents are recovered but not back, nothing is said of what they may
// have (5.1, 5.2).
func TestNoAnswerWhileAgentsAreAway(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info("PARTITION_AWARE"))
	o := f.offer()
	f.run("t", o)
	a.stop()
	m.stop()
	f.ended()
	n := m.again()
	g := subscribe(t, n.addr, f.info)
	g.seen = f.seen
	if g.id != f.id {
		t.Errorf("id %q became %q", f.id, g.id)
	}
	agentID := agentOf(o)
	ask := func(id string, agent any) {
		g.call("RECONCILE", object{"tasks": list{with(object{"task_id": object{"value": id}}, "agent_id", agent)}})
	}
	ask("t", object{"value": agentID})
	ask("t", nil)
	g.call("KILL", object{"task_id": object{"value": "t"}, "agent_id": object{"value": agentID}})
	ask("u", object{"value": "nobody"}) // the only one that is answered
	match(t, "answered", g.status(), object{"task_id.value": "u", "state": "TASK_UNKNOWN"})
	g.call("RECONCILE_OPERATIONS", object{"operations": list{object{"operation_id": object{"value": "o"}, "agent_id": object{"value": agentID}}}})
	match(t, "operation", g.wait("UPDATE_OPERATION_STATUS"), object{
		"update_operation_status.status.state":   "OPERATION_RECOVERING",
		"update_operation_status.status.message": "Reconciliation: Agent is recovered but has not re-registered",
	})
	match(t, "agents", operate(t, n.addr, "GET_AGENTS", nil), object{"get_agents.recovered_agents.0.id.value": agentID, "get_agents.agents": list{}})
	a.again()
	g.offer()
	match(t, "back", g.reconcile("t", agentID), object{"state": "TASK_RUNNING", "message": "Reconciliation: Latest task state"})
}
