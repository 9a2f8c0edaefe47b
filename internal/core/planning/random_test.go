package planning_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/after"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// machine is a job to which happens what users, the launcher, agents and time
// can do, in any order, with planning in between at any moment.
type machine struct {
	log *clustertest.Log
}

func (m *machine) job() *cluster.Job { return m.log.State.Jobs["web"] }

// tasks are all of the job's tasks that ok accepts, in order.
func (m *machine) tasks(ok func(*cluster.Task) bool) []*cluster.Task {
	var all []*cluster.Task
	for _, n := range slices.Sorted(maps.Keys(m.job().Slots)) {
		for _, t := range m.job().Slots[n].Tasks {
			if ok(t) {
				all = append(all, t)
			}
		}
	}
	return all
}

func randomSpec(t *rapid.T) *job.Spec {
	s := clustertest.Service("web", rapid.Uint32Range(0, 4).Draw(t, "replicas"))
	if rapid.Bool().Draw(t, "batch") {
		s.Kind = job.KindBatch
		s.Success = job.Success(rapid.Uint32Range(0, 3).Draw(t, "success"))
		s.TimeLimit = job.Duration(rapid.SampledFrom([]int{0, 0, 300, 3000}).Draw(t, "time limit")) * job.Duration(time.Second)
		s.KeepFor = job.Duration(rapid.SampledFrom([]int{0, 0, 1, 300}).Draw(t, "keep for")) * job.Duration(time.Second)
	}
	if rapid.Bool().Draw(t, "two groups") {
		second := s.Tasks[0]
		second.Name, second.Replicas = "db", rapid.Uint32Range(0, 3).Draw(t, "replicas")
		if rapid.Bool().Draw(t, "after") {
			second.After = []string{"web"}
		}
		s.Tasks = append(s.Tasks, second)
	}
	for i := range s.Tasks {
		if s.Kind == job.KindBatch && rapid.Bool().Draw(t, "limited") {
			s.Tasks[i].TimeLimit = job.Duration(rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Minute}).Draw(t, "limit"))
		}
		s.Tasks[i].Restart = &job.Restart{
			Policy:   rapid.SampledFrom([]string{"", job.RestartAlways, job.RestartOnFailure, job.RestartNever}).Draw(t, "policy"),
			Attempts: rapid.Uint32Range(0, 3).Draw(t, "attempts"),
		}
		s.Tasks[i].KillSelection = rapid.SampledFrom([]string{"", job.KillHighestSlot, job.KillNewest, job.KillOldest, job.KillUnhealthy}).Draw(t, "kill_selection")
		if rapid.Bool().Draw(t, "unreachable") {
			s.Tasks[i].Unreachable = randomLoss(t)
		}
	}
	return s
}

func randomLoss(t *rapid.T) *job.Unreachable {
	u := &job.Unreachable{
		ReplaceAfter: rapid.SampledFrom([]job.Patience{0, 1, job.Patience(time.Minute), job.Never}).Draw(t, "replace_after"),
		Keep:         rapid.SampledFrom([]string{"", job.KeepNewest, job.KeepOriginal, job.KeepOriginal}).Draw(t, "keep"),
	}
	if u.Keep == job.KeepOriginal {
		u.GiveUpAfter = rapid.SampledFrom([]job.Patience{0, job.Patience(2 * time.Minute), job.Patience(10 * time.Minute), job.Never}).Draw(t, "give_up_after")
	}
	return u
}

