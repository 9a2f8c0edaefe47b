package checks_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// fault is a row of the table of section 3: a task and what is wrong with it.
type fault struct {
	task object
	want string
}

// check launches each task on its own and wants it refused.
func (f *framework) check(rows []fault) {
	f.t.Helper()
	o := f.offer()
	for _, r := range rows {
		f.launch(o, r.task)
		s := f.status()
		match(f.t, r.want, s, object{
			"task_id": r.task["task_id"], "agent_id": r.task["agent_id"], "state": "TASK_ERROR", "source": "SOURCE_MASTER",
			"reason": "REASON_TASK_INVALID", "message": r.want, "uuid": nil, "executor_id": nil, "container_status": nil,
		})
		if number(s, "timestamp") == 0 {
			f.t.Errorf("%s: no timestamp", r.want)
		}
		o = f.offer()
	}
	f.decline(refuse(0), o)
	f.quiet("the table")
}

// offered is an offer that others can be launched like.
func offered(f *framework) object {
	f.t.Helper()
	o := f.offer()
	f.decline(refuse(0), o)
	return o
}

func nanos(n int) object { return object{"nanoseconds": n} }

func TestValidationOfIDs(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := offered(f)
	id := agentOf(o)
	rows := []fault{
		{task("", o, "x"), "ID must not be empty"},
		{task(strings.Repeat("x", 256), o, "x"), "ID must not be greater than 255 characters"},
		{task(strings.Repeat("é", 128), o, "x"), "ID must not be greater than 255 characters"}, // bytes count
		{task(".", o, "x"), "'.' is disallowed"},
		{task("..", o, "x"), "'..' is disallowed"},
		{task("a/b", o, "x"), "'a/b' contains invalid characters"},
		{task(`a\b`, o, "x"), `'a\b' contains invalid characters`},
		{task("a\x01b", o, "x"), "'a\x01b' contains invalid characters"},
		{task("a\x7fb", o, "x"), "'a\x7fb' contains invalid characters"},
		{task("t", object{"agent_id": object{"value": "X"}}, "x"), "Task uses invalid agent X while agent " + id + " is expected"},
		{task("t", o, "x", "kill_policy", object{"grace_period": nanos(-1)}), "Task's 'kill_policy.grace_period' must be non-negative"},
		{task("t", o, "x", "max_completion_time", nanos(-1)), "Task's `max_completion_time` must be non-negative"},
		// The first failing check wins.
		{
			task("a/b", object{"agent_id": object{"value": "X"}}, "x", "kill_policy", object{"grace_period": nanos(-1)}),
			"'a/b' contains invalid characters",
		},
	}
	f.check(rows)
	p := f.offer()
	f.run("a b: é 1", p, "name", "")
}

