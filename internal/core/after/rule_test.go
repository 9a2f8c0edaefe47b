package after_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/core/after"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestWhatIsUp of a group that another starts after: its own tasks, of this run, that are
// not told to end; of a batch what is done, or failed for good.
func TestWhatIsUp(t *testing.T) {
	for name, c := range map[string]struct {
		kind   job.Kind
		happen func(l *clustertest.Log, j *cluster.Job)
		met    bool
	}{
		"up":      {job.KindService, func(l *clustertest.Log, j *cluster.Job) { runs(l, j, "db", 0) }, true},
		"another": {job.KindService, func(l *clustertest.Log, j *cluster.Job) { runs(l, j, "web", 0) }, false},
		"doomed": {job.KindService, func(l *clustertest.Log, j *cluster.Job) {
			runs(l, j, "db", 0)
			l.Plan("j", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(0, 0, 1)})
		}, false},
		"of the run before": {job.KindService, func(l *clustertest.Log, j *cluster.Job) {
			runs(l, j, "db", 0)
			l.Submit(j.Spec.Clone())
		}, false},
		"runs in a batch":    {job.KindBatch, func(l *clustertest.Log, j *cluster.Job) { runs(l, j, "db", 0) }, false},
		"done in a batch":    {job.KindBatch, func(l *clustertest.Log, j *cluster.Job) { ends(l, j, "TASK_FINISHED") }, true},
		"failed for good":    {job.KindBatch, func(l *clustertest.Log, j *cluster.Job) { ends(l, j, "TASK_FAILED") }, true},
		"lost and not ended": {job.KindBatch, func(l *clustertest.Log, j *cluster.Job) { ends(l, j, "TASK_UNREACHABLE") }, false},
	} {
		l := clustertest.New()
		l.Elect()
		spec := clustertest.Service("j", 1)
		spec.Kind = c.kind
		spec.Tasks[0].After = []string{"db"}
		spec.Tasks = append(spec.Tasks, job.Group{Name: "db", Replicas: 1, Container: &job.Container{Image: "x"}, Restart: &job.Restart{Policy: job.RestartNever}})
		j := l.Submit(spec)
		c.happen(l, j)
		if unmet, waits := after.Group(j, j.Group("web")); waits == c.met {
			t.Errorf("%s: %s", name, unmet)
		}
	}
}

func runs(l *clustertest.Log, j *cluster.Job, group string, slot uint32) {
	l.Plan(j.ID, events.TasksPlanned{Run: j.Run, Version: 1, Group: group, Slots: clustertest.Slots(slot, slot, 1)})
	l.Stage(j.Slots[slot].Newest())
	l.Report(j.Slots[slot].Newest(), "TASK_RUNNING", "u")
}

func ends(l *clustertest.Log, j *cluster.Job, state string) {
	runs(l, j, "db", 0)
	l.Report(j.Slots[0].Newest(), state, "v")
}

// TestJobsThatAreNeverUp say so, and what to do.
func TestJobsThatAreNeverUp(t *testing.T) {
	l := clustertest.New()
	submit(l, "shop", "ledger")
	missing := func(want string) {
		t.Helper()
		unmet, waits := after.Job(l.State.Jobs["shop"], l.State)
		if !waits || unmet.Why != want {
			t.Errorf("%t, %q, want %q", waits, unmet.Why, want)
		}
	}
	spec := clustertest.Batch("ledger", 1)
	spec.Dispatch = &job.Dispatch{}
	series := l.Submit(spec)
	missing("it runs when it is due, so it is never up itself; name one of its runs")
	l.Job("ledger", events.JobStopped{Run: series.Run})
	l.Job("ledger", events.JobDeleted{Run: series.Run})
	missing("there is no such job; submit it")
}
