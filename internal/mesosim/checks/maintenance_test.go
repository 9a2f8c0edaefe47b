package checks_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// What is wrong with a schedule, with machines that are to go down, and with those
// that are to come up (2.5).
func TestMaintenanceValidation(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated, func(o *agentOptions) { o.Hostname = "one" })
	f.offer()
	send := func(path string, body any) answer { return ask(t, "POST", f.addr, path, jsonHeaders(), body) }
	one, two := object{"hostname": "ONE", "ip": "127.0.0.1"}, object{"hostname": "two"}
	schedule := func(duration any, machines ...any) object {
		return object{"windows": list{object{
			"machine_ids": list(machines), "unavailability": object{"start": object{"nanoseconds": 1}, "duration": duration},
		}}}
	}
	const text = `Machine '{"hostname":"two"}' `
	for want, body := range map[string]any{
		"List of machines in the maintenance window is empty": schedule(nil),
		"Unavailability 'duration' is negative":               schedule(object{"nanoseconds": -1}, two),
		"Both 'hostname' and 'ip' for a machine are empty":    schedule(nil, object{}),
		"Failed to parse IPv4: ::1":                           schedule(nil, object{"ip": "::1"}),
		text + "appears more than once in the schedule":       schedule(nil, two, one, two),
		"Missing required fields: windows[0].unavailability":  object{"windows": list{object{"machine_ids": list{two}}}},
	} {
		send("/maintenance/schedule", body).is(t, "schedule", 400, want)
	}
	for path, unscheduled := range map[string]string{
		"/machine/down": "is not in DRAINING mode and cannot be brought down", "/machine/up": "is not in DOWN mode and cannot be brought up",
	} {
		send(path, list{}).is(t, path, 400, "List of machines is empty")
		send(path, object{}).is(t, path, 400, "Unexpected JSON type parsed")
		send(path, list{"x"}).is(t, path, 400, "Expecting a JSON object")
		send(path, list{two, two}).is(t, path, 400, text+"appears more than once in the schedule")
		send(path, list{two}).is(t, path, 400, text+"is not part of a maintenance schedule")
		send(path, list{one}).is(t, path, 400, `Machine '{"hostname":"ONE","ip":"127.0.0.1"}' `+unscheduled)
		ask(t, "GET", f.addr, path, jsonHeaders(), "").is(t, path, 405, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.")
	}
	ask(t, "PUT", f.addr, "/maintenance/schedule", jsonHeaders(), "").
		is(t, "PUT", 405, "405 Method Not Allowed. Expecting one of { 'GET', 'POST' }, but received 'PUT'.")
	ask(t, "POST", f.addr, "/maintenance/status", jsonHeaders(), "").
		is(t, "POST", 405, "405 Method Not Allowed. Expecting one of { 'GET' }, but received 'POST'.")
	send("/maintenance/schedule", schedule(nil, one, two)).is(t, "schedule", 200, "")
	send("/machine/down", list{two}).is(t, "down", 200, "")
	send("/machine/down", list{two}).is(t, "down again", 400, text+"is not in DRAINING mode and cannot be brought down")
	send("/maintenance/schedule", schedule(nil, one)).is(t, "without the one that is down", 400, text+"is deactivated and cannot be removed from the schedule")
	f.wait("RESCIND")
	match(t, "inverse offer", f.wait("INVERSE_OFFERS"), object{"type": "INVERSE_OFFERS"}) // whatever the case of the host's name
	match(t, "status", get(t, f.addr, "/maintenance/status").json(t), object{
		"draining_machines.0.id.hostname": "ONE", "draining_machines.1": nil, "down_machines.0.hostname": "two",
	})
	get(t, f.addr, "/maintenance/schedule?jsonp=f").is(t, "jsonp", 200,
		`f({"windows":[{"machine_ids":[{"hostname":"ONE","ip":"127.0.0.1"},{"hostname":"two"}],"unavailability":{"start":{"nanoseconds":1}}}]});`)
	send("/machine/up", list{two}).is(t, "up", 200, "")
	match(t, "schedule", get(t, f.addr, "/maintenance/schedule").json(t), object{
		"windows.0.machine_ids.0.hostname": "ONE", "windows.0.machine_ids.1": nil,
	})
}

// A machine is its host name and its address: half of it is another one (2.5).
func TestMachineWithoutAddress(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated, func(o *agentOptions) { o.Hostname = "one" })
	f.offer()
	f.operate("UPDATE_MAINTENANCE_SCHEDULE", maintain(object{"hostname": "one"}))
	f.wait("RESCIND")
	match(t, "offer", f.offer(), object{"unavailability": nil})
}

// Maintenance outlives a master.
func TestMaintenanceIsKept(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	operate(t, m.addr, "UPDATE_MAINTENANCE_SCHEDULE", maintain(object{"hostname": "one", "ip": "127.0.0.1"}))
	m.stop()
	m = m.again()
	match(t, "draining", operate(t, m.addr, "GET_MAINTENANCE_STATUS", nil), object{
		"get_maintenance_status.status.draining_machines.0.id.hostname": "one",
	})
	operate(t, m.addr, "START_MAINTENANCE", object{"machines": list{object{"hostname": "one", "ip": "127.0.0.1"}}})
	m.stop()
	m = m.again()
	match(t, "down", operate(t, m.addr, "GET_MAINTENANCE_STATUS", nil), object{
		"get_maintenance_status.status.down_machines.0.hostname": "one", "get_maintenance_status.status.draining_machines": nil,
	})
}

// What an operator decides about an agent that is unreachable holds when it
// returns (5.3).
func TestDrainOfAnUnreachableAgent(t *testing.T) {
	t.Parallel()
	m := startMaster(t, quickPings)
	a := startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info("PARTITION_AWARE"))
	o := f.offer()
	id := object{"agent_id": o["agent_id"]}
	f.run("t", o)
	a.stop()
	f.loud(2) // TASK_UNREACHABLE, FAILURE
	operate(t, m.addr, "DRAIN_AGENT", id)
	order(t, m.addr, "REACTIVATE_AGENT", id).is(t, "draining", 400, "Agent is still in the DRAINING state")
	a = a.again()
	match(t, "back", f.status(), object{"reason": "REASON_AGENT_REREGISTERED"})
	match(t, "drained", f.expect("t", "TASK_KILLED"), object{"reason": "REASON_AGENT_DRAINING"})
	testwait.Until(t, "DRAINED", func() bool {
		return at(operate(t, m.addr, "GET_AGENTS", nil), "get_agents.agents.0.drain_info.state") == "DRAINED"
	})
	a.stop()
	f.loud(1) // FAILURE
	a.again()
	f.unoffered("an agent that was drained before it was lost")
	operate(t, m.addr, "REACTIVATE_AGENT", id)
	f.offer()
}
