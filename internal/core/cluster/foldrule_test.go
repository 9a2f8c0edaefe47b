package cluster_test

import (
	"slices"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/taskstate"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestDependants are the jobs that are not over, runs of schedules among them, as their
// newest version has it.
func TestDependants(t *testing.T) {
	l := clustertest.New()
	want := func(what string, ids ...string) {
		t.Helper()
		if got := l.State.Dependants("ledger"); !slices.Equal(got, ids) {
			t.Errorf("%s: %v, want %v", what, got, ids)
		}
	}
	after := func(id string, change func(*job.Spec)) *job.Spec {
		spec := clustertest.Service(id, 1)
		spec.After = []string{"ledger"}
		change(spec)
		return spec
	}
	none := func(*job.Spec) {}
	shop := l.Submit(after("shop", none))
	l.Submit(after("bank", none))
	want("submitted", "bank", "shop")
	l.Submit(after("bank", func(s *job.Spec) { s.After = nil }))
	want("submitted anew", "shop")
	update(t, l, shop, func(s *job.Spec) { s.After = []string{"mint"} })
	want("updated")
	update(t, l, shop, func(s *job.Spec) { s.After = []string{"mint", "ledger"} })
	want("updated again", "shop")
	l.Plan("shop", events.JobFailed{Run: shop.Run})
	want("failed")
	series := l.Submit(periodic("n", func(s *job.Spec) { s.After = []string{"ledger"} }))
	want("a series")
	run := begun(l, series)
	want("a run of it", run.ID)
	l.Job("n", events.JobStopped{Run: series.Run})
	want("the series stopped")
}

// TestAnAgentsOwnDrain tells why tasks are to leave it, before that of its host; and who
// wants it.
func TestAnAgentsOwnDrain(t *testing.T) {
	l := clustertest.New()
	for _, ev := range []events.AgentDrained{{Hostname: "h1", Reason: "host"}, {AgentID: "S1", Hostname: "h1", Reason: "agent"}} {
		l.Append(events.Subject{Role: events.RoleAgents}, events.Envelope{Actor: "ann"}, ev)
	}
	a := &l.State.Agents
	if leave, _ := a.Leave("S1", "h1", l.Now); leave.Reason != "S1 is drained: agent" {
		t.Errorf("it is left as %s", leave.Reason)
	}
	if _, d, ok := a.Drain("S1", "h1"); !ok || d.By != "ann" || d.Hostname != "h1" || d.Sequence != 2 || !d.At.Equal(l.Now) {
		t.Errorf("%+v", d)
	}
}

// TestWhatIsNotAhead: a newer version of a job that is stopped or deleted, and what users
// have decided about since, also if its number is given out once more.
func TestWhatIsNotAhead(t *testing.T) {
	adopted := func(l *clustertest.Log, slot uint32, run, version uint64) *cluster.Task {
		l.Task("web", slot, events.TaskAdopted{
			Run: run, Version: version, Group: "web", Slot: slot, Attempt: 1, TaskID: clustertest.TaskID("web", run, slot, 1), State: "TASK_RUNNING",
		})
		return l.State.Jobs["web"].Slots[slot].Find(run, 1)
	}
	for name, ev := range map[string]func(run uint64) events.Event{
		"goes on": nil,
		"stopped": func(run uint64) events.Event { return events.JobStopped{Run: run} },
		"deleted": func(run uint64) events.Event { return events.JobDeleted{Run: run} },
	} {
		l := clustertest.New()
		l.Elect()
		j := l.Submit(clustertest.Service("web", 1))
		if ev != nil {
			l.Job("web", ev(j.Run))
		}
		if task := adopted(l, 3, j.Run, 5); j.Ahead(task) != (ev == nil) {
			t.Errorf("%s: ahead %t", name, j.Ahead(task))
		}
	}
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 1))
	const lost = 900
	task := adopted(l, 3, lost, 1)
	l.Job("web", events.JobScaled{Run: j.Run, Version: 2, Group: "web", Replicas: 2})
	l.Report(task, "TASK_FAILED", "u")
	l.Plan("web", events.TasksPlanned{Run: lost + 1, Version: 1, Group: "web", Slots: clustertest.Slots(3, 3, 1)})
	adopted(l, 3, lost+0, 1)
	l.Job("web", events.JobScaled{Run: j.Run, Version: 3, Group: "web", Replicas: 3})
	if again := adopted(l, 4, lost, 1); j.Ahead(again) || j.Settled < lost {
		t.Errorf("settled at %d, and ahead %t", j.Settled, j.Ahead(again))
	}
	adopted(l, 5, lost, 77)
	if got := j.NewestVersion(); got != 3 {
		t.Errorf("version %d is the newest", got)
	}
}

