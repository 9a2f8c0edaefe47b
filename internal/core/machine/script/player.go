package script

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// Rig is what a script drives.
type Rig struct {
	Machine machine.Machine
	// State is what the machine reads; records are folded into it.
	State *cluster.State
	Space events.Space
	// Source is how the machine signs its drafts.
	Source string
	// Input reads a line that is the machine's own. Without an input to give, as
	// for a line that prepares something, it returns nil.
	Input func(l *Line, at machine.Moment) (machine.Input, error)
	// Effect writes an effect its own way; nil, or no lines, leave it to the script.
	Effect func(e machine.Effect) []string
}

// player plays a script.
type player struct {
	Rig
	start   time.Time
	at      machine.Moment
	wake    time.Time
	appends map[uint64]*pending
	last    map[string]uint64 // of each subject
	chain   chain.Verifier
}

// pending is an append that was asked for.
type pending struct {
	drafts []machine.Draft
	folded int
	last   uint64 // of what was folded
}

func newPlayer(r Rig) *player {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return &player{
		Rig: r, start: start, at: machine.Moment{Now: start, Log: start},
		appends: map[uint64]*pending{}, last: map[string]uint64{},
	}
}

// play returns the script with what really comes out. The error names the line
// that cannot be read.
func (p *player) play(text string) (string, error) {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, " \t\r\n")
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			continue // What came out before.
		}
		b.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		out, err := p.line(line)
		if err != nil {
			return "", fmt.Errorf("line %d: %w", n, err)
		}
		for _, o := range out {
			b.WriteString("  " + o + "\n")
		}
	}
	return b.String(), nil
}

