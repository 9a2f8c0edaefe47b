package cluster_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestThePolicyIsThatOfTheLog: none before one was set, then the newest; one that this program
// cannot read forbids all.
func TestThePolicyIsThatOfTheLog(t *testing.T) {
	t.Parallel()
	l := clustertest.New()
	spec := clustertest.Service("web", 1)
	spec.Tasks[0].Container = &job.Container{Image: "a", Privileged: true}
	j := l.Submit(spec)
	forbidden := func() int { return len(l.State.Forbidden(j, 1)) }
	if n := forbidden(); n != 0 || l.State.Rules != nil {
		t.Errorf("before: %d", n)
	}
	for _, c := range []struct {
		text string
		want int
	}{{"rules: []", 1}, {"rules: [{name: a, privileged: true}]", 0}, {"rules: [{name: a, of_tomorrow: 1}]", 1}, {"", 1}} {
		if change := gain(l, events.PolicySet{Hash: "00", Text: c.text}); !change.Rules || !change.Access {
			t.Errorf("%q: %+v", c.text, change)
		}
		if n := forbidden(); n != c.want {
			t.Errorf("%q: %d", c.text, n)
		}
	}
	if change := gain(l, events.RoleSet{Name: "r"}); change.Rules {
		t.Errorf("a role: %+v", change)
	}
	if l.State.Forbidden(j, 9) != nil {
		t.Error("of a version that is not kept")
	}
}

// TestWhatIsAskedFor: of the jobs that are not over, and of no series.
func TestWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	l := clustertest.New()
	l.Submit(clustertest.Service("web", 2))
	over := l.Submit(clustertest.Service("over", 4))
	l.Job("over", events.JobStopped{Run: over.Run})
	series := clustertest.Batch("nightly", 8)
	series.Dispatch = &job.Dispatch{}
	l.Submit(series)
	all := func(*cluster.Job) bool { return true }
	if got := l.State.Asked(&policy.Quota{}, all); got.Replicas != 2 {
		t.Errorf("%+v", got)
	}
	l.Job("nightly", events.RunRequested{Run: l.State.Jobs["nightly"].Run, Version: 1, Number: 1})
	if got := l.State.Asked(&policy.Quota{Jobs: []string{"nightly"}}, all); got.Replicas != 8 {
		t.Errorf("of a run: %+v", got)
	}
	if got := l.State.Admitted(l.State.Jobs["web"]); got != nil {
		t.Errorf("without a policy: %+v", got)
	}
}

// TestRoom: a record by which a job asks for less under a quota says so, and no other does.
func TestRoom(t *testing.T) {
	t.Parallel()
	l := clustertest.New()
	j := l.Submit(clustertest.Service("shop/a", 3))
	scale := func(n uint32) cluster.Change {
		return l.Job("shop/a", events.JobScaled{Run: j.Run, Version: j.NewestVersion() + 1, Group: j.Spec.Tasks[0].Name, Replicas: n})
	}
	if scale(2).Room {
		t.Error("without a quota")
	}
	gain(l, events.PolicySet{Hash: "00", Text: "quotas: [{name: q, jobs: [shop/*], replicas: 9}]"})
	if scale(4).Room || !scale(1).Room || scale(1).Room {
		t.Error("more, less, and the same")
	}
	if !l.Job("shop/a", events.JobStopped{Run: j.Run}).Room || l.Job("shop/a", events.JobStopped{Run: j.Run}).Room {
		t.Error("a stop, and another")
	}
	if l.State.ShareQuota("shop/a", "other") || !l.State.ShareQuota("shop/a", "shop/b") {
		t.Error("who shares a quota")
	}
}
