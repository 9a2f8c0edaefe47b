package planning_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// fact is what is true of a task, whatever the log says of it.
type fact struct {
	alive, cut bool
	end        string // empty while it is alive
}

// parted is a job whose agents are cut off and come back at any moment, with statuses
// that come late or never, and a planner that looks when it looks, and may be another
// each time.
type parted struct {
	machine
	t     *rapid.T
	truth map[cluster.Key]*fact
	// done are the slots of a batch in which an attempt has done its work.
	done map[uint32]bool
}

func partedSpec(t *rapid.T) *job.Spec {
	s := clustertest.Service("web", rapid.Uint32Range(1, 3).Draw(t, "replicas"))
	if rapid.Bool().Draw(t, "batch") {
		s.Kind = job.KindBatch
	}
	none, some := job.Amount{}, job.Amount{Number: 1}
	s.Rollout = &job.Rollout{MaxSurge: &none, MaxUnavailable: &some, MinHealthy: job.Duration(time.Second)}
	if s.Kind == job.KindBatch {
		s.Rollout = nil
	}
	if rapid.Bool().Draw(t, "checked") {
		s.Tasks[0].HealthCheck = &job.HealthCheck{Type: "tcp", Port: 80}
	}
	s.Tasks[0].Unreachable = &job.Unreachable{
		ReplaceAfter: job.Patience(time.Minute), Keep: rapid.SampledFrom([]string{job.KeepNewest, job.KeepOriginal, job.KeepOriginal, job.KeepOriginal}).Draw(t, "keep"),
	}
	if s.Tasks[0].Unreachable.Keep == job.KeepOriginal {
		s.Tasks[0].Unreachable.GiveUpAfter = rapid.SampledFrom([]job.Patience{job.Patience(3 * time.Minute), job.Patience(time.Hour), job.Never}).Draw(t, "give_up_after")
	}
	return s
}

func (p *parted) step() {
	t := p.t
	pick := func(label string, ok func(*cluster.Task, *fact) bool) *cluster.Task {
		all := p.tasks(func(t *cluster.Task) bool { r := p.truth[t.Key()]; return r != nil && ok(t, r) })
		if len(all) == 0 {
			return nil
		}
		return all[rapid.IntRange(0, len(all)-1).Draw(t, label)]
	}
	switch rapid.IntRange(0, 22).Draw(t, "what") {
	case 0, 1, 2:
		p.decide()
	case 3, 4:
		p.decideAll()
	case 5, 6, 7:
		p.launch()
	case 8, 9:
		p.log.Pass(time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second)
	case 10, 11, 12, 13:
		if task := pick("cut", func(t *cluster.Task, r *fact) bool { return r.alive && !r.cut && t.Confirmed }); task != nil {
			p.truth[task.Key()].cut = true
		}
	case 14, 15:
		if task := pick("heals", func(_ *cluster.Task, r *fact) bool { return r.cut }); task != nil {
			p.truth[task.Key()].cut = false
		}
	case 16:
		if task := pick("ends", func(_ *cluster.Task, r *fact) bool { return r.alive }); task != nil {
			r := p.truth[task.Key()]
			r.alive, r.end = false, rapid.SampledFrom([]string{"TASK_FINISHED", "TASK_FINISHED", "TASK_FAILED"}).Draw(t, "end")
		}
	case 17:
		p.kill()
	case 18:
		if rapid.IntRange(0, 3).Draw(t, "a user") == 0 {
			p.user()
		}
	default:
		if task := pick("heard of", func(t *cluster.Task, _ *fact) bool { return t.Live() }); task != nil {
			p.hear(task, rapid.IntRange(0, 3).Draw(t, "healthy") > 0)
		}
	}
	p.check()
}

