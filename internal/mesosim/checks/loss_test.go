package checks_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// quickPings has a master give up agents soon, and yet not those that are slow to
// answer because the machine has other things to do.
func quickPings(o *master.Options) { o.PingTimeout, o.MaxPingTimeouts = 500*time.Millisecond, 8 }

// loud takes the next ones but heartbeats, offers and rescinds.
func (f *framework) loud(n int) []object {
	f.t.Helper()
	var out []object
	for len(out) < n {
		e := f.next()
		f.keep(e)
		switch e["type"] {
		case "HEARTBEAT", "OFFERS", "RESCIND":
		default:
			out = append(out, e)
		}
	}
	return out
}

func TestCheck74LinkBreakWithoutCheckpoint(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, with(info("PARTITION_AWARE"), "checkpoint", false))
	o := f.offer()
	f.run("t", o)
	held := f.offer()
	a.stop()
	rescinded := false
	for {
		e := f.next()
		if e["type"] == "RESCIND" {
			rescinded = text(e, "rescind.offer_id.value") == idOf(held)
			continue
		}
		if e["type"] == "UPDATE" {
			match(t, "status", at(e, "update.status"), object{
				"state": "TASK_LOST", "source": "SOURCE_MASTER", "reason": "REASON_AGENT_DISCONNECTED",
				"message": "Agent 127.0.0.1 disconnected", "uuid": nil, "agent_id": o["agent_id"],
			})
			break
		}
	}
	for !rescinded {
		rescinded = text(f.wait("RESCIND"), "rescind.offer_id.value") == idOf(held)
	}
	f.quiet("no FAILURE yet")
	match(t, "reconciled", f.reconcile("t", agentOf(o)), object{"state": "TASK_GONE"}) // it counts as registered
}

// What an unreachable agent means, for frameworks with and without
// PARTITION_AWARE (5.3).
func TestUnreachableAgent(t *testing.T) {
	t.Parallel()
	m := startMaster(t, quickPings)
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info("PARTITION_AWARE"))
	o := f.offer()
	f.run("f", o)
	f.call("SUPPRESS", nil)
	f.quiet("SUPPRESS")
	f.decline(refuse(0), f.offers...)
	f.offers = nil
	g := subscribe(t, m.addr, info())
	p := g.offer()
	g.run("g", p)
	h := subscribe(t, m.addr, info())
	a.stop()
	for id, x := range map[string]*framework{"f": f, "g": g} {
		es := x.loud(2)
		state := "TASK_UNREACHABLE"
		if x == g {
			state = "TASK_LOST"
		}
		match(t, id, es[0], object{
			"update.status.state": state, "update.status.source": "SOURCE_MASTER", "update.status.reason": "REASON_AGENT_REMOVED",
			"update.status.message": "health check timed out", "update.status.uuid": nil, "update.status.agent_id": o["agent_id"],
		})
		if at(es[0], "update.status.unreachable_time.nanoseconds") == nil {
			t.Error("no unreachable_time")
		}
		match(t, id, es[1], object{"type": "FAILURE", "failure.agent_id": o["agent_id"], "failure.executor_id": nil})
	}
	match(t, "a framework without tasks there", h.loud(1)[0], object{"type": "FAILURE"})
	agentID := agentOf(o)
	match(t, "with agent", f.reconcile("f", agentID), object{"state": "TASK_UNREACHABLE"})
	match(t, "without agent", f.reconcile("f", ""), object{"state": "TASK_UNKNOWN", "message": "Reconciliation: Task is unknown"})
	f.call("RECONCILE", object{})
	f.quiet("implicit reconciliation leaves unreachable tasks out")
	match(t, "GET_TASKS", operate(t, m.addr, "GET_TASKS", nil), object{"get_tasks.tasks": list{}, "get_tasks.unreachable_tasks.0.state": "TASK_UNREACHABLE"})
	f.call("REVIVE", nil)
	g.call("SUPPRESS", nil)
	h.call("SUPPRESS", nil)
	b := startAgent(t, m, simulated)
	q := f.offer()
	f.launch(q, task("f", q, "sleep 1000"))
	match(t, "reuse", f.status(), object{"state": "TASK_ERROR", "message": "Task reuses the ID of an unreachable task: f"})
	b.stop()
	for id, x := range map[string]*framework{"f": f, "g": g} {
		match(t, id, x.loud(1)[0], object{"type": "FAILURE"})
	}
	a.again()
	for id, x := range map[string]*framework{"f": f, "g": g} {
		match(t, id, x.loud(1)[0], object{
			"update.status.state": "TASK_RUNNING", "update.status.source": "SOURCE_MASTER", "update.status.reason": "REASON_AGENT_REREGISTERED",
			"update.status.message": "Unreachable agent re-reregistered", "update.status.uuid": nil, "update.status.task_id.value": id,
		})
	}
	match(t, "back", f.reconcile("f", agentID), object{"state": "TASK_RUNNING"})
}

