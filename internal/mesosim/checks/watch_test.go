package checks_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// watch subscribes an operator (7.1).
func watch(t *testing.T, m *node) *stream {
	t.Helper()
	s := stream200(t, m.addr, operatorPath, object{"type": "SUBSCRIBE"})
	match(t, "first", s.next(), object{"type": "SUBSCRIBED"})
	match(t, "second", s.next(), object{"type": "HEARTBEAT"})
	return s
}

// news is the next event that is no heartbeat.
func (s *stream) news() object {
	s.t.Helper()
	for {
		if e := s.next(); e["type"] != "HEARTBEAT" {
			return e
		}
	}
}

// What operators are told of a framework that comes with an id, changes, goes away
// and returns, and is removed (7.1).
func TestOperatorSeesFrameworks(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	s := watch(t, m)
	f := subscribe(t, m.addr, with(info(), "id", object{"value": "never issued"}, "failover_timeout", 60.0))
	match(t, "recovered", s.news(), object{
		"type": "FRAMEWORK_ADDED", "framework_added.framework.recovered": true, "framework_added.framework.connected": false,
		"framework_added.framework.active": false, "framework_added.framework.framework_info.id.value": "never issued",
	})
	match(t, "subscribed", s.news(), object{
		"type": "FRAMEWORK_UPDATED", "framework_updated.framework.recovered": false, "framework_updated.framework.connected": true,
	})
	f.try("UPDATE_FRAMEWORK", object{"framework_info": f.info, "suppressed_roles": list{"*"}}).is(t, "nothing new", 200, "")
	f.try("UPDATE_FRAMEWORK", object{"framework_info": with(f.info, "name", "new")}).is(t, "a name", 200, "")
	match(t, "renamed", s.news(), object{"type": "FRAMEWORK_UPDATED", "framework_updated.framework.framework_info.name": "new"})
	f.cancel()
	testwait.Until(t, "the framework is away", func() bool { return f.try("REVIVE", nil).status == 403 })
	g := subscribe(t, m.addr, with(f.info, "name", "back"))
	match(t, "back", s.news(), object{"type": "FRAMEWORK_UPDATED", "framework_updated.framework.framework_info.name": "back"})
	h := subscribe(t, m.addr, info())
	match(t, "another", s.news(), object{"type": "FRAMEWORK_ADDED", "framework_added.framework.connected": true, "framework_added.framework.recovered": false})
	g.call("TEARDOWN", nil)
	match(t, "removed", s.news(), object{"type": "FRAMEWORK_REMOVED", "framework_removed.framework_info.id.value": "never issued"})
	h.call("TEARDOWN", nil)
	match(t, "removed", s.news(), object{"type": "FRAMEWORK_REMOVED", "framework_removed.framework_info.id.value": h.id})
}

// A framework that is removed kills its tasks: one that ended before stays as it
// was, but has the status (1.4).
func TestTasksOfARemovedFramework(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	startAgent(t, m)
	f := subscribe(t, m.addr, info())
	o := f.offer()
	f.launch(o, task("over", o, "exit 3"))
	f.expect("over", "TASK_STARTING", "TASK_RUNNING")
	match(t, "not acknowledged", f.status(), object{"state": "TASK_FAILED"})
	o = f.offer()
	f.launch(o, task("on", o, "sleep 1000"))
	f.expect("on", "TASK_STARTING", "TASK_RUNNING")
	s := watch(t, m)
	f.call("TEARDOWN", nil)
	match(t, "killed", s.news(), object{
		"type": "TASK_UPDATED", "task_updated.status.state": "TASK_KILLED", "task_updated.status.reason": "REASON_FRAMEWORK_REMOVED",
		"task_updated.status.message": "Framework " + f.id + " removed", "task_updated.status.task_id.value": "on", "task_updated.state": "TASK_KILLED",
	})
	match(t, "removed", s.news(), object{"type": "FRAMEWORK_REMOVED"})
	for _, x := range items(operate(t, m.addr, "GET_TASKS", nil), "get_tasks.completed_tasks") {
		statuses := items(x, "statuses")
		match(t, "last status", statuses[len(statuses)-1], object{"state": "TASK_KILLED", "message": "Framework " + f.id + " removed"})
		want := "TASK_KILLED"
		if text(x, "task_id.value") == "over" {
			want = "TASK_FAILED"
		}
		match(t, "task", x, object{"state": want})
	}
}

// Of too many operators the first that came is sent away (7.1).
func TestTooManyOperators(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) { o.MaxOperators = 2 })
	first, second, third := watch(t, m), watch(t, m), watch(t, m)
	first.ended()
	f := subscribe(t, m.addr, info())
	for _, s := range []*stream{second, third} {
		match(t, "those that remain", s.news(), object{"type": "FRAMEWORK_ADDED", "framework_added.framework.framework_info.id.value": f.id})
	}
}

// How much is remembered of what is over can be less (1.3, 7.1).
func TestLimits(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) { o.Limits = &core.Limits{CompletedFrameworks: 1, CompletedTasks: 1} })
	startAgent(t, m)
	for _, name := range []string{"a", "b"} {
		f := subscribe(t, m.addr, with(info(), "name", name))
		for _, id := range []string{"1", "2"} {
			o := f.offer()
			f.launch(o, task(id, o, "exit 0"))
			f.expect(id, "TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED")
		}
		f.quiet("the last acknowledgement")
		f.call("TEARDOWN", nil)
		f.ended()
	}
	match(t, "GET_TASKS", operate(t, m.addr, "GET_TASKS", nil), object{
		"get_tasks.completed_tasks.0.task_id.value": "2", "get_tasks.completed_tasks.1": nil,
	})
	match(t, "GET_FRAMEWORKS", operate(t, m.addr, "GET_FRAMEWORKS", nil), object{
		"get_frameworks.completed_frameworks.0.framework_info.name": "b", "get_frameworks.completed_frameworks.1": nil,
	})
}
