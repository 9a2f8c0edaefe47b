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
	for name, answerFirst := range map[string]bool{"the answer first": true, "the record first": false} {
		t.Run(name, func(t *testing.T) { rejectedDecision(t, answerFirst) })
	}
}

func rejectedDecision(t *testing.T, answerFirst bool) {
	t.Helper()
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
	folded := machine.Folded{Record: &r, Change: change, Own: true}
	appended := machine.Appended{Ticket: 1, Outcome: machine.Outcome{Last: 2}}
	steps := []machine.Input{folded, appended}
	if answerFirst {
		steps = []machine.Input{appended, folded}
	}
	if _, told := appends(steps[0]); told {
		t.Error("it is told before it is known whose it is")
	}
	if _, told := appends(steps[1]); !told {
		t.Error("nobody is told")
	}
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

// TestRejectedOfOthers: however a stranger signs, what is rejected puts off nothing.
func TestRejectedOfOthers(t *testing.T) {
	log, space := clustertest.New(), events.NewSpace(0)
	log.Submit(clustertest.Service("web", 1))
	log.Pass(time.Minute)
	at := machine.Moment{Now: log.Now, Log: log.Now}
	m := deciding.New(closer{space}, space, "one", log.State)
	stranger := func() {
		r, err := cluster.Decode(space, log.State.Sequence+1, log.Now, events.Message{Subject: space.Plan("web")})
		if err != nil {
			t.Fatal(err)
		}
		change, err := log.State.Apply(r)
		if err != nil {
			t.Fatal(err)
		}
		m.Step(at, machine.Folded{Record: &r, Change: change, Own: true})
	}
	m.Step(at, machine.Folded{Record: &log.Records[0], Change: cluster.Change{Job: log.State.Jobs["web"]}})
	stranger()
	if n := len(m.Step(at, machine.Tick{})); n != 1 {
		t.Fatalf("%d appends", n)
	}
	stranger() // The append under way expects what was before it.
	m.Step(at, machine.Appended{Ticket: 1, Outcome: machine.Outcome{Answer: machine.Conflict}})
	at.Now, at.Log = at.Now.Add(time.Second), at.Log.Add(time.Second)
	effects := m.Step(at, machine.Tick{})
	if len(effects) != 1 || effects[0].(machine.Append).Drafts[0].Last != 3 {
		t.Fatalf("then %+v", effects)
	}
	m.Step(at, machine.Appended{Ticket: 2, Outcome: machine.Outcome{Last: 5}})
	stranger()
	log.Plan("web", events.JobCompleted{Run: 1})
	if n := len(m.Step(at, machine.Tick{})); n != 0 || log.State.Jobs["web"].Outcome != cluster.OutcomeCompleted {
		t.Errorf("%d appends in the end", n)
	}
}
