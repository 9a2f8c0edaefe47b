package rehearsal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/rehearsal"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	space := events.NewSpace(0)
	return &recorded{t: t, space: space, r: rehearsal.New(space), now: time.Unix(1_800_000_000, 0).UTC()}
}

// submit submits a job, which is then wanted by version 1.
func (l *recorded) submit(spec *job.Spec) (run uint64) {
	l.t.Helper()
	data, err := spec.JSON()
	if err != nil {
		l.t.Fatal(err)
	}
	return l.add(0, l.space.Job(spec.ID), events.JobSubmitted{Spec: data})
}

// elect has a launcher, without which no task is.
func (l *recorded) elect() {
	l.t.Helper()
	l.env.Epoch = l.add(0, l.space.Launcher(0), events.LauncherElected{Nonce: "n", Instance: "one"})
	l.add(0, l.space.Launcher(0), events.SubscriptionOpened{FrameworkID: "F", StreamID: "s", Master: "http://m"})
}

// comes has a task of a slot run.
func (l *recorded) comes(id string, run uint64, slot uint32) {
	l.t.Helper()
	task := fmt.Sprint(id, slot)
	l.add(0, l.space.Task(id, slot), events.TaskStaged{Run: run, Version: 1, Group: "web", Slot: slot, Attempt: 1, TaskID: task, AgentID: "S"})
	l.env.Counter++
	l.add(0, l.space.Task(id, slot), events.TaskStatusChanged{
		Run: run, Slot: slot, Attempt: 1, TaskID: task, AgentID: "S", State: "TASK_RUNNING", UUID: []byte("u"),
	})
}

// same checks how many of the recorded decisions are made again.
func (l *recorded) same(want, of uint64) {
	l.t.Helper()
	if l.c.Recorded != of || l.c.Same != want {
		l.t.Errorf("%d of %d are the same, want %d of %d: %+v", l.c.Same, l.c.Recorded, want, of, l.c.Differences(l.now))
	}
}

// TestWhoHasNotHeardOfARunsEnd, a little before the next is due, leaves that out; who has had
// the time to hear of it does not agree.
func TestWhoHasNotHeardOfARunsEnd(t *testing.T) {
	for behind, same := range map[time.Duration]uint64{time.Second: 4, rehearsal.Overdue + time.Second: 3} {
		t.Run(behind.String(), func(t *testing.T) {
			l := newRecorded(t)
			l.now = l.now.Truncate(time.Minute)
			spec := clustertest.Batch("nightly", 1)
			spec.Kind, spec.Schedule = job.KindPeriodic, &job.Schedule{
				Cron: job.Lines{"* * * * *"}, TimeZone: "UTC", Overlap: job.OverlapForbid, StartDeadline: job.Duration(time.Minute), Missed: job.MissedNone, KeepRuns: 5,
			}
			l.elect()
			series := l.submit(spec)
			due := l.now.Add(time.Minute)
			run := l.add(time.Minute, l.space.Plan("nightly"), events.RunDue{Run: series, Version: 1, At: due, Outcome: events.RunStarted})
			id := job.RunID("nightly", due, 0)
			l.add(0, l.space.Plan(id), events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
			l.comes(id, run, 0)
			l.env.Counter++
			l.add(time.Minute-behind, l.space.Task(id, 0), events.TaskStatusChanged{
				Run: run, Attempt: 1, TaskID: id + "0", AgentID: "S", State: "TASK_FINISHED", UUID: []byte("v"),
			})
			l.add(0, l.space.Plan(id), events.JobCompleted{Run: run})
			l.add(behind, l.space.Plan("nightly"), events.RunDue{
				Run: series, Version: 1, At: due.Add(time.Minute), Outcome: events.RunSkipped, Reason: id + " goes on",
			})
			l.same(same, 4)
		})
	}
}

// TestWhatWasLongUnderWay was decided when the record says, between two times at which
// anything was due.
func TestWhatWasLongUnderWay(t *testing.T) {
	for after, same := range map[time.Duration]uint64{500 * time.Millisecond: 2, 3 * time.Second: 1} {
		t.Run(after.String(), func(t *testing.T) {
			l := newRecorded(t)
			spec := clustertest.Batch("timed", 3)
			spec.Tasks[0].TimeLimit = job.Duration(time.Minute)
			l.elect()
			run := l.submit(spec)
			l.add(0, l.space.Plan("timed"), events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 2, 1)})
			for slot := range uint32(3) {
				l.now = l.now.Add(time.Second)
				l.comes("timed", run, slot)
			}
			// The second is over, the third is not.
			l.env.Time = l.now.Add(time.Minute - time.Second + after)
			l.add(time.Minute+20*time.Second, l.space.Plan("timed"), events.TasksDoomed{
				Run: run, Slots: clustertest.Slots(0, 1, 1), Reason: "ran longer than its time limit of 1m0s", Class: "time_limit", Keep: true,
			})
			l.same(same, 2)
		})
	}
}