// step does one thing. What cannot be done at present is left undone.
func (m *machine) step(t *rapid.T) {
	l, j := m.log, m.job()
	pick := func(label string, ok func(*cluster.Task) bool) *cluster.Task {
		all := m.tasks(ok)
		if len(all) == 0 {
			return nil
		}
		return all[rapid.IntRange(0, len(all)-1).Draw(t, label)]
	}
	switch what := rapid.IntRange(0, 20).Draw(t, "what"); what {
	case 20:
		if ev, err := dismissal(j, rapid.SliceOfN(rapid.Uint32Range(0, 6), 1, 3).Draw(t, "slots")...); err == nil {
			l.Job("web", ev)
		}
	case 0:
		l.Submit(randomSpec(t))
	case 1, 2:
		g := rapid.SampledFrom([]string{"web", "db"}).Draw(t, "group")
		l.Job("web", events.JobScaled{Run: j.Run, Version: j.Version + 1, Group: g, Replicas: rapid.Uint32Range(0, 5).Draw(t, "replicas")})
	case 3:
		l.Job("web", events.JobStopped{Run: j.Run})
	case 4:
		l.Elect()
	case 5:
		m.adopt(t)
	case 6, 7:
		l.Pass(time.Duration(rapid.IntRange(1, 400).Draw(t, "seconds")) * time.Second)
	case 8, 9, 10:
		m.plan(t)
	case 11, 12, 13:
		if task := pick("staged", func(t *cluster.Task) bool { return t.State == cluster.Waiting && t.Doom == nil }); task != nil {
			l.Stage(task)
		}
	case 14:
		if task := pick("withdrawn", func(t *cluster.Task) bool {
			return t.State == cluster.Waiting && t.Doom != nil || t.State == cluster.Staged && !t.Confirmed
		}); task != nil {
			l.Withdraw(task)
		}
	default:
		if task := pick("reported", func(t *cluster.Task) bool { return t.ID != "" }); task != nil {
			state := rapid.SampledFrom([]string{
				"TASK_RUNNING", "TASK_RUNNING", "TASK_FINISHED", "TASK_FAILED", "TASK_FAILED", "TASK_KILLED", "TASK_GONE", "TASK_LOST",
				"TASK_UNREACHABLE", "TASK_UNREACHABLE",
			}).Draw(t, "state")
			l.Report(task, state, rapid.SampledFrom([]string{"", "u"}).Draw(t, "uuid"))
		}
	}
}

func (m *machine) adopt(t *rapid.T) {
	slot, attempt := rapid.Uint32Range(0, 6).Draw(t, "slot"), rapid.Uint32Range(1, 4).Draw(t, "attempt")
	run := rapid.SampledFrom([]uint64{m.job().Run, 1, m.job().Run + 1, m.log.State.Sequence + 9}).Draw(t, "run")
	version := rapid.SampledFrom([]uint64{1, m.job().Version, m.job().Version + 2}).Draw(t, "version")
	m.log.Task("web", slot, events.TaskAdopted{
		Run: run, Version: version, Group: rapid.SampledFrom([]string{"web", "db", "gone"}).Draw(t, "group"), Slot: slot, Attempt: attempt,
		TaskID: clustertest.TaskID("web", run, slot, attempt), AgentID: "S1", State: "TASK_RUNNING",
	})
}

// plan lets the planner make one decision, and checks it.
func (m *machine) plan(t *rapid.T) bool {
	j := m.job()
	d := planning.Decide(j, m.log.Now)
	if again := planning.Decide(j, m.log.Now); !reflect.DeepEqual(d, again) {
		t.Fatalf("asked twice: %+v, then %+v", d, again)
	}
	if !d.Wake.IsZero() && !d.Wake.After(m.log.Now) {
		t.Fatalf("wake at %s, it is %s", d.Wake, m.log.Now)
	}
	if d.Event == nil {
		return false
	}
	switch ev := d.Event.(type) {
	case events.TasksPlanned:
		checkPlan(t, j, ev)
	case events.TasksDoomed:
		checkDoom(t, j, ev)
	case events.JobCompleted:
		checkCompleted(t, j)
	case events.JobExpired:
		if j.Live() > 0 || !j.Over() || m.log.Now.Before(j.EndedAt().Add(time.Duration(j.Spec.KeepFor))) {
			t.Fatalf("left out of the lists with %d tasks, over %t", j.Live(), j.Over())
		}
	case events.JobFailed:
		if ev.Attempt == 0 {
			if due := j.Deadline(); due.IsZero() || m.log.Now.Before(due) {
				t.Fatalf("%+v, and it may take until %s", ev, due)
			}
			break
		}
		if slot := j.Slots[ev.Slot]; slot.Deciding().Attempt != ev.Attempt || slot.Failures == 0 {
			t.Fatalf("%+v, but the slot has %d failures", ev, slot.Failures)
		}
	default:
		t.Fatalf("a planner does not decide %T", ev)
	}
	if c := m.log.Plan("web", d.Event); c.Judgement != cluster.Counted {
		t.Fatalf("%+v is %s", d.Event, c.Judgement)
	}
	if _, ok := d.Event.(events.TasksPlanned); ok && !j.Behind() {
		for _, g := range j.Spec.Tasks {
			filled := map[uint32]bool{} // What was replaced in them is doomed next.
			for _, task := range kept(j, g.Name) {
				filled[task.Slot] = true
			}
			if n := len(filled); n > int(g.Replicas) {
				t.Fatalf("%d slots of %s are kept after planning, %d wanted", n, g.Name, g.Replicas)
			}
		}
	}
	return true
}