// A disconnected agent that does not come back in time (5.3). The same timer, in
// a master that was restarted, says less (5.2).
func TestReregisterTimeout(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) { o.ReregisterTimeout = 5 * time.Second })
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info("PARTITION_AWARE"))
	o := f.offer()
	f.run("t", o)
	a.stop()
	es := f.loud(2)
	match(t, "status", es[0], object{
		"update.status.state": "TASK_UNREACHABLE", "update.status.message": "agent did not reregister within 5secs after disconnecting",
		"update.status.reason": "REASON_AGENT_REMOVED",
	})
	match(t, "failure", es[1], object{"type": "FAILURE"})
	a.again()
	f.expect("t", "TASK_RUNNING")
}

func TestRecoveredAgentThatStaysAway(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) { o.ReregisterTimeout = 5 * time.Second })
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info("PARTITION_AWARE"))
	o := f.offer()
	f.run("t", o)
	a.stop()
	m.stop()
	n := m.again()
	g := subscribe(t, n.addr, f.info)
	match(t, "only", g.loud(1)[0], object{"type": "FAILURE", "failure.agent_id": o["agent_id"]})
	match(t, "reconciled", g.reconcile("t", agentOf(o)), object{"state": "TASK_UNREACHABLE"})
}

// An agent that says good-bye, and one whose place is taken (5.3).
func TestAgentReplaced(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info("PARTITION_AWARE"))
	o := f.offer()
	f.run("t", o)
	a.stop()
	startAgent(t, m, simulated, func(x *agentOptions) { x.Port = portOf(t, a.addr) }) // of another work_dir
	es := f.loud(2)
	match(t, "status", es[0], object{
		"update.status.state": "TASK_LOST", "update.status.reason": "REASON_AGENT_REMOVED", "update.status.uuid": nil,
		"update.status.message": "Agent 127.0.0.1 removed: a new agent registered at the same address",
	})
	match(t, "failure", es[1], object{"type": "FAILURE", "failure.agent_id": o["agent_id"]})
	match(t, "reconciled", f.reconcile("t", agentOf(o)), object{"state": "TASK_UNKNOWN"})
}

// A kill that could not be delivered is, once the agent is back (1.5, 5.3).
func TestKillIsReplayed(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info("PARTITION_AWARE"))
	o := f.offer()
	f.run("t", o)
	f.offer()
	a.stop()
	f.wait("RESCIND")
	f.kill("t", agentOf(o), nil)
	f.quiet("nobody is there")
	a.again()
	f.expect("t", "TASK_KILLED")
}

// A framework without PARTITION_AWARE, an agent that is gone (5.3).
func TestGoneAgent(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := f.offer()
	f.run("t", o)
	agentID := agentOf(o)
	f.operate("MARK_AGENT_GONE", object{"agent_id": object{"value": agentID}})
	es := f.loud(2)
	match(t, "status", es[0], object{
		"update.status.state": "TASK_LOST", "update.status.reason": "REASON_AGENT_REMOVED", "update.status.message": "Agent has been marked gone",
	})
	match(t, "failure", es[1], object{"type": "FAILURE"})
	nobody := object{"agent_id": object{"value": "nobody"}}
	order(t, f.addr, "MARK_AGENT_GONE", nobody).is(t, "unknown", 404, "Agent 'nobody' not found")
}