// updated is a service of three tasks that may all be replaced at once, and are to be.
func (l *recorded) updated(id string) (run uint64) {
	l.t.Helper()
	spec := clustertest.Service(id, 3)
	spec.Rollout = &job.Rollout{MaxSurge: &job.Amount{}, MaxUnavailable: &job.Amount{Number: 3}}
	run = l.submit(spec)
	l.add(0, l.space.Plan(id), events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 2, 1)})
	for slot := range uint32(3) {
		l.comes(id, run, slot)
	}
	l.now = l.now.Add(time.Minute)
	spec.Tasks[0].Container.Image = "y"
	data, err := spec.JSON()
	if err != nil {
		l.t.Fatal(err)
	}
	l.add(0, l.space.Job(id), events.JobUpdated{Run: run, Version: 2, Spec: data})
	return run
}

// dooms records that tasks of an updated service end.
func (l *recorded) dooms(after time.Duration, id string, run uint64, from, to, bound uint32) {
	l.t.Helper()
	l.add(after, l.space.Plan(id), events.TasksDoomed{
		Run: run, Slots: clustertest.Slots(from, to, 1), Reason: "replaced by a newer version", Class: "updated", Keep: true, KillBound: bound,
	})
}

// TestTheBoundOnKills is known from the record that it has cut short, and from then on.
func TestTheBoundOnKills(t *testing.T) {
	for bound, want := range map[uint32]struct {
		same    uint64
		overdue int
	}{2: {2, 0}, 3: {1, 1}, 0: {1, 1}} {
		t.Run(fmt.Sprint(bound), func(t *testing.T) {
			l := newRecorded(t)
			l.elect()
			run := l.updated("web")
			l.dooms(time.Second, "web", run, 0, 1, bound)
			l.add(30*time.Second, l.space.Launcher(0), events.SubscriptionClosed{StreamID: "s", Reason: "gone"})
			l.same(want.same, 2)
			overdue := 0
			for _, d := range l.c.Differences(l.now) {
				if ev, dooms := d.Decided.(events.TasksDoomed); dooms && d.Recorded == nil && ev.Class == "updated" {
					overdue++
				}
			}
			if overdue != want.overdue {
				t.Errorf("%d are overdue, want %d: %+v", overdue, want.overdue, l.c.Differences(l.now))
			}
		})
	}
}

// TestKillsUnderWay about another job leave less of the bound; where none are wanted there
// was no reason to do less.
func TestKillsUnderWay(t *testing.T) {
	for others, same := range map[bool]uint64{true: 4, false: 1} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			l := newRecorded(t)
			l.elect()
			first, recorded := l.updated("first"), uint64(2)
			if !others {
				l.dooms(0, "first", first, 0, 0, 4)
			} else {
				second := l.updated("second")
				l.dooms(0, "first", first, 0, 0, 4)
				l.dooms(0, "second", second, 0, 2, 4)
				recorded = 4
			}
			l.same(same, recorded)
		})
	}
}