// kept are the live tasks of a group that should go on, of this run, not doomed, and no
// originals.
func kept(j *cluster.Job, group string) []*cluster.Task {
	var all []*cluster.Task
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Live() && t.Doom == nil && t.Run == j.Run && t.Group == group && !t.Original() {
				all = append(all, t)
			}
		}
	}
	return all
}

// checkPlan: nothing is planned where something may be running [V6], nothing
// twice, nothing that is not wanted.
func checkPlan(t *rapid.T, j *cluster.Job, ev events.TasksPlanned) {
	if len(aheadOf(j, j.Run+1)) > 0 {
		t.Fatalf("planned %+v of a run that was superseded", ev)
	}
	if j.Over() || ev.Run != j.Run || ev.Version != j.Version || j.Group(ev.Group) == nil || len(ev.Slots) == 0 {
		t.Fatalf("planned %+v for run %d version %d, over %t", ev, j.Run, j.Version, j.Over())
	}
	for n, attempt := range ranges.All(ev.Slots) {
		if j.Slots[n] == nil {
			continue
		}
		for _, task := range j.Slots[n].Tasks {
			if task.Live() && !task.Unreachable {
				t.Fatalf("slot %d is planned, but %v is %s", n, task.Key(), task.State)
			}
			if task.Run == j.Run && task.Attempt >= attempt {
				t.Fatalf("slot %d is planned at attempt %d after %d", n, attempt, task.Attempt)
			}
		}
	}
}

// aheadOf are the tasks of a run or newer ones that are ahead of the log.
func aheadOf(j *cluster.Job, run uint64) []*cluster.Task {
	var all []*cluster.Task
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if j.Ahead(t) && t.Run >= run {
				all = append(all, t)
			}
		}
	}
	return all
}

// checkDoom: what is doomed lives, and is not ahead of the log, unless a newer attempt
// of the same run is in its slot.
func checkDoom(t *rapid.T, j *cluster.Job, ev events.TasksDoomed) {
	hit := 0
	for n, attempt := range ranges.All(ev.Slots) {
		if j.Slots[n] == nil {
			continue
		}
		if task := j.Slots[n].Find(ev.Run, attempt); task != nil {
			hit++
			if c := j.Slots[n].Newest(); j.Ahead(task) && (c == task || c.Run != task.Run) {
				t.Fatalf("%v of version %d is doomed, and ahead of run %d, version %d", task.Key(), task.Version, j.Run, j.Version)
			}
			if !task.Live() || task.Doom != nil {
				t.Fatalf("%v is doomed, but %s with doom %v", task.Key(), task.State, task.Doom)
			}
		}
	}
	if hit == 0 || ev.Reason == "" || ev.GraceMillis <= 0 {
		t.Fatalf("%+v dooms %d tasks", ev, hit)
	}
}

