package planning_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	core "github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// dooming is a planner whose log is folded at once.
type dooming struct {
	t     rapid.TB
	log   *clustertest.Log
	m     *planning.Machine
	at    core.Moment
	notes []core.Note
	// dooms are when tasks were doomed, one for each task, by class.
	dooms map[string][]time.Time
}

func newDooming(t rapid.TB, bound uint32) *dooming {
	l := clustertest.New()
	d := &dooming{t: t, log: l, m: planning.New(events.NewSpace(0), "one", l.State), at: core.Moment{Now: l.Now, Log: l.Now}, dooms: map[string][]time.Time{}}
	d.m.BoundKills(bound)
	d.m.Step(d.at, core.CaughtUp{})
	l.Elect()
	return d
}

// fold tells the machine of the newest record.
func (d *dooming) fold(change cluster.Change, own bool) {
	for _, e := range d.m.Step(d.at, core.Folded{Record: &d.log.Records[len(d.log.Records)-1], Change: change, Own: own}) {
		if n, ok := e.(core.Note); ok && n.Level == core.Warn {
			d.notes = append(d.notes, n)
		}
	}
}

// pass lets time pass.
func (d *dooming) pass(by time.Duration) {
	d.log.Pass(by)
	d.at.Now, d.at.Log = d.at.Now.Add(by), d.at.Log.Add(by)
}

// settle ticks until nothing is appended any more. All that is decided in one tick is
// under way at once.
func (d *dooming) settle() {
	for range 1000 {
		effects := slices.Clone(d.m.Step(d.at, core.Tick{}))
		appended := 0
		for _, e := range effects {
			a, appends := e.(core.Append)
			if !appends {
				continue
			}
			appended++
			draft := a.Drafts[0]
			subject, err := events.ParseSubject(draft.Subject)
			if err != nil {
				d.t.Fatal(err)
			}
			change := d.log.Append(subject, draft.Envelope, draft.Event)
			d.fold(change, true)
			if doom, ok := draft.Event.(events.TasksDoomed); ok {
				for range change.Tasks {
					d.dooms[doom.Class] = append(d.dooms[doom.Class], d.at.Log)
				}
			}
			d.m.Step(d.at, core.Appended{Ticket: a.Ticket, Outcome: core.Outcome{Answer: core.Stored, Last: d.log.State.Sequence}})
		}
		if appended == 0 {
			return
		}
	}
	d.t.Fatal("it decides again and again")
}

// running has a job of so many tasks that all run.
func (d *dooming) running(id string, replicas uint32) *cluster.Job {
	j := d.log.Submit(clustertest.Service(id, replicas))
	d.fold(cluster.Change{Job: j}, false)
	d.settle()
	d.each(j, func(t *cluster.Task) cluster.Change { return d.log.Stage(t) })
	d.each(j, func(t *cluster.Task) cluster.Change { return d.log.Report(t, "TASK_RUNNING", "r") })
	return j
}

func (d *dooming) each(j *cluster.Job, do func(*cluster.Task) cluster.Change) {
	for n := range uint32(len(j.Slots)) {
		d.fold(do(j.Slots[n].Newest()), false)
	}
}

// cutOff makes the agents of all tasks unreachable for as long as it takes to replace them.
func (d *dooming) cutOff(j *cluster.Job) {
	d.each(j, func(t *cluster.Task) cluster.Change { return d.log.Report(t, "TASK_UNREACHABLE", "") })
}

// TestKillBound: of what is replaced no more ends in a minute than may, be it of one job or
// of many whose decisions are under way at once; the rest follows, and meanwhile new
// attempts are planned, and users' stops go through.
func TestKillBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bound := rapid.Uint32Range(1, 9).Draw(t, "bound")
		d := newDooming(t, bound)
		jobs, total := []*cluster.Job{}, 0
		for i := range rapid.IntRange(1, 4).Draw(t, "jobs") {
			replicas := rapid.Uint32Range(1, 9).Draw(t, "replicas")
			jobs = append(jobs, d.running(string(rune('a'+i)), replicas))
			total += int(replicas)
		}
		stopped := d.running("stopped", 5)
		for _, j := range jobs {
			d.cutOff(j)
		}
		d.pass(time.Hour)
		d.m.Step(d.at, core.ClockMoved{})
		began := d.at.Log
		d.settle()
		planned := 0
		for _, j := range jobs {
			for _, slot := range j.Slots {
				if slot.Newest().Attempt == 2 {
					planned++
				}
			}
		}
		if planned != total {
			t.Fatalf("%d of %d are planned again", planned, total)
		}
		d.fold(d.log.Job("stopped", events.JobStopped{Run: stopped.Run}), false)
		d.settle()
		if got := len(d.dooms["stopped"]); got != 5 {
			t.Fatalf("%d of 5 tasks of a stopped job are doomed", got)
		}
		if total > int(bound) {
			held := 0
			for _, j := range jobs {
				h, ok := planning.HeldKills(d.log.State, j, d.at.Log)
				if held += int(h.Tasks); ok && (h.Bound != bound || h.Class != "replaced" || h.Next.Before(d.at.Log) || h.Next.After(d.at.Log.Add(cluster.KillSpan+time.Second))) {
					t.Fatalf("held: %+v", h)
				}
			}
			if held != total-int(bound) || len(d.notes) != 1 {
				t.Fatalf("%d are told to be held, want %d; notes %v", held, total-int(bound), d.notes)
			}
		}
		for range 2 * total * 70 {
			if len(d.dooms["replaced"]) == total {
				break
			}
			wake := d.m.Wake()
			if wake.IsZero() || wake.Sub(d.at.Now) > 2*time.Minute {
				t.Fatalf("%d of %d are doomed, and it wakes at %s", len(d.dooms["replaced"]), total, wake)
			}
			d.pass(max(wake.Sub(d.at.Now), time.Millisecond))
			d.settle()
		}
		dooms := d.dooms["replaced"]
		if len(dooms) != total {
			t.Fatalf("%d of %d are doomed after %s", len(dooms), total, d.at.Log.Sub(began))
		}
		for i := int(bound); i < len(dooms); i++ {
			if gap := dooms[i].Sub(dooms[i-int(bound)]); gap < cluster.KillSpan {
				t.Fatalf("%d are doomed within %s, bound %d", bound+1, gap, bound)
			}
		}
		for _, j := range jobs {
			if h, ok := planning.HeldKills(d.log.State, j, d.at.Log.Add(2*time.Minute)); ok {
				t.Fatalf("held in the end: %+v", h)
			}
		}
	})
}

