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

const (
	loose  = "rules: [{name: all, privileged: true}]"
	strict = "rules: []"
)

// rules sets a policy.
func rules(l *clustertest.Log, text string) cluster.Change {
	return l.Append(events.Subject{Role: events.RoleAccess}, events.Envelope{Actor: "ann"}, events.PolicySet{Hash: "00", Text: text})
}

// privileged is a service of so many that a strict policy forbids.
func privileged(replicas uint32) *job.Spec {
	spec := clustertest.Service("web", replicas)
	spec.Tasks[0].Container = &job.Container{Image: "nginx", Privileged: true}
	return spec
}

// TestWhatRunsGoesOn when the policy becomes stricter, what ends is not started anew, and
// what is looser lets it at once.
func TestWhatRunsGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, privileged(3))
	b.decide() // Before a policy was ever set all may be that was submitted.
	b.run(0, 1, 2)
	rules(b.Log, strict)
	b.want()
	b.end(1, "TASK_FAILED")
	b.Pass(time.Hour)
	b.want()
	if why, forbidden := planning.Forbids(b.State, b.j); !forbidden || why.Path != "tasks[0].container.privileged" || why.Rule != "default" {
		t.Errorf("%+v, %t", why, forbidden)
	}
	rules(b.Log, loose)
	b.want(b.planned(1, 1, 2, "after FAILED", b.task(1).EndedAt.Add(time.Second)))
	rules(b.Log, strict)
	b.end(0, "TASK_LOST")
	b.want()
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 2, Group: "web", Replicas: 5})
	b.want()
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 3, Group: "web", Replicas: 1})
	if ev, ok := b.decide().(events.TasksDoomed); !ok {
		t.Errorf("what is not wanted goes, policy or not; decided %+v", ev)
	}
}

// TestARolloutStandsStill while the policy forbids what it brings: nothing of before ends, it
// does not fail for it, and goes on with the policy.
func TestARolloutStandsStill(t *testing.T) {
	t.Parallel()
	b := newBench(t, within(2, 0, 1))
	b.decide()
	b.run(0, 1)
	rules(b.Log, strict)
	next := within(2, 0, 1)
	next.Tasks[0].Container = &job.Container{Image: "nginx", Privileged: true}
	next.Normalise()
	b.Job("web", events.JobUpdated{Run: b.j.Run, Version: 2, Spec: encoded(t, next)})
	b.want()
	if h := planning.HoldupOf(b.State, b.j, b.Now); h.Kind != planning.HoldupForbidden {
		t.Errorf("%+v", h)
	}
	b.Pass(24 * time.Hour)
	b.want()
	b.end(0, "TASK_FAILED") // Its place has the version that stood again.
	if ev, ok := b.decide().(events.TasksPlanned); !ok || ev.Version != 1 {
		t.Errorf("decided %+v", ev)
	}
	b.want()
	rules(b.Log, loose)
	switch ev := b.decide().(type) {
	case events.TasksPlanned, events.TasksDoomed:
	default:
		t.Errorf("decided %+v", ev)
	}
}

// TestAMoveStandsStill while the policy forbids what would be beside it, but for its deadline.
func TestAMoveStandsStill(t *testing.T) {
	t.Parallel()
	for _, surge := range []int64{1, 0} {
		spec := within(2, surge, 1-surge)
		spec.Tasks[0].Container = &job.Container{Image: "nginx", Privileged: true}
		b := newBench(t, spec)
		b.decide()
		runOn(b.Log, b.task(0), "h1")
		runOn(b.Log, b.task(1), "h2")
		rules(b.Log, strict)
		drain(b.Log, events.AgentDrained{Hostname: "h1"})
		b.Pass(time.Hour)
		b.want()
		rules(b.Log, loose)
		if b.decide() == nil {
			t.Errorf("surge %d: nothing is decided", surge)
		}
	}
}

