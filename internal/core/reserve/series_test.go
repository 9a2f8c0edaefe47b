package reserve_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestRunsOfASeries: what nothing runs of itself needs no more than its own end; a run
// that is begun is given what its job needs from then on.
func TestRunsOfASeries(t *testing.T) {
	l := clustertest.New()
	spec := clustertest.Batch("team/nightly.report", 5)
	spec.Kind, spec.Schedule = job.KindPeriodic, &job.Schedule{Cron: job.Lines{"* * * * *"}}
	j := l.Submit(spec)
	if n := reserve.OfJob(j); n.Promises != 0 || n.Due != 0 || n.Ends != reserve.OfSubmission(j.Spec) {
		t.Errorf("a series needs %+v", n)
	}
	l.Pass(time.Minute)
	due := events.RunDue{
		Run: j.Run, Version: 1, At: l.Now, From: l.Now, Count: 10_000, Outcome: events.RunStarted, Replaces: true, Reason: strings.Repeat("x", 250),
	}
	taken, skipped := reserve.OfRun(j, due), due
	skipped.Outcome = events.RunSkipped
	space := events.NewSpace(0)
	env := events.Envelope{
		ID: space.Plan(j.ID) + "@123456789/" + due.Type(), Source: "taurus/planner/taurus-planner-5d8c7b9f6d-x2x4q.taurus.svc.cluster.local-1234567",
		Time: l.Now, Cause: 123456789,
	}
	m, err := events.Encode(space.Plan(j.ID), env, due)
	if err != nil {
		t.Fatal(err)
	}
	if size, kept := reserve.Size(m), reserve.OfRun(j, skipped); size > kept {
		t.Errorf("a record of %d bytes, %d are kept for it", size, kept)
	}
	before := total(reserve.Of(l.State))
	l.Plan(j.ID, due)
	if more := total(reserve.Of(l.State)) - before + reserve.Size(m); more > taken {
		t.Errorf("a run needs %d more, and took %d", more, taken)
	}
	asked := reserve.OfRequest(j)
	before = total(reserve.Of(l.State))
	l.Job(j.ID, events.RunRequested{Run: j.Run, Version: 1, Number: 1})
	if more := total(reserve.Of(l.State)) - before; more > asked {
		t.Errorf("a run that is asked for needs %d more, and took %d", more, asked)
	}
}