// checkCompleted: as many slots as have to have ended well; if it is all, so it is in each
// group.
func checkCompleted(t *rapid.T, j *cluster.Job) {
	all := 0
	for _, g := range j.Spec.Tasks {
		well := 0
		for _, slot := range j.Slots {
			if c := slot.Deciding(); c != nil && c.Run == j.Run && c.Group == g.Name && c.State == cluster.Finished {
				well++
			}
		}
		all += min(well, int(g.Replicas))
		if j.Spec.Success == job.SuccessAll && well < int(g.Replicas) {
			t.Fatalf("completed, but %d of %d tasks of %s ended well", well, g.Replicas, g.Name)
		}
	}
	wanted := uint64(0)
	for _, g := range j.Spec.Tasks {
		wanted += uint64(g.Replicas)
	}
	if all == 0 || all < int(min(j.Spec.Success.Of(wanted), wanted)) {
		t.Fatalf("completed, but %d of %d tasks ended well, %s had to", all, wanted, j.Spec.Success)
	}
}

// planAll plans until nothing is left to decide. It ends: that is a property.
func (m *machine) planAll(t *rapid.T) {
	for range 60 {
		if !m.plan(t) {
			return
		}
	}
	t.Fatal("planning finds no end")
}

// TestPlanning: whatever has happened to a job, what is planned and doomed next
// is right, it comes to an end, and then just what is wanted is kept.
func TestPlanning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{log: clustertest.New()}
		m.log.Elect()
		m.log.Submit(randomSpec(t))
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			m.step(t)
		}
		m.planAll(t)
		checkQuiet(t, m)
		refold := cluster.New()
		for _, r := range m.log.Records {
			if _, err := refold.Apply(r); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := planning.Decide(m.job(), m.log.Now), planning.Decide(refold.Jobs["web"], m.log.Now); !reflect.DeepEqual(a, b) {
			t.Fatalf("equal states, but %+v and %+v", a, b)
		}
	})
}

// checkQuiet: with nothing left to decide, the live tasks that are not doomed
// are the newest of the wanted slots, and every wanted slot has one, or is done,
// or waits for an earlier attempt to end.
func checkQuiet(t *rapid.T, m *machine) {
	j, wake := m.job(), planning.Decide(m.job(), m.log.Now).Wake
	going := m.tasks(func(t *cluster.Task) bool { return t.Live() && t.Doom == nil && !j.Ahead(t) })
	if j.Behind() {
		holds := after.Holds(j, m.log.Now)
		for _, task := range going {
			if _, held := holds[task.Group]; j.Over() && !held || task.Run != j.Run {
				t.Fatalf("%v goes on, and is not ahead of the log", task.Key())
			}
		}
		return // What is wanted is in doubt.
	}
	if j.Over() {
		holds := after.Holds(j, m.log.Now)
		going = slices.DeleteFunc(going, func(t *cluster.Task) bool {
			_, held := holds[t.Group]
			return held && t.Run == j.Run
		})
		if len(going) > 0 {
			t.Fatalf("the job is over, but %v goes on", going[0].Key())
		}
		return
	}
	going = slices.DeleteFunc(going, func(o *cluster.Task) bool { return mayReturn(t, m, o) })
	for _, g := range j.Spec.Tasks {
		tasks := kept(j, g.Name)
		going = slices.DeleteFunc(going, func(t *cluster.Task) bool { return slices.Contains(tasks, t) })
		if len(tasks) > int(g.Replicas) {
			t.Fatalf("%d tasks of %s go on, %d wanted", len(tasks), g.Name, g.Replicas)
		}
		idle := 0
		for _, slot := range j.Slots {
			c := slot.Deciding()
			if c != nil && c.Run == j.Run && c.Group == g.Name && c.Live() && c.Doom != nil && c.Doom.Keep {
				idle++ // Another follows once it has ended.
			}
			if c == nil || c.Run != j.Run || c.Group != g.Name || c.Doom != nil || c.Live() {
				continue
			}
			blocked := slices.ContainsFunc(slot.Tasks, func(t *cluster.Task) bool { return t.Live() && !t.Unreachable })
			failed := slot.Fate(c.End(), g.Restart) == restart.Failed // And the job may do without it.
			if blocked || failed || c.State == cluster.Finished {
				idle++
			}
		}
		if _, waits := after.Group(j, &g); waits && len(tasks)+idle == 0 {
			continue
		}
		if len(tasks)+idle < int(g.Replicas) {
			t.Fatalf("%d tasks of %s go on and %d need not, %d wanted", len(tasks), g.Name, idle, g.Replicas)
		}
		checkWake(t, tasks, j, wake)
	}
	if len(going) > 0 {
		t.Fatalf("%v goes on, which nobody wants", going[0].Key())
	}
}

