package commanding_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

var (
	errGone = errors.New("gave up")
	errLog  = errors.New("the log said no")
)

// world is a machine on a log that does all that a log may do: it refuses, stores
// and does not say so, stores late, and has other writers.
type world struct {
	*rapid.T
	machine *commanding.Machine
	at      machine.Moment

	log    []cluster.Record
	state  *cluster.State // folded so far: a part of the log
	last   map[string]uint64
	inLog  map[uint64]uint64 // the sequence of each command's event, by ticket
	flying []machine.Append
	late   []machine.Draft // may still be stored though their answer was lost
	asking []uint64

	tickets uint64
	jobOf   map[uint64]string
	answers map[uint64]commanding.Answer
}

func newWorld(t *rapid.T) *world {
	state := cluster.New()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return &world{
		T: t, state: state, machine: commanding.New(config(), state), at: machine.Moment{Now: at, Log: at},
		last: map[string]uint64{}, inLog: map[uint64]uint64{}, jobOf: map[uint64]string{}, answers: map[uint64]commanding.Answer{},
	}
}

func (w *world) step(in machine.Input) {
	for _, e := range slices.Clone(w.machine.Step(w.at, in)) {
		switch e := e.(type) {
		case machine.Append:
			for _, other := range w.flying {
				if other.Drafts[0].Subject == e.Drafts[0].Subject {
					w.Fatalf("two appends under way for %s", e.Drafts[0].Subject)
				}
			}
			w.flying = append(w.flying, e)
		case commanding.AskUsage:
			w.asking = append(w.asking, e.Ticket)
		case commanding.DropUsage:
			w.asking = slices.DeleteFunc(w.asking, func(t uint64) bool { return t == e.Ticket })
		case commanding.Answer:
			w.answer(e)
		}
	}
	if wake := w.machine.Wake(); !wake.IsZero() && wake.Sub(w.at.Now) > commanding.SettleWait {
		w.Fatalf("wakes in %v", wake.Sub(w.at.Now))
	}
	if len(w.asking) > 1 {
		w.Fatalf("%d questions about the log's space", len(w.asking))
	}
}

// answer holds an answer to what is in the log and what is folded.
func (w *world) answer(a commanding.Answer) {
	if _, twice := w.answers[a.Ticket]; twice {
		w.Fatalf("%d is answered twice", a.Ticket)
	}
	w.answers[a.Ticket] = a
	stored := w.inLog[a.Ticket]
	switch {
	case a.Err == nil && a.Sequence > w.state.Sequence:
		w.Fatalf("%d is answered %d, folded is %d", a.Ticket, a.Sequence, w.state.Sequence)
	case a.Err == nil && stored != 0 && a.Sequence != stored:
		w.Fatalf("%d is answered %d, but stored at %d", a.Ticket, a.Sequence, stored)
	}
}

// store does with a draft what a log does.
func (w *world) store(d machine.Draft) (uint64, bool) {
	if d.Conditional && w.last[d.Subject] != d.Last {
		return 0, false
	}
	subject, err := events.ParseSubject(d.Subject)
	if err != nil {
		w.Fatal(err)
	}
	n := uint64(len(w.log) + 1)
	w.log = append(w.log, cluster.Record{Sequence: n, Time: w.at.Log, Subject: subject, Envelope: d.Envelope, Event: d.Event})
	w.last[d.Subject] = n
	if ticket, err := strconv.ParseUint(d.Envelope.TraceParent, 10, 64); err == nil {
		w.stores(ticket, subject.Job, n)
	}
	return n, true
}

// stores holds what is stored to what may be.
func (w *world) stores(ticket uint64, id string, n uint64) {
	if at, twice := w.inLog[ticket]; twice {
		w.Fatalf("%d is stored at %d and at %d", ticket, at, n)
	}
	for other := range w.inLog {
		if w.jobOf[other] == id && other > ticket {
			w.Fatalf("%d is stored behind %d, which came later", ticket, other)
		}
	}
	if a, answered := w.answers[ticket]; answered && !errors.Is(a.Err, commanding.ErrOutcomeUnknown) {
		w.Fatalf("%d is stored though it was answered %+v", ticket, a)
	}
	w.inLog[ticket] = n
}

func (w *world) fold() {
	r := w.log[w.state.Sequence]
	change, err := w.state.Apply(r)
	if err != nil {
		w.Fatal(err)
	}
	w.step(machine.Folded{Record: &r, Change: change, Own: r.Envelope.Source == config().Source})
}