// TestSettledStays where it was: a decision of users counts for good.
func TestSettledStays(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 1))
	l.Task("web", 3, events.TaskAdopted{Run: 900, Version: 1, Group: "web", Slot: 3, Attempt: 1, TaskID: "t", State: "TASK_RUNNING"})
	l.Job("web", events.JobScaled{Run: j.Run, Version: 2, Group: "web", Replicas: 2})
	l.Task("web", 3, events.TaskAdopted{Run: 901, Version: 1, Group: "web", Slot: 3, Attempt: 1, TaskID: "v", State: "TASK_RUNNING"})
	for n, run := range map[string]uint64{"t": 900, "v": 901} {
		l.Task("web", 3, events.TaskStatusChanged{Run: run, Slot: 3, Attempt: 1, TaskID: n, State: "TASK_FAILED", UUID: []byte(n)})
	}
	l.Job("web", events.JobDeleted{Run: j.Run}) // Nothing is left of the tasks.
	if j.Settled < 900 {
		t.Errorf("settled at %d", j.Settled)
	}
}

// TestHowATaskEnded is what follows from its states, its health and its doom.
func TestHowATaskEnded(t *testing.T) {
	no, exit := false, 3
	l, task := in(t, "STAGING")
	if e := task.End(); e.Began || e.Ran != 0 || e.State != cluster.Staged || e.Doomed {
		t.Errorf("staged: %+v", e)
	}
	ev := clustertest.Status(task, "TASK_RUNNING", "u")
	ev.Healthy = &no
	l.Task("web", 0, ev)
	l.Pass(time.Minute)
	if e := task.End(); !e.Began || e.Ran != 0 || !e.Unhealthy {
		t.Errorf("running: %+v", e)
	}
	l.Plan("web", events.TasksDoomed{Run: task.Run, Slots: clustertest.Slots(0, 0, 1), Class: "killed"})
	if e := task.Ending(); e.State != taskstate.Running || !e.Doomed || e.Doom != "killed" {
		t.Errorf("doomed: %+v", e)
	}
	l.Report(task, "TASK_KILLING", "v")
	if e := task.Ending(); e.State != taskstate.Killed {
		t.Errorf("killing: %+v", e)
	}
	ev = clustertest.Status(task, "TASK_FAILED", "w")
	ev.Exit = &exit
	l.Task("web", 0, ev)
	if e := task.End(); e.State != taskstate.Failed || e.Ran != time.Minute || !e.At.Equal(l.Now) || e.Exit == nil || *e.Exit != 3 {
		t.Errorf("failed: %+v", e)
	}
}

// TestChecksFailed in a row: each that an agent tells of once, and none that somebody else
// repeats.
func TestChecksFailed(t *testing.T) {
	const check = "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"
	l, task := in(t, "STAGING")
	for i, c := range []struct {
		healthy, uuid, reason string
		want                  uint32
	}{
		{"no", "a", check, 1},
		{"no", "a", check, 1},
		{"no", "", check, 1},
		{"no", "b", "REASON_RECONCILIATION", 1},
		{"", "c", check, 1},
		{"no", "d", check, 2},
		{"yes", "e", check, 0},
		{"no", "f", check, 1},
	} {
		ev := clustertest.Status(task, "TASK_RUNNING", c.uuid)
		ev.Reason = c.reason
		if healthy := c.healthy == "yes"; c.healthy != "" {
			ev.Healthy = &healthy
		}
		l.Task("web", 0, ev)
		if task.ChecksFailed != c.want {
			t.Errorf("%d: %d failed, want %d", i, task.ChecksFailed, c.want)
		}
	}
}