// TestAMoveOfAVersionThatIsForbidden stands still, though what is wanted by now may be started:
// a task keeps what it has when it is moved.
func TestAMoveOfAVersionThatIsForbidden(t *testing.T) {
	t.Parallel()
	spec := within(1, 0, 1)
	spec.Tasks[0].Container = &job.Container{Image: "nginx", Privileged: true}
	b := newBench(t, spec)
	b.decide()
	runOn(b.Log, b.task(0), "h1")
	rules(b.Log, strict)
	b.Job("web", events.JobUpdated{Run: b.j.Run, Version: 2, Spec: encoded(t, within(1, 0, 1))})
	b.Job("web", events.RolloutSteered{Run: b.j.Run, Action: events.RolloutPause, Version: 2})
	if b.j.Rollout.Status != cluster.RolloutPaused {
		t.Fatalf("%+v", b.j.Rollout)
	}
	drain(b.Log, events.AgentDrained{Hostname: "h1"})
	b.want()
	rules(b.Log, loose)
	if b.decide() == nil {
		t.Error("nothing is decided")
	}
}

// TestBeyondAQuotaAllStandsStill: what a rollout or a move ends there would not come back.
func TestBeyondAQuotaAllStandsStill(t *testing.T) {
	t.Parallel()
	for _, moves := range []bool{true, false} {
		b := newBench(t, within(2, 0, 1))
		b.decide()
		runOn(b.Log, b.task(0), "h1")
		runOn(b.Log, b.task(1), "h2")
		b.Pass(time.Minute)
		rules(b.Log, "quotas: [{name: q, replicas: 1}]")
		if moves {
			drain(b.Log, events.AgentDrained{Hostname: "h2"})
		} else {
			next := within(2, 0, 1)
			next.Tasks[0].Container = &job.Container{Image: "newer"}
			next.Normalise()
			b.Job("web", events.JobUpdated{Run: b.j.Run, Version: 2, Spec: encoded(t, next)})
		}
		b.want()
		rules(b.Log, "quotas: [{name: q, replicas: 2}]")
		if b.decide() == nil {
			t.Errorf("moves %t: nothing is decided", moves)
		}
	}
}

// TestNoRunIsBegun of a series that the policy forbids, and none is forgotten.
func TestNoRunIsBegun(t *testing.T) {
	t.Parallel()
	spec := clustertest.Batch("nightly", 1)
	spec.Kind = job.KindPeriodic
	spec.Schedule = &job.Schedule{Cron: job.Lines{"* * * * *"}}
	spec.Tasks[0].Container = &job.Container{Image: "nginx", Privileged: true}
	b := newBench(t, spec)
	rules(b.Log, strict)
	b.Pass(90 * time.Second)
	b.want()
	rules(b.Log, loose)
	if ev, ok := b.decide().(events.RunDue); !ok || ev.Outcome != events.RunStarted {
		t.Errorf("decided %+v", ev)
	}
}

// TestQuotas: what a quota has room for is planned, of the jobs in the order in which they
// asked; a job that goes makes room, and nothing that runs is ended for want of it.
func TestQuotas(t *testing.T) {
	t.Parallel()
	b := newBench(t, clustertest.Service("web", 3))
	other := b.Submit(clustertest.Service("db", 2))
	rules(b.Log, "quotas: [{name: q, replicas: 4}]")
	b.want(b.planned(0, 2, 1, "", time.Time{}))
	plans := func(j *cluster.Job) string {
		got := ""
		for d := planning.DecideAmong(b.State, j, b.Now); d.Event != nil; d = planning.DecideAmong(b.State, j, b.Now) {
			got += fmt.Sprintf("%T", d.Event)
			if ev, ok := d.Event.(events.TasksPlanned); ok {
				got += fmt.Sprint(ev.Slots)
			}
			b.Plan(j.ID, d.Event)
		}
		return got
	}
	if got := plans(other); got != "events.TasksPlanned[{0 0 1}]" {
		t.Errorf("of db: %s", got)
	}
	b.run(0, 1, 2)
	rules(b.Log, "quotas: [{name: q, replicas: 2}]")
	b.want()
	b.end(2, "TASK_FAILED")
	b.end(0, "TASK_FAILED")
	b.want(b.planned(0, 0, 2, "after FAILED", b.task(0).EndedAt.Add(time.Second)))
	if got := plans(other); got != "" {
		t.Errorf("of db: %s", got)
	}
	b.Job("web", events.JobStopped{Run: b.j.Run})
	if got := plans(other); got != "events.TasksPlanned[{1 1 1}]" {
		t.Errorf("of db: %s", got)
	}
}

