package planning_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// dismissal is the event of a user who wants slots gone, nil if that is refused.
func dismissal(j *cluster.Job, slots ...uint32) (events.Event, error) {
	return submission.Decide(j, submission.Kill{Slots: slots, Reason: "bad disk", ScaleDown: true, Limits: job.DefaultLimits()})
}

// dismiss has a user want slots gone.
func (b *bench) dismiss(slots ...uint32) {
	b.t.Helper()
	ev, err := dismissal(b.j, slots...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Append(events.Subject{Role: events.RoleJob, Job: b.j.ID}, events.Envelope{Actor: "ann"}, ev)
}

func (b *bench) scale(replicas uint32) {
	b.Job(b.j.ID, events.JobScaled{Run: b.j.Run, Version: b.j.Version + 1, Group: "web", Replicas: replicas})
}

// dismissed is the doom of what ann wanted gone.
func (b *bench) dismissed(slots ...events.SlotRange) events.Event {
	return events.TasksDoomed{
		Run: b.j.Run, Slots: slots, Reason: "killed by ann: bad disk", Class: "killed", GraceMillis: 5000,
	}
}

func one(slot, attempt uint32) events.SlotRange {
	return events.SlotRange{From: slot, To: slot, Attempt: attempt}
}

// TestDismissedGoAndNoOther: whichever goes first by the job, just the slots that a user
// names go, and nothing comes in their place before more is wanted.
func TestDismissedGoAndNoOther(t *testing.T) {
	for _, word := range []string{"", job.KillHighestSlot, job.KillNewest, job.KillOldest, job.KillUnhealthy} {
		t.Run(word, func(t *testing.T) {
			spec := selecting(word, 5)
			spec.Tasks[0].HealthCheck = &job.HealthCheck{Command: "true"}
			b := newBench(t, spec)
			b.decide()
			b.run(0, 1, 2, 3, 4)
			for n := range uint32(5) {
				report := clustertest.Status(b.task(n), "TASK_RUNNING", "h")
				report.Healthy = new(n != 2)
				b.Task("web", n, report)
			}
			b.dismiss(1, 3)
			if b.j.Spec.Tasks[0].Replicas != 3 || b.j.Version != 2 || b.j.Stood != 2 || b.j.VersionOf(2).Scaled != "web" {
				t.Fatalf("%d replicas, version %d", b.j.Spec.Tasks[0].Replicas, b.j.Version)
			}
			b.want(b.dismissed(one(1, 1), one(3, 1)))
			b.end(1, "TASK_KILLED")
			b.end(3, "TASK_FINISHED")
			b.want()
			b.scale(4)
			b.want(b.planned(1, 1, 3, "", time.Time{})) // A planner that knew of nothing might have planned 2.
			b.scale(5)
			b.want(b.planned(3, 3, 3, "", time.Time{}))
			if a, c := b.task(1).Index, b.task(3).Index; a != 1 || c != 3 {
				t.Errorf("indexes %d and %d", a, c)
			}
		})
	}
}

// TestDismissedInAnyState: what a slot has at the time, or gets from a planner that does
// not know yet, goes with it, and no other.
func TestDismissedInAnyState(t *testing.T) {
	for name, c := range map[string]struct {
		before func(b *bench)
		// after is what becomes of it once the slot is to go, before the planner decides.
		after func(b *bench)
		want  []events.SlotRange
	}{
		"it runs":              {want: []events.SlotRange{one(1, 1)}},
		"it waits for a place": {before: func(b *bench) { b.end(1, "TASK_FAILED"); b.decide() }, want: []events.SlotRange{one(1, 2)}},
		"its agent is cut off": {before: func(b *bench) { b.Report(b.task(1), "TASK_UNREACHABLE", "") }, want: []events.SlotRange{one(1, 1)}},
		"a user has it killed already": {before: func(b *bench) {
			b.Job("web", events.KillRequested{Run: b.j.Run, Slots: []events.SlotRange{one(1, 1)}})
			b.decide()
		}},
		"it has ended since": {after: func(b *bench) { b.end(1, "TASK_FAILED") }},
		"another was planned since": {after: func(b *bench) {
			b.end(1, "TASK_FAILED")
			b.Plan("web", b.planned(1, 1, 2, "after FAILED", time.Time{}))
		}, want: []events.SlotRange{one(1, 2)}},
		"more are wanted since": {after: func(b *bench) { b.scale(4) }, want: []events.SlotRange{one(1, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, clustertest.Service("web", 3))
			b.decide()
			b.run(0, 1, 2)
			if c.before != nil {
				c.before(b)
			}
			b.dismiss(1)
			if c.after != nil {
				c.after(b)
			}
			var got []events.Event
			for ev := b.decide(); ev != nil; ev = b.decide() {
				if _, dooms := ev.(events.TasksDoomed); dooms {
					got = append(got, ev)
				}
			}
			var want []events.Event
			if c.want != nil {
				want = append(want, b.dismissed(c.want...))
			}
			if !slices.EqualFunc(got, want, func(a, b events.Event) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
				t.Errorf("dooms %+v\nwant  %+v", got, want)
			}
			for _, n := range []uint32{0, 2} {
				if task := b.task(n); !task.Live() || task.Doom != nil || task.Attempt != 1 {
					t.Errorf("slot %d: %+v", n, task)
				}
			}
			if b.task(1).Live() {
				b.end(1, "TASK_KILLED")
			}
			for ev := b.decide(); ev != nil; ev = b.decide() {
				t.Errorf("then %+v", ev)
			}
		})
	}
}

// TestDismissedInARollout: of a slot in which a new task runs beside the old one both go,
// and the rollout goes on with the others.
func TestDismissedInARollout(t *testing.T) {
	s := newStage(t, 4, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.Plan("web", planning.Decide(s.j, s.Now).Event)
	if len(s.j.Slots[0].Tasks) != 2 {
		t.Fatal("nothing is beside slot 0")
	}
	s.dismiss(0, 2)
	s.want(s.dismissed(one(0, 1), one(0, 2), one(2, 1)))
	s.play(100)
	s.wantSteps("+1& -1 +3& -3 succeeded")
	s.wantImages("y y")
	if s.j.Rollout.Status != cluster.RolloutSucceeded || s.j.Stood != s.j.Version {
		t.Errorf("%+v, %d stood", s.j.Rollout, s.j.Stood)
	}
}

// TestRollbackKeepsTheDismissal: users' numbers stay when a version comes back.
func TestRollbackKeepsTheDismissal(t *testing.T) {
	s := newStage(t, 3, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(100)
	s.dismiss(1)
	s.play(100)
	s.Job("web", events.RolloutSteered{Run: s.j.Run, Version: s.j.Rollout.Version, Action: events.RolloutRollback, To: 1})
	s.play(100)
	s.wantImages("x x")
}

// TestOnlyTheDismissedGo: whatever users, agents and planners that know of nothing yet do
// in between, each slot that is named goes, no other is lost by that, and in the end there
// are as many as are wanted.
func TestOnlyTheDismissedGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{log: clustertest.New()}
		m.log.Elect()
		spec := selecting(rapid.SampledFrom([]string{"", job.KillNewest, job.KillOldest, job.KillUnhealthy}).Draw(t, "word"), rapid.Uint32Range(1, 6).Draw(t, "replicas"))
		spec.Tasks[0].HealthCheck = nil
		spec.Rollout = &job.Rollout{
			MaxSurge: number(rapid.Uint32Range(0, 2).Draw(t, "surge")), MaxUnavailable: number(rapid.Uint32Range(1, 2).Draw(t, "unavailable")),
			MinHealthy: job.Duration(time.Second),
		}
		m.log.Submit(spec)
		o := &overlooker{machine: m, named: map[cluster.Key]bool{}}
		o.settle(t)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			o.act(t)
		}
		o.settle(t)
		replicas := int(m.job().Spec.Tasks[0].Replicas)
		if up := m.tasks(func(t *cluster.Task) bool { return t.State == cluster.Running && t.Doom == nil }); len(up) != replicas {
			t.Fatalf("%d are up, %d wanted", len(up), replicas)
		}
		for _, task := range m.tasks(func(t *cluster.Task) bool { return o.named[t.Key()] && t.Live() }) {
			t.Fatalf("%v was named, and lives", task.Key())
		}
	})
}