// TestOverdue counts from when a task is known to run, and of one that was adopted from
// then.
func TestOverdue(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	spec := clustertest.Batch("web", 2)
	spec.Tasks[0].TimeLimit = job.Duration(time.Hour)
	j := l.Submit(spec)
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	task := j.Slots[0].Newest()
	l.Stage(task)
	overdue := func(task *cluster.Task, what string, began time.Time) {
		t.Helper()
		want := began
		if !began.IsZero() {
			want = began.Add(time.Hour)
		}
		if got := j.Overdue(task); !got.Equal(want) {
			t.Errorf("%s: overdue at %s, want %s", what, got, want)
		}
	}
	l.Report(task, "TASK_STARTING", "s")
	overdue(task, "starting", time.Time{})
	l.Pass(time.Minute)
	began := l.Now
	l.Report(task, "TASK_RUNNING", "r")
	l.Pass(time.Minute)
	overdue(task, "running", began)
	l.Report(task, "TASK_KILLING", "k")
	overdue(task, "killing", began)
	l.Report(task, "TASK_FAILED", "f")
	overdue(task, "failed", time.Time{})
	adopt := func(slot uint32, run uint64) *cluster.Task {
		l.Task("web", slot, events.TaskAdopted{Run: run, Version: 1, Group: "web", Slot: slot, Attempt: 1, TaskID: clustertest.TaskID("web", run, slot, 1), State: "TASK_KILLING"})
		return j.Slots[slot].Newest()
	}
	overdue(adopt(1, j.Run), "adopted", l.Now)
	overdue(adopt(2, j.Run+50), "of another run", time.Time{})
}

// TestMisfits: what a new constraint makes of tasks, by what is known of their places.
func TestMisfits(t *testing.T) {
	with := func(attribute, operator, value string) job.Constraint {
		return job.Constraint{Attribute: attribute, Operator: operator, Value: value}
	}
	for name, c := range map[string]struct {
		old, next []job.Constraint
		stale     bool
	}{
		"nothing is known, is not":      {nil, []job.Constraint{with("rack", job.OpIsNot, "r1")}, true},
		"nothing is known, unlike":      {nil, []job.Constraint{with("rack", job.OpUnlike, "r.*")}, true},
		"it has none, is not":           {[]job.Constraint{with("rack", job.OpLike, ".*")}, []job.Constraint{with("rack", job.OpIsNot, "r1")}, false},
		"it has none, unlike":           {[]job.Constraint{with("rack", job.OpLike, ".*")}, []job.Constraint{with("rack", job.OpUnlike, "r.*")}, false},
		"it has none, is":               {[]job.Constraint{with("rack", job.OpLike, ".*")}, []job.Constraint{with("rack", job.OpIs, "r1")}, true},
		"like a part":                   {nil, []job.Constraint{with("hostname", job.OpLike, "h")}, true},
		"like either":                   {nil, []job.Constraint{with("hostname", job.OpLike, "x|h1")}, false},
		"like nothing that can be read": {nil, []job.Constraint{with("hostname", job.OpUnlike, "x")}, false},
		"cluster of any":                {nil, []job.Constraint{with("hostname", job.OpCluster, "")}, false},
		"what it did not meet before":   {[]job.Constraint{with("rack", job.OpIs, "r1")}, []job.Constraint{with("rack", job.OpIs, "r1"), with("hostname", job.OpIs, "h1")}, false},
		"one that is gone":              {[]job.Constraint{with("hostname", job.OpIs, "h1")}, nil, false},
	} {
		l := clustertest.New()
		l.Elect()
		spec := clustertest.Service("web", 1)
		spec.Tasks[0].Constraints = c.old
		j := l.Submit(spec)
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
		l.Stage(j.Slots[0].Newest())
		update(t, l, j, func(s *job.Spec) { s.Tasks[0].Constraints = c.next })
		if got := j.Outdated(j.Slots[0].Newest()); got != c.stale {
			t.Errorf("%s: to be replaced %t", name, got)
		}
	}
}

