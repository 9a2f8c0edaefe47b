package checks_test

import (
	"strings"
	"testing"
)

// What mesosim leaves out, and what a framework then gets: the list of its
// README.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	f := solo(t, info("PARTITION_AWARE"))
	o := f.offer()
	operation := func(kind string, body object) object {
		return object{"type": kind, "id": object{"value": kind}, strings.ToLower(kind): body}
	}
	volume := with(scalar("disk", 10), "role", "r", "disk", object{
		"persistence": object{"id": "v"}, "volume": object{"container_path": "x", "mode": "RW"},
	})
	for kind, body := range map[string]object{
		"CREATE": {"volumes": list{volume}}, "DESTROY": {"volumes": list{volume}},
		"GROW_VOLUME":   {"volume": volume, "addition": scalar("disk", 1)},
		"SHRINK_VOLUME": {"volume": volume, "subtract": object{"value": 1}},
		"CREATE_DISK":   {"source": volume, "target_type": "MOUNT"}, "DESTROY_DISK": {"source": volume},
	} {
		f.accept(list{operation(kind, body)}, refuse(0), idsOf(o))
		match(t, kind, f.wait("UPDATE_OPERATION_STATUS"), object{
			"update_operation_status.status.state": "OPERATION_ERROR", "update_operation_status.status.operation_id.value": kind,
			"update_operation_status.status.uuid": nil, "update_operation_status.status.agent_id": nil,
		})
		o = f.offer()
	}
	// A custom executor cannot run.
	executor := object{
		"executor_id": object{"value": "x"}, "command": object{"value": "true"}, "framework_id": object{"value": f.id}, "type": "CUSTOM",
	}
	f.launch(o, task("t", o, "", "command", nil, "executor", executor))
	f.expect("t", "TASK_STARTING")
	match(t, "custom executor", f.expect("t", "TASK_FAILED"), object{
		"source": "SOURCE_AGENT", "reason": "REASON_EXECUTOR_TERMINATED", "message": "Executor terminated", "executor_id.value": "x",
	})
	// What the operator's API lacks.
	for _, kind := range []string{
		"UPDATE_QUOTA", "UPDATE_WEIGHTS", "RESERVE_RESOURCES",
	} {
		a := order(t, f.addr, kind, nil)
		if a.status != 501 && a.status != 400 {
			t.Errorf("%s: %d %q", kind, a.status, a.body)
		}
	}
	for _, path := range []string{"/quota", "/weights", "/reserve", "/create-volumes", "/files/read?path=/master/log", "/logging/toggle"} {
		if a := get(t, f.addr, path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	// Messages and requests go nowhere, as for docker and command tasks.
	f.call("MESSAGE", object{"agent_id": o["agent_id"], "executor_id": object{"value": "x"}, "data": "eA=="})
	f.quiet("MESSAGE")
}