// user does what users do. What asks for a slot to be filled again undoes what was done.
func (p *parted) user() {
	t, j := p.t, p.job()
	switch rapid.IntRange(0, 3).Draw(t, "user") {
	case 0:
		p.log.Job("web", events.JobRestarted{Run: j.Run, Version: j.Version})
	case 1:
		if j.Spec.Kind == job.KindService {
			p.log.Job("web", events.JobScaled{Run: j.Run, Version: j.Version + 1, Group: "web", Replicas: rapid.Uint32Range(1, 3).Draw(t, "replicas")})
		}
	case 2:
		spec := j.Spec.Clone()
		spec.Tasks[0].Container.Image = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "image")
		data, err := spec.JSON()
		if err != nil {
			t.Fatal(err)
		}
		p.log.Job("web", events.JobUpdated{Run: j.Run, Version: j.Version + 1, Spec: data})
	default:
		p.log.Job("web", events.KillRequested{Run: j.Run, Group: "web"})
	}
}

// launch launches what may be, as the launcher does.
func (p *parted) launch() {
	for _, task := range p.tasks(func(t *cluster.Task) bool {
		return t.State == cluster.Waiting && t.Doom == nil && t.Run == p.job().Run && !t.NotBefore.After(p.log.Now) && !p.job().Slots[t.Slot].Occupied(t)
	}) {
		if p.truth[task.Key()] != nil {
			p.t.Fatalf("%v is launched again", task.Key())
		}
		p.log.Stage(task)
		p.truth[task.Key()] = &fact{alive: true}
	}
}

// kill has the reaper and the launcher end what they can.
func (p *parted) kill() {
	for _, task := range p.tasks(func(t *cluster.Task) bool { return t.Doom != nil && t.Live() }) {
		r := p.truth[task.Key()]
		switch {
		case r == nil:
			p.log.Withdraw(task)
		case r.alive && !r.cut:
			r.alive, r.end = false, "TASK_KILLED"
		}
	}
}

// hear tells the log what is true of a task, or that nobody knows.
func (p *parted) hear(task *cluster.Task, healthy bool) {
	r := p.truth[task.Key()]
	state := r.end
	switch {
	case r.cut && task.Unreachable:
		return
	case r.cut:
		p.log.Report(task, "TASK_UNREACHABLE", "")
		return
	case r.alive:
		state = "TASK_RUNNING"
	}
	deciding := p.job().Slots[task.Slot].Deciding() == task
	wanted := task.Doom == nil || task.Doom.Keep && deciding // What is told to end may end well.
	ev := clustertest.Status(task, state, fmt.Sprint(p.log.State.Sequence))
	ev.Healthy = &healthy
	p.log.Task("web", task.Slot, ev)
	keep := p.job().Group(task.Group).Loss().Keep == job.KeepOriginal
	if task.Doom != nil && task.Doom.Class == cluster.ClassOriginalReturned {
		wanted, deciding = true, true
	}
	if state == "TASK_FINISHED" && wanted && p.job().Spec.Kind == job.KindBatch && (deciding || keep) {
		p.done[task.Slot] = true
	}
}

func (p *parted) decide() bool {
	j := p.job()
	d := planning.Decide(j, p.log.Now)
	if d.Event == nil {
		if !d.Wake.IsZero() && !d.Wake.After(p.log.Now) {
			p.t.Fatalf("wake at %s, it is %s", d.Wake, p.log.Now)
		}
		return false
	}
	switch ev := d.Event.(type) {
	case events.TasksPlanned:
		for n := range ranges.All(ev.Slots) {
			if p.done[n] {
				p.t.Fatalf("slot %d is planned again, its work is done", n)
			}
		}
	case events.TasksDoomed:
		checkDoom(p.t, j, ev)
	case events.JobCompleted:
		if len(p.done) < int(j.Spec.Tasks[0].Replicas) {
			p.t.Fatalf("completed with %d of %d done", len(p.done), j.Spec.Tasks[0].Replicas)
		}
	default:
	}
	if c := p.log.Plan("web", d.Event); c.Judgement != cluster.Counted {
		p.t.Fatalf("%+v is %s", d.Event, c.Judgement)
	}
	return true
}

