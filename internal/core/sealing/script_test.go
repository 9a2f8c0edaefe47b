package sealing_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/machine/script"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/sealing"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// TestScripts plays testdata: "usage: full" and "usage: free" say how the log is.
func TestScripts(t *testing.T) {
	script.Test(t, "testdata/*.txt", func(*testing.T) script.Rig {
		state := cluster.New()
		return script.Rig{
			Machine: sealing.New("taurus/planner/one", state), State: state, Space: events.NewSpace(0), Source: "taurus/planner/one",
			Input: func(l *script.Line, _ machine.Moment) (machine.Input, error) {
				if l.Name != "usage" {
					return nil, errors.New("no such line")
				}
				u := planning.Usage{Bytes: 1, MaxBytes: 100}
				if l.Word() == "full" {
					u.Bytes = 95
				}
				return u, nil
			},
			Effect: func(e machine.Effect) []string {
				a, ok := e.(machine.Append)
				if !ok {
					return nil
				}
				// The tickets begin far away, which is tested elsewhere.
				seal := a.Drafts[0].Event.(events.LogSealed)
				return []string{fmt.Sprintf("seal: through %d on %d, %d records, %.6s", seal.Through, a.Drafts[0].Last, seal.Records, seal.Hash)}
			},
		}
	})
}

// folder is a log and who folds it with a sealing machine.
type folder struct {
	log *clustertest.Log
	m   machine.Machine
	at  time.Time
}

func (f *folder) fold(subject events.Subject, ev events.Event) []machine.Effect {
	change := f.log.Append(subject, events.Envelope{}, ev)
	r := f.log.Records[len(f.log.Records)-1]
	r.Head = cluster.Head{Hash: chain.Hash{byte(r.Sequence), 1}, Known: true}
	return f.m.Step(machine.Moment{Now: f.at, Log: f.at}, machine.Folded{Record: &r, Change: change})
}

func (f *folder) tick() []machine.Effect {
	return slices.Clone(f.m.Step(machine.Moment{Now: f.at, Log: f.at}, machine.Tick{}))
}

// TestManyRecords: a thousand records are sealed at once, however young; what came
// while the seal was under way is left for the next.
func TestManyRecords(t *testing.T) {
	log := clustertest.New()
	f := &folder{log: log, m: sealing.New("s", log.State), at: log.Now}
	job := events.Subject{Role: events.RoleJob, Job: "web"}
	through := uint64(0)
	for range 3 {
		var asked []machine.Effect
		for n := 0; len(asked) == 0; n++ {
			if n > 1000 {
				t.Fatal("1000 records, and no seal")
			}
			f.fold(job, events.JobDeleted{})
			asked = f.tick()
		}
		a := asked[0].(machine.Append)
		seal := a.Drafts[0].Event.(events.LogSealed)
		if seal.Records != 1000+min(through, 1) || seal.Through != log.State.Sequence || !sealing.Mine(a.Ticket) || a.Drafts[0].Last != log.State.Seal.Last {
			t.Fatalf("%+v", a)
		}
		through = seal.Through
		for range 5 { // While it is under way.
			f.fold(job, events.JobDeleted{})
			if more := f.tick(); len(more) > 0 {
				t.Fatalf("%+v while one is under way", more)
			}
		}
		f.fold(events.Subject{Role: events.RoleSeal}, seal)
		f.m.Step(machine.Moment{Now: f.at, Log: f.at}, machine.Appended{Ticket: a.Ticket})
		f.at = f.at.Add(time.Second)
	}
}

// TestOutrankedSeals: a seal of what is sealed already puts nothing off.
func TestOutrankedSeals(t *testing.T) {
	log := clustertest.New()
	f := &folder{log: log, m: sealing.New("s", log.State), at: log.Now}
	job, seal := events.Subject{Role: events.RoleJob, Job: "web"}, events.Subject{Role: events.RoleSeal}
	f.fold(job, events.JobDeleted{})
	f.fold(seal, events.LogSealed{Through: 1, Hash: "a"})
	f.fold(job, events.JobDeleted{})
	begun := f.at
	f.at = begun.Add(59 * time.Second)
	f.fold(seal, events.LogSealed{Through: 1, Hash: "a"})
	if wake := f.m.Wake(); !wake.Equal(begun.Add(time.Minute)) {
		t.Errorf("wake %v after the record, want a minute", wake.Sub(begun))
	}
	f.at = begun.Add(time.Minute)
	if asked := f.tick(); len(asked) != 1 {
		t.Errorf("%+v, want a seal", asked)
	}
}

