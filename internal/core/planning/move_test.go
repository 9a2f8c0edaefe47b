package planning_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// on stages a task on a host, whose agent is called after it.
func on(l *clustertest.Log, t *cluster.Task, host string) {
	l.Task(t.Job, t.Slot, events.TaskStaged{
		Run: t.Run, Version: t.Version, Group: t.Group, Slot: t.Slot, Attempt: t.Attempt,
		TaskID: clustertest.TaskID(t.Job, t.Run, t.Slot, t.Attempt), AgentID: "S-" + host, Hostname: host,
	})
}

func runOn(l *clustertest.Log, t *cluster.Task, host string) {
	on(l, t, host)
	l.Report(t, "TASK_RUNNING", "u")
}

func drain(l *clustertest.Log, ev events.Event) {
	l.Append(events.Subject{Role: events.RoleAgents}, events.Envelope{Actor: "ann"}, ev)
}

// within is a service whose tasks move within bounds.
func within(replicas uint32, surge, unavailable int64) *job.Spec {
	spec := clustertest.Service("web", replicas)
	spec.Rollout = &job.Rollout{MaxSurge: &job.Amount{Number: uint32(surge)}, MaxUnavailable: &job.Amount{Number: uint32(unavailable)}, MinHealthy: job.Duration(10 * time.Second)}
	return spec
}

func (b *bench) moved(from, to, attempt uint32, keep bool) events.Event {
	ev, _ := b.doomed(b.j.Run, from, to, attempt, planning.ReasonMoved+"h1 is drained").(events.TasksDoomed)
	ev.Keep = keep
	return ev
}

func (b *bench) beside(from, to, attempt uint32) events.Event {
	ev, _ := b.planned(from, to, attempt, planning.ReasonMoved+"h1 is drained", time.Time{}).(events.TasksPlanned)
	ev.Beside = true
	return ev
}

// TestMoveWithSurge: another is put beside, and when that has been up for long enough the
// one on the drained host ends.
func TestMoveWithSurge(t *testing.T) {
	b := newBench(t, within(3, 1, 0))
	b.decide()
	for n, host := range []string{"h1", "h2", "h1"} {
		runOn(b.Log, b.task(uint32(n)), host)
	}
	b.Pass(time.Minute)
	b.want()
	drain(b.Log, events.AgentDrained{Hostname: "h1"})
	b.want(b.beside(0, 0, 2))
	runOn(b.Log, b.task(0), "h3")
	b.want()
	b.Pass(10*time.Second - 1)
	b.want()
	b.Pass(1)
	b.want(b.moved(0, 0, 1, false))
	old := b.j.Slots[0].Tasks[0]
	b.want() // The old one counts until it is over.
	b.Report(old, "TASK_KILLED", "u2")
	b.want(b.beside(2, 2, 2))
	runOn(b.Log, b.task(2), "h2")
	b.Pass(10 * time.Second)
	b.want(b.moved(2, 2, 1, false))
	b.Report(b.j.Slots[2].Tasks[0], "TASK_KILLED", "u3")
	b.want()
	if b.j.Live() != 3 {
		t.Errorf("%d live", b.j.Live())
	}
}

// TestMoveWithoutSurge: as many end first as may be down.
func TestMoveWithoutSurge(t *testing.T) {
	b := newBench(t, within(3, 0, 1))
	b.decide()
	for n := range uint32(3) {
		runOn(b.Log, b.task(n), "h1")
	}
	b.Pass(time.Minute)
	drain(b.Log, events.AgentDrained{Hostname: "h1"})
	for n := range uint32(3) {
		b.want(b.moved(n, n, 1, true))
		b.end(n, "TASK_KILLED")
		b.want(b.planned(n, n, 2, planning.ReasonMoved+"h1 is drained", time.Time{}))
		runOn(b.Log, b.task(n), "h2")
		b.Pass(10 * time.Second)
	}
	b.want()
}