// overlooker is a machine of which it is known what users have named.
type overlooker struct {
	*machine
	named map[cluster.Key]bool
	// spare is how many tasks may go that were not named.
	spare int
}

func (o *overlooker) act(t *rapid.T) {
	l, j := o.log, o.job()
	g := j.Spec.Tasks[0]
	switch rapid.IntRange(0, 7).Draw(t, "what") {
	case 0, 1:
		o.dismiss(t)
	case 2:
		l.Job("web", events.JobScaled{Run: j.Run, Version: j.Version + 1, Group: "web", Replicas: g.Replicas + rapid.Uint32Range(1, 2).Draw(t, "more")})
	case 3:
		o.settle(t) // So that it is known how many go.
		fewer := rapid.Uint32Range(0, g.Replicas).Draw(t, "replicas")
		l.Job("web", events.JobScaled{Run: j.Run, Version: j.Version + 1, Group: "web", Replicas: fewer})
		o.spare = int(g.Replicas - fewer)
		o.settle(t)
		if o.spare != 0 {
			t.Fatalf("%d more should have gone", o.spare)
		}
	case 4:
		spec := j.Spec.Clone()
		spec.Tasks[0].Container.Image = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "image")
		if data, err := spec.JSON(); err == nil && !spec.Equal(j.Spec) {
			l.Job("web", events.JobUpdated{Run: j.Run, Version: j.Version + 1, Spec: data})
		}
	case 5:
		if up := o.tasks(func(t *cluster.Task) bool { return t.State == cluster.Running }); len(up) > 0 {
			l.Report(rapid.SampledFrom(up).Draw(t, "task"), "TASK_FAILED", "f")
		}
	case 6:
		o.obey()
	default:
		o.decide(t, planning.Decide(j, l.Now).Event)
	}
}