func TestValidationOfChecks(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := offered(f)
	check := func(pairs ...any) object { return task("t", o, "x", "check", with(object{}, pairs...)) }
	health := func(pairs ...any) object { return task("t", o, "x", "health_check", with(object{}, pairs...)) }
	const c, h = "Task uses invalid check: ", "Task uses invalid health check: "
	noValue := object{"shell": true}
	noPath := object{"shell": false}
	variable := object{"value": "true", "environment": object{"variables": list{object{"name": "V"}}}}
	f.check([]fault{
		{check(), c + "CheckInfo must specify 'type'"},
		{check("type", "NO_SUCH_TYPE"), c + "CheckInfo must specify 'type'"},
		{check("type", "COMMAND"), c + "Expecting 'command' to be set for COMMAND check"},
		{check("type", "HTTP"), c + "Expecting 'http' to be set for HTTP check"},
		{check("type", "TCP"), c + "Expecting 'tcp' to be set for TCP check"},
		{check("type", "HTTP", "http", object{"port": 1, "path": "x"}), c + "The path 'x' of HTTP check must start with '/'"},
		{check("type", "COMMAND", "command", object{"command": noValue}), c + "Command check must contain 'shell command'"},
		{check("type", "COMMAND", "command", object{"command": noPath}), c + "Command check must contain 'executable path'"},
		{check("type", "TCP", "tcp", object{"port": 1}, "delay_seconds", -1), c + "Expecting 'delay_seconds' to be non-negative"},
		{check("type", "TCP", "tcp", object{"port": 1}, "interval_seconds", -1), c + "Expecting 'interval_seconds' to be non-negative"},
		{check("type", "TCP", "tcp", object{"port": 1}, "timeout_seconds", -1), c + "Expecting 'timeout_seconds' to be non-negative"},
		{health(), h + "HealthCheck must specify 'type'"},
		{health("type", "COMMAND"), h + "Expecting 'command' to be set for COMMAND health check"},
		{health("type", "HTTP"), h + "Expecting 'http' to be set for HTTP health check"},
		{health("type", "TCP"), h + "Expecting 'tcp' to be set for TCP health check"},
		{health("command", variable, "http", object{"port": 1}), h + "HealthCheck must specify 'type'"},
		{health("command", noValue), h + "Command health check must contain 'shell command'"}, // the type is inferred
		{health("type", "COMMAND", "command", noPath), h + "Command health check must contain 'executable path'"},
		{health("http", object{"port": 1, "scheme": "x"}), h + "Unsupported HTTP health check scheme: 'x'"},
		{health("http", object{"port": 1, "path": "x"}), h + "The path 'x' of HTTP health check must start with '/'"},
		{health("type", "TCP", "tcp", object{"port": 1}, "delay_seconds", -1), h + "Expecting 'delay_seconds' to be non-negative"},
		{health("type", "TCP", "tcp", object{"port": 1}, "grace_period_seconds", -1), h + "Expecting 'grace_period_seconds' to be non-negative"},
		{health("type", "TCP", "tcp", object{"port": 1}, "interval_seconds", -1), h + "Expecting 'interval_seconds' to be non-negative"},
		{health("type", "TCP", "tcp", object{"port": 1}, "timeout_seconds", -1), h + "Expecting 'timeout_seconds' to be non-negative"},
		// Where Mesos says that UNKNOWN is no valid type: mesos-go's types do not
		// tell it from none.
		{health("type", "UNKNOWN"), h + "HealthCheck must specify 'type'"},
		{check("type", "UNKNOWN"), c + "CheckInfo must specify 'type'"},
	})
}

