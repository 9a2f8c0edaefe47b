package reserve_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// log is a log that counts what its records would take, with names as long as they
// come.
type log struct {
	*clustertest.Log
	t     testing.TB
	space events.Space
	// free has what is added not compared one by one; written is what it took.
	free    bool
	written uint64
}

func newLog(t testing.TB) *log {
	l := &log{Log: clustertest.New(), t: t, space: events.NewSpace(0)}
	l.Elect()
	return l
}

func total(n reserve.Need) uint64 { return n.Due + n.Ends + n.Promises }

// add appends an event and fails if it took more than became free of the reserve.
func (l *log) add(subject events.Subject, ev events.Event) {
	l.t.Helper()
	before := total(reserve.Of(l.State))
	env := events.Envelope{
		ID: "x", Source: "taurus/launcher/taurus-launcher-5d8c7b9f6d-x2x4q.taurus.svc.cluster.local-1234567", Time: l.Now,
		Cause: 123456789, Epoch: l.State.Launcher.Epoch,
	}
	to := map[events.Role]string{
		events.RoleJob: l.space.Job(subject.Job), events.RolePlan: l.space.Plan(subject.Job),
		events.RoleKill: l.space.Kill(subject.Job), events.RoleTask: l.space.Task(subject.Job, subject.Slot),
	}[subject.Role]
	if subject.Role == events.RoleJob {
		env.Actor, env.TraceParent = strings.Repeat("a", 128), strings.Repeat("t", 55)
	}
	if subject.Role == events.RoleTask {
		l.Counter++
		env.Counter = l.Counter
	}
	env.ID = fmt.Sprintf("%s@%d/%s/%d.%d", to, 123456789, ev.Type(), 123456789, 1234567)
	if subject.Role != events.RoleTask {
		env.Epoch = 0
	}
	m, err := events.Encode(to, env, ev)
	if err != nil {
		l.t.Fatal(err)
	}
	size := reserve.Size(m)
	l.Append(subject, env, ev)
	if l.free {
		l.written += size
		return
	}
	if after := total(reserve.Of(l.State)); after > before || before-after < size {
		l.t.Fatalf("%T of %d bytes: the reserve went from %d to %d", ev, size, before, after)
	}
}

func (l *log) task(t *cluster.Task, ev events.Event) {
	l.t.Helper()
	l.add(events.Subject{Role: events.RoleTask, Job: t.Job, Slot: t.Slot}, ev)
}

// decide has the planner and the reaper decide until they have nothing to say.
func (l *log) decide(j *cluster.Job) {
	l.t.Helper()
	for {
		d := planning.Decide(j, l.Now)
		if d.Event == nil {
			break
		}
		l.add(events.Subject{Role: events.RolePlan, Job: j.ID}, d.Event)
	}
	for {
		var due []*cluster.Task
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				if yes, _ := reaping.Due(t, l.Now); yes && t.Kills < reserve.KillsMax {
					due = append(due, t)
				}
			}
		}
		if len(due) == 0 {
			return
		}
		ev, _ := reaping.Issue(due)
		l.add(events.Subject{Role: events.RoleKill, Job: j.ID}, ev)
	}
}

func (l *log) stage(t *cluster.Task) {
	l.t.Helper()
	l.task(t, events.TaskStaged{
		Run: t.Run, Version: t.Version, Group: t.Group, Slot: t.Slot, Attempt: t.Attempt,
		TaskID:  clustertest.TaskID(t.Job, t.Run, t.Slot, t.Attempt),
		AgentID: "b9c47c4d-7a4a-4b9f-a9d8-6f0e2a1c3d5e-S1234", Hostname: "agent-1234.rack-12.datacentre-1.example.com",
		AgentURL:  "http://agent-1234.rack-12.datacentre-1.example.com:5051",
		Offers:    []string{"b9c47c4d-7a4a-4b9f-a9d8-6f0e2a1c3d5e-O123456", "b9c47c4d-7a4a-4b9f-a9d8-6f0e2a1c3d5e-O123457"},
		HostPorts: []uint32{31000, 31001, 31002, 31003}, Resources: events.Resources{CPUs: 0.125, Mem: 1234.5, Disk: 1234.5},
		Attributes: map[string]string{"rack": "rack-12", "zone": "zone-1"},
	})
}

func (l *log) report(t *cluster.Task, state string) {
	l.t.Helper()
	healthy, exit := true, 137
	l.task(t, events.TaskStatusChanged{
		Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, TaskID: clustertest.TaskID(t.Job, t.Run, t.Slot, t.Attempt),
		AgentID: "b9c47c4d-7a4a-4b9f-a9d8-6f0e2a1c3d5e-S1234", State: state, Reason: "REASON_CONTAINER_LIMITATION_MEMORY",
		Message: strings.Repeat("m", 200), Source: "SOURCE_EXECUTOR", UUID: make([]byte, 16), Healthy: &healthy,
		Addresses: []string{"172.17.123.123"}, ContainerID: "mesos-b9c47c4d-7a4a-4b9f-a9d8-6f0e2a1c3d5e", Exit: &exit, At: l.Now,
	})
}