func (p *player) line(text string) ([]string, error) {
	l, err := parseLine(text)
	if err != nil {
		return nil, err
	}
	inputs, err := p.inputs(l)
	if err != nil {
		return nil, err
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	var out []string
	for _, in := range inputs {
		lines, err := p.step(in)
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	return out, nil
}

// inputs are what a line stands for; they are made one by one, as a record is
// folded before its input is given.
func (p *player) inputs(l *Line) ([]func() (machine.Input, error), error) {
	one := func(in machine.Input) []func() (machine.Input, error) {
		return []func() (machine.Input, error){func() (machine.Input, error) { return in, nil }}
	}
	switch l.Name {
	case "folded":
		return p.foldedLine(l)
	case "appended":
		in, err := p.appendedLine(l)
		return one(in), err
	case "caught-up":
		return one(machine.CaughtUp{}), nil
	case "clock-moved":
		return one(machine.ClockMoved{}), nil
	case "tick":
		if l.More() {
			p.pass(l.duration(l.Word()))
		}
		return one(machine.Tick{}), nil
	case "pass":
		p.pass(l.duration(l.Word()))
		return nil, nil
	case "skew":
		p.at.Log = p.at.Now.Add(l.duration(l.Word()))
		return nil, nil
	}
	if p.Input == nil {
		return nil, fmt.Errorf("%s is no line that this script knows", l.Name)
	}
	in, err := p.Input(l, p.at)
	if in == nil || err != nil {
		return nil, err
	}
	return one(in), nil
}

func (p *player) pass(d time.Duration) {
	p.at.Now, p.at.Log = p.at.Now.Add(d), p.at.Log.Add(d)
}

func (p *player) step(input func() (machine.Input, error)) ([]string, error) {
	in, err := input()
	if err != nil {
		return nil, err
	}
	w := writer{start: p.start, now: p.at.Now, source: p.Source}
	var out []string
	for _, e := range p.Machine.Step(p.at, in) {
		if a, ok := e.(machine.Append); ok {
			p.appends[a.Ticket] = &pending{drafts: a.Drafts}
		}
		var lines []string
		if p.Effect != nil {
			lines = p.Effect(e)
		}
		if lines == nil {
			lines = w.effect(e)
		}
		out = append(out, lines...)
	}
	if wake := p.Machine.Wake(); !wake.Equal(p.wake) {
		p.wake = wake
		out = append(out, "wake: "+w.timeText(wake))
	}
	return out, nil
}

// foldedLine is a record of somebody, or those that an append asked for.
func (p *player) foldedLine(l *Line) ([]func() (machine.Input, error), error) {
	if !l.Has("append") {
		d, err := p.draft(l)
		if err != nil {
			return nil, err
		}
		return []func() (machine.Input, error){func() (machine.Input, error) { return p.fold(d) }}, nil
	}
	a, err := p.asked(l.Uint("append"))
	if err != nil {
		return nil, err
	}
	left := a.drafts[a.folded:]
	if count := l.Uint("count"); count != 0 && count <= uint64(len(left)) {
		left = left[:count]
	}
	if len(left) == 0 {
		return nil, errors.New("all of that append is folded already")
	}
	var inputs []func() (machine.Input, error)
	for _, d := range left {
		inputs = append(inputs, func() (machine.Input, error) {
			in, err := p.fold(d)
			a.folded, a.last = a.folded+1, p.State.Sequence
			return in, err
		})
	}
	return inputs, nil
}

func (p *player) asked(ticket uint64) (*pending, error) {
	a := p.appends[ticket]
	if a == nil {
		return nil, fmt.Errorf("nothing was to be appended with ticket %d", ticket)
	}
	return a, nil
}

// draft reads a record as a line has it.
func (p *player) draft(l *Line) (machine.Draft, error) {
	s, err := subject(p.Space, l.Word())
	if err != nil {
		return machine.Draft{}, err
	}
	name := l.Word()
	ev, err := event(name, l.Word())
	if err != nil {
		return machine.Draft{}, err
	}
	env := events.Envelope{
		ID: cmp.Or(l.Text("id"), "another's"), Source: cmp.Or(l.Text("source"), "another"), Time: p.at.Now,
		Actor: l.Text("actor"), TraceParent: l.Text("trace"),
		Cause: l.Uint("cause"), Epoch: l.Uint("epoch"), Counter: l.Uint("counter"),
	}
	return machine.Fact(s, env, ev), nil
}

// fold stores a draft as the log would, and folds it.
func (p *player) fold(d machine.Draft) (machine.Input, error) {
	if last := p.last[d.Subject]; d.Conditional && d.Last != last {
		return nil, fmt.Errorf("the log would not store this: %s is at %d, the draft expects %d", subjectText(d.Subject), last, d.Last)
	}
	parsed, err := events.ParseSubject(d.Subject)
	if err != nil {
		return nil, err
	}
	r := cluster.Record{
		Sequence: p.State.Sequence + 1, Time: p.at.Log, Subject: parsed, Envelope: d.Envelope, Event: d.Event,
	}
	if r.Head, err = p.head(r, d); err != nil {
		return nil, err
	}
	change, err := p.State.Apply(r)
	if err != nil {
		return nil, err
	}
	p.last[d.Subject] = r.Sequence
	return machine.Folded{Record: &r, Change: change, Own: d.Envelope.Source == p.Source}, nil
}

// head is the log's hash up to a record. What a script has a seal say is not held
// against it.
func (p *player) head(r cluster.Record, d machine.Draft) (cluster.Head, error) {
	m, err := events.Encode(d.Subject, d.Envelope, d.Event)
	if err != nil {
		return cluster.Head{}, err
	}
	if err := p.chain.AddLeaf(chain.Leaf{Sequence: r.Sequence, Time: r.Time, Sum: events.Sum(m)}, nil); err != nil {
		return cluster.Head{}, err
	}
	_, hash, known := p.chain.Head()
	return cluster.Head{Hash: hash, Known: known}, nil
}

// appendedLine is the answer to an append.
func (p *player) appendedLine(l *Line) (machine.Input, error) {
	ticket := l.Number()
	in := machine.Appended{Ticket: ticket}
	answer := l.Word()
	for a := machine.Stored; a <= machine.Refused; a++ {
		if a.String() == answer {
			in.Outcome.Answer = a
		}
	}
	if in.Outcome.Answer.String() != answer {
		return nil, fmt.Errorf("%q is no answer: want stored, conflict, unknown or refused", answer)
	}
	if in.Outcome.Answer != machine.Stored {
		in.Outcome.Err = errors.New(cmp.Or(l.Text("error"), answer))
		return in, nil
	}
	if in.Outcome.Last = l.Uint("last"); in.Outcome.Last == 0 {
		a, err := p.asked(ticket)
		if err != nil {
			return nil, err
		}
		if in.Outcome.Last = a.last; a.folded < len(a.drafts) {
			in.Outcome.Last = p.State.Sequence + uint64(len(a.drafts)-a.folded)
		}
	}
	return in, nil
}