func TestValidationOfResources(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := offered(f)
	uses := func(rs ...any) object { return task("t", o, "x", "resources", list(rs)) }
	invalid := func(r, why string) string { return "Resource '" + r + "' is invalid: " + why }
	mem := scalar("mem", 32)
	set := func(items ...any) object {
		return object{"name": "disks", "type": "SET", "set": object{"item": list(items)}}
	}
	ranges := func(pairs ...int) object {
		rs := list{}
		for i := 0; i < len(pairs); i += 2 {
			rs = append(rs, object{"begin": pairs[i], "end": pairs[i+1]})
		}
		return object{"name": "ports", "type": "RANGES", "ranges": object{"range": rs}}
	}
	all := map[string]string{
		"cpus": "cpus(allocated: *):4", "mem": "mem(allocated: *):2048", "disk": "disk(allocated: *):4096", "ports": "ports(allocated: *):[31000-31099]",
	}
	var parts []string
	for _, r := range items(o, "resources") {
		parts = append(parts, all[text(r, "name")])
	}
	offeredAll := strings.Join(parts, "; ")
	total := func(r string) string {
		return "Total resources " + r + " required by task and its executor is more than available " + offeredAll
	}
	f.check([]fault{
		{task("t", o, "x", "resources", nil), "Task uses no resources"},
		{uses(scalar("", 1)), invalid(":1", "Empty resource name")},
		{uses(object{"name": "cpus", "type": "SCALAR"}, mem), invalid("cpus:0", "Invalid scalar resource")},
		{uses(with(scalar("cpus", 1), "ranges", object{"range": list{}}), mem), invalid("cpus:1", "Invalid scalar resource")},
		{uses(scalar("cpus", -1), mem), invalid("cpus:-1", "Invalid scalar resource: value <= 0")},
		{uses(scalar("cpus", 0.0001), mem), invalid("cpus:0", "Invalid scalar resource: value <= 0")},
		{uses(object{"name": "ports", "type": "RANGES"}, mem), invalid("ports:[]", "Invalid ranges resource")},
		{uses(ranges(31002, 31001)), invalid("ports:[31002-31001]", "Invalid ranges resource: begin > end")},
		{uses(ranges(31001, 31005, 31004, 31006)), invalid("ports:[31001-31005, 31004-31006]", "Invalid ranges resource: overlapping ranges")},
		{uses(set("a", "a")), invalid("disks:{a, a}", "Invalid set resource: duplicated elements")},
		{uses(object{"name": "x", "type": "TEXT"}), invalid("x:", "Unsupported resource type")},
		{uses(with(scalar("gpus", 0.5))), "Task uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer"},
		{uses(scalar("cpus", 1000), mem), total("cpus(allocated: *):1000; mem(allocated: *):32")},
		{uses(mem, ports(1, 1)), total("mem(allocated: *):32; ports(allocated: *):[1-1]")},
	})
	p := f.offer()
	f.run("zero", p, "resources", list{scalar("cpus", 0), mem})
	p = f.offer()
	f.run("twice", p, "resources", list{scalar("cpus", 0.1), scalar("cpus", 0.2), mem})
	p = f.offer()
	if got := cpus(p); got != 3.7 {
		t.Errorf("%v cpus are left", got)
	}
	// One bad resource fails all tasks of the operation, not those of others.
	f.accept(list{
		launchOf(task("good", p, "x"), task("bad", p, "x", "resources", list{scalar("cpus", -1)})), launchOf(task("other", p, "sleep 1000")),
	}, refuse(0), idsOf(p))
	for _, id := range []string{"good", "bad"} {
		match(t, id, f.status(), object{
			"task_id.value": id, "state": "TASK_ERROR", "reason": "REASON_TASK_INVALID",
			"message": "Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0",
		})
	}
	f.expect("other", "TASK_STARTING", "TASK_RUNNING")
	p = f.offer()
	op := with(launchOf(task("id", p, "x")), "id", object{"value": "op"})
	f.accept(list{op}, refuse(0), idsOf(p))
	match(t, "LAUNCH with id", f.status(), object{"state": "TASK_ERROR", "message": "The `id` field cannot be set on LAUNCH operations"})
}

func TestValidationOfRoles(t *testing.T) {
	t.Parallel()
	f := solo(t, with(info("MULTI_ROLE"), "roles", list{"a"}), simulated)
	o := offered(f)
	alloc := func(r object, role string) object { return with(r, "allocation_info", object{"role": role}) }
	f.check([]fault{{
		task("t", o, "x", "resources", list{alloc(scalar("cpus", 1), "a"), alloc(scalar("mem", 32), "b")}),
		"Invalid task resources: The resources have multiple allocation roles ('b' and 'a') but only one allocation role is allowed",
	}})
	p := f.offer()
	f.run("t", p) // the master puts the offer's role in
	tasks := f.operate("GET_TASKS", nil)
	match(t, "GET_TASKS", tasks, object{"get_tasks.tasks.0.resources.0.allocation_info.role": "a"})
}

