package projection_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestExplainARollout: what it waits for is told first, and no more once it is through.
func TestExplainARollout(t *testing.T) {
	t.Parallel()
	l := begin("service", 1)
	l.start(1)
	spec := jsontext.Value(`{"id":"a","tasks":[{"name":"g","replicas":1,"container":{"image":"another"}}]}`)
	updated := l.append(spaceOf().Job("a"), events.JobUpdated{Run: l.run, Version: 2, Spec: spec})
	l.append(spaceOf().Plan("a"), events.TasksPlanned{
		Run: l.run, Version: 2, Group: "g", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 2}}, Beside: true,
	})
	first := func(want projection.Code, message string) {
		t.Helper()
		why, ok := replayed(t, l.log).Explain("a", nil, projection.Parts{}, time.Unix(1000, 0))
		if !ok || len(why.Reasons) == 0 || why.Reasons[0].Code != want || !strings.Contains(why.Reasons[0].Message, message) {
			t.Errorf("%+v, want %s: %s", why.Reasons, want, message)
		}
	}
	first(projection.CodeRolloutComing, "the rollout of version 2 waits for 1 of group g to come up")
	l.append(spaceOf().Job("a"), events.RolloutSteered{Run: l.run, Version: 2, Action: events.RolloutPause, Reason: "lunch"})
	first(projection.CodeRolloutPaused, "paused (lunch)")
	l.append(spaceOf().Plan("a"), events.RolloutEnded{Run: l.run, Version: 2, Began: updated, Outcome: events.RolloutFailed, Reason: "late"})
	first(projection.CodeRolloutOver, "has failed (late)")
}

// TestExplainARolloutThatCrashes: what the state is called by is told first, what waits for it next.
func TestExplainARolloutThatCrashes(t *testing.T) {
	t.Parallel()
	l := begin("service", 1)
	l.start(1)
	l.update("another")
	for attempt := uint32(2); attempt < 6; attempt++ {
		l.append(spaceOf().Plan("a"), events.TasksPlanned{
			Run: l.run, Version: 2, Group: "g", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: attempt}}, Beside: true,
			NotBefore: time.Unix(1060, 0),
		})
		if attempt < 5 {
			l.append(spaceOf().Task("a", 0), events.TaskStaged{Run: l.run, Group: "g", Attempt: attempt, TaskID: fmt.Sprint("again", attempt)})
			l.said(0, attempt, events.TaskStatusChanged{State: "TASK_FAILED"})
		}
	}
	why, ok := replayed(t, l.log).Explain("a", nil, projection.Parts{}, time.Unix(1000, 0))
	if !ok || why.State != projection.StateCrashLooping || len(why.Reasons) < 2 ||
		why.Reasons[0].Code != projection.CodeCrashLoop || why.Reasons[1].Code != projection.CodeRolloutComing || why.Summary != why.Reasons[0].Message {
		t.Errorf("%s: %s: %+v, want the crash loop, then the rollout", why.State, why.Summary, why.Reasons)
	}
}