// TestTheLastOneToAskHasNoRoom: who asks for more comes behind those that asked before.
func TestTheLastOneToAskHasNoRoom(t *testing.T) {
	t.Parallel()
	b := newBench(t, clustertest.Service("web", 1))
	other := b.Submit(clustertest.Service("db", 2))
	rules(b.Log, "quotas: [{name: q, replicas: 3}]")
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 2, Group: "web", Replicas: 5})
	if got := b.State.Admitted(b.j); len(got) != 1 || got[0].Tasks != 1 || got[0].Quota != "q" {
		t.Errorf("of web: %+v", got)
	}
	if got := b.State.Admitted(other); len(got) != 1 || got[0].Tasks != 2 || got[0].Quota != "" {
		t.Errorf("of db: %+v", got)
	}
}

// TestNothingForbiddenIsPlanned, whatever happens to a job and to the policy: it ends nothing
// that runs either, but what users asked for.
func TestNothingForbiddenIsPlanned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t, within(3, rapid.Int64Range(0, 1).Draw(rt, "surge"), 1))
		for range rapid.IntRange(5, 40).Draw(rt, "steps") {
			n := rapid.Uint32Range(0, 2).Draw(rt, "slot")
			slot := b.j.Slots[n]
			switch rapid.IntRange(0, 7).Draw(rt, "step") {
			case 0:
				rules(b.Log, rapid.SampledFrom([]string{loose, strict, "quotas: [{name: q, replicas: 2}]"}).Draw(rt, "policy"))
			case 1:
				spec := within(3, 1, 1)
				spec.Tasks[0].Container = &job.Container{Image: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "image"), Privileged: rapid.Bool().Draw(rt, "privileged")}
				spec.Normalise()
				b.Job("web", events.JobUpdated{Run: b.j.Run, Version: b.j.NewestVersion() + 1, Spec: encoded(rt, spec)})
			case 2:
				drain(b.Log, events.AgentDrained{Hostname: "h" + fmt.Sprint(n)})
			case 3, 4:
				if slot != nil && slot.Newest().State == cluster.Waiting {
					runOn(b.Log, slot.Newest(), "h"+fmt.Sprint(n))
				}
			case 5:
				if slot != nil && slot.Newest().Live() && slot.Newest().State != cluster.Waiting {
					b.Report(slot.Newest(), rapid.SampledFrom([]string{"TASK_FAILED", "TASK_FINISHED"}).Draw(rt, "end"), "e")
				}
			case 6:
				b.Pass(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour}).Draw(rt, "pass"))
			}
			d := planning.DecideAmong(b.State, b.j, b.Now)
			switch ev := d.Event.(type) {
			case events.TasksPlanned:
				if why := b.State.Forbidden(b.j, ev.Version); why != nil {
					rt.Fatalf("planned %+v, and %v", ev, why)
				}
			default:
			case events.TasksDoomed:
				// What is in the place of what ends here may be started, or is there.
				if _, forbidden := planning.Forbids(b.State, b.j); forbidden && ev.Keep && !besides(b.j, ev) {
					rt.Fatalf("doomed %+v, and nothing would be in its place", ev)
				}
			}
			if d.Event != nil {
				b.Plan("web", d.Event)
			}
		}
	})
}

// besides reports whether each task that ends has another beside it.
func besides(j *cluster.Job, ev events.TasksDoomed) bool {
	for _, r := range ev.Slots {
		for n := r.From; n <= r.To; n++ {
			alive := 0
			for _, t := range j.Slots[n].Tasks {
				if t.Live() && t.Doom == nil {
					alive++
				}
			}
			if alive < 2 {
				return false
			}
		}
	}
	return true
}

func encoded(t rapid.TB, spec *job.Spec) []byte {
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}