func TestCheck77Drain(t *testing.T) {
	t.Parallel()
	f := solo(t, info("PARTITION_AWARE", "TASK_KILLING_STATE"), simulated)
	o := f.offer()
	agentID := o["agent_id"]
	f.run("t", o)
	held := f.offer()
	f.operate("DRAIN_AGENT", object{"agent_id": agentID, "max_grace_period": object{"seconds": 1}})
	if id := text(f.wait("RESCIND"), "rescind.offer_id.value"); id != idOf(held) {
		t.Errorf("RESCIND of %s", id)
	}
	drain := func() object {
		return at(f.operate("GET_AGENTS", nil), "get_agents.agents.0").(object)
	}
	order(t, f.addr, "REACTIVATE_AGENT", object{"agent_id": agentID}).is(t, "a draining agent", 400, "Agent is still in the DRAINING state")
	match(t, "draining", drain(), object{
		"active": false, "deactivated": true, "drain_info.state": "DRAINING", "drain_info.config.max_grace_period.nanoseconds": 1e9,
	})
	match(t, "killing", f.expect("t", "TASK_KILLING"), object{"reason": "REASON_AGENT_DRAINING"})
	match(t, "killed", f.expect("t", "TASK_KILLED"), object{"reason": "REASON_AGENT_DRAINING"})
	testwait.Until(t, "DRAINED", func() bool { return at(drain(), "drain_info.state") == "DRAINED" })
	match(t, "drained", drain(), object{"active": false, "deactivated": true})
	f.unoffered("a drained agent")
	f.operate("REACTIVATE_AGENT", object{"agent_id": agentID})
	f.offer()
	match(t, "active", drain(), object{"active": true, "deactivated": false, "drain_info": nil})
	f.operate("DEACTIVATE_AGENT", object{"agent_id": agentID})
	f.wait("RESCIND")
	f.unoffered("a deactivated agent")
	f.operate("REACTIVATE_AGENT", object{"agent_id": agentID})
	f.offer()
	for kind, want := range map[string]string{
		"DRAIN_AGENT": "Unknown agent", "DEACTIVATE_AGENT": "Unknown agent", "REACTIVATE_AGENT": "Agent is not deactivated",
	} {
		order(t, f.addr, kind, object{"agent_id": object{"value": "nobody"}}).is(t, kind, 400, want)
	}
}

// The kill of a drain that ends with the agent gone is the task's end for its
// framework, whose acknowledgement makes the agent gone at once (5.3).
func TestCheck92DrainAndMarkGone(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	dir := t.TempDir()
	a := startAgent(t, m, func(x *agentOptions) { x.WorkDir = dir })
	f := subscribe(t, m.addr, info("PARTITION_AWARE", "TASK_KILLING_STATE"))
	o := f.offer()
	f.launch(o, task("t", o, "trap '' TERM; while :; do sleep 0.1; echo on; done"))
	f.expect("t", "TASK_STARTING", "TASK_RUNNING")
	operate(t, m.addr, "DRAIN_AGENT", object{"agent_id": o["agent_id"], "mark_gone": true})
	s := at(f.loud(1)[0], "update.status").(object)
	match(t, "gone", s, object{"state": "TASK_GONE_BY_OPERATOR", "reason": "REASON_AGENT_DRAINING", "source": "SOURCE_EXECUTOR"})
	f.ack(s)
	match(t, "failure", f.loud(1)[0], object{"type": "FAILURE", "failure.agent_id": o["agent_id"]})
	match(t, "reconciled", f.reconcile("t", agentOf(o)), object{"state": "TASK_GONE_BY_OPERATOR"})
	f.quiet("nothing follows")
	<-a.done // and nothing of the task goes on
	out := filepath.Join(sandboxOf(t, dir, "t"), "stdout")
	size := func() int64 {
		i, err := os.Stat(out)
		if err != nil {
			t.Fatal(err)
		}
		return i.Size()
	}
	before := size()
	time.Sleep(500 * time.Millisecond)
	if after := size(); after != before {
		t.Errorf("the task of an agent that is gone goes on: %d bytes became %d", before, after)
	}
}

