package deciding_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// looker is a policy that only counts how often it is asked.
type looker struct {
	closer
	looks *int
}

func (l looker) Decide(*cluster.State, *cluster.Job, time.Time, deciding.Takes) deciding.Proposal {
	*l.looks++
	return deciding.Proposal{}
}

// TestLargeJobsArePaced: a job is looked at for each burst of its tasks' statuses, but
// a large one less often, so that looks take a part of the time only; what happened last
// is looked at in any case.
func TestLargeJobsArePaced(t *testing.T) {
	const bursts = 1000
	for _, c := range []struct {
		tasks    uint32
		from, to int
	}{
		{10, bursts, bursts},
		{999, bursts, bursts},
		{1000, bursts / 4, bursts/2 + 1}, // A look each 2 ms.
		{50_000, bursts/200 + 1, bursts/50 + 1},
	} {
		log, looks := clustertest.New(), 0
		log.Elect()
		j := log.Submit(clustertest.Service("web", c.tasks))
		for first := uint32(0); first < c.tasks; first += 1000 {
			log.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(first, min(first+999, c.tasks-1), 1)})
		}
		space := events.NewSpace(0)
		m := deciding.New(looker{closer{space}, &looks}, space, "one", log.State)
		at := machine.Moment{Now: log.Now, Log: log.Now}
		tick := func() { m.Step(at, machine.Tick{}) }
		for range bursts {
			m.Step(at, machine.Folded{Record: &log.Records[0], Change: cluster.Change{Job: j}})
			tick()
			at.Now = at.Now.Add(time.Millisecond)
		}
		if looks < c.from || looks > c.to {
			t.Errorf("%d tasks: %d looks for %d bursts, want %d to %d", c.tasks, looks, bursts, c.from, c.to)
		}
		before := looks
		m.Step(at, machine.Folded{Record: &log.Records[0], Change: cluster.Change{Job: j}})
		tick()
		if wake := m.Wake(); !wake.IsZero() {
			if wake.Sub(at.Now) > 200*time.Millisecond {
				t.Errorf("%d tasks: wakes after %s", c.tasks, wake.Sub(at.Now))
			}
			at.Now = wake
			tick()
		}
		if looks == before || !m.Wake().IsZero() {
			t.Errorf("%d tasks: the last burst was not looked at; wake %s", c.tasks, m.Wake())
		}
	}
}
