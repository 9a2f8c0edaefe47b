package deciding_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// appendsMax is how many appends may be under way.
const appendsMax = 64

// TestWhateverHappens: equal inputs give equal effects; no more appends are under
// way than may be, of each job one; and when the faults end, every job is decided
// about once.
func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log, space := clustertest.New(), events.NewSpace(0)
		at := machine.Moment{Now: log.Now, Log: log.Now}
		m := deciding.New(closer{space}, space, "one", log.State)
		twin := deciding.New(closer{space}, space, "one", log.State)
		flights := map[uint64]machine.Draft{}
		var stored []machine.Append // not folded yet
		step := func(in machine.Input) {
			effects, others := slices.Clone(m.Step(at, in)), twin.Step(at, in)
			if len(effects) != len(others) || len(effects) > 0 && !reflect.DeepEqual(effects, others) || !m.Wake().Equal(twin.Wake()) {
				t.Fatalf("%+v gave %v, wake %v; the other time %v, wake %v", in, effects, m.Wake(), others, twin.Wake())
			}
			for _, e := range effects {
				a, ok := e.(machine.Append)
				if !ok {
					continue
				}
				for _, f := range flights {
					if f.Subject == a.Drafts[0].Subject {
						t.Fatalf("two appends to %s are under way", f.Subject)
					}
				}
				if flights[a.Ticket] = a.Drafts[0]; len(flights) > appendsMax {
					t.Fatalf("%d appends under way", len(flights))
				}
			}
		}
		fold := func(subject events.Subject, env events.Envelope, ev events.Event) {
			change := log.Append(subject, env, ev)
			step(machine.Folded{Record: &log.Records[len(log.Records)-1], Change: change, Own: env.Source == m.Source()})
		}
		jobs := 0
		submit := func(n int) {
			for range n {
				jobs++
				id := fmt.Sprintf("job-%d", jobs)
				fold(events.Subject{Role: events.RoleJob, Job: id}, events.Envelope{}, events.JobSubmitted{Spec: []byte(`{"id":"` + id + `"}`)})
			}
		}
		answer := func(result machine.Answer) {
			if len(flights) == 0 {
				return
			}
			var tickets []uint64
			for ticket := range flights {
				tickets = append(tickets, ticket)
			}
			ticket := slices.Min(tickets)
			draft := flights[ticket]
			delete(flights, ticket)
			if result == machine.Stored {
				stored = append(stored, machine.Append{Ticket: ticket, Drafts: []machine.Draft{draft}})
				step(machine.Appended{Ticket: ticket, Outcome: machine.Outcome{Last: log.State.Sequence + uint64(len(stored))}})
				return
			}
			step(machine.Appended{Ticket: ticket, Outcome: machine.Outcome{Answer: result, Err: errors.New("no")}})
		}
		foldStored := func() {
			for _, a := range stored {
				d := a.Drafts[0]
				subject, err := events.ParseSubject(d.Subject)
				if err != nil {
					t.Fatal(err)
				}
				fold(subject, d.Envelope, d.Event)
			}
			stored = nil
		}
		pass := func(d time.Duration) { at.Now, at.Log, log.Now = at.Now.Add(d), at.Log.Add(d), log.Now.Add(d) }
		step(machine.CaughtUp{})
		t.Repeat(map[string]func(*rapid.T){
			"submit": func(t *rapid.T) {
				foldStored() // Their sequences are given.
				submit(rapid.IntRange(1, 100).Draw(t, "jobs"))
			},
			"share": func(t *rapid.T) {
				step(deciding.Shared{Mine: rapid.SliceOfN(rapid.Bool(), int(space.Partitions()), int(space.Partitions())).Draw(t, "mine")})
			},
			"tick":   func(*rapid.T) { step(machine.Tick{}) },
			"pass":   func(t *rapid.T) { pass(time.Duration(rapid.IntRange(1, 12).Draw(t, "seconds")) * time.Second) },
			"moved":  func(*rapid.T) { step(machine.ClockMoved{}) },
			"fold":   func(*rapid.T) { foldStored() },
			"answer": func(t *rapid.T) { answer(machine.Answer(rapid.IntRange(0, 3).Draw(t, "result"))) },
		})
		for n := 0; n < 10*jobs+10; n++ {
			for len(flights) > 0 {
				answer(machine.Stored)
			}
			foldStored()
			step(machine.Tick{})
			if wake := m.Wake(); len(flights) == 0 && !wake.IsZero() && wake.After(at.Now) {
				pass(wake.Sub(at.Now))
			}
		}
		done := map[string]int{}
		for _, r := range log.Records {
			if r.Subject.Role == events.RolePlan {
				done[r.Subject.Job]++
			}
		}
		for n := range jobs {
			if id := fmt.Sprintf("job-%d", n+1); done[id] != 1 {
				t.Fatalf("%s was decided about %d times", id, done[id])
			}
		}
	})
}

// TestAJobThatIsNoMore is not decided about, nor remembered.
func TestAJobThatIsNoMore(t *testing.T) {
	log, space := clustertest.New(), events.NewSpace(0)
	m := deciding.New(closer{space}, space, "one", log.State)
	at := machine.Moment{Now: log.Now, Log: log.Now.Add(time.Hour)}
	change := log.Job("web", events.JobSubmitted{Spec: []byte(`{"id":"web"}`)})
	m.Step(at, machine.Folded{Record: &log.Records[0], Change: change})
	delete(log.State.Jobs, "web")
	if effects := m.Step(at, machine.Tick{}); len(effects) != 0 || !m.Wake().IsZero() {
		t.Errorf("%v, wake %v", effects, m.Wake())
	}
}