// An agent whose machine is to be maintained cannot be drained (5.3).
func TestDrainOfMaintenance(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated, func(o *agentOptions) { o.Hostname = "one" })
	o := f.offer()
	f.operate("UPDATE_MAINTENANCE_SCHEDULE", maintain(object{"hostname": "one", "ip": "127.0.0.1"}))
	order(t, f.addr, "DRAIN_AGENT", object{"agent_id": o["agent_id"]}).is(t, "a scheduled machine", 400,
		"Agent "+agentOf(o)+" is part of a maintenance schedule under Machine one (127.0.0.1)")
}

// An operation that was not acknowledged when its agent was lost (5.3).
func TestOperationOfAnUnreachableAgent(t *testing.T) {
	t.Parallel()
	m := startMaster(t, quickPings)
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, with(info("MULTI_ROLE", "RESERVATION_REFINEMENT"), "roles", list{"r"}))
	o := f.offer()
	reserved := with(scalar("cpus", 1), "reservations", list{object{"type": "DYNAMIC", "role": "r"}})
	op := object{"type": "RESERVE", "id": object{"value": "op"}, "reserve": object{"resources": list{reserved}}}
	f.accept(list{op}, refuse(0), idsOf(o))
	status := at(f.wait("UPDATE_OPERATION_STATUS"), "update_operation_status.status")
	match(t, "done", status, object{"state": "OPERATION_FINISHED", "operation_id.value": "op", "agent_id": o["agent_id"]})
	if text(status, "uuid.value") == "" {
		t.Error("no uuid")
	}
	a.stop()
	es := f.loud(2)
	match(t, "lost", es[0], object{
		"update_operation_status.status.state": "OPERATION_UNREACHABLE", "update_operation_status.status.uuid": nil,
		"update_operation_status.status.message": "Agent was marked unreachable",
	})
	match(t, "failure", es[1], object{"type": "FAILURE"})
	a.again()
	again := at(f.wait("UPDATE_OPERATION_STATUS"), "update_operation_status.status")
	match(t, "resent", again, object{"state": "OPERATION_FINISHED", "uuid": at(status, "uuid")})
	f.call("ACKNOWLEDGE_OPERATION_STATUS", object{
		"agent_id": o["agent_id"], "operation_id": object{"value": "op"}, "uuid": text(again, "uuid.value"),
	})
	f.call("RECONCILE_OPERATIONS", object{})
	f.quiet("an acknowledged operation")
}

// An agent that is away is marked gone: its tasks are, without another FAILURE, and
// it cannot come back (5.3).
func TestGoneWhileAway(t *testing.T) {
	t.Parallel()
	m := startMaster(t, quickPings)
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info("PARTITION_AWARE"))
	o := f.offer()
	f.run("t", o)
	a.stop()
	f.loud(2) // TASK_UNREACHABLE, FAILURE
	operate(t, m.addr, "MARK_AGENT_GONE", object{"agent_id": o["agent_id"]})
	match(t, "gone", f.loud(1)[0], object{
		"update.status.state": "TASK_GONE_BY_OPERATOR", "update.status.reason": "REASON_AGENT_REMOVED_BY_OPERATOR",
		"update.status.message": "Agent has been marked gone", "update.status.uuid": nil,
	})
	f.quiet("a FAILURE of an agent that failed before")
	tasks := operate(t, m.addr, "GET_TASKS", nil)
	match(t, "GET_TASKS", tasks, object{"get_tasks.unreachable_tasks.0": nil, "get_tasks.completed_tasks.0.state": "TASK_GONE_BY_OPERATOR"})
	match(t, "reconciled", f.reconcile("t", agentOf(o)), object{"state": "TASK_GONE_BY_OPERATOR"})
	a.again()
	f.unoffered("an agent that is gone")

	m.stop()
	n := m.again()
	g := subscribe(t, n.addr, f.info)
	match(t, "the registry knows", g.reconcile("t", agentOf(o)), object{"state": "TASK_GONE_BY_OPERATOR"})
}