func TestValidationOfCommandsAndContainers(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := offered(f)
	env := func(v object) object {
		return task("t", o, "", "command", object{"value": "x", "environment": object{"variables": list{v}}})
	}
	container := func(c object) object { return task("t", o, "x", "container", c) }
	volume := func(v object) object {
		return container(object{"type": "MESOS", "volumes": list{with(v, "container_path", "/x", "mode", "RW")}})
	}
	docker := func(d any) object { return container(with(object{"type": "DOCKER"}, "docker", d)) }
	limits := func(l object, rs ...any) object { return task("t", o, "x", "limits", l, "resources", list(rs)) }
	value := func(v float64) object { return object{"value": v} }
	secret := object{"type": "VALUE", "value": object{"data": "eA=="}}
	const c, k = "Task's `CommandInfo` is invalid: ", "Task's `ContainerInfo` is invalid: "
	const one = k + "Invalid volume: Only one of them should be set: 'host_path', 'image' and 'source'"
	cpus, mem := scalar("cpus", 1), scalar("mem", 32)
	f.check([]fault{
		{env(object{"name": "V"}), c + "Environment variable 'V' of type 'VALUE' must have a value set"},
		{env(object{"name": "V", "value": "x", "secret": secret}), c + "Environment variable 'V' of type 'VALUE' must not have a secret set"},
		{env(object{"name": "V", "type": "SECRET"}), c + "Environment variable 'V' of type 'SECRET' must have a secret set"},
		{
			env(object{"name": "V", "type": "SECRET", "secret": secret, "value": "x"}),
			c + "Environment variable 'V' of type 'SECRET' must not have a value set",
		},
		{env(object{"name": "V", "type": "UNKNOWN"}), c + "Environment variable of type 'UNKNOWN' is not allowed"},
		{docker(nil), k + "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo"},
		{
			docker(object{"image": "x", "parameters": list{object{"key": "name", "value": "y"}}}),
			k + "Parameter in DockerInfo must not be 'name'",
		},
		{volume(object{}), one},
		{volume(object{"host_path": "/a", "source": object{"type": "SANDBOX_PATH"}}), one},
		{
			volume(object{"source": object{"type": "DOCKER_VOLUME"}}),
			k + "Invalid volume: 'source.docker_volume' is not set for DOCKER_VOLUME volume",
		},
		{
			volume(object{"source": object{"type": "SANDBOX_PATH"}}),
			k + "Invalid volume: 'source.sandbox_path' is not set for SANDBOX_PATH volume",
		},
		{
			volume(object{"source": object{"type": "HOST_PATH"}}),
			k + "Invalid volume: 'source.host_path' is not set for HOST_PATH volume",
		},
		{
			volume(object{"source": object{"type": "SECRET"}}),
			k + "Invalid volume: 'source.secret' is not set for SECRET volume",
		},
		{limits(object{"disk": value(1)}, cpus, mem), "Only cpus and mem may be included in a task's resource limits"},
		{limits(object{"cpus": value(1)}, mem), "When a CPU limit is specified, a CPU request must also be specified"},
		{limits(object{"cpus": value(0.5)}, cpus, mem), "The cpu limit must be greater than or equal to the cpu request"},
		{limits(object{"mem": value(64)}, cpus), "When a memory limit is specified, a memory request must also be specified"},
		{limits(object{"mem": value(16)}, cpus, mem), "The memory limit must be greater than or equal to the memory request"},
		{
			task("t", o, "x", "container", object{"type": "MESOS", "linux_info": object{"share_cgroups": false}}),
			"Only tasks in a task group may have 'share_cgroups' set to 'false'",
		},
	})
}

func TestCheck50CommandAndExecutor(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := offered(f)
	const want = "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present"
	mine := object{"value": f.id}
	executor := object{"executor_id": object{"value": "x"}, "command": object{"value": "x"}, "framework_id": mine}
	run := func(pairs ...any) object {
		return task("t", o, "", "command", nil, "executor", with(executor, pairs...))
	}
	f.check([]fault{
		{task("t", o, "x", "command", nil), want},
		{task("t", o, "x", "executor", executor), want},
		{run("executor_id", object{"value": "a/b"}), "'a/b' contains invalid characters"},
		{run("type", "CUSTOM", "command", nil), "'ExecutorInfo.command' must be set for 'CUSTOM' executor"},
		{run("type", "DEFAULT"), "'ExecutorInfo.command' must not be set for 'DEFAULT' executor"},
		{
			run("framework_id", object{"value": "other"}),
			"ExecutorInfo has an invalid FrameworkID (Actual: other vs Expected: " + f.id + ")",
		},
		{run("shutdown_grace_period", nanos(-1)), "ExecutorInfo's 'shutdown_grace_period' must be non-negative"},
	})
}

func TestCheck53InvalidTaskAmongOthers(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := f.offer()
	f.launch(o, task("a/b", o, "x"), task("ok", o, "sleep 1000"), task("ok", o, "sleep 1000"))
	match(t, "first", f.status(), object{"task_id.value": "a/b", "state": "TASK_ERROR", "uuid": nil})
	match(t, "third", f.status(), object{
		"task_id.value": "ok", "state": "TASK_ERROR", "message": "Task has duplicate ID: ok", "uuid": nil, "reason": "REASON_TASK_INVALID",
	})
	f.expect("ok", "TASK_STARTING", "TASK_RUNNING")
}