// land ends an append under way.
func (w *world) land(i int, out machine.Outcome) {
	a := w.flying[i]
	w.flying = slices.Delete(w.flying, i, i+1)
	w.step(machine.Appended{Ticket: a.Ticket, Outcome: out})
}

// deliver stores an append under way if it can be, and says so.
func (w *world) deliver(i int) {
	if n, ok := w.store(w.flying[i].Drafts[0]); ok {
		w.land(i, machine.Outcome{Answer: machine.Stored, Last: n})
		return
	}
	w.land(i, machine.Outcome{Answer: machine.Conflict, Err: errLog})
}

// lose lets the answer of an append be lost. The append is stored now, later, or
// never.
func (w *world) lose(i int) {
	d := w.flying[i].Drafts[0]
	switch rapid.SampledFrom([]string{"now", "later", "never"}).Draw(w.T, "stored") {
	case "now":
		w.store(d)
	case "later":
		w.late = append(w.late, d)
	}
	w.land(i, machine.Outcome{Answer: machine.Unknown, Err: errLog})
}

func (w *world) job() string { return rapid.SampledFrom([]string{"a", "b"}).Draw(w.T, "job") }

func (w *world) ask() {
	w.tickets++
	id := w.job()
	w.jobOf[w.tickets] = id
	spec := fmt.Sprintf(`{"id":%q,"tasks":[{"name":"g","replicas":1,"container":{"image":"i"}}]}`, id)
	c := rapid.SampledFrom([]submission.Command{
		submission.Submit{Spec: []byte(spec)},
		submission.Stop{},
		submission.Delete{},
		submission.Update{Spec: []byte(strings.Replace(spec, `"i"`, fmt.Sprintf("%q", rapid.SampledFrom([]string{"i", "k"}).Draw(w.T, "image")), 1))},
		submission.Revert{To: rapid.Uint64Range(1, 3).Draw(w.T, "to"), Limits: job.DefaultLimits()},
		submission.Restart{},
		submission.Tag{Version: 1, Name: rapid.SampledFrom([]string{"", "good"}).Draw(w.T, "tag")},
		submission.Scale{Replicas: rapid.Uint32Range(1, 9).Draw(w.T, "replicas"), Limits: job.DefaultLimits()},
	}).Draw(w.T, "command")
	w.step(commanding.Asked{
		Ticket: w.tickets, Job: id, Command: c, By: commanding.Author{Trace: strconv.FormatUint(w.tickets, 10)},
	})
}

// rival is another instance that writes about a job.
func (w *world) rival() {
	id := w.job()
	tip := cluster.New()
	for _, r := range w.log {
		if _, err := tip.Apply(r); err != nil {
			w.Fatal(err)
		}
	}
	c := rapid.SampledFrom([]submission.Command{
		submission.Submit{Spec: []byte(`{"id":"x","tasks":[{"name":"g","replicas":1}]}`)}, submission.Stop{},
	}).Draw(w.T, "rival")
	if ev, err := submission.Decide(tip.Jobs[id], c); err == nil && ev != nil {
		w.store(machine.Fact(config().Space.Job(id), events.Envelope{ID: "rival", Source: "rival", Time: w.at.Now}, ev))
	}
}

// one draws an index, and skips if there is none.
func (w *world) one(n int, label string) int {
	if n == 0 {
		w.Skip("none")
	}
	return rapid.IntRange(0, n-1).Draw(w.T, label)
}

func (w *world) pass(d time.Duration) {
	w.at.Now, w.at.Log = w.at.Now.Add(d), w.at.Log.Add(d)
	w.step(machine.Tick{})
}

