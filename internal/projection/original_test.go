package projection_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestAnOriginalIsTold: that it is waited for and until when, that it is back and not up,
// and who has won.
func TestAnOriginalIsTold(t *testing.T) {
	t.Parallel()
	for _, never := range []bool{false, true} {
		w := &writer{log: memory.New()}
		w.epoch = w.append(spaceOf().Launcher(0), events.LauncherElected{Nonce: "n", Instance: "l"})
		giveUp := `"2h"`
		if never {
			giveUp = `"never"`
		}
		spec := `{"id":"a","tasks":[{"name":"g","container":{"image":"i"},"health_check":{"type":"tcp","port":80},"unreachable":{"keep":"original","give_up_after":` + giveUp + `}}]}`
		l := life{writer: w, run: w.append(spaceOf().Job("a"), events.JobSubmitted{Spec: []byte(spec)})}
		l.start(1)
		l.health(0, true)
		l.said(0, 1, events.TaskStatusChanged{State: "TASK_UNREACHABLE", UUID: []byte{}})
		since := replayed(t, l.log).Time()
		l.again(0, 2, time.Time{})
		l.append(spaceOf().Task("a", 0), events.TaskStaged{Run: l.run, Version: 1, Group: "g", Attempt: 2, TaskID: "t2"})
		until := since.Add(2 * time.Hour)
		in := "in time"
		if never {
			until, in = time.Time{}, "again"
		}
		told := func(code projection.Code, words string) {
			t.Helper()
			_, why, task := seen(t, l, since)
			if !task.Original || !task.GiveUpAt.Equal(until) {
				t.Errorf("told as %+v", task)
			}
			for _, r := range why.Reasons {
				if r.Code == code && r.Until.Equal(until) && strings.Contains(r.Message, words) && strings.Contains(r.Message, in) {
					return
				}
			}
			t.Errorf("no %s that says %q until %s: %+v", code, words, until, why.Reasons)
		}
		told(projection.CodeUnreachable, "is unreachable; once the task is up there "+in+" it goes on, and the one in its place ends")
		l.health(0, false)
		told(projection.CodeOriginal, "not up yet")
		if j, _, _ := seen(t, l, since); j.Tasks.Ending != 0 || j.Tasks.Beside != 1 || j.Tasks.Running != 1 {
			t.Errorf("counted as %+v", j.Tasks)
		}
		l.said(0, 2, events.TaskStatusChanged{State: "TASK_RUNNING"})
		l.append(spaceOf().Plan("a"), events.TasksDoomed{
			Run: l.run, Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 2}}, Class: "original_returned", Keep: true, Reason: "the task that it replaced has come back",
		})
		l.health(0, true)
		j, why, task := seen(t, l, since)
		if task.Original || j.Tasks.Running != 1 || j.Tasks.Ending != 1 || j.Tasks.Beside != 0 {
			t.Errorf("then %+v, %+v", task, j.Tasks)
		}
		if len(why.Reasons) == 0 || !strings.Contains(why.Reasons[len(why.Reasons)-1].Message, "should end (the task that it replaced has come back)") {
			t.Errorf("explained by %+v", why.Reasons)
		}
	}
}
