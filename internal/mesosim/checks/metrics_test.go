package checks_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// The counters of a master and of a framework, by Mesos' names; those that count
// nothing are zero (7.1).
func TestCounters(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	s := watch(t, m)
	startAgent(t, m)
	f := subscribe(t, m.addr, with(info("PARTITION_AWARE"), "name", "é a/b~c:d"))
	o := f.offer()
	f.launch(o, task("t", o, "sleep 1000"))
	f.expect("t", "TASK_STARTING", "TASK_RUNNING")
	o = f.offer()
	f.decline(refuse(3600), o)
	f.accept(list{}, refuse(3600), list{})
	f.call("REVIVE", nil)
	f.offer()
	f.call("SUPPRESS", nil)
	f.call("REQUEST", object{"requests": list{}})
	f.call("RECONCILE_OPERATIONS", object{"operations": list{}})
	f.call("MESSAGE", object{"agent_id": o["agent_id"], "executor_id": object{"value": "x"}, "data": "eA=="})
	f.kill("t", agentOf(o), nil)
	f.expect("t", "TASK_KILLED")
	f.quiet("the last acknowledgement")
	got := get(t, m.addr, "/metrics/snapshot").json(t)
	match(t, "master", got, object{
		"master/messages_register_framework": 1, "master/messages_reregister_framework": 0, "master/messages_register_slave": 1,
		"master/slave_registrations": 1, "master/slave_reregistrations": 0, "master/slave_removals/reason_unregistered": 0,
		"master/messages_launch_tasks": 1, "master/messages_decline_offers": 2, "master/messages_revive_offers": 1,
		"master/messages_suppress_offers": 1, "master/messages_kill_task": 1, "master/messages_resource_request": 1,
		"master/messages_reconcile_operations": 1, "master/messages_framework_to_executor": 1, "master/messages_status_update": 3,
		"master/valid_status_updates": 3, "master/messages_status_update_acknowledgement": 3, "master/outstanding_offers": 1,
		"master/operator_event_stream_subscribers": 1, "master/dropped_messages": 0, "master/messages_accept": nil,
	})
	prefix := "master/frameworks/%C3%A9%20a%2Fb%7Ec%3Ad/" + f.id + "/"
	match(t, "framework", got, object{
		prefix + "subscribed": 1, prefix + "calls/request": 1, prefix + "calls/teardown": 0, prefix + "calls/unknown": nil,
		prefix + "events/update":  4, // with the answer to the barrier
		prefix + "events/rescind": 0, prefix + "operations": 1, prefix + "operations/launch": 1,
		prefix + "operations/reserve": 0, prefix + "tasks/active/task_running": 0, prefix + "tasks/terminal/task_killed": 1,
		prefix + "tasks/terminal/task_lost": 0, prefix + "tasks/active/task_unreachable": 0,
	})
	m2 := subscribe(t, m.addr, f.info)
	match(t, "again", get(t, m.addr, "/metrics/snapshot").json(t), object{"master/messages_reregister_framework": 1})
	m2.call("TEARDOWN", nil)
	s.cancel()
	testwait.Until(t, "the operator is gone", func() bool {
		return number(get(t, m.addr, "/metrics/snapshot").json(t), "master/operator_event_stream_subscribers") == 0
	})
}
