package rehearsal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/rehearsal"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// recorded is a log that is compared while it is written.
type recorded struct {
	t     *testing.T
	space events.Space
	r     *rehearsal.Rehearsal
	c     rehearsal.Comparison
	seq   uint64
	now   time.Time
	env   events.Envelope
}

// add records an event after a while.
func (l *recorded) add(after time.Duration, subject string, ev events.Event) uint64 {
	l.t.Helper()
	l.seq++
	l.now = l.now.Add(after)
	parts, err := l.space.Parse(subject)
	if err != nil {
		l.t.Fatal(err)
	}
	rec := cluster.Record{Sequence: l.seq, Time: l.now, Subject: parts, Envelope: l.env, Event: ev, Unsummed: true}
	decided, change, err := l.r.Next(rec)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, d := range decided {
		if d.After < rec.Sequence {
			l.c.Decided(d)
		}
	}
	l.c.Record(rec, change)
	for _, d := range decided {
		if d.After == rec.Sequence {
			l.c.Decided(d)
		}
	}
	return l.seq
}

// TestWhatIsNotRecordedStaysDecided: a recorded decision that is another does not undo
// what the planner still wants, and that is a difference once it is overdue.
func TestWhatIsNotRecordedStaysDecided(t *testing.T) {
	space := events.NewSpace(0)
	l := &recorded{t: t, space: space, r: rehearsal.New(space), now: time.Unix(1_800_000_000, 0)}
	data, err := clustertest.Service("web", 2).JSON()
	if err != nil {
		t.Fatal(err)
	}
	run := l.add(0, space.Job("web"), events.JobSubmitted{Spec: data})
	l.add(time.Second, space.Plan("web"), events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 1, 1)})
	l.add(time.Second, space.Job("web"), events.JobStopped{Run: run})
	l.add(time.Second, space.Plan("web"), events.TasksDoomed{Run: run, Slots: clustertest.Slots(9, 9, 1)}) // Nothing is there.

	if got := l.c.Differences(l.now.Add(rehearsal.Overdue - 1)); len(got) != 1 || got[0].Sequence != 4 || l.c.Recorded != 2 || l.c.Same != 1 {
		t.Errorf("before it is overdue: %d of %d are the same, %+v", l.c.Same, l.c.Recorded, got)
	}
	got := l.c.Differences(l.now.Add(rehearsal.Overdue))
	if len(got) != 2 || got[1].Recorded != nil || got[1].Sequence != 4 {
		t.Fatalf("once it is overdue: %+v", got)
	}
	if d, is := got[1].Decided.(events.TasksDoomed); !is || len(d.Slots) != 1 || d.Slots[0].To != 1 {
		t.Errorf("decided %+v", got[1].Decided)
	}
}

// TestARejectedRecordOfAnother: what was rejected is no decision of the rehearsed planner's,
// which goes on deciding.
func TestARejectedRecordOfAnother(t *testing.T) {
	space := events.NewSpace(0)
	l := &recorded{t: t, space: space, r: rehearsal.New(space), now: time.Unix(1_800_000_000, 0)}
	data, err := clustertest.Service("web", 1).JSON()
	if err != nil {
		t.Fatal(err)
	}
	run := l.add(0, space.Job("web"), events.JobSubmitted{Spec: data})
	l.add(time.Second, space.Job("web"), events.JobScaled{Run: run, Version: 1 << 60, Group: "web", Replicas: 3})
	l.add(time.Second, space.Job("web"), events.JobScaled{Run: run, Version: 2, Group: "web", Replicas: 2})
	l.add(0, space.Job("web"), events.JobScaled{Run: run, Version: 3, Group: "web", Replicas: 3})
	l.add(0, space.Plan("web"), events.TasksPlanned{Run: run, Version: 2, Group: "web", Slots: clustertest.Slots(0, 1, 1)})
	if l.c.Recorded != 1 || l.c.Same != 1 {
		t.Errorf("%d of %d are the same: %+v", l.c.Same, l.c.Recorded, l.c.Differences(l.now))
	}
}

// TestWhoHasNotHeardYet: a planner that is a little behind decides as if the launcher that
// is gone were there; one that is far behind does not agree.
func TestWhoHasNotHeardYet(t *testing.T) {
	for behind, same := range map[time.Duration]uint64{time.Second: 3, rehearsal.Overdue + time.Second: 2} {
		space := events.NewSpace(0)
		l := &recorded{t: t, space: space, r: rehearsal.New(space), now: time.Unix(1_800_000_000, 0)}
		spec := clustertest.Service("web", 1)
		spec.Rollout = &job.Rollout{MinHealthy: job.Duration(20 * time.Second)}
		data, err := spec.JSON()
		if err != nil {
			t.Fatal(err)
		}
		spec.Tasks[0].Container.Image = "y"
		newer, err := spec.JSON()
		if err != nil {
			t.Fatal(err)
		}
		launcher := space.Launcher(0)
		epoch := l.add(0, launcher, events.LauncherElected{Nonce: "n", Instance: "one"})
		l.env.Epoch = epoch
		l.add(0, launcher, events.SubscriptionOpened{FrameworkID: "F", StreamID: "s", Master: "http://m"})
		run := l.add(0, space.Job("web"), events.JobSubmitted{Spec: data})
		comes := func(attempt uint32) {
			l.add(0, space.Task("web", 0), events.TaskStaged{Run: run, Version: uint64(attempt), Group: "web", Attempt: attempt, TaskID: fmt.Sprint("t", attempt), AgentID: "S"})
			l.env.Counter++
			l.add(0, space.Task("web", 0), events.TaskStatusChanged{Run: run, Attempt: attempt, TaskID: fmt.Sprint("t", attempt), AgentID: "S", State: "TASK_RUNNING", UUID: []byte("u")})
		}
		l.add(0, space.Plan("web"), events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
		comes(1)
		l.add(time.Second, space.Job("web"), events.JobUpdated{Run: run, Version: 2, Spec: newer})
		l.add(0, space.Plan("web"), events.TasksPlanned{Run: run, Version: 2, Group: "web", Slots: clustertest.Slots(0, 0, 2), Beside: true, Reason: "update to version 2"})
		comes(2)
		l.add(20*time.Second-time.Millisecond, launcher, events.SubscriptionClosed{StreamID: "s", Reason: "gone"})
		l.add(behind, space.Plan("web"), events.TasksDoomed{
			Run: run, Slots: clustertest.Slots(0, 0, 1), Reason: "replaced by a newer version", GraceMillis: 5000, Class: "updated",
		})
		if l.c.Recorded != 3 || l.c.Same != same {
			t.Errorf("%v behind: %d of %d are the same: %+v", behind, l.c.Same, l.c.Recorded, l.c.Differences(l.now))
		}
	}
}