// TestWhatIsWrittenWasReserved: from its submission on nothing about a job takes more
// than is reserved for it, whatever happens to its tasks, one by one.
func TestWhatIsWrittenWasReserved(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLog(t)
		spec := clustertest.Service(rapid.SampledFrom([]string{"web", "team/web.1", strings.Repeat("x", 120)}).Draw(rt, "id"),
			rapid.Uint32Range(1, 5).Draw(rt, "replicas"))
		before := total(reserve.Of(l.State))
		j := l.Submit(spec)
		if after := total(reserve.Of(l.State)); after-before != reserve.OfSubmission(spec) {
			t.Fatalf("a submission needs %d, and then the state %d more", reserve.OfSubmission(spec), after-before)
		}
		l.decide(j)
		stopAfter := rapid.IntRange(0, 12).Draw(rt, "stop after")
		for step := 0; j.Live() > 0; step++ {
			if step == stopAfter {
				l.add(events.Subject{Role: events.RoleJob, Job: j.ID}, events.JobStopped{Run: j.Run, Reason: strings.Repeat("r", 1024)})
			}
			l.Pass(time.Minute)
			if j.Over() {
				l.decide(j)
			}
			for _, slot := range j.Slots {
				l.step(rt, slot.Newest(), j.Over())
			}
		}
	})
}

// step lets something happen to a task. Nothing that is not wanted starts again.
func (l *log) step(rt *rapid.T, t *cluster.Task, over bool) {
	switch {
	case !t.Live() || rapid.Bool().Draw(rt, "wait"):
	case t.State == cluster.Waiting && over:
		l.task(t, events.TaskWithdrawn{Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, Reason: strings.Repeat("r", 100)})
	case t.State == cluster.Waiting:
		l.stage(t)
	case t.State == cluster.Staged:
		l.report(t, "TASK_STARTING")
	case t.State == cluster.Starting:
		l.report(t, "TASK_RUNNING")
	case !over:
	case t.State == cluster.Running:
		l.report(t, "TASK_KILLING")
	default:
		l.report(t, "TASK_KILLED")
	}
}

// TestARolloutIsReserved: from an update on nothing about its rollout takes more than is
// reserved for it, with tasks beside others and without.
func TestARolloutIsReserved(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLog(t)
		spec := clustertest.Service("web", rapid.Uint32Range(1, 5).Draw(rt, "replicas"))
		spec.Rollout = &job.Rollout{
			MaxSurge:       &job.Amount{Number: rapid.Uint32Range(0, 3).Draw(rt, "surge")},
			MaxUnavailable: &job.Amount{Number: rapid.Uint32Range(0, 2).Draw(rt, "unavailable")},
		}
		j := l.Submit(spec)
		l.comeUp(j)
		changed := j.Spec.Clone()
		changed.Tasks[0].Container.Image = "y"
		data, err := changed.JSON()
		if err != nil {
			t.Fatal(err)
		}
		l.Job("web", events.JobUpdated{Run: j.Run, Version: 2, Spec: data})
		for n := 0; j.Rollout.Active(); n++ {
			if n > 100 {
				t.Fatalf("no end: %+v", j.Rollout)
			}
			l.comeUp(j)
			l.Pass(15 * time.Second)
		}
		if j.Rollout.Status != cluster.RolloutSucceeded {
			t.Errorf("it has ended as %+v", j.Rollout)
		}
	})
}

// comeUp has all come up that is planned, and end what is doomed.
func (l *log) comeUp(j *cluster.Job) {
	l.t.Helper()
	l.decide(j)
	for _, n := range slices.Sorted(maps.Keys(j.Slots)) {
		for _, task := range slices.Clone(j.Slots[n].Tasks) {
			switch {
			case !task.Live():
			case task.Doom != nil && task.State == cluster.Waiting:
				l.task(task, events.TaskWithdrawn{Run: task.Run, Slot: task.Slot, Attempt: task.Attempt, Reason: strings.Repeat("r", 100)})
			case task.Doom != nil:
				l.report(task, "TASK_KILLED")
			case task.State == cluster.Waiting:
				l.stage(task)
				l.report(task, "TASK_RUNNING")
			}
		}
	}
}

// TestWhatIsDue: room for what ends already is not taken by other stops, so it is apart
// from that for the ends of what goes on.
func TestWhatIsDue(t *testing.T) {
	l := newLog(t)
	j := l.Submit(clustertest.Service("web", 3))
	l.decide(j)
	for n := range uint32(3) {
		l.stage(j.Slots[n].Newest())
		l.report(j.Slots[n].Newest(), "TASK_RUNNING")
	}
	idle := reserve.Of(cluster.New()).Due
	if idle != reserve.Control {
		t.Errorf("an empty log needs %d for its own, want %d", idle, reserve.Control)
	}
	if n := reserve.Of(l.State); n.Due != idle || n.Ends == 0 || n.Promises != 0 {
		t.Errorf("of what runs %+v", n)
	}
	ends := reserve.OfJob(j).Ends
	l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(0, 0, 1)})
	one := reserve.OfJob(j)
	if one.Due == 0 || one.Due >= ends-one.Ends || one.Promises != reserve.OfNew("web") {
		t.Errorf("of one that is doomed %+v, of all before %d", one, ends) // It is wanted again.
	}
	l.Job("web", events.JobStopped{Run: j.Run})
	if n := reserve.OfJob(j); n.Due < 3*one.Due || n.Ends != 0 || n.Promises != 0 {
		t.Errorf("of a job that is stopped %+v, of one task %d", n, one.Due)
	}
}