// TestNoKillBound: 0 is any number, and nothing is told to be bounded.
func TestNoKillBound(t *testing.T) {
	t.Parallel()
	d := newDooming(t, 0)
	j := d.running("a", 50)
	d.cutOff(j)
	d.pass(time.Hour)
	d.m.Step(d.at, core.ClockMoved{})
	d.settle()
	if len(d.dooms["replaced"]) != 50 || len(d.notes) != 0 || d.log.State.AutomaticKills.Bound != 0 {
		t.Errorf("%d doomed, notes %v, bound %d", len(d.dooms["replaced"]), d.notes, d.log.State.AutomaticKills.Bound)
	}
	if got := d.log.State.AutomaticKills.Within(d.at.Log); got != 50 {
		t.Errorf("%d counted", got)
	}
}

// TestKillBoundOfLimitsAndMoves: what is over its time, and what is to leave its host, is ended
// within the bound as well.
func TestKillBoundOfLimitsAndMoves(t *testing.T) {
	t.Parallel()
	for class, spec := range map[string]*job.Spec{
		"time_limit": batchOf(7, func(s *job.Spec) { s.ID, s.Tasks[0].TimeLimit = "a", job.Duration(time.Minute) }),
		"drained":    clustertest.Service("a", 7),
	} {
		t.Run(class, func(t *testing.T) {
			d := newDooming(t, 3)
			j := d.log.Submit(spec)
			d.fold(cluster.Change{Job: j}, false)
			d.settle()
			for n := range uint32(7) {
				d.fold(d.log.Stage(j.Slots[n].Newest()), false)
				d.fold(d.log.Report(j.Slots[n].Newest(), "TASK_RUNNING", "r"), false)
			}
			d.pass(2 * time.Minute)
			if class == "drained" {
				place := cluster.Place{AgentID: j.Slots[0].Newest().AgentID}
				d.fold(d.log.Append(events.Subject{Role: events.RoleAgents}, events.Envelope{}, events.AgentDrained{
					AgentID: place.AgentID, Deadline: d.at.Log.Add(-time.Second),
				}), false)
			}
			d.m.Step(d.at, core.ClockMoved{})
			for _, want := range []int{3, 6, 7} {
				d.settle()
				if got := len(d.dooms[class]); got != want {
					t.Fatalf("%d are doomed, want %d", got, want)
				}
				if wake := d.m.Wake(); want < 7 && (wake.IsZero() || wake.After(d.at.Now.Add(cluster.KillSpan+time.Second))) {
					t.Fatalf("it wakes at %s", wake)
				}
				d.pass(cluster.KillSpan + time.Second)
				d.m.Step(d.at, core.ClockMoved{})
			}
		})
	}
}

// TestWhatWasReplacedIsNotDoneAgain: an attempt that is cut off, and that may not be doomed yet
// although another was planned in its place, is not the one by whose end the slot goes.
func TestWhatWasReplacedIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	d := newDooming(t, 1)
	j := d.log.Submit(clustertest.Batch("a", 2))
	d.fold(cluster.Change{Job: j}, false)
	d.settle()
	d.each(j, func(t *cluster.Task) cluster.Change { return d.log.Stage(t) })
	d.each(j, func(t *cluster.Task) cluster.Change { return d.log.Report(t, "TASK_RUNNING", "r") })
	d.cutOff(j)
	d.pass(time.Hour)
	d.m.Step(d.at, core.ClockMoved{})
	d.settle()
	if len(d.dooms["replaced"]) != 1 {
		t.Fatalf("%d are doomed, want one", len(d.dooms["replaced"]))
	}
	d.each(j, func(t *cluster.Task) cluster.Change { return d.log.Stage(t) })
	d.each(j, func(t *cluster.Task) cluster.Change { return d.log.Report(t, "TASK_FINISHED", "f") })
	d.settle()
	for n, slot := range j.Slots {
		if newest := slot.Newest(); newest.Attempt != 2 {
			t.Errorf("slot %d is done, and has attempt %d", n, newest.Attempt)
		}
	}
	if j.Outcome != cluster.OutcomeCompleted {
		t.Error("all is done, and the job is not completed")
	}
}
