package projection_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestExplainWhatIsForbidden: what is not planned, what was planned before, a rollout, a series,
// and what a quota has no room for; each names rule and field.
func TestExplainWhatIsForbidden(t *testing.T) {
	t.Parallel()
	l := begin("service", 1)
	set := func(text string) {
		l.append(events.AccessSubject, events.PolicySet{Hash: "00", Text: text})
	}
	set("rules: []\nquotas: [{name: q, jobs: [many], replicas: 1}]")
	submit := func(id, more string) uint64 {
		return l.append(spaceOf().Job(id), events.JobSubmitted{Spec: []byte(`{"id":"` + id + `",` + more + `}`)})
	}
	const privileged = `"tasks":[{"name":"g","replicas":2,"container":{"image":"i","privileged":true,"network":"host"}}]`
	run := submit("b", privileged)
	why := explained(t, l, "b")
	r := said(why, projection.CodeForbidden)
	if r.Tasks != 2 || !strings.HasPrefix(r.Message, "2 tasks of group g are not started: tasks[0].container.privileged: is forbidden") ||
		!strings.Contains(r.Message, `(rule "default" of the policy); tasks[0].container.network: must not`) {
		t.Errorf("%+v", why)
	}
	l.append(spaceOf().Plan("b"), events.TasksPlanned{Run: run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 1}}})
	why = explained(t, l, "b")
	planned := 0
	for _, r := range why.Reasons {
		if r.Code == projection.CodeForbidden && strings.HasPrefix(r.Message, "1 task: planned, and not started: tasks[0].container.privileged") && len(r.Slots) == 1 {
			planned++
		}
	}
	if planned != 1 || said(why, projection.CodeUndecided).Code != "" {
		t.Errorf("%+v", why)
	}
	submit("many", `"tasks":[{"name":"g","replicas":3,"container":{"image":"i"}}]`)
	if r := said(explained(t, l, "many"), projection.CodeQuota); r.Tasks != 3 || !strings.Contains(r.Message, `the quota "q" of the policy has room for 1 of 3`) {
		t.Errorf("%+v", r)
	}
	submit("nightly", `"kind":"periodic","schedule":{"cron":"0 0 1 1 *"},`+privileged)
	if r := said(explained(t, l, "nightly"), projection.CodeForbidden); !strings.HasPrefix(r.Message, "no run is begun: tasks[0].container.privileged") {
		t.Errorf("%+v", r)
	}
	shown := func(id string) string {
		v, _ := replayed(t, l.log).Job(id)
		return v.Detail
	}
	for _, id := range []string{"b", "nightly"} {
		if got := shown(id); !strings.HasPrefix(got, "forbidden: tasks[0].container.privileged") || !strings.Contains(got, `rule "default"`) {
			t.Errorf("%s: %q", id, got)
		}
	}
	set("rules: [{name: a, privileged: true, host_network: true}]")
	for _, id := range []string{"b", "many", "nightly"} {
		if got := shown(id); got != "" {
			t.Errorf("%s: %q", id, got)
		}
	}
	for _, id := range []string{"b", "many", "nightly"} {
		for _, r := range explained(t, l, id).Reasons {
			if r.Code == projection.CodeForbidden || r.Code == projection.CodeQuota {
				t.Errorf("%s: %+v", id, r)
			}
		}
	}
}