// TestWhatIsDoneNeedsNothing: a batch gives back what was promised as its tasks end, but
// for those that run again.
func TestWhatIsDoneNeedsNothing(t *testing.T) {
	l := newLog(t)
	j := l.Submit(clustertest.Batch("sum", 3))
	l.decide(j)
	for n, state := range []string{"TASK_FINISHED", "TASK_FAILED", "TASK_LOST"} {
		l.stage(j.Slots[uint32(n)].Newest())
		l.Report(j.Slots[uint32(n)].Newest(), state, "u")
	}
	again := uint64(0)
	for _, slot := range j.Slots {
		if t := slot.Newest(); slot.Fate(t.End(), j.Spec.Tasks[0].Restart) == restart.Again {
			again++
		}
	}
	n := reserve.OfJob(j)
	defer func() {
		// What ended well because it was to end is wanted again, should there be a place.
		l.Plan("sum", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(3, 3, 1)})
		l.stage(j.Slots[3].Newest())
		l.Plan("sum", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(3, 3, 1)})
		l.Report(j.Slots[3].Newest(), "TASK_FINISHED", "u")
		if after := reserve.OfJob(j); after.Promises != n.Promises {
			t.Errorf("of one that was doomed %+v, before %+v", after, n)
		}
	}()
	if again == 0 || again == 3 || n.Promises != again*reserve.OfNew("sum") {
		t.Errorf("of three that ended, %d to run again: %+v, one needs %d", again, n, reserve.OfNew("sum"))
	}
}

// TestAnOriginalTakesNoPlace: what is wanted beside it is promised as ever, and its own
// end is reserved.
func TestAnOriginalTakesNoPlace(t *testing.T) {
	l := newLog(t)
	l.free = true
	spec := clustertest.Service("web", 2)
	spec.Tasks[0].Unreachable = &job.Unreachable{Keep: job.KeepOriginal}
	j := l.Submit(spec)
	plan := func(attempt uint32) {
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, attempt)})
		l.stage(j.Slots[0].Newest())
		l.report(j.Slots[0].Newest(), "TASK_RUNNING")
	}
	plan(1)
	original := j.Slots[0].Newest()
	one := reserve.OfJob(j)
	l.report(original, "TASK_UNREACHABLE")
	plan(2)
	if n := reserve.OfJob(j); !original.Original() || n.Promises != one.Promises || n.Ends <= one.Ends {
		t.Errorf("with an original %+v, without %+v", n, one)
	}
	l.report(original, "TASK_RUNNING")
	l.Plan("web", planning.Decide(j, l.Now).Event)
	if n := reserve.OfJob(j); n.Due == 0 || n.Promises != one.Promises {
		t.Errorf("once it is back %+v", n)
	}
}

// TestWhatAPlanNeeds: its ranges are in its own record, the rest is that of its tasks.
func TestWhatAPlanNeeds(t *testing.T) {
	one := reserve.OfPlan("web", clustertest.Slots(0, 5, 1))
	two := reserve.OfPlan("web", append(clustertest.Slots(0, 2, 1), clustertest.Slots(3, 5, 2)...))
	if one <= 6*reserve.OfNew("web") || two <= one {
		t.Errorf("six tasks need %d, in two ranges %d; one needs %d", one, two, reserve.OfNew("web"))
	}
}

// TestATaskIsCutOffOnce, in whatever state, and what it still had to say has room.
func TestATaskIsCutOffOnce(t *testing.T) {
	states := []string{"TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", "TASK_KILLED"}
	for at := range states[:4] {
		l := newLog(t)
		j := l.Submit(clustertest.Service("web", 1))
		l.decide(j)
		task := j.Slots[0].Newest()
		l.stage(task)
		for _, state := range states[1 : at+1] {
			l.report(task, state)
		}
		l.Job("web", events.JobStopped{Run: j.Run})
		l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(0, 0, 1)})
		for range reserve.KillsMax {
			l.Append(events.Subject{Role: events.RoleKill, Job: "web"}, events.Envelope{}, events.KillIssued{Run: j.Run, Slots: clustertest.Slots(0, 0, 1)})
		}
		reserved := reserve.OfJob(j).Due
		l.free = true
		for _, state := range append([]string{"TASK_UNREACHABLE", states[at]}, states[at+1:]...) {
			l.report(task, state)
		}
		if task.Live() || l.written > reserved {
			t.Errorf("from %s on %d bytes were written, %d were reserved", states[at], l.written, reserved)
		}
	}
}