// TestWhoIsNoMisfit: what is of another group or run, has ended, or is told to end, and of
// a job that is over or runs to an end all.
func TestWhoIsNoMisfit(t *testing.T) {
	constrain := func(s *job.Spec) {
		s.Tasks[0].Constraints = []job.Constraint{{Attribute: "hostname", Operator: job.OpIs, Value: "h9"}}
	}
	for name, c := range map[string]struct {
		kind   job.Kind
		before func(l *clustertest.Log, j *cluster.Job)
		want   bool
	}{
		"as it is": {job.KindService, func(*clustertest.Log, *cluster.Job) {}, true},
		"a batch":  {job.KindBatch, func(*clustertest.Log, *cluster.Job) {}, false},
		"stopped":  {job.KindService, func(l *clustertest.Log, j *cluster.Job) { l.Job("web", events.JobStopped{Run: j.Run}) }, false},
		"ended":    {job.KindService, func(l *clustertest.Log, j *cluster.Job) { l.Report(j.Slots[0].Newest(), "TASK_FAILED", "u") }, false},
		"doomed": {job.KindService, func(l *clustertest.Log, j *cluster.Job) {
			l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(0, 0, 1)})
		}, false},
		"another run": {job.KindService, func(l *clustertest.Log, j *cluster.Job) {
			spec := j.Spec.Clone()
			l.Submit(spec)
		}, false},
	} {
		l := clustertest.New()
		l.Elect()
		spec := clustertest.Service("web", 1)
		spec.Kind = c.kind
		spec.Tasks = append(spec.Tasks, job.Group{Name: "db", Replicas: 1, Container: &job.Container{Image: "x"}})
		j := l.Submit(spec)
		for n, group := range []string{"web", "db"} {
			slots := clustertest.Slots(uint32(n), uint32(n), 1)
			l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: group, Slots: slots})
			l.Stage(j.Slots[uint32(n)].Newest())
		}
		c.before(l, j)
		update(t, l, j, constrain)
		if got := j.Slots[0].Newest().Stale != 0; got != c.want || j.Slots[1].Newest().Stale != 0 {
			t.Errorf("%s: to be replaced %t, of another group %t", name, got, j.Slots[1].Newest().Stale != 0)
		}
	}
}

// TestADeletedSeries stops its runs.
func TestADeletedSeries(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	run := begun(l, j)
	if l.Job("n", events.JobDeleted{Run: j.Run}); !run.Stopped {
		t.Error("its run goes on")
	}
}

// TestWhatARunBeginsWith: what lives of it already, and nothing of what was before.
func TestWhatARunBeginsWith(t *testing.T) {
	l, j := rolloutIn(t, "none")
	l.Pass(time.Hour)
	l.Report(j.Slots[0].Newest(), "TASK_FAILED", "v")
	if j.Slots[0].Served == 0 {
		t.Fatal("nothing served")
	}
	run := l.State.Sequence + 2
	l.Task("web", 7, events.TaskAdopted{Run: run, Version: 1, Group: "web", Slot: 7, Attempt: 1, TaskID: "t", State: "TASK_RUNNING"})
	j = l.Submit(clustertest.Service("web", 1))
	if j.Run != run || j.Slots[7].Newest() == nil || j.Slots[7].Newest().Template != 1 {
		t.Errorf("run %d begins with %+v", j.Run, j.Slots[7].Newest())
	}
	if j.Slots[0].Served != 0 || j.Slots[0].LastEnd != nil || j.Slots[0].Streak != 0 {
		t.Errorf("slot 0 begins as %+v", j.Slots[0])
	}
}

// TestUpdatedAfterARollback: to what was rolled back, that is something to roll out.
func TestUpdatedAfterARollback(t *testing.T) {
	l, j := rolloutIn(t, "rolling")
	bad := j.Spec
	rolloutEvent(t, l, j, "reverted")
	rolloutEvent(t, l, j, "succeeded")
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = bad.Tasks[0].Container.Image })
	if j.Rollout.Status != cluster.RolloutRolling || j.Rollout.From != 1 || j.TemplateOf("web") != 2 {
		t.Errorf("template %d, %+v", j.TemplateOf("web"), j.Rollout)
	}
}