// TestMoveWhatIsNotUp: nothing is lost by it, so it ends at once.
func TestMoveWhatIsNotUp(t *testing.T) {
	b := newBench(t, within(2, 1, 0))
	b.decide()
	on(b.Log, b.task(0), "h1")
	runOn(b.Log, b.task(1), "h2")
	drain(b.Log, events.AgentDrained{AgentID: "S-h1", Hostname: "h1"})
	b.want(events.TasksDoomed{
		Run: b.j.Run, Slots: clustertest.Slots(0, 0, 1), Reason: "moved: S-h1 is drained", Class: "drained", GraceMillis: 5000, Keep: true,
	})
}

// TestRestoredWhileMoving: what was put beside goes again, and the one that serves stays.
func TestRestoredWhileMoving(t *testing.T) {
	b := newBench(t, within(1, 1, 0))
	b.decide()
	runOn(b.Log, b.task(0), "h1")
	b.Pass(time.Minute)
	drain(b.Log, events.AgentDrained{Hostname: "h1"})
	b.want(b.beside(0, 0, 2))
	runOn(b.Log, b.task(0), "h2")
	drain(b.Log, events.AgentRestored{Hostname: "h1"})
	got, ok := b.decide().(events.TasksDoomed)
	if !ok || len(got.Slots) != 1 || got.Slots[0].Attempt != 2 {
		t.Fatalf("decided %+v", got)
	}
	b.want()
}

// TestBatchIsLeftToEnd by itself, until the deadline.
func TestBatchIsLeftToEnd(t *testing.T) {
	b := newBench(t, clustertest.Batch("web", 2))
	b.decide()
	runOn(b.Log, b.task(0), "h1")
	runOn(b.Log, b.task(1), "h1")
	deadline := b.Now.Add(time.Hour)
	drain(b.Log, events.AgentDrained{Hostname: "h1", Deadline: deadline})
	b.want()
	if wake := planning.DecideAmong(b.State, b.j, b.Now).Wake; !wake.Equal(deadline) {
		t.Errorf("wakes at %s, want %s", wake, deadline)
	}
	b.end(0, "TASK_FINISHED")
	b.Pass(time.Hour)
	b.want(b.moved(1, 1, 1, true))
	b.end(1, "TASK_KILLED")
	b.want(b.planned(1, 1, 2, planning.ReasonMoved+"h1 is drained", time.Time{}))
	if b.j.Slots[1].Failures != 0 {
		t.Error("to be moved is no failure of a task")
	}
	runOn(b.Log, b.task(1), "h2")
	b.end(1, "TASK_FINISHED")
	b.want(events.JobCompleted{Run: b.j.Run})
}

// TestMoveBeforeMaintenance that Mesos has announced.
func TestMoveBeforeMaintenance(t *testing.T) {
	b := newBench(t, within(1, 1, 0))
	b.decide()
	runOn(b.Log, b.task(0), "h1")
	from := b.Now.Add(time.Hour)
	b.Append(events.Subject{Role: events.RoleLauncher}, events.Envelope{Epoch: b.State.Launcher.Epoch}, events.AgentUnavailable{AgentID: "S-h1", From: from})
	b.want()
	if wake := planning.DecideAmong(b.State, b.j, b.Now).Wake; !wake.Equal(from.Add(-cluster.MaintenanceAhead)) {
		t.Errorf("wakes at %s", wake)
	}
	b.Pass(time.Hour - cluster.MaintenanceAhead)
	reason := planning.ReasonMoved + "maintenance from " + from.Format(time.RFC3339)
	beside, _ := b.planned(0, 0, 2, reason, time.Time{}).(events.TasksPlanned)
	beside.Beside = true
	b.want(beside)
	b.Pass(cluster.MaintenanceAhead) // No place was found for it.
	late, _ := b.doomed(b.j.Run, 0, 0, 1, reason).(events.TasksDoomed)
	late.Keep = true
	b.want(late)
}