func TestCheck47SameIDAfterItsEnd(t *testing.T) {
	t.Parallel()
	f := solo(t, info("PARTITION_AWARE"))
	o := f.offer()
	f.launch(o, task("t", o, "exit 0"))
	f.expect("t", "TASK_STARTING", "TASK_RUNNING")
	last := f.status()
	match(t, "end", last, object{"state": "TASK_FINISHED"})
	p := f.offer()
	f.launch(p, task("t", o, "exit 0")) // its end is not acknowledged
	match(t, "live", f.status(), object{"state": "TASK_ERROR", "message": "Task has duplicate ID: t", "uuid": nil})
	f.ack(last)
	q := f.offer()
	f.launch(q, task("t", o, "exit 0"))
	s := f.status()
	match(t, "at once", s, object{
		"state": "TASK_DROPPED", "source": "SOURCE_AGENT", "reason": "REASON_TASK_INVALID",
		"message": "Cannot reuse an already existing executor for a command task",
	})
	if s["uuid"] == nil {
		t.Error("no uuid")
	}
	f.ack(s)
	testwait.Until(t, "the id is free", func() bool {
		p := f.offer()
		f.launch(p, task("t", o, "exit 0"))
		s := f.status()
		f.ack(s)
		return s["state"] == "TASK_STARTING"
	})
	f.expect("t", "TASK_RUNNING", "TASK_FINISHED")
}

// The extras of groups (section 3).
func TestValidationOfGroups(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := f.offer()
	group := func(executor object, tasks ...any) object {
		return object{"type": "LAUNCH_GROUP", "launch_group": object{"executor": executor, "task_group": object{"tasks": list(tasks)}}}
	}
	rich := list{scalar("cpus", 0.1), scalar("mem", 32), scalar("disk", 1)}
	executor := object{
		"type": "DEFAULT", "executor_id": object{"value": "x"}, "framework_id": object{"value": f.id}, "resources": rich,
	}
	docker := object{"type": "DOCKER", "docker": object{"image": "x"}}
	for _, c := range []struct {
		op   object
		want string
	}{
		{group(executor, task("a/b", o, "x"), task("ok", o, "x")), "Task 'a/b' is invalid: 'a/b' contains invalid characters"},
		{group(executor, task("d", o, "x", "container", docker)), "Task 'd' is invalid: Docker ContainerInfo is not supported on the task"},
		{group(with(executor, "container", docker), task("t", o, "x")), "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor"},
		{
			group(with(executor, "container", docker, "type", "CUSTOM", "command", object{"value": "x"}), task("t", o, "x")),
			"Docker ContainerInfo is not supported on the executor",
		},
		{group(with(executor, "framework_id", nil), task("t", o, "x")), "'ExecutorInfo.framework_id' must be set"},
		{group(executor, task("t", o, "x", "resources", list{scalar("cpus", -1)})), "Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0"},
	} {
		f.accept(list{c.op}, refuse(0), idsOf(o))
		for range items(c.op, "launch_group.task_group.tasks") {
			match(t, c.want, f.status(), object{
				"state": "TASK_ERROR", "source": "SOURCE_MASTER", "reason": "REASON_TASK_GROUP_INVALID", "message": c.want, "uuid": nil,
			})
		}
		o = f.offer()
	}
	for want, poor := range map[string]list{
		"uses less CPUs (None) than the minimum required (0.01)":   {scalar("mem", 32), scalar("disk", 1)},
		"uses less memory (31MB) than the minimum required (32MB)": {scalar("cpus", 0.1), scalar("mem", 31), scalar("disk", 1)},
		"uses no disk": {scalar("cpus", 0.1), scalar("mem", 32)},
	} {
		f.accept(list{group(with(executor, "resources", poor), task("t", o, "x"))}, refuse(0), idsOf(o))
		match(t, "a poor executor", f.status(), object{
			"state": "TASK_ERROR", "reason": "REASON_TASK_GROUP_INVALID", "message": "Executor 'x' " + want,
		})
		o = f.offer()
	}
}
