package commanding_test

import (
	"errors"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

func setPolicy(l *clustertest.Log, text string) {
	l.Append(events.Subject{Role: events.RoleAccess}, events.Envelope{}, events.PolicySet{Hash: "00", Text: text})
}

func privileged(id string) *job.Spec {
	spec := clustertest.Service(id, 2)
	spec.Tasks[0].Container = &job.Container{Image: "nginx", Privileged: true}
	return spec
}

func inJSON(t *testing.T, spec *job.Spec) []byte {
	t.Helper()
	spec.Normalise()
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestWhatStartsSomethingIsAskedAbout, each kind of command: by a policy that is set all that
// starts a task; while none is, what brings a spec that nobody has let through. What ends
// something, or starts nothing, is nobody's business.
func TestWhatStartsSomethingIsAskedAbout(t *testing.T) {
	t.Parallel()
	newer := privileged("web")
	newer.Tasks[0].Container.Image = "newer"
	lim := job.DefaultLimits()
	for name, c := range map[string]struct {
		id         string
		command    submission.Command
		set, unset bool // whether it is forbidden
	}{
		"submit":          {id: "new", command: submission.Submit{Spec: inJSON(t, privileged("new"))}, set: true, unset: true},
		"put":             {id: "new", command: submission.Update{Spec: inJSON(t, privileged("new"))}, set: true, unset: true},
		"update":          {id: "web", command: submission.Update{Spec: inJSON(t, newer)}, set: true, unset: true},
		"the same again":  {id: "web", command: submission.Update{Spec: inJSON(t, privileged("web"))}},
		"one that is not": {id: "new", command: submission.Submit{Spec: inJSON(t, clustertest.Service("new", 1))}},
		"up":              {id: "web", command: submission.Scale{Replicas: 3, Limits: lim}, set: true},
		"down":            {id: "web", command: submission.Scale{Replicas: 1, Limits: lim}},
		"stop":            {id: "web", command: submission.Stop{}},
		"kill":            {id: "web", command: submission.Kill{Slots: []uint32{0}, ScaleDown: true, Limits: lim}},
		"restart":         {id: "web", command: submission.Restart{}, set: true},
		"revert":          {id: "fixed", command: submission.Revert{To: 1, Limits: lim}, set: true},
		"rollback":        {id: "fixed", command: submission.Steer{Action: events.RolloutRollback, To: 1}, set: true},
		"pause":           {id: "broken", command: submission.Steer{Action: events.RolloutPause}},
		"resume":          {id: "paused", command: submission.Steer{Action: events.RolloutResume}, set: true},
		"cancel":          {id: "broken", command: submission.Steer{Action: events.RolloutCancel}},
		"dispatch":        {id: "asked", command: submission.Dispatch{Limits: lim}, set: true},
		"run now":         {id: "nightly", command: submission.RunNow{}, set: true},
		"hold":            {id: "nightly", command: submission.SteerSchedule{Action: events.SchedulePause}},
		"tag":             {id: "web", command: submission.Tag{Version: 1, Name: "good"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := clustertest.New()
			l.Elect()
			web := l.Submit(privileged("web"))
			l.Plan("web", events.TasksPlanned{Run: web.Run, Version: 1, Group: web.Spec.Tasks[0].Name, Slots: clustertest.Slots(0, 1, 1)})
			plain := func(id string) []byte { return inJSON(t, clustertest.Service(id, 2)) }
			fixed := l.Submit(privileged("fixed"))
			l.Job("fixed", events.JobUpdated{Run: fixed.Run, Version: 2, Spec: plain("fixed")})
			for _, id := range []string{"broken", "paused"} {
				j := l.Submit(clustertest.Service(id, 2))
				l.Job(id, events.JobUpdated{Run: j.Run, Version: 2, Spec: inJSON(t, privileged(id))})
			}
			l.Job("paused", events.RolloutSteered{Run: l.State.Jobs["paused"].Run, Version: 2, Action: events.RolloutPause})
			batch := privileged("asked")
			batch.Kind, batch.Dispatch = job.KindBatch, &job.Dispatch{}
			l.Submit(batch)
			nightly := privileged("nightly")
			nightly.Kind, nightly.Schedule = job.KindPeriodic, &job.Schedule{Cron: job.Lines{"0 0 * * *"}}
			l.Submit(nightly)

			ask := func(rules commanding.Rules) bool {
				t.Helper()
				_, err := commanding.Decide(rules, l.State, c.id, c.command)
				var faults job.Faults
				switch {
				case err == nil:
					return false
				case !errors.Is(err, commanding.ErrForbidden) || !errors.As(err, &faults) || faults[0].Rule != policy.DefaultName || faults[0].Path != "tasks[0].container.privileged":
					t.Errorf("got %v", err)
				}
				return true
			}
			if got := ask(commanding.Rules{}); got != c.unset {
				t.Errorf("while no policy is set: forbidden %t", got)
			}
			if ask(commanding.Rules{Unset: policy.Open()}) {
				t.Error("forbidden while no policy is set and all is open")
			}
			setPolicy(l, "rules: [{name: ops, who: {names: [ops]}, privileged: true}]")
			if got := ask(commanding.Rules{Unset: policy.Open()}); got != c.set {
				t.Errorf("by a policy that is set: forbidden %t", got)
			}
			if ask(commanding.Rules{Who: access.Principal{Name: "ops"}}) {
				t.Error("forbidden for who may")
			}
		})
	}
}

// TestAQuotaIsOfWhatIsAskedForMore: by jobs of a prefix, each amount by itself.
func TestAQuotaIsOfWhatIsAskedForMore(t *testing.T) {
	t.Parallel()
	l := clustertest.New()
	l.Submit(clustertest.Service("shop/a", 4))
	l.Submit(clustertest.Service("other", 50))
	setPolicy(l, "quotas: [{name: shop, jobs: [shop/*], replicas: 5, cpu: 3}]")
	lim := job.DefaultLimits()
	want := func(forbidden int, id string, c submission.Command) {
		t.Helper()
		_, err := commanding.Decide(commanding.Rules{}, l.State, id, c)
		var faults job.Faults
		if errors.As(err, &faults); len(faults) != forbidden || (err == nil) != (forbidden == 0) {
			t.Errorf("%s: %v", id, err)
		}
	}
	spec := func(id string, replicas uint32, cpu float64) []byte {
		s := clustertest.Service(id, replicas)
		s.Tasks[0].Resources = &job.Resources{CPU: cpu}
		return inJSON(t, s)
	}
	want(1, "shop/b", submission.Submit{Spec: spec("shop/b", 1, 0.1)}) // The first has 4 CPUs of 3 already.
	want(2, "shop/b", submission.Submit{Spec: spec("shop/b", 2, 0.1)})
	want(0, "shopping", submission.Submit{Spec: spec("shopping", 9, 9)})
	want(0, "shop/a", submission.Update{Spec: spec("shop/a", 5, 0.7)}) // Fewer CPUs than before, and 5 replicas.
	want(1, "shop/a", submission.Update{Spec: spec("shop/a", 6, 0.1)})
	want(1, "shop/a", submission.Scale{Replicas: 5, Limits: lim})
	want(0, "shop/a", submission.Scale{Replicas: 3, Limits: lim})
	if _, err := commanding.Decide(commanding.Rules{}, cluster.New(), "shop/b", submission.Submit{Spec: spec("shop/b", 9, 9)}); err != nil {
		t.Errorf("without a policy: %v", err)
	}
}