// TestWhoGivesUpASlot: the group, when its newest task is told to end for good, and no
// other of it goes on there.
func TestWhoGivesUpASlot(t *testing.T) {
	for name, c := range map[string]struct {
		doom events.TasksDoomed
		want uint32 // the index that the next slot gets
	}{
		"both for good":  {events.TasksDoomed{Slots: append(clustertest.Slots(0, 0, 1), clustertest.Slots(0, 0, 2)...)}, 0},
		"the newest":     {events.TasksDoomed{Slots: clustertest.Slots(0, 0, 2)}, 1},
		"for now":        {events.TasksDoomed{Slots: clustertest.Slots(0, 0, 2), Keep: true}, 1},
		"the one before": {events.TasksDoomed{Slots: clustertest.Slots(0, 0, 1)}, 1},
	} {
		l, j := rolloutIn(t, "none")
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Beside: true, Slots: clustertest.Slots(0, 0, 2)})
		c.doom.Run = j.Run
		l.Plan("web", c.doom)
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(5, 5, 1)})
		if got := j.Slots[5].Newest().Index; got != c.want {
			t.Errorf("%s: the next slot has index %d, want %d", name, got, c.want)
		}
	}
}

// TestAutomaticKillsAreCounted, and those that somebody asked for are not.
func TestAutomaticKillsAreCounted(t *testing.T) {
	for class, want := range map[string]uint64{
		"updated": 1, "restarted": 1, "rolled_back": 1, "replaced": 1, "time_limit": 1, "drained": 1, "moved": 1, "unhealthy": 1, "unknown": 1,
		"stopped": 0, "scaled_down": 0, "killed": 0, "failed": 0, "completed": 0, "": 0,
	} {
		l, j := rolloutIn(t, "none")
		for range 2 { // The second time it is doomed already.
			l.Plan("web", events.TasksDoomed{Run: j.Run, Class: class, Slots: clustertest.Slots(0, 0, 1), KillBound: 5})
		}
		if got := l.State.AutomaticKills.Within(l.Now); got != want || l.State.AutomaticKills.Bound != uint32(want*5) {
			t.Errorf("%q: %d count, of %d", class, got, l.State.AutomaticKills.Bound)
		}
	}
}

// TestAJobThatEndsEndsItsRollout.
func TestAJobThatEndsEndsItsRollout(t *testing.T) {
	l, j := rolloutIn(t, "rolling")
	l.Plan("web", events.JobFailed{Run: j.Run, Reason: "why"})
	if o := j.Rollout; o.Status != cluster.RolloutCancelled || o.Reason != "the job has failed" || !o.EndedAt.Equal(l.Now) {
		t.Errorf("%+v", o)
	}
}

// TestTheVersionThatWasStaged is the one that a task has, and so is that of one that was
// adopted.
func TestTheVersionThatWasStaged(t *testing.T) {
	l, j := rolloutIn(t, "rolling")
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(3, 3, 1)})
	task := j.Slots[3].Newest()
	l.Task("web", 3, events.TaskStaged{Run: j.Run, Version: 2, Group: "web", Slot: 3, Attempt: 1, TaskID: "t"})
	if task.Version != 2 || j.Outdated(task) {
		t.Errorf("staged with version %d, outdated %t", task.Version, j.Outdated(task))
	}
	for slot, version := range map[uint32]uint64{4: 1, 5: 2} {
		l.Task("web", slot, events.TaskAdopted{Run: j.Run, Version: version, Group: "web", Slot: slot, Attempt: 1, TaskID: clustertest.TaskID("web", j.Run, slot, 1), State: "TASK_RUNNING"})
		if got := j.Outdated(j.Slots[slot].Newest()); got != (version == 1) {
			t.Errorf("adopted with version %d, outdated %t", version, got)
		}
	}
}