// TestMoves: whatever is drained and restored, and whenever, there are never more than
// may be, and never fewer up than must be if there were so many before; and in the end
// nothing is on what is drained.
func TestMoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		replicas := rapid.Uint32Range(1, 5).Draw(t, "replicas")
		surge := rapid.Int64Range(0, 2).Draw(t, "surge")
		unavailable := rapid.Int64Range(0, int64(replicas)).Draw(t, "unavailable")
		if surge == 0 && unavailable == 0 {
			unavailable = 1
		}
		l := clustertest.New()
		l.Elect()
		j := l.Submit(within(replicas, surge, unavailable))
		w := &moving{log: l, j: j, drained: map[string]bool{}, most: int(replicas) + int(surge), least: int(replicas) - int(unavailable)}
		for range rapid.IntRange(0, 80).Draw(t, "steps") {
			w.step(t, rapid.IntRange(0, 9).Draw(t, "what"))
		}
		for range 400 {
			w.drained["h0"] = false
			drain(l, events.AgentRestored{Hostname: "h0"}) // There is always one.
			w.plan(t)
			w.progress(t, 0)
			l.Pass(5 * time.Second)
		}
		up := 0
		for _, task := range w.live() {
			if task.Doom != nil || w.drained[task.Hostname] {
				t.Fatalf("%v on %s is left, doom %v", task.Key(), task.Hostname, task.Doom)
			}
			up++
		}
		if up != int(replicas) {
			t.Fatalf("%d run, want %d", up, replicas)
		}
	})
}

// moving is a service on five hosts.
type moving struct {
	log         *clustertest.Log
	j           *cluster.Job
	drained     map[string]bool
	most, least int
	enough      bool
}

func (w *moving) live() (all []*cluster.Task) {
	for n := range uint32(20) {
		if slot := w.j.Slots[n]; slot != nil {
			for _, t := range slot.Tasks {
				if t.Live() {
					all = append(all, t)
				}
			}
		}
	}
	return all
}

func (w *moving) step(t *rapid.T, what int) {
	host := fmt.Sprint("h", rapid.IntRange(0, 4).Draw(t, "host"))
	switch what {
	case 0, 1:
		w.drained[host] = true
		drain(w.log, events.AgentDrained{Hostname: host})
	case 2:
		w.drained[host] = false
		drain(w.log, events.AgentRestored{Hostname: host})
	case 3, 4:
		w.log.Pass(time.Duration(rapid.IntRange(1, 20).Draw(t, "seconds")) * time.Second)
	case 5, 6:
		w.plan(t)
	default:
		w.progress(t, rapid.IntRange(0, 3).Draw(t, "from"))
	}
	w.check(t)
}

func (w *moving) plan(t *rapid.T) {
	for range 40 {
		d := planning.DecideAmong(w.log.State, w.j, w.log.Now)
		if d.Event == nil {
			return
		}
		w.log.Plan("web", d.Event)
		w.check(t)
	}
	t.Fatal("planning finds no end")
}

// progress has each task take its next step, from a host on: launched, running, killed.
func (w *moving) progress(t *rapid.T, from int) {
	for _, task := range w.live() {
		switch {
		case task.Doom != nil && task.State == cluster.Waiting:
			w.log.Withdraw(task)
		case task.Doom != nil:
			w.log.Report(task, "TASK_KILLED", "k")
		case task.State == cluster.Waiting:
			for n := range 5 {
				host := fmt.Sprint("h", (from+n)%5)
				if !w.drained[host] && !w.j.Slots[task.Slot].Occupied(task) {
					on(w.log, task, host)
					break
				}
			}
		case task.State == cluster.Staged:
			w.log.Report(task, "TASK_RUNNING", "r")
		}
		w.check(t)
	}
}

func (w *moving) check(t *rapid.T) {
	up := map[uint32]bool{}
	for _, task := range w.live() {
		if !task.UpSince.IsZero() && task.Doom == nil {
			up[task.Slot] = true
		}
	}
	if n := len(w.live()); n > w.most {
		t.Fatalf("%d live, at most %d may", n, w.most)
	}
	if w.enough && len(up) < w.least {
		t.Fatalf("%d are up, at least %d must be", len(up), w.least)
	}
	w.enough = len(up) >= w.least
}
