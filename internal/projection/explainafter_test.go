package projection_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

func explained(t *testing.T, l life, id string) projection.Explanation {
	t.Helper()
	m := replayed(t, l.log)
	why, ok := m.Explain(id, nil, projection.Parts{}, m.Time())
	if !ok {
		t.Fatalf("no job %s", id)
	}
	return why
}

// said is the first reason of a code.
func said(why projection.Explanation, code projection.Code) projection.Reason {
	for _, r := range why.Reasons {
		if r.Code == code {
			return r
		}
	}
	return projection.Reason{}
}

// TestExplainWhatIsWaitedFor: of a group that comes after another, and a job that comes
// after one which is not there.
func TestExplainWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	l := begin("service", 1)
	submit := func(id, more string) {
		l.append(spaceOf().Job(id), events.JobSubmitted{Spec: []byte(`{"id":"` + id + `",` + more + `}`)})
	}
	submit("b", `"after":["c"],"tasks":[{"name":"g","replicas":2,"container":{"image":"i"}}]`)
	const none = "group g is not started yet: it starts after job c: there is no such job; submit it"
	if r := said(explained(t, l, "b"), projection.CodeAfter); r.Message != none || r.Tasks != 2 {
		t.Errorf("%+v", r)
	}
	submit("c", `"after":["b"],"tasks":[{"name":"g","replicas":1,"container":{"image":"i"}}]`)
	if r := said(explained(t, l, "b"), projection.CodeAfter); !strings.HasSuffix(r.Message, "; it never will be, as that goes in a circle: b after c after b") {
		t.Errorf("%+v", r)
	}
	submit("d", `"tasks":[{"name":"g","replicas":1,"after":["h"],"container":{"image":"i"}},{"name":"h","replicas":3,"container":{"image":"i"}}]`)
	why := explained(t, l, "d")
	if said(why, projection.CodeAfter).Message != "group g is not started yet: it starts after group h: 0 of 3 tasks are up" || said(why, projection.CodeNotPlanned).Group != "h" {
		t.Errorf("%+v", why)
	}
}

// TestExplainAStopInOrder: what is not ended yet, and which jobs run on.
func TestExplainAStopInOrder(t *testing.T) {
	t.Parallel()
	l := begin("service", 1)
	l.run = l.append(spaceOf().Job("a"), events.JobSubmitted{
		Spec: []byte(`{"id":"a","tasks":[{"name":"g","replicas":1,"container":{"image":"i"}},{"name":"h","replicas":1,"after":["g"],"container":{"image":"i"}}]}`),
	})
	l.start(1)
	l.append(spaceOf().Plan("a"), events.TasksPlanned{Run: l.run, Version: 1, Group: "h", Slots: []events.SlotRange{{From: 1, To: 1, Attempt: 1}}})
	l.append(spaceOf().Job("b"), events.JobSubmitted{Spec: []byte(`{"id":"b","after":["a"],"tasks":[{"name":"g","replicas":1,"container":{"image":"i"}}]}`)})
	l.append(spaceOf().Job("a"), events.JobStopped{Run: l.run})
	l.doom(1, 1)
	why := explained(t, l, "a")
	held := said(why, projection.CodeHeld)
	if held.Group != "g" || held.Tasks != 1 || held.Until.Before(time.Unix(0, 0)) || held.Message != "1 task of group g ends once those that start after it are over" {
		t.Errorf("%+v", held)
	}
	if got := said(why, projection.CodeDependant).Message; got != "job b starts after this one, and waits" {
		t.Errorf("%q in %+v", got, why.Reasons)
	}
}
