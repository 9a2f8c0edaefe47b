package planning_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/after"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	core "github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// tiers is a job of the groups web, app and db, one task each, that start in the other
// order.
func tiers(kind job.Kind) *job.Spec {
	s := clustertest.Service("shop", 1)
	s.Kind = kind
	for _, name := range []string{"app", "db"} {
		g := s.Tasks[0]
		g.Name = name
		s.Tasks = append(s.Tasks, g)
	}
	s.Tasks[0].After, s.Tasks[1].After = []string{"app"}, []string{"db"}
	return s
}

// next is the group that the next event plans, or the first slot that it dooms.
func (b *bench) next() string {
	b.t.Helper()
	switch ev := b.decide().(type) {
	case events.TasksPlanned:
		return ev.Group
	case events.TasksDoomed:
		return "doom " + b.j.Slots[ev.Slots[0].From].Newest().Group
	case events.JobCompleted:
		return "completed"
	case nil:
		return ""
	default:
		return "another"
	}
}

func (b *bench) expect(want ...string) {
	b.t.Helper()
	for _, w := range append(want, "") {
		if got := b.next(); got != w {
			b.t.Fatalf("next is %q, want %q", got, w)
		}
	}
}

// TestGroupsStartAfterOthers are up, and what has started is kept up whatever becomes of
// those.
func TestGroupsStartAfterOthers(t *testing.T) {
	b := newBench(t, tiers(job.KindService))
	b.expect("db")
	b.Stage(b.task(0))
	b.expect()
	b.Report(b.task(0), "TASK_RUNNING", "u")
	b.expect("app")
	b.end(0, "TASK_FAILED")
	b.expect("db")
	b.run(1) // It was started, and runs.
	b.expect("web")
	b.run(2)
	b.end(1, "TASK_FAILED") // db is not up, and app is started again all the same.
	b.expect("app")
}

// TestGroupsOfABatchStartAfterOthers are done.
func TestGroupsOfABatchStartAfterOthers(t *testing.T) {
	b := newBench(t, tiers(job.KindBatch))
	for slot, group := range []string{"db", "app", "web"} {
		b.expect(group)
		b.run(uint32(slot))
		b.expect()
		b.end(uint32(slot), "TASK_FINISHED")
	}
	b.expect("completed")
}

// TestHealthIsWaitedFor where there is a check.
func TestHealthIsWaitedFor(t *testing.T) {
	spec := tiers(job.KindService)
	spec.Tasks[2].HealthCheck = &job.HealthCheck{Command: "true"}
	b := newBench(t, spec)
	b.expect("db")
	b.run(0)
	b.expect()
	ev := clustertest.Status(b.task(0), "TASK_RUNNING", "v")
	for _, healthy := range []bool{false, true} {
		b.expect()
		ev.Healthy = &healthy
		b.Task("shop", 0, ev)
	}
	b.expect("app")
}

// TestGroupsEndBeforeThoseTheyCameAfter, unless they do not end for too long.
func TestGroupsEndBeforeThoseTheyCameAfter(t *testing.T) {
	begin := func() *bench {
		b := newBench(t, tiers(job.KindService))
		for slot := range uint32(3) {
			b.next()
			b.run(slot)
		}
		b.Job("shop", events.JobStopped{Run: b.j.Run})
		b.expect("doom web")
		return b
	}
	b := begin()
	b.end(2, "TASK_KILLED")
	b.expect("doom app")
	b.end(1, "TASK_KILLED")
	b.expect("doom db")

	b = begin() // What nobody can reach holds up nobody.
	b.Report(b.task(2), "TASK_UNREACHABLE", "")
	b.expect("doom app")

	b = begin()
	until := b.Now.Add(5*time.Second + after.Patience)
	if d := planning.Decide(b.j, b.Now); d.Event != nil || !d.Wake.Equal(until) {
		t.Fatalf("decided %+v, want a wake at %s", d, until)
	}
	b.Pass(until.Sub(b.Now) - 1)
	b.expect()
	b.Pass(1)
	b.expect("doom app")
}

