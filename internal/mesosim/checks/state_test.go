package checks_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// What the read-only endpoints tell of agents, frameworks and tasks, as of a Mesos
// 1.12 (7.1).
func TestStateInFull(t *testing.T) {
	t.Parallel()
	f := solo(t, with(info("MULTI_ROLE", "RESERVATION_REFINEMENT"), "roles", list{"eng/a"}, "hostname", "h", "webui_url", "u", "principal", "p",
		"labels", object{"labels": list{object{"key": "k"}}}), simulated, func(o *agentOptions) {
		rs, err := resource.Parse("cpus:4;mem:2048;disk:64;ports:[31000-31099];cpus(eng/a):2")
		attributes, wrong := resource.ParseAttributes("rack:r1;n:1.5;span:[1-3]")
		if err != nil || wrong != nil {
			t.Fatal(err, wrong)
		}
		o.Resources, o.Attributes = rs, attributes
	})
	o := f.offer()
	health := object{"type": "COMMAND", "command": object{"value": "true"}}
	executor := object{
		"type": "DEFAULT", "executor_id": object{"value": "x"}, "framework_id": object{"value": f.id},
		"resources": list{scalar("cpus", 0.1), scalar("mem", 32), scalar("disk", 16)},
	}
	group := object{"type": "LAUNCH_GROUP", "launch_group": object{"executor": executor, "task_group": object{"tasks": list{task("g", o, "sleep 1000")}}}}
	f.accept(list{group, launchOf(task("t", o, "sleep 1000", "health_check", health))}, refuse(0), idsOf(o))
	for range 4 {
		f.fresh()
	}
	o = f.offer()

	st := get(t, f.addr, "/state").json(t)
	match(t, "build", st, object{"build_date": "2026-11-23 06:59:46", "build_user": "", "flags.agent_ping_timeout": "15secs", "flags.agent_reregister_timeout": "10mins"})
	framework := at(st, "frameworks.0")
	keys(t, "framework", framework, "registered_time", "unregistered_time", "offer_constraints", "resources")
	match(t, "framework", framework, object{
		"capabilities": list{"MULTI_ROLE", "RESERVATION_REFINEMENT"}, "roles": list{"eng/a"}, "role": nil, "hostname": "h", "webui_url": "u",
		"principal": "p", "labels": list{object{"key": "k"}}, "reregistered_time": nil, "user": "root", "checkpoint": true, "recovered": false,
		"used_resources.cpus": 0.3, "offers.0.id": idOf(o), "offers.0.slave_id": agentOf(o), "offers.0.allocation_info.role": "eng/a",
		"executors.0.executor_id": "x", "executors.0.slave_id": agentOf(o), "executors.0.type": "DEFAULT", "executors.0.framework_id": f.id,
		"executors.0.command.argv": list{}, "executors.1": nil, "unregistered_time": 0,
	})
	for _, x := range items(framework, "tasks") {
		if text(x, "id") == "t" {
			match(t, "task", x, object{"health_check.type": "COMMAND", "health_check.delay_seconds": 15, "role": "eng/a", "executor_id": ""})
		} else {
			match(t, "task of a group", x, object{"id": "g", "executor_id": "x"})
		}
	}
	slave := at(st, "slaves.0")
	match(t, "slave", slave, object{
		"attributes": object{"rack": "r1", "n": 1.5, "span": "[1-3]"}, "deactivated": false, "reregistered_time": nil,
		"reserved_resources": object{"eng/a": object{"cpus": 2.0, "mem": 0.0, "disk": 0.0, "gpus": 0.0}}, "unreserved_resources.cpus": 4,
		"resources.cpus": 6, "resources.ports": "[31000-31099]", "drain_info": nil, "reserved_resources_full": nil,
	})
	full := at(get(t, f.addr, "/slaves").json(t), "slaves.0")
	match(t, "slave in full", full, object{
		"reserved_resources_full.eng/a.0.name": "cpus", "reserved_resources_full.eng/a.0.scalar.value": 2,
		"unreserved_resources_full.0.name": "cpus", "used_resources_full.0.allocation_info.role": "eng/a",
		"offered_resources_full.0.allocation_info.role": "eng/a",
	})
	summary := get(t, f.addr, "/state-summary").json(t)
	match(t, "summary", summary, object{
		"slaves.0.TASK_RUNNING": 2, "slaves.0.TASK_FAILED": 0, "slaves.0.framework_ids": list{f.id}, "frameworks.0.TASK_RUNNING": 2,
		"frameworks.0.slave_ids": list{agentOf(o)}, "frameworks.0.tasks": nil, "frameworks.0.webui_url": "u",
	})
	match(t, "/version", get(t, f.addr, "/version").json(t), object{"build_date": "2026-11-23 06:59:46", "build_user": ""})
	roles := get(t, f.addr, "/roles").json(t)
	match(t, "/roles", roles, object{
		"roles.0.name": "eng", "roles.0.frameworks": list{}, "roles.0.allocated.cpus": 0.3, "roles.0.reserved.cpus": 2, "roles.1.name": "eng/a",
		"roles.1.frameworks": list{f.id}, "roles.1.weight": 1, "roles.1.resources.cpus": 6, "roles.1.quota.role": "eng/a", "roles.2": nil,
	})
	match(t, "GET_ROLES", f.operate("GET_ROLES", nil), object{
		"get_roles.roles.0.name": "eng", "get_roles.roles.1.frameworks.0.value": f.id, "get_roles.roles.1.weight": 1,
		"get_roles.roles.1.resources.0.name": "cpus", "get_roles.roles.1.resources.0.scalar.value": 6,
	})
	match(t, "GET_EXECUTORS", f.operate("GET_EXECUTORS", nil), object{
		"get_executors.executors.0.executor_info.executor_id.value": "x", "get_executors.executors.0.agent_id.value": agentOf(o),
		"get_executors.executors.1": nil,
	})
}

// The order of /tasks: the newest first (7.1).
func TestTasksInOrder(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	for _, id := range []string{"first", "second"} {
		f.run(id, f.offer())
	}
	order := func(query string) list {
		var ids list
		for _, x := range items(get(t, f.addr, "/tasks"+query).json(t), "tasks") {
			ids = append(ids, text(x, "id"))
		}
		return ids
	}
	match(t, "orders", object{"des": order(""), "asc": order("?order=asc"), "one": order("?limit=1&offset=1")}, object{
		"des": list{"second", "first"}, "asc": list{"first", "second"}, "one": list{"first"},
	})
}

// The roles that a master allows are all that there are (7.1).
func TestRolesOfAWhitelist(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) { o.Roles = []string{"b/c", "a"} })
	match(t, "/roles", get(t, m.addr, "/roles").json(t), object{
		"roles.0.name": "a", "roles.1.name": "b", "roles.2.name": "b/c", "roles.3": nil,
	})
}
