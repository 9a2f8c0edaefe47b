package planning_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	core "github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestWhatIsPlannedTakesItsRoom, be it by another planner, before the log is weighed again.
func TestWhatIsPlannedTakesItsRoom(t *testing.T) {
	plan := reserve.OfPlan("a", clustertest.Slots(0, 9, 1))
	for _, c := range []struct {
		room  uint64
		plans int
	}{{plan - 1, 0}, {plan, 1}, {2*plan - 1, 1}, {2 * plan, 2}} {
		l := clustertest.New()
		m, at := planning.New(events.NewSpace(0), "one", l.State), core.Moment{Now: l.Now, Log: l.Now}
		fold := func(change cluster.Change) {
			m.Step(at, core.Folded{Record: &l.Records[len(l.Records)-1], Change: change})
		}
		for _, id := range []string{"a", "b"} {
			fold(cluster.Change{Job: l.Submit(clustertest.Service(id, 10))})
		}
		m.Step(at, core.CaughtUp{})
		need := reserve.Of(l.State)
		m.Step(at, planning.Usage{Bytes: 0, MaxBytes: need.Due + need.Ends + c.room})
		plans := 0
		for again := true; again; {
			again = false
			for _, e := range append([]core.Effect(nil), m.Step(at, core.Tick{})...) {
				a, appends := e.(core.Append)
				if !appends {
					continue
				}
				again, plans = true, plans+1
				subject, err := events.ParseSubject(a.Drafts[0].Subject)
				if err != nil {
					t.Fatal(err)
				}
				fold(l.Append(subject, a.Drafts[0].Envelope, a.Drafts[0].Event))
				m.Step(at, core.Appended{Ticket: a.Ticket, Outcome: core.Outcome{Answer: core.Stored, Last: l.State.Sequence}})
			}
			at.Now, at.Log = at.Now.Add(planning.UsageEvery), at.Log.Add(planning.UsageEvery)
		}
		if plans != c.plans {
			t.Errorf("with room for %.2f plans %d are made, want %d", float64(c.room)/float64(plan), plans, c.plans)
		}
	}
}

// TestWhatIsStoredTakesItsRoom before the fold shows it: the answer may be there first,
// and a plan that was not stored gives back what it took.
func TestWhatIsStoredTakesItsRoom(t *testing.T) {
	plan := reserve.OfPlan("a", clustertest.Slots(0, 9, 1))
	for _, stored := range []bool{false, true} {
		l := clustertest.New()
		m, at := planning.New(events.NewSpace(0), "one", l.State), core.Moment{Now: l.Now, Log: l.Now}
		for _, id := range []string{"a", "b"} {
			j := l.Submit(clustertest.Service(id, 10))
			m.Step(at, core.Folded{Record: &l.Records[len(l.Records)-1], Change: cluster.Change{Job: j}})
		}
		m.Step(at, core.CaughtUp{})
		need := reserve.Of(l.State)
		m.Step(at, planning.Usage{Bytes: 0, MaxBytes: need.Due + need.Ends + 3*plan/2})
		appends := func() (all []core.Append) {
			for _, e := range m.Step(at, core.Tick{}) {
				if a, ok := e.(core.Append); ok {
					all = append(all, a)
				}
			}
			return all
		}
		first := appends()
		if len(first) != 1 {
			t.Fatalf("%d plans at once", len(first))
		}
		answer := core.Outcome{Answer: core.Refused}
		if stored {
			answer = core.Outcome{Answer: core.Stored, Last: l.State.Sequence + 1}
		}
		m.Step(at, core.Appended{Ticket: first[0].Ticket, Outcome: answer})
		at.Now, at.Log = at.Now.Add(planning.UsageEvery), at.Log.Add(planning.UsageEvery)
		if next := appends(); (len(next) == 0) != stored {
			t.Errorf("stored %v: then %d plans", stored, len(next))
		}
		if !stored {
			continue
		}
		// Folded, and weighed by then: what it took is in the log's own figures.
		d := first[0].Drafts[0]
		subject, err := events.ParseSubject(d.Subject)
		if err != nil {
			t.Fatal(err)
		}
		c := l.Append(subject, d.Envelope, d.Event)
		m.Step(at, core.Folded{Record: &l.Records[len(l.Records)-1], Change: c})
		need = reserve.Of(l.State)
		m.Step(at, planning.Usage{Bytes: 0, MaxBytes: need.Due + need.Ends + plan})
		at.Now, at.Log = at.Now.Add(planning.UsageEvery), at.Log.Add(planning.UsageEvery)
		if next := appends(); len(next) != 1 {
			t.Errorf("there is room again, and %d plans", len(next))
		}
	}
}

// TestWhatIsHeldForRoomIsTakenUpAgain: a move, or a rollout's step, that the log has no space for
// follows once it has, although nothing else happens.
func TestWhatIsHeldForRoomIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*dooming, *cluster.Job) cluster.Change{
		"move": func(d *dooming, j *cluster.Job) cluster.Change {
			return d.log.Append(events.Subject{Role: events.RoleAgents}, events.Envelope{}, events.AgentDrained{AgentID: j.Slots[0].Newest().AgentID})
		},
		"rollout": func(d *dooming, j *cluster.Job) cluster.Change {
			return d.log.Job(j.ID, events.JobRestarted{Run: j.Run, Version: j.Version})
		},
	} {
		for room, used := range map[string]uint64{"full": 1 << 20, "no room": 0} {
			t.Run(name+" "+room, func(t *testing.T) {
				d := newDooming(t, 0)
				j := d.running("a", 4)
				d.pass(time.Minute)
				need := reserve.Of(d.log.State)
				d.m.Step(d.at, planning.Usage{Bytes: used, MaxBytes: used + need.Due + need.Ends + 1})
				d.fold(begin(d, j), false)
				d.settle()
				before := d.log.State.Sequence
				d.m.Step(d.at, planning.Usage{Bytes: 0, MaxBytes: 1 << 30})
				wake := d.m.Wake()
				if wake.IsZero() || wake.After(d.at.Now.Add(planning.UsageEvery)) {
					t.Fatalf("it wakes at %s", wake)
				}
				d.pass(planning.UsageEvery)
				d.settle()
				if d.log.State.Sequence == before {
					t.Error("there is room, and nothing is decided")
				}
			})
		}
	}
}
