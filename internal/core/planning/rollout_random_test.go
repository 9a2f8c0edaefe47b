package planning_test

import (
	"reflect"
	"slices"
	"strings"
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

// roll is a service that is updated, restarted, steered and scaled while its tasks come
// and go, with planning in between at any moment.
type roll struct {
	machine
	t *rapid.T
}

// badImage does not stay up.
const badImage = "bad"

func rolloutSpec(t *rapid.T) *job.Spec {
	s := clustertest.Service("web", rapid.Uint32Range(1, 5).Draw(t, "replicas"))
	s.Rollout = rolloutPolicy(t)
	if rapid.Bool().Draw(t, "checked") {
		s.Tasks[0].HealthCheck = &job.HealthCheck{Type: "tcp", Port: 80}
	}
	if rapid.Bool().Draw(t, "two groups") {
		second := s.Tasks[0]
		second.Name, second.Replicas = "db", rapid.Uint32Range(0, 3).Draw(t, "replicas")
		s.Tasks = append(s.Tasks, second)
	}
	for i := range s.Tasks {
		if rapid.Bool().Draw(t, "unreachable") {
			s.Tasks[i].Unreachable = randomLoss(t)
		}
		s.Tasks[i].KillSelection = rapid.SampledFrom([]string{"", job.KillNewest, job.KillOldest, job.KillUnhealthy}).Draw(t, "kill_selection")
		s.Tasks[i].Restart = &job.Restart{Policy: rapid.SampledFrom([]string{"", job.RestartAlways, job.RestartOnFailure, job.RestartNever}).Draw(t, "policy")}
	}
	return s
}

func rolloutPolicy(t *rapid.T) *job.Rollout {
	amount := func(label string) *job.Amount {
		if rapid.Bool().Draw(t, label+" default") {
			return nil
		}
		return &job.Amount{Number: rapid.Uint32Range(0, 3).Draw(t, label)}
	}
	return &job.Rollout{
		MaxSurge: amount("surge"), MaxUnavailable: amount("unavailable"),
		MinHealthy:       job.Duration(rapid.SampledFrom([]int{1, 10, 60}).Draw(t, "min healthy")) * job.Duration(time.Second),
		ProgressDeadline: job.Duration(rapid.SampledFrom([]int{120, 600}).Draw(t, "deadline")) * job.Duration(time.Second),
		AutoRollback:     rapid.Bool().Draw(t, "auto rollback"),
		Canary:           rapid.Uint32Range(0, 2).Draw(t, "canary"),
		Order:            rapid.SampledFrom([][]string{nil, {"db"}, {"web", "db"}}).Draw(t, "order"),
	}
}

func (m *roll) step() {
	t, l, j := m.t, m.log, m.job()
	pick := func(label string, ok func(*cluster.Task) bool) *cluster.Task {
		all := m.tasks(ok)
		if len(all) == 0 {
			return nil
		}
		return all[rapid.IntRange(0, len(all)-1).Draw(t, label)]
	}
	switch rapid.IntRange(0, 24).Draw(t, "what") {
	case 0, 1:
		m.update()
	case 2:
		g := rapid.SampledFrom([]string{"web", "db"}).Draw(t, "group")
		l.Job("web", events.JobScaled{Run: j.Run, Version: j.NewestVersion() + 1, Group: g, Replicas: rapid.Uint32Range(0, 6).Draw(t, "replicas")})
	case 3:
		ev := events.JobRestarted{Run: j.Run, Version: j.Version, Group: rapid.SampledFrom([]string{"", "web"}).Draw(t, "group")}
		if rapid.Bool().Draw(t, "some") {
			ev.Slots = []events.SlotRange{{From: 0, To: rapid.Uint32Range(0, 3).Draw(t, "to")}}
		}
		l.Job("web", ev)
	case 4:
		m.steer()
	case 5, 6:
		l.Pass(time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second)
	case 7, 8, 9, 10:
		m.plan()
	case 11, 12, 13:
		if task := pick("staged", func(t *cluster.Task) bool { return m.launchable(t) }); task != nil {
			l.Stage(task)
		}
	case 14, 15, 16, 17:
		if task := pick("runs", func(t *cluster.Task) bool { return t.State == cluster.Staged }); task != nil {
			m.report(task, "TASK_RUNNING", rapid.SampledFrom([]string{"", "yes", "yes"}).Draw(t, "healthy"))
		}
	case 18:
		if task := pick("checked", func(t *cluster.Task) bool { return t.State == cluster.Running }); task != nil {
			m.report(task, "TASK_RUNNING", rapid.SampledFrom([]string{"yes", "no"}).Draw(t, "healthy"))
		}
	case 19:
		if task := pick("ends", func(t *cluster.Task) bool { return t.ID != "" && t.Live() }); task != nil {
			m.report(task, rapid.SampledFrom([]string{"TASK_FAILED", "TASK_FINISHED", "TASK_GONE", "TASK_KILLED"}).Draw(t, "state"), "")
		}
	case 20:
		if task := pick("cut off", func(t *cluster.Task) bool { return t.ID != "" && t.Live() }); task != nil {
			l.Report(task, "TASK_UNREACHABLE", "")
		}
	default:
		if task := pick("obeys", func(t *cluster.Task) bool { return t.Doom != nil && t.Live() }); task != nil {
			m.obey(task)
		}
	}
}

func (m *roll) launchable(t *cluster.Task) bool {
	return t.State == cluster.Waiting && t.Doom == nil && !t.NotBefore.After(m.log.Now) && !m.job().Slots[t.Slot].Occupied(t)
}

// obey ends a doomed task.
func (m *roll) obey(task *cluster.Task) {
	switch {
	case task.State == cluster.Waiting:
		m.log.Withdraw(task)
	case !task.Unreachable:
		m.report(task, "TASK_KILLED", "")
	}
}

func (m *roll) report(task *cluster.Task, state, healthy string) {
	ev := clustertest.Status(task, state, "u")
	if healthy != "" {
		yes := healthy == "yes"
		ev.Healthy = &yes
	}
	m.log.Task("web", task.Slot, ev)
}

func (m *roll) update() {
	t, j := m.t, m.job()
	spec := j.Spec.Clone()
	g := &spec.Tasks[rapid.IntRange(0, len(spec.Tasks)-1).Draw(t, "group")]
	switch rapid.IntRange(0, 7).Draw(t, "change") {
	case 0:
		spec.Labels = map[string]string{"a": rapid.SampledFrom([]string{"x", "y"}).Draw(t, "label")}
	case 1:
		spec.Rollout = rolloutPolicy(t)
	case 2:
		g.Replicas = rapid.Uint32Range(0, 5).Draw(t, "replicas")
	case 3:
		g.Constraints = []job.Constraint{{Attribute: "hostname", Operator: job.OpIs, Value: rapid.SampledFrom([]string{"h1", "h2"}).Draw(t, "host")}}
	case 4:
		if len(spec.Tasks) == 1 {
			second := spec.Tasks[0]
			second.Name = "db"
			spec.Tasks = append(spec.Tasks, second)
		} else {
			spec.Tasks = slices.DeleteFunc(spec.Tasks, func(g job.Group) bool { return g.Name == "db" })
		}
	default:
		c := *g.Container
		c.Image = rapid.SampledFrom([]string{"x", "y", "z", badImage}).Draw(t, "image")
		g.Container = &c
	}
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	m.log.Job("web", events.JobUpdated{Run: j.Run, Version: j.NewestVersion() + 1, Spec: data})
}

func (m *roll) steer() {
	t, j := m.t, m.job()
	ev := events.RolloutSteered{Run: j.Run, Version: j.Rollout.Version, Action: rapid.SampledFrom([]string{
		events.RolloutPause, events.RolloutResume, events.RolloutResume, events.RolloutPromote, events.RolloutPromote,
		events.RolloutCancel, events.RolloutRollback,
	}).Draw(t, "action")}
	if ev.Action == events.RolloutRollback && rapid.Bool().Draw(t, "to") {
		ev.To = rapid.Uint64Range(1, j.Version).Draw(t, "version")
	}
	m.log.Job("web", ev)
}

// plan lets the planner make one decision, and checks it.
func (m *roll) plan() bool {
	t, j := m.t, m.job()
	d := planning.Decide(j, m.log.Now)
	if again := planning.Decide(j, m.log.Now); !reflect.DeepEqual(d, again) {
		t.Fatalf("asked twice: %+v, then %+v", d, again)
	}
	if d.Event == nil {
		if !d.Wake.IsZero() && !d.Wake.After(m.log.Now) {
			t.Fatalf("wake at %s, it is %s", d.Wake, m.log.Now)
		}
		return false
	}
	before := map[string]int{}
	for i := range j.Spec.Tasks {
		before[j.Spec.Tasks[i].Name] = m.up(j.Spec.Tasks[i].Name)
	}
	status, rollout := j.Rollout.Status, j.Rollout
	switch ev := d.Event.(type) {
	case events.TasksDoomed:
		checkDoom(t, j, ev)
		if ev.Keep && status != cluster.RolloutRolling && ev.Class != cluster.ClassOriginalReturned {
			t.Fatalf("%+v while the rollout is %s", ev, status)
		}
	case events.TasksPlanned:
		m.checkPlanned(ev)
	case events.RolloutEnded:
		if ev.Outcome == events.RolloutSucceeded {
			m.checkSucceeded()
		}
	case events.RolloutReverted:
		if !j.Spec.RolloutPolicy().AutoRollback || ev.To != rollout.From {
			t.Fatalf("%+v of %+v", ev, rollout)
		}
	case events.JobFailed, events.JobCompleted:
		if rollout.Unfinished() {
			t.Fatalf("%+v while the rollout is %s", ev, status)
		}
	default:
		t.Fatalf("decided %+v", ev)
	}
	if c := m.log.Plan("web", d.Event); c.Judgement != cluster.Counted {
		t.Fatalf("%+v is %s %+v", d.Event, c.Judgement, c.Rejection)
	}
	if ev, dooms := d.Event.(events.TasksDoomed); dooms && ev.Keep && ev.Class != cluster.ClassOriginalReturned {
		m.checkAvailable(ev, before)
	}
	return true
}

// up are the slots that a group wants in which something serves: what was there before, or
// what is as wanted for long enough.
func (m *roll) up(group string) int {
	j, n := m.job(), 0
	minHealthy := time.Duration(j.Spec.RolloutPolicy().MinHealthy)
	for _, slot := range j.Slots {
		if slices.ContainsFunc(slot.Tasks, func(t *cluster.Task) bool {
			return t.Group == group && t.Doom == nil && t.Run == j.Run && !t.UpSince.IsZero() &&
				(j.Outdated(t) || j.Rollout.Began == 0 || !m.log.Now.Before(t.UpSince.Add(minHealthy)))
		}) {
			n++
		}
	}
	return n
}

// checkAvailable: what the planner dooms takes no more out of service than may be down.
func (m *roll) checkAvailable(ev events.TasksDoomed, before map[string]int) {
	j := m.job()
	policy := j.Spec.RolloutPolicy()
	for i := range j.Spec.Tasks {
		g := &j.Spec.Tasks[i]
		_, unavailable := policy.Bounds(g)
		if now := m.up(g.Name); now < before[g.Name] && now < int(g.Replicas)-int(unavailable) {
			m.t.Fatalf("%+v leaves %d of %s up, before it %d were; %d are wanted, %d may be down", ev, now, g.Name, before[g.Name], g.Replicas, unavailable)
		}
	}
}

// checkPlanned: nothing is planned where something may be running, but beside what a
// rollout replaces, and no more of these than the surge.
func (m *roll) checkPlanned(ev events.TasksPlanned) {
	t, j := m.t, m.job()
	g := j.Group(ev.Group)
	if j.Over() || ev.Run != j.Run || g == nil || j.SpecOf(ev.Version) == nil || len(ev.Slots) == 0 {
		t.Fatalf("planned %+v", ev)
	}
	if ev.Version != j.Target && !j.Rollout.Unfinished() {
		t.Fatalf("planned %+v, and the target is %d", ev, j.Target)
	}
	policy := j.Spec.RolloutPolicy()
	surge, _ := policy.Bounds(g)
	if alive := m.alive(ev.Group) + ranges.Count(ev.Slots); ev.Beside && alive > int(g.Replicas)+int(surge) {
		t.Fatalf("planned %+v, which makes it %d of %d, with a surge of %d", ev, alive, g.Replicas, surge)
	}
	for n, attempt := range ranges.All(ev.Slots) {
		if j.Slots[n] == nil {
			continue
		}
		for _, task := range j.Slots[n].Tasks {
			if task.Live() && !task.Unreachable && (!ev.Beside || task.Doom == nil && !j.Outdated(task)) {
				t.Fatalf("slot %d is planned, but %v is %s", n, task.Key(), task.State)
			}
			if task.Attempt >= attempt {
				t.Fatalf("slot %d is planned at attempt %d after %d", n, attempt, task.Attempt)
			}
		}
	}
}

func (m *roll) alive(group string) int {
	return len(m.tasks(func(t *cluster.Task) bool {
		return t.Group == group && t.Live() && t.Run == m.job().Run && (t.Doom == nil || !t.Unreachable) && !t.Original()
	}))
}

func (m *roll) checkSucceeded() {
	j := m.job()
	for _, task := range m.tasks(func(t *cluster.Task) bool { return t.Live() && t.Doom == nil }) {
		if j.Outdated(task) {
			m.t.Fatalf("the rollout has succeeded, and %v is of version %d, the target %d, stale %d", task.Key(), task.Version, j.Target, task.Stale)
		}
	}
}

// settle lets all work as it should: what is planned is launched and comes up, but for
// what has a bad image, and what is doomed ends. It ends once nothing changes any more.
func (m *roll) settle() {
	for range 3000 {
		at := m.log.State.Sequence
		for n := 0; m.plan(); n++ {
			if n > 100 {
				m.t.Fatal("planning finds no end")
			}
		}
		for _, task := range m.tasks((*cluster.Task).Live) {
			switch {
			case task.Unreachable:
				m.report(task, "TASK_RUNNING", "yes")
			case task.Doom != nil:
				m.obey(task)
			case m.launchable(task):
				m.log.Stage(task)
			case task.State == cluster.Staged, task.State == cluster.Running && task.UpSince.IsZero():
				m.report(task, "TASK_RUNNING", "yes")
			case m.job().GroupOf(task).Container.Image == badImage && task.State == cluster.Running:
				m.report(task, "TASK_FAILED", "")
			}
		}
		wake := planning.Decide(m.job(), m.log.Now).Wake
		if m.log.State.Sequence == at {
			waits := m.tasks(func(t *cluster.Task) bool { return t.Live() && t.State == cluster.Waiting })
			if wake.IsZero() && len(waits) == 0 {
				return
			}
			m.log.Pass(30 * time.Second)
		}
		m.log.Pass(time.Second)
		if m.steady() {
			return
		}
	}
	m.dump()
	m.t.Fatalf("at %s the rollout finds no end: %+v, next is %+v", m.log.Now, m.job().Rollout, planning.Decide(m.job(), m.log.Now))
}

// dump tells what there is.
func (m *roll) dump() {
	for _, task := range m.tasks(func(*cluster.Task) bool { return true }) {
		m.t.Logf("%v of version %d, %s, outdated %t, stale %d, doomed %t, up since %s", task.Key(), task.Version, task.State,
			m.job().Outdated(task), task.Stale, task.Doom != nil, task.UpSince)
	}
}

// steady reports whether bad tasks fail again and again, and nothing else goes on.
func (m *roll) steady() bool {
	j := m.job()
	d := planning.Decide(j, m.log.Now)
	return d.Event == nil && (j.Rollout.Status != cluster.RolloutRolling || d.Wake.IsZero()) && m.bad() && len(m.tasks(func(t *cluster.Task) bool {
		return t.Live() && (t.Doom != nil || t.State != cluster.Running && j.GroupOf(t).Container.Image != badImage)
	})) == 0
}

func (m *roll) bad() bool {
	return slices.ContainsFunc(m.job().Spec.Tasks, func(g job.Group) bool { return g.Container.Image == badImage }) ||
		slices.ContainsFunc(m.job().Versions, func(v *cluster.Version) bool {
			return slices.ContainsFunc(v.Spec.Tasks, func(g job.Group) bool { return g.Container.Image == badImage })
		})
}

// TestRollouts: whatever has happened, a rollout stays within its bounds, ends or waits
// for a user, and leaves just what is wanted; who replays the log decides the same.
func TestRollouts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &roll{machine: machine{log: clustertest.New()}, t: t}
		m.log.Elect()
		m.log.Submit(rolloutSpec(t))
		if rapid.Bool().Draw(t, "settled") {
			m.settle()
		}
		for range rapid.IntRange(0, 80).Draw(t, "steps") {
			m.step()
		}
		before := m.log.Now
		m.settle()
		j := m.job()
		refold := cluster.New()
		for _, r := range m.log.Records {
			if _, err := refold.Apply(r); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := planning.Decide(j, m.log.Now), planning.Decide(refold.Jobs["web"], m.log.Now); !reflect.DeepEqual(a, b) {
			t.Fatalf("equal states, but %+v and %+v", a, b)
		}
		if j.Over() {
			return
		}
		switch o := j.Rollout; o.Status {
		case cluster.RolloutNone, cluster.RolloutSucceeded:
			m.checkSucceeded()
			for _, g := range j.Spec.Tasks {
				live := len(m.tasks(func(t *cluster.Task) bool { return t.Group == g.Name && t.Live() }))
				if live != int(g.Replicas) && g.Restart.Policy == job.RestartAlways && g.Container.Image != badImage {
					m.dump()
					t.Fatalf("%d of %s run, %d are wanted: %+v, next %+v", live, g.Name, g.Replicas, o, planning.Decide(j, m.log.Now))
				}
			}
		case cluster.RolloutRolling:
			if j.Spec.Rollout == nil || j.Spec.Rollout.Canary == 0 || o.Promoted {
				t.Fatalf("it rolls on for ever: %+v", o)
			}
		case cluster.RolloutFailed:
			bad := slices.ContainsFunc(j.Spec.Tasks, func(g job.Group) bool { return g.Container.Image == badImage })
			if late := before.Add(time.Duration(j.Spec.RolloutPolicy().ProgressDeadline)); !bad && o.EndedAt.After(late) && strings.HasPrefix(o.Reason, "nothing came up") {
				m.dump()
				t.Fatalf("all is as it should be, and it has failed: %+v", o)
			}
		case cluster.RolloutPaused, cluster.RolloutCancelled:
		case cluster.RolloutRolledBack, cluster.RolloutSuperseded:
			t.Fatalf("what followed is not there: %+v", o)
		}
	})
}
