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

// taker is a closer whose every decision takes one, and that notes what others took.
type taker struct {
	closer

	told map[string]uint64
}

func (p taker) Decide(s *cluster.State, j *cluster.Job, now time.Time, taken deciding.Takes) deciding.Proposal {
	p.told[j.ID] = taken.Kills
	d := p.closer.Decide(s, j, now, taken)
	if d.Event != nil {
		d.Takes.Kills = 1
	}
	return d
}

// TestWhatIsTaken by a decision is given back when the fold shows it, whichever comes first,
// that or the answer; and what was not stored, at its answer.
func TestWhatIsTaken(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(fold, other func(), answer func(machine.Answer))
		want uint64
	}{
		"under way":            {func(_, _ func(), _ func(machine.Answer)) {}, 1},
		"stored":               {func(_, _ func(), answer func(machine.Answer)) { answer(machine.Stored) }, 1},
		"folded":               {func(fold, _ func(), _ func(machine.Answer)) { fold() }, 0},
		"stored, then folded":  {func(fold, _ func(), answer func(machine.Answer)) { answer(machine.Stored); fold() }, 0},
		"folded, then stored":  {func(fold, _ func(), answer func(machine.Answer)) { fold(); answer(machine.Stored) }, 0},
		"folded, then unknown": {func(fold, _ func(), answer func(machine.Answer)) { fold(); answer(machine.Unknown) }, 0},
		"lost a race":          {func(_, _ func(), answer func(machine.Answer)) { answer(machine.Conflict) }, 0},
		"another is folded":    {func(_, other func(), _ func(machine.Answer)) { other() }, 1},
		"refused":              {func(_, _ func(), answer func(machine.Answer)) { answer(machine.Refused) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			log, space := clustertest.New(), events.NewSpace(0)
			p := taker{closer{space}, map[string]uint64{}}
			m := deciding.New(p, space, "one", log.State)
			at := machine.Moment{Now: log.Now.Add(time.Minute), Log: log.Now.Add(time.Minute)}
			folded := func(change cluster.Change, own bool) {
				m.Step(at, machine.Folded{Record: &log.Records[len(log.Records)-1], Change: change, Own: own})
			}
			folded(log.Job("first", events.JobSubmitted{Spec: []byte(`{"id":"first"}`)}), false)
			a, appends := m.Step(at, machine.Tick{})[0].(machine.Append)
			if !appends {
				t.Fatal("it appends nothing")
			}
			last := log.State.Sequence + 1
			c.do(func() {
				folded(log.Plan("first", events.JobCompleted{Run: log.State.Jobs["first"].Run}), true)
			}, func() {
				folded(log.Job("first", events.JobStopped{Run: log.State.Jobs["first"].Run}), false)
			}, func(answer machine.Answer) {
				m.Step(at, machine.Appended{Ticket: a.Ticket, Outcome: machine.Outcome{Answer: answer, Last: last}})
			})
			folded(log.Job("second", events.JobSubmitted{Spec: []byte(`{"id":"second"}`)}), false)
			m.Step(at, machine.Tick{})
			if got, decided := p.told["second"]; !decided || got != c.want {
				t.Errorf("%d are taken, want %d", got, c.want)
			}
		})
	}
}