// TestAnotherJobIsWaitedFor: whatever becomes of it, what comes after it starts once it is
// up, or completed, and not before.
func TestAnotherJobIsWaitedFor(t *testing.T) {
	for _, kind := range []job.Kind{job.KindService, job.KindBatch} {
		t.Run(string(kind), func(t *testing.T) {
			l := clustertest.New()
			l.Elect()
			spec := clustertest.Service("shop", 1)
			spec.After = []string{"ledger"}
			shop := l.Submit(spec)
			starts := func(want bool) {
				t.Helper()
				d := planning.DecideAmong(l.State, shop, l.Now)
				if _, plans := d.Event.(events.TasksPlanned); plans != want {
					t.Fatalf("decided %+v", d.Event)
				}
			}
			starts(false) // There is no such job.
			other := clustertest.Service("ledger", 2)
			other.Kind = kind
			ledger := l.Submit(other)
			starts(false)
			l.Plan("ledger", planning.DecideAmong(l.State, ledger, l.Now).Event)
			for _, slot := range []uint32{0, 1} {
				starts(false)
				l.Stage(ledger.Slots[slot].Newest())
				l.Report(ledger.Slots[slot].Newest(), "TASK_RUNNING", "u")
			}
			starts(kind == job.KindService)
			for _, slot := range []uint32{0, 1} {
				l.Report(ledger.Slots[slot].Newest(), "TASK_FINISHED", "v")
			}
			starts(false)
			if kind == job.KindBatch {
				l.Plan("ledger", planning.DecideAmong(l.State, ledger, l.Now).Event)
				starts(true)
			}
			l.Job("ledger", events.JobStopped{Run: ledger.Run})
			starts(kind == job.KindBatch) // Of a batch that was completed a stop makes nothing else.
			l.Job("ledger", events.JobDeleted{Run: ledger.Run})
			starts(false)
		})
	}
}

// TestDependantsAreLookedAt when the job that they come after changes: nothing else wakes
// them.
func TestDependantsAreLookedAt(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	m, at := planning.New(events.NewSpace(0), "one", l.State), core.Moment{Now: l.Now, Log: l.Now}
	planned := func() string {
		for _, e := range m.Step(at, core.Tick{}) {
			if a, appends := e.(core.Append); appends {
				subject, err := events.ParseSubject(a.Drafts[0].Subject)
				if err != nil {
					t.Fatal(err)
				}
				return subject.Job
			}
		}
		return ""
	}
	fold := func(c cluster.Change) { m.Step(at, core.Folded{Record: &l.Records[len(l.Records)-1], Change: c}) }
	m.Step(at, core.CaughtUp{})
	spec := clustertest.Service("shop", 1)
	spec.After = []string{"ledger"}
	fold(cluster.Change{Job: l.Submit(spec)})
	if got := planned(); got != "" {
		t.Fatalf("%s is planned", got)
	}
	ledger := l.Submit(clustertest.Service("ledger", 1))
	fold(l.Plan("ledger", events.TasksPlanned{Run: ledger.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)}))
	fold(l.Stage(ledger.Slots[0].Newest()))
	if got := planned(); got != "" {
		t.Fatalf("%s is planned", got)
	}
	fold(l.Report(ledger.Slots[0].Newest(), "TASK_RUNNING", "u"))
	if got := planned(); got != "shop" {
		t.Fatalf("%q is planned, want shop", got)
	}
}

// TestOrderOfEnds: in whatever order tasks of a stopped job end, none is doomed while one
// lives, and can be reached, of a group that comes after its own; and in the end all are.
func TestOrderOfEnds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := clustertest.New()
		l.Elect()
		spec := tiers(job.KindService)
		for i := range spec.Tasks {
			spec.Tasks[i].Replicas = rapid.Uint32Range(1, 3).Draw(rt, "replicas")
		}
		j := l.Submit(spec)
		decide := func() events.Event {
			ev := planning.Decide(j, l.Now).Event
			if ev != nil {
				l.Plan("shop", ev)
			}
			return ev
		}
		for decide() != nil {
			for _, slot := range j.Slots {
				if c := slot.Newest(); c.State == cluster.Waiting {
					l.Stage(c)
					l.Report(c, "TASK_RUNNING", "u")
				}
			}
		}
		before := map[string][]string{"db": {"app"}, "app": {"web"}}
		l.Job("shop", events.JobStopped{Run: j.Run})
		for range 200 {
			for _, slot := range j.Slots {
				c := slot.Newest()
				for _, other := range j.Slots {
					o := other.Newest()
					if c.Doom != nil && o.Live() && !o.Unreachable && o.Doom == nil {
						for _, name := range before[c.Group] {
							if o.Group == name {
								rt.Fatalf("slot %d of %s is doomed before slot %d of %s", slot.Number, c.Group, other.Number, o.Group)
							}
						}
					}
				}
			}
			if decide() != nil {
				continue
			}
			if j.Live() == 0 {
				return
			}
			doomed := []*cluster.Task{}
			for n := range uint32(len(j.Slots)) {
				if c := j.Slots[n].Newest(); c.Live() && c.Doom != nil {
					doomed = append(doomed, c)
				}
			}
			if len(doomed) == 0 {
				rt.Fatal("nothing is doomed, and tasks live")
			}
			state := rapid.SampledFrom([]string{"TASK_KILLED", "TASK_KILLED", "TASK_UNREACHABLE"}).Draw(rt, "state")
			l.Report(rapid.SampledFrom(doomed).Draw(rt, "task"), state, "v")
			l.Pass(time.Second)
		}
		rt.Fatal("it does not end")
	})
}