// TestAnswers: only the answer to what was asked last counts, and after a lost race many
// records wait no longer than few.
func TestAnswers(t *testing.T) {
	log := clustertest.New()
	f := &folder{log: log, m: sealing.New("s", log.State), at: log.Now}
	ids := map[string]bool{}
	for round := range 3 {
		for range 1000 {
			f.fold(events.Subject{Role: events.RoleJob, Job: "web"}, events.JobDeleted{})
		}
		asked := f.tick()
		if len(asked) != 1 {
			t.Fatalf("%+v, want a seal", asked)
		}
		a := asked[0].(machine.Append)
		ids[a.Drafts[0].Envelope.ID] = true
		answer := func(ticket uint64, said machine.Outcome) {
			f.m.Step(machine.Moment{Now: f.at, Log: f.at}, machine.Appended{Ticket: ticket, Outcome: said})
		}
		answer(a.Ticket-1, machine.Outcome{Answer: machine.Refused})
		if !f.m.Wake().IsZero() || len(f.tick()) > 0 {
			t.Fatal("the answer to another append was taken for its own")
		}
		answer(a.Ticket, machine.Outcome{Answer: machine.Conflict})
		if wake := f.m.Wake(); !wake.Equal(f.at.Add(time.Second)) {
			t.Errorf("wake %v after a conflict, want a second", wake.Sub(f.at))
		}
		f.fold(events.Subject{Role: events.RoleSeal}, events.LogSealed{Through: log.State.Sequence, Hash: "a"})
		f.at = f.at.Add(time.Second)
		if round < 2 && len(ids) != round+1 {
			t.Errorf("%d ids of %d seals", len(ids), round+1)
		}
	}
}

// alarm is a machine that wants to wake.
type alarm struct{ at time.Time }

func (alarm) Step(machine.Moment, machine.Input) []machine.Effect { return nil }
func (a alarm) Wake() time.Time                                   { return a.at }
func (alarm) Source() string                                      { return "taurus/planner/one" }

// TestBesideWakes for whichever of the two is first, and for one that alone wants to.
func TestBesideWakes(t *testing.T) {
	log := clustertest.New()
	soon, never := log.Now.Add(time.Second), time.Time{}
	for _, c := range []struct {
		first   time.Time
		records int
		want    time.Time
	}{
		{never, 0, never},
		{soon, 0, soon},
		{never, 1, log.Now.Add(time.Minute)},
		{soon, 1, soon},
		{log.Now.Add(time.Hour), 1, log.Now.Add(time.Minute)},
	} {
		log := clustertest.New()
		f := &folder{log: log, m: sealing.Beside(alarm{c.first}, log.State), at: log.Now}
		for range c.records {
			f.fold(events.Subject{Role: events.RoleJob, Job: "web"}, events.JobDeleted{})
		}
		if got := f.m.Wake(); !got.Equal(c.want) {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestBeside: answers go to whoever asked, wakes are the earlier ones.
func TestBeside(t *testing.T) {
	log := clustertest.New()
	m := sealing.Beside(planning.New(events.NewSpace(0), "one", log.State), log.State)
	f := &folder{log: log, m: m, at: log.Now}
	if !m.Wake().IsZero() {
		t.Error("nothing to do, and a wake")
	}
	spec := clustertest.Service("web", 1)
	spec.Normalise()
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	f.fold(events.Subject{Role: events.RoleJob, Job: "web"}, events.JobSubmitted{Spec: data})
	planned := f.tick()
	if len(planned) != 1 || sealing.Mine(planned[0].(machine.Append).Ticket) {
		t.Fatalf("%+v, want one plan", planned)
	}
	if wake := m.Wake(); !wake.Equal(f.at.Add(time.Minute)) {
		t.Errorf("wake at %v, want that of the seal", wake)
	}
	f.at = f.at.Add(time.Minute)
	sealed := f.tick()
	if len(sealed) != 1 || !sealing.Mine(sealed[0].(machine.Append).Ticket) {
		t.Fatalf("%+v, want one seal", sealed)
	}
	if m.Source() != "taurus/planner/one" || sealed[0].(machine.Append).Drafts[0].Envelope.Source != m.Source() {
		t.Error("both sign as the planner")
	}
	answer := func(e machine.Effect) {
		m.Step(machine.Moment{Now: f.at, Log: f.at}, machine.Appended{
			Ticket: e.(machine.Append).Ticket, Outcome: machine.Outcome{Answer: machine.Refused, Err: errors.New("no")},
		})
	}
	answer(sealed[0])
	if wake := m.Wake(); !wake.Equal(f.at.Add(10 * time.Second)) {
		t.Errorf("wake at %v, want that of the next try to seal", wake)
	}
	answer(planned[0])
	if wake := m.Wake(); !wake.Equal(f.at.Add(time.Second)) {
		t.Errorf("wake at %v, want that of the next try to plan", wake)
	}
}