func (w *world) actions() map[string]func(*rapid.T) {
	do := func(f func()) func(*rapid.T) {
		return func(t *rapid.T) {
			w.T = t
			f()
		}
	}
	refuse := func(r machine.Answer) func() {
		return func() { w.land(w.one(len(w.flying), "append"), machine.Outcome{Answer: r, Err: errLog}) }
	}
	return map[string]func(*rapid.T){
		"ask":   do(w.ask),
		"rival": do(w.rival),
		"abandon": do(func() {
			w.step(commanding.Abandoned{Ticket: uint64(w.one(int(w.tickets), "ticket") + 1), Err: errGone})
		}),
		"fold": do(func() {
			w.one(len(w.log)-int(w.state.Sequence), "unfolded")
			w.fold()
		}),
		"deliver": do(func() { w.deliver(w.one(len(w.flying), "append")) }),
		"lose":    do(func() { w.lose(w.one(len(w.flying), "append")) }),
		"refuse":  do(refuse(machine.Refused)),
		"deny":    do(refuse(machine.Conflict)),
		"late": do(func() {
			i := w.one(len(w.late), "late")
			w.store(w.late[i])
			w.late = slices.Delete(w.late, i, i+1)
		}),
		"usage": do(func() {
			w.usage(w.one(len(w.asking), "question"), rapid.SampledFrom([]float64{0.1, 0.9}).Draw(w.T, "share"), nil)
		}),
		"away": do(func() { w.usage(w.one(len(w.asking), "question"), 0, errLog) }),
		"pass": do(func() {
			w.pass(time.Duration(rapid.IntRange(0, 1500).Draw(w.T, "ms")) * time.Millisecond)
		}),
		"repeat": do(func() {
			w.step(machine.Appended{Ticket: uint64(rapid.IntRange(100_000, 100_001).Draw(w.T, "nobody's"))})
		}),
	}
}

func (w *world) usage(i int, share float64, err error) {
	ticket := w.asking[i]
	w.asking = slices.Delete(w.asking, i, i+1)
	w.step(usageOf(ticket, share, err))
}

// recover lets the faults end, and everything come to its end.
func (w *world) recover() {
	for range 10 * (int(w.tickets) + 1) {
		for len(w.flying) > 0 {
			w.deliver(0)
		}
		for len(w.asking) > 0 {
			w.usage(0, 0, nil)
		}
		for int(w.state.Sequence) < len(w.log) {
			w.fold()
		}
		w.pass(commanding.SettleWait)
	}
}

// TestEveryCommandIsAnsweredOnce whatever the log does, in the order of its job,
// with what is folded, and with the truth.
func TestEveryCommandIsAnsweredOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.step(machine.CaughtUp{})
		t.Repeat(w.actions())
		w.T = t
		if rapid.Bool().Draw(t, "closed") {
			w.step(commanding.Closed{Err: errGone})
		} else {
			w.recover()
		}
		for ticket := uint64(1); ticket <= w.tickets; ticket++ {
			a, answered := w.answers[ticket]
			switch {
			case !answered:
				t.Fatalf("%d has no answer", ticket)
			case a.Err != nil && !errors.Is(a.Err, commanding.ErrOutcomeUnknown) && w.inLog[ticket] != 0:
				t.Fatalf("%d is stored and was answered %v", ticket, a.Err)
			}
		}
		if wake := w.machine.Wake(); !wake.IsZero() {
			t.Fatalf("nothing is left, and yet the machine wakes at %v", wake)
		}
	})
}

// TestEqualInputsGiveEqualEffects: a machine repeats itself to the last step.
func TestEqualInputsGiveEqualEffects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := rapid.SliceOfN(rapid.Custom(anyInput), 1, 60).Draw(t, "inputs")
		if first, second := play(inputs), play(inputs); !slices.Equal(first, second) {
			t.Fatalf("once\n%q\nand once\n%q", first, second)
		}
	})
}

func anyInput(t *rapid.T) machine.Input {
	ticket := rapid.Uint64Range(1, 12).Draw(t, "ticket")
	id := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "job")
	return rapid.SampledFrom([]machine.Input{
		commanding.Asked{Ticket: rapid.Uint64().Draw(t, "fresh"), Job: id, Command: submission.Submit{Spec: []byte(`{"id":"x"}`)}},
		commanding.Abandoned{Ticket: ticket, Err: errGone},
		commanding.Usage{Ticket: ticket},
		commanding.Surveyed{Ticket: ticket},
		machine.Appended{Ticket: ticket, Outcome: machine.Outcome{Answer: machine.Stored, Last: 100}},
		machine.Appended{Ticket: ticket, Outcome: machine.Outcome{Answer: machine.Unknown, Err: errLog}},
		machine.Appended{Ticket: ticket, Outcome: machine.Outcome{Answer: machine.Conflict, Err: errLog}},
		machine.Tick{},
	}).Draw(t, "input")
}

func play(inputs []machine.Input) []string {
	m := commanding.New(config(), cluster.New())
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var out []string
	for _, in := range inputs {
		at = at.Add(time.Second)
		for _, e := range m.Step(machine.Moment{Now: at, Log: at}, in) {
			out = append(out, fmt.Sprintf("%T%+v", e, e))
		}
		out = append(out, m.Wake().String())
	}
	return out
}
