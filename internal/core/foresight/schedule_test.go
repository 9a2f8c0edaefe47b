package foresight_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/foresight"
	"github.com/milosgajdos/taurus/internal/job"
)

// TestSchedulesAreNotAskedFor: what comes due meanwhile is none of the answer, and does
// not keep it from settling.
func TestSchedulesAreNotAskedFor(t *testing.T) {
	on := agents("a", "b")
	nightly := clustertest.Batch("nightly", 2)
	nightly.Kind, nightly.Schedule = job.KindPeriodic, &job.Schedule{Cron: job.Lines{"* * * * *"}}
	s := running(t, on, clustertest.Service("web", 1))
	data := submit(t, s, nightly)
	s = ask(s, on, data).State.Clone()
	a := ask(s, on, foresight.Question{})
	if !a.Settled || len(a.Steps) != 0 {
		t.Errorf("settled %t, steps %+v", a.Settled, a.Steps)
	}
}