// mayReturn reports whether a task is an original, and checks that it may be: the one of
// its slot, as it should be, in time, and with another in its place.
func mayReturn(t *rapid.T, m *machine, o *cluster.Task) bool {
	if !o.Original() {
		return false
	}
	j := m.job()
	slot, loss := j.Slots[o.Slot], j.Group(o.Group).Loss()
	due := loss.GiveUpAfter.From(o.CutOff)
	if loss.Keep != job.KeepOriginal || j.Outdated(o) || !due.IsZero() && !m.log.Now.Before(due) || slot.Newest() == o || slot.Original(j.Run) != o {
		t.Fatalf("%v may still come back, cut off at %s: %+v", o.Key(), o.CutOff, loss)
	}
	if !o.UpSince.IsZero() || !o.Unreachable && slot.Newest().State == cluster.Waiting && slot.Newest().Doom == nil {
		t.Fatalf("%v has come back, and does not go on", o.Key())
	}
	if wake := planning.Decide(j, m.log.Now).Wake; !due.IsZero() && (wake.IsZero() || wake.After(due)) {
		t.Fatalf("%v is given up at %s, but the planner sleeps until %s", o.Key(), due, wake)
	}
	return true
}

// checkWake: a task that is cut off and alone in its slot is looked at again
// when it is to be replaced.
func checkWake(t *rapid.T, tasks []*cluster.Task, j *cluster.Job, wake time.Time) {
	for _, task := range tasks {
		if !task.Unreachable || len(j.Slots[task.Slot].Tasks) > 1 {
			continue
		}
		if due := j.Group(task.Group).Loss().ReplaceAfter.From(task.UnreachableSince); !due.IsZero() && (wake.IsZero() || wake.After(due)) {
			t.Fatalf("%v is to be replaced at %s, but the planner sleeps until %s", task.Key(), due, wake)
		}
	}
}

// TestBackOffIsShared: slots share an event only if their back-offs end within
// a moment of each other, and then wait for the last of them.
func TestBackOffIsShared(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{log: clustertest.New()}
		m.log.Elect()
		m.log.Submit(clustertest.Service("web", 8))
		m.planAll(t)
		ends := map[uint32]time.Time{}
		for _, task := range rapid.Permutation(m.tasks(func(*cluster.Task) bool { return true })).Draw(t, "order") {
			m.log.Pass(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			m.log.Stage(task)
			m.log.Report(task, "TASK_FAILED", "u")
			ends[task.Slot] = m.log.Now.Add(time.Second)
		}
		for range 8 {
			ev, ok := planning.Decide(m.job(), m.log.Now).Event.(events.TasksPlanned)
			if !ok {
				break
			}
			for n := range ranges.All(ev.Slots) {
				if early := ev.NotBefore.Sub(ends[n]); early < 0 || early > 200*time.Millisecond {
					t.Fatalf("slot %d is held back for %s beyond its back-off", n, early)
				}
				delete(ends, n)
			}
			m.log.Plan("web", ev)
		}
		if len(ends) > 0 {
			t.Fatal(fmt.Sprint("not planned again: ", ends))
		}
	})
}