// dismiss names some slots; a planner may have decided by what was before.
func (o *overlooker) dismiss(t *rapid.T) {
	j := o.job()
	if len(j.Slots) == 0 {
		return
	}
	slots := rapid.SliceOfN(rapid.SampledFrom(slices.Sorted(maps.Keys(j.Slots))), 1, 3).Draw(t, "slots")
	before := planning.Decide(j, o.log.Now).Event
	ev, err := dismissal(j, slots...)
	if err != nil {
		return
	}
	for _, n := range slots {
		for _, task := range j.Slots[n].Tasks {
			o.named[task.Key()] = true
		}
		next := j.Slots[n].Newest().Key()
		next.Attempt++ // By a planner that does not know.
		o.named[next] = true
	}
	o.log.Append(events.Subject{Role: events.RoleJob, Job: "web"}, events.Envelope{Actor: "ann"}, ev)
	if rapid.Bool().Draw(t, "late") {
		o.decide(t, before)
	}
}

// decide folds a decision; only what was named goes for good, but for what may be spared.
func (o *overlooker) decide(t *rapid.T, ev events.Event) {
	doomed, dooms := ev.(events.TasksDoomed)
	if dooms && !doomed.Keep {
		for n, attempt := range ranges.All(doomed.Slots) {
			named := o.named[cluster.Key{Job: "web", Run: doomed.Run, Slot: n, Attempt: attempt}]
			switch {
			case doomed.Class == "scaled_down" && o.spare > 0:
				o.spare--
			case doomed.Class != "killed" && byRollout(doomed.Class):
			case doomed.Class != "killed" || !named:
				t.Fatalf("%d of slot %d is doomed: %+v", attempt, n, doomed)
			}
		}
	}
	if ev != nil {
		o.log.Plan("web", ev)
	}
}

// byRollout reports whether a doom leaves another task in the slot.
func byRollout(class string) bool {
	return class == "updated" || class == "replaced" || class == "restarted"
}

func (o *overlooker) obey() {
	for _, task := range o.tasks((*cluster.Task).Live) {
		switch {
		case task.Doom != nil && task.State == cluster.Waiting:
			o.log.Withdraw(task)
		case task.Doom != nil:
			o.log.Report(task, "TASK_KILLED", "k")
		case task.State == cluster.Waiting && !o.job().Slots[task.Slot].Occupied(task):
			o.log.Stage(task)
			o.log.Report(task, "TASK_RUNNING", "r")
		}
	}
}

// settle goes on until nothing happens any more.
func (o *overlooker) settle(t *rapid.T) {
	for range 200 {
		at := o.log.State.Sequence
		for n := 0; ; n++ {
			ev := planning.Decide(o.job(), o.log.Now).Event
			if ev == nil {
				break
			}
			if n > 100 {
				t.Fatal("no end of deciding")
			}
			o.decide(t, ev)
		}
		o.obey()
		o.log.Pass(2 * time.Second)
		if o.log.State.Sequence == at && !o.job().Rollout.Active() {
			return
		}
	}
	t.Fatal("it does not settle")
}
