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

// TestRejectedDecision: the next would be rejected, too, so it is not made at once, or
// the log would fill; nor is it forgotten.
func TestRejectedDecision(t *testing.T) {
	log, space := clustertest.New(), events.NewSpace(0)
	log.Submit(clustertest.Service("web", 1))
	log.Pass(time.Minute)
	at := machine.Moment{Now: log.Now, Log: log.Now}
	m := deciding.New(closer{space}, space, "one", log.State)
	appends := func(in machine.Input) (n int, told bool) {
		for _, e := range m.Step(at, in) {
			switch e := e.(type) {
			case machine.Append:
				n++
			case machine.Note:
				told = told || e.Level == machine.Error
			default:
			}
		}
		return n, told
	}
	appends(machine.Folded{Record: &log.Records[0], Change: cluster.Change{Job: log.State.Jobs["web"]}})
	if n, _ := appends(machine.Tick{}); n != 1 {
		t.Fatalf("%d appends", n)
	}
	r, err := cluster.Decode(space, 2, log.Now, events.Message{Subject: space.Plan("web")})
	if err != nil {
		t.Fatal(err)
	}
	change, err := log.State.Apply(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, told := appends(machine.Folded{Record: &r, Change: change, Own: true}); !told {
		t.Error("nobody is told")
	}
	appends(machine.Appended{Ticket: 1, Outcome: machine.Outcome{Last: 2}})
	for range 59 {
		if n, _ := appends(machine.Tick{}); n != 0 {
			t.Fatalf("it decides again at once")
		}
		at.Now, at.Log = at.Now.Add(time.Second), at.Log.Add(time.Second)
	}
	if wake := m.Wake(); wake.Sub(at.Now) != time.Second {
		t.Errorf("wakes at %s", wake)
	}
	at.Now, at.Log = at.Now.Add(time.Second), at.Log.Add(time.Second)
	if n, _ := appends(machine.Tick{}); n != 1 {
		t.Errorf("%d appends after a minute", n)
	}
}
