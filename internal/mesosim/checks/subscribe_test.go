package checks_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestCheck20Subscribed(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	began := time.Now()
	s := stream200(t, m.addr, schedulerPath, object{"type": "SUBSCRIBE", "subscribe": object{"framework_info": info()}})
	if s.header.Get(streamHeader) == "" || s.header.Get("Date") == "" || s.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", s.header)
	}
	e := s.next()
	match(t, "SUBSCRIBED", e, object{
		"type": "SUBSCRIBED", "subscribed.heartbeat_interval_seconds": 15, "subscribed.master_info.hostname": "127.0.0.1",
		"subscribed.master_info.port": portOf(t, m.addr), "subscribed.master_info.pid": "master@" + m.addr,
		"subscribed.master_info.address.ip": "127.0.0.1", "subscribed.master_info.address.hostname": "127.0.0.1",
		"subscribed.master_info.address.port": portOf(t, m.addr), "subscribed.master_info.version": "1.12.0",
		"subscribed.master_info.capabilities.0.type": "AGENT_UPDATE", "subscribed.master_info.capabilities.1.type": "AGENT_DRAINING",
		"subscribed.master_info.capabilities.2.type": "QUOTA_V2", "subscribed.master_info.domain": nil,
	})
	uuid := `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
	if id := text(e, "subscribed.framework_id.value"); !regexp.MustCompile(`^` + uuid + `-\d{4}$`).MatchString(id) {
		t.Errorf("framework id %q", id)
	}
	if id := text(e, "subscribed.master_info.id"); !regexp.MustCompile(`^` + uuid + `$`).MatchString(id) {
		t.Errorf("master id %q", id)
	}
	match(t, "second event", s.next(), object{"type": "HEARTBEAT"})
	match(t, "third event", s.next(), object{"type": "HEARTBEAT"})
	if gap := time.Since(began); gap < 15*time.Second {
		t.Errorf("HEARTBEAT after %s", gap)
	}
}

// The texts of refusals (1.3).
func TestSubscribeErrors(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	multi := func(roles ...any) object { return with(info("MULTI_ROLE"), "roles", list(roles)) }
	role := func(r string) object { return with(info(), "role", r) }
	const single, many = "'FrameworkInfo.role' is not a valid role: ", "'FrameworkInfo.roles' contains invalid role: "
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		info object
		want string
	}{
		{with(multi("a"), "role", "b"), "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"},
		{with(info(), "roles", list{"a"}), "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"},
		{multi("a", "b", "a"), "'FrameworkInfo.roles' contains duplicate items: { a }"},
		{multi("a", "/b"), many + "Role '/b' cannot start with a slash"},
		{multi("b/"), many + "Role 'b/' cannot end with a slash"},
		{multi("a//b"), many + "Role 'a//b' cannot contain two adjacent slashes"},
		{multi(""), many + "Role names cannot be the empty string"},
		{multi("a/./b"), many + "Role 'a/./b' cannot include '.' as a component"},
		{multi("a/../b"), many + "Role 'a/../b' cannot include '..' as a component"},
		{multi("a/*"), many + "Role 'a/*' cannot include '*' as a component"},
		{role("."), single + "Role '.' cannot include '.' as a component"},
		{role("-a"), single + "Role component '-a' is invalid because it starts with a dash"},
		{role("a b"), single + "Role component 'a b' is invalid because it contains backspace or whitespace"},
		{role("a\tb"), single + "Role component 'a\tb' is invalid because it contains backspace or whitespace"},
		{role("a\x7fb"), single + "Role component 'a\x7fb' is invalid because it contains backspace or whitespace"},
		{with(info(), "id", object{"value": "a/b"}), "'a/b' contains invalid characters"},
		{with(info(), "id", object{"value": ".."}), "'..' is disallowed"},
		{with(info(), "id", object{"value": long}), "ID must not be greater than 255 characters"},
		{
			with(info(), "offer_filters", object{"*": object{"min_allocatable_resources": object{"quantities": list{object{}}}}}),
			"Resource quantities must contain at least one quantity",
		},
		{with(info(), "failover_timeout", 1e20), "The framework failover_timeout (1e+20) is invalid"},
	} {
		refused(t, m.addr, object{"framework_info": c.info}, c.want)
	}
	// An id without a value is none.
	stream200(t, m.addr, schedulerPath, object{
		"type": "SUBSCRIBE", "framework_id": object{"value": ""}, "subscribe": object{"framework_info": info()},
	}).next()
	f := subscribe(t, m.addr, with(info(), "failover_timeout", -1.0)) // negative values pass
	f.call("REVIVE", nil)
}

func TestCheck23SuppressedRoles(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	refused(t, m.addr, object{"framework_info": with(info("MULTI_ROLE"), "roles", list{"a"}), "suppressed_roles": list{"a", "x"}},
		"Suppressed roles { x } are not contained in the set of roles")
	refused(t, m.addr, object{"framework_info": info(), "suppressed_roles": list{"x"}},
		"Suppressed roles { x } are not contained in the set of roles")
	startAgent(t, m, simulated)
	f := subscribe(t, m.addr, with(info("MULTI_ROLE"), "roles", list{"a"}), "suppressed_roles", list{"a"})
	f.unoffered("a suppressed role")
	f.call("REVIVE", object{"roles": list{"a"}})
	f.offer()
}

func TestCheck26RemovedAtOnce(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	f := subscribe(t, m.addr, with(info(), "failover_timeout", 0.0))
	f.cancel()
	completed := func() object {
		fs := operate(t, m.addr, "GET_FRAMEWORKS", nil)
		for _, x := range items(fs, "get_frameworks.completed_frameworks") {
			if text(x, "framework_info.id.value") == f.id {
				return x.(object)
			}
		}
		return nil
	}
	testwait.Until(t, "the framework is completed", func() bool { return completed() != nil })
	match(t, "completed", completed(), object{"connected": false, "active": false, "recovered": false, "framework_info.name": "check"})
	refused(t, m.addr, object{"framework_info": f.info}, "Framework has been removed")
	post(t, m.addr, object{"type": "REVIVE", "framework_id": f.info["id"]}, streamHeader, f.streamID).is(t, "REVIVE", 400, "Framework cannot be found")
}

func TestCheck29UpdateFramework(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	f := subscribe(t, m.addr, info())
	update := func(fi object, more ...any) answer {
		return f.try("UPDATE_FRAMEWORK", with(object{"framework_info": fi}, more...))
	}
	a := update(with(f.info, "name", "new"))
	a.is(t, "name", 200, "")
	if _, set := a.header["Content-Type"]; set {
		t.Errorf("Content-Type %q", a.header.Get("Content-Type"))
	}
	fs := operate(t, m.addr, "GET_FRAMEWORKS", nil)
	match(t, "GET_FRAMEWORKS", fs, object{"get_frameworks.frameworks.0.framework_info.name": "new"})
	const supplied, changed = "Supplied FrameworkInfo is not valid: ", "FrameworkInfo update is not valid: "
	update(with(f.info, "checkpoint", false)).is(t, "checkpoint", 400,
		changed+"Updating 'FrameworkInfo.checkpoint' is unsupported; attempted to update from 'true' to 'false'")
	update(with(f.info, "user", "bob")).is(t, "user", 400,
		changed+"Updating 'FrameworkInfo.user' is unsupported; attempted to update from 'root' to 'bob'")
	update(with(f.info, "principal", "bob")).is(t, "principal", 400, changed+"Changing framework's principal is not allowed.")
	update(with(f.info, "role", "/x")).is(t, "role", 400, supplied+"'FrameworkInfo.role' is not a valid role: Role '/x' cannot start with a slash")
	update(f.info, "suppressed_roles", list{"y"}).is(t, "suppressed", 400,
		"'UpdateFramework' call is not valid: Suppressed roles { y } are not contained in the set of roles")
	f.quiet("UPDATE_FRAMEWORK")
}

// The whole info is replaced: roles that go lose their offers, roles that come
// get some with the next allocation (1.5).
func TestUpdateFrameworkChangesRoles(t *testing.T) {
	t.Parallel()
	f := solo(t, with(info("MULTI_ROLE"), "roles", list{"a"}), simulated)
	o := f.offer()
	f.try("UPDATE_FRAMEWORK", object{"framework_info": with(f.info, "roles", list{"b"})}).is(t, "roles", 200, "")
	if id := text(f.wait("RESCIND"), "rescind.offer_id.value"); id != idOf(o) {
		t.Errorf("RESCIND of %s, want %s", id, idOf(o))
	}
	match(t, "offer", f.offer(), object{"allocation_info.role": "b"})
	f.try("UPDATE_FRAMEWORK", object{"framework_info": with(f.info, "roles", list{})}).is(t, "no roles", 200, "")
	f.wait("RESCIND")
	f.unoffered("no roles")
}

// An id of another master is taken; it is burned like any other (1.3).
func TestForeignFrameworkIDIsBurned(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	f := subscribe(t, m.addr, with(info(), "id", object{"value": "mine:1 é"}))
	if f.id != "mine:1 é" {
		t.Errorf("id %q", f.id)
	}
	f.call("TEARDOWN", nil)
	f.ended()
	refused(t, m.addr, object{"framework_info": f.info}, "Framework has been removed")
	n := m
	n.stop()
	n = n.again()
	g := subscribe(t, n.addr, f.info) // a new master has forgotten it
	if g.id != f.id {
		t.Errorf("id %q", g.id)
	}
}

// Only the last fifty completed frameworks are remembered (1.3).
func TestFiftyCompletedFrameworks(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	for i := range 51 {
		f := subscribe(t, m.addr, with(info(), "id", object{"value": fmt.Sprintf("f%d", i)}))
		f.call("TEARDOWN", nil)
		f.ended()
	}
	refused(t, m.addr, object{"framework_info": with(info(), "id", object{"value": "f1"})}, "Framework has been removed")
	subscribe(t, m.addr, with(info(), "id", object{"value": "f0"}))
}

// What a failover, a disconnection and a return do to offers, filters and
// suppressed roles (1.4).
func TestFailoverAndDisconnection(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := f.offer()
	f.call("DECLINE", object{"offer_ids": idsOf(o), "filters": refuse(3600)})
	f.quiet("DECLINE")
	g := subscribe(t, f.addr, f.info)
	match(t, "old stream", f.wait("ERROR"), object{"error.message": "Framework failed over"})
	f.ended()
	g.unoffered("filters survive a failover")
	g.cancel()
	testwait.Until(t, "the framework is away", func() bool { return g.try("REVIVE", nil).status == http.StatusForbidden })
	h := subscribe(t, f.addr, f.info)
	h.offer() // filters do not survive a disconnection
	i := subscribe(t, f.addr, f.info, "suppressed_roles", list{"*"})
	i.unoffered("a role that is suppressed now")
	j := subscribe(t, f.addr, f.info)
	j.offer()
}

// The failover timeout ends a framework: tasks are killed, without an event, and
// listed as such (1.4).
func TestFailoverTimeout(t *testing.T) {
	t.Parallel()
	f := solo(t, with(info(), "failover_timeout", 0.3), simulated)
	o := f.offer()
	f.run("t", o)
	f.cancel()
	completed := func() list { return items(f.operate("GET_TASKS", nil), "get_tasks.completed_tasks") }
	testwait.Until(t, "the task is completed", func() bool { return len(completed()) == 1 })
	match(t, "task", completed()[0], object{"state": "TASK_KILLED", "task_id.value": "t"})
	refused(t, f.addr, object{"framework_info": f.info}, "Framework has been removed")
}
