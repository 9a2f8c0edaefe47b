package planning_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// scheduled is a periodic job that is due every five minutes.
func scheduled(overlap, missed string) (*clustertest.Log, *cluster.Job) {
	l := clustertest.New()
	return l, l.Submit(nightly(func(s *job.Schedule) { s.Overlap, s.Missed = overlap, missed }))
}

func pause(l *clustertest.Log, j *cluster.Job, action string) {
	l.Job(j.ID, events.ScheduleSteered{Run: j.Run, Action: action})
}

// TestMissedAroundAPause: what came while the schedule was paused is none that was missed,
// and none that is due since; of those missed before and after only the last ones are
// made up for.
func TestMissedAroundAPause(t *testing.T) {
	l, j := scheduled(job.OverlapAllow, job.MissedLast)
	l.Pass(11 * time.Minute)
	pause(l, j, events.SchedulePause) // 12:05 and 12:10 are missed, 12:15 and 12:20 held.
	l.Pass(11 * time.Minute)
	pause(l, j, events.ScheduleResume)
	l.Pass(time.Minute)
	want := []string{"12:05 missed", "12:10 started", "12:20 held 2 from 12:15"}
	if got := plan(l, j); !slices.Equal(got, want) {
		t.Errorf("then nothing: %v, want %v", got, want)
	}
	l, j = scheduled(job.OverlapAllow, job.MissedLast)
	l.Pass(11 * time.Minute)
	pause(l, j, events.SchedulePause)
	l.Pass(11 * time.Minute)
	pause(l, j, events.ScheduleResume)
	l.Pass(11 * time.Minute) // 12:25 and 12:30 are missed, too.
	want = []string{"12:10 missed 2 from 12:05", "12:20 held 2 from 12:15", "12:25 missed", "12:30 started"}
	if got := plan(l, j); !slices.Equal(got, want) {
		t.Errorf("then more: %v, want %v", got, want)
	}
}

// TestMoreThanAreLookedAt: of what was missed the last is made up for, not the last of
// those that one decision looks at.
func TestMoreThanAreLookedAt(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(nightly(func(s *job.Schedule) {
		s.Cron, s.Missed, s.Overlap = job.Lines{"* * * * * *"}, job.MissedLast, job.OverlapAllow
	}))
	l.Pass((planning.DueMax + 100) * time.Second)
	d := planning.Decide(j, l.Now)
	if ev, ok := d.Event.(events.RunDue); !ok || ev.Outcome != events.RunMissed || ev.Count != planning.DueMax {
		t.Fatalf("decided %+v", d.Event)
	}
}

// TestMadeUpForWaits only where all are to be, and each by itself: a run that began in
// time holds up those that were missed since, and not those that are due now.
func TestMadeUpForWaits(t *testing.T) {
	for _, c := range []struct {
		missed string
		want   []string
	}{
		{job.MissedAll, []string{"12:05 started"}},
		{job.MissedLast, []string{"12:05 started", "12:10 missed", "12:15 skipped"}},
	} {
		l, j := scheduled(job.OverlapForbid, c.missed)
		l.Pass(5 * time.Minute)
		got := plan(l, j)
		l.Pass(13 * time.Minute)
		if got = append(got, plan(l, j)...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.missed, got, c.want)
		}
	}
}

// TestRunsAtOnce are no more than may be.
func TestRunsAtOnce(t *testing.T) {
	l, j := scheduled(job.OverlapAllow, job.MissedNone)
	for range planning.RunsMax + 1 {
		l.Pass(5 * time.Minute)
		plan(l, j)
	}
	if n := len(j.Series.Live()); n != planning.RunsMax || j.Series.Runs[len(j.Series.Runs)-1].Outcome != events.RunSkipped {
		t.Errorf("%d runs go on", n)
	}
}

// TestARunWhoseTasksWereThere is not begun again, whether they live or have ended; one of
// which only somebody's kill is known is.
func TestARunWhoseTasksWereThere(t *testing.T) {
	l, j := scheduled(job.OverlapAllow, job.MissedNone)
	l.Elect()
	l.Pass(5 * time.Minute)
	id := job.RunID(j.ID, l.Now, 0)
	outcome := func() string {
		ev, _ := planning.DecideAmong(l.State, j, l.Now).Event.(events.RunDue)
		return ev.Outcome
	}
	l.Append(events.Subject{Role: events.RoleKill, Job: id}, events.Envelope{}, events.KillIssued{Run: 7})
	if got := outcome(); got != events.RunStarted {
		t.Errorf("before there are any: %q", got)
	}
	l.Task(id, 0, events.TaskAdopted{Run: 7, Version: 1, Group: "web", Slot: 0, Attempt: 1, TaskID: "t", State: "TASK_RUNNING"})
	if got := outcome(); got != events.RunSkipped {
		t.Errorf("while it lives: %q", got)
	}
	l.Task(id, 0, events.TaskStatusChanged{Run: 7, Slot: 0, Attempt: 1, TaskID: "t", State: "TASK_FAILED", UUID: []byte("u")})
	if got := outcome(); got != events.RunSkipped {
		t.Errorf("when it is over: %q", got)
	}
}

// TestNextDueIsNotDecided: a run that was decided a little early is not the next.
func TestNextDueIsNotDecided(t *testing.T) {
	l, j := scheduled(job.OverlapAllow, job.MissedNone)
	l.Pass(5*time.Minute - 2*time.Second)
	at := l.Now.Add(2 * time.Second)
	l.Plan(j.ID, events.RunDue{Run: j.Run, Version: 1, At: at, Outcome: events.RunStarted})
	if next := planning.NextDue(j, l.Now); !next.Equal(at.Add(5 * time.Minute)) {
		t.Errorf("next at %s", next)
	}
	l.Job(j.ID, events.JobStopped{Run: j.Run})
	if next := planning.NextDue(j, l.Now); !next.IsZero() {
		t.Errorf("stopped, and next at %s", next)
	}
}

// TestAwaited is what may still run of the run that is replaced: a task that never got a
// place is not.
func TestAwaited(t *testing.T) {
	for _, state := range []string{"", "staged", "cut off"} {
		l, j := scheduled(job.OverlapReplace, job.MissedNone)
		l.Elect()
		l.Pass(5 * time.Minute)
		plan(l, j)
		first := l.State.Jobs[j.Series.Runs[0].Job]
		plan(l, first)
		task := first.Slots[0].Newest()
		if state != "" {
			l.Stage(task)
		}
		if state == "cut off" {
			l.Report(task, "TASK_UNREACHABLE", "")
		}
		l.Pass(5 * time.Minute)
		if got := strings.Join(plan(l, j), " "); got != "12:10 started replacing" {
			t.Fatal(got)
		}
		second := l.State.Jobs[j.Series.Runs[1].Job]
		if waits := planning.Awaited(l.State, second) != nil; waits != (state == "staged") {
			t.Errorf("%q: waits %t", state, waits)
		}
		if planning.Awaited(l.State, first) != nil {
			t.Errorf("%q: the first waits", state)
		}
	}
}