// decideAll has the planner decide all there is. Then of each slot at most one goes on
// that is not an original, and at most one is up: the others end now. A rollout may put one
// beside another.
func (p *parted) decideAll() {
	for n := 0; p.decide(); n++ {
		if n > 60 {
			p.t.Fatal("planning finds no end")
		}
	}
	for _, slot := range p.job().Slots {
		going, serving, originals := 0, 0, 0
		for _, t := range slot.Tasks {
			if t.Live() && t.Doom == nil && !t.Beside {
				going += unit(!t.Original())
				originals += unit(t.Original())
				serving += unit(!t.UpSince.IsZero())
			}
		}
		if going > 1 || serving > 1 || originals > 1 {
			p.dump()
			p.t.Fatalf("in slot %d %d go on, %d are up, %d may come back", slot.Number, going, serving, originals)
		}
	}
}

// check: a slot holds no task that is over but those that are needed.
func (p *parted) check() {
	for _, slot := range p.job().Slots {
		n := 0
		for _, t := range slot.Tasks {
			n += unit(!t.Live())
		}
		if n > 2 {
			p.dump()
			p.t.Fatalf("slot %d holds %d tasks that are over", slot.Number, n)
		}
	}
}

func (p *parted) dump() {
	for _, t := range p.tasks(func(*cluster.Task) bool { return true }) {
		p.t.Logf("%v of version %d, %s, unreachable %t, original %t, returned %d, doomed %+v, up since %s, in truth %+v", t.Key(), t.Version, t.State,
			t.Unreachable, t.Original(), t.Returned, t.Doom, t.UpSince, p.truth[t.Key()])
	}
}

// settle heals all there is, and lets all do as it should.
func (p *parted) settle() {
	for _, r := range p.truth {
		r.cut = false
	}
	for range 400 {
		at := p.log.State.Sequence
		p.decideAll()
		p.kill()
		p.launch()
		for _, t := range p.tasks(func(t *cluster.Task) bool { return t.Live() && p.truth[t.Key()] != nil }) {
			r := p.truth[t.Key()]
			if p.job().Spec.Kind == job.KindBatch && t.Doom == nil && t.State == cluster.Running && !t.Original() && r.alive {
				r.alive, r.end = false, "TASK_FINISHED"
			}
			if !r.alive || t.UpSince.IsZero() {
				p.hear(t, true)
			}
		}
		waits := p.tasks(func(t *cluster.Task) bool { return t.Live() && t.State == cluster.Waiting })
		if p.log.State.Sequence == at && len(waits) == 0 && planning.Decide(p.job(), p.log.Now).Wake.IsZero() {
			return
		}
		p.log.Pass(10 * time.Second)
	}
	p.dump()
	p.t.Fatalf("it finds no end: %+v", planning.Decide(p.job(), p.log.Now))
}

// TestOriginals: whatever is cut off and comes back, in the end each slot has one task, a
// slot of a batch is done once, and who replays the log decides the same.
func TestOriginals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &parted{machine: machine{log: clustertest.New()}, t: t, truth: map[cluster.Key]*fact{}, done: map[uint32]bool{}}
		p.log.Elect()
		p.log.Submit(partedSpec(t))
		p.decideAll()
		p.launch()
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			p.step()
		}
		refold := cluster.New()
		for _, r := range p.log.Records {
			if _, err := refold.Apply(r); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := planning.Decide(p.job(), p.log.Now), planning.Decide(refold.Jobs["web"], p.log.Now); !reflect.DeepEqual(a, b) {
			t.Fatalf("equal states, but %+v and %+v", a, b)
		}
		p.settle()
		j, alive := p.job(), map[uint32]int{}
		for key, r := range p.truth {
			if r.alive {
				alive[key.Slot]++
			}
		}
		for n, count := range alive {
			if count > 1 {
				p.dump()
				t.Fatalf("%d run in slot %d", count, n)
			}
		}
		want := int(j.Spec.Tasks[0].Replicas)
		if j.Over() {
			want = 0
		}
		if j.Spec.Kind == job.KindBatch && !j.Over() || len(alive) != want {
			p.dump()
			t.Fatalf("%d run, %d are wanted; over %t", len(alive), want, j.Over())
		}
	})
}
