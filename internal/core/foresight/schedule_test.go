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

// TestRunsThatAreDueAreToldInWords: of a job that is asked about; each word of the planner is
// one for people.
func TestRunsThatAreDueAreToldInWords(t *testing.T) {
	on := agents("a", "b")
	nightly := clustertest.Batch("nightly", 2)
	nightly.Kind, nightly.Schedule = job.KindPeriodic, &job.Schedule{Cron: job.Lines{"* * * * *"}}
	s := running(t, on, clustertest.Service("web", 1))
	told := map[string]int{}
	for _, step := range ask(s, on, submit(t, s, nightly)).Steps {
		if step.Kind == foresight.Says {
			told[step.Reason]++
		}
	}
	if told["a run that is due begins"] == 0 || told[""] != 0 {
		t.Errorf("told %v", told)
	}
}
