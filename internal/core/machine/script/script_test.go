package script

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

const source = "taurus/test/one"

// echo stops a job twice over when it is told to, and tells of all it is given.
type echo struct {
	ticket uint64
	wake   time.Time
}

type stop struct{ job string }

func (stop) Input() {}

type done struct {
	Ticket   uint64
	State    cluster.Judgement
	ErrKind  error
	Spans    []events.SlotRange
	Names    map[string]int
	Event    events.Event
	At       time.Time
	UUID     []byte
	nobodys  int
	Optional *string
}

func (done) Effect() {}

func (e *echo) Wake() time.Time { return e.wake }

func (e *echo) Step(at machine.Moment, in machine.Input) []machine.Effect {
	switch in := in.(type) {
	case stop:
		e.ticket++
		env := events.Envelope{ID: "e", Source: source, Time: at.Now}
		later := env
		later.ID, later.Time, later.Cause = "a b", at.Now.Add(time.Second), 7
		return []machine.Effect{machine.Append{Ticket: e.ticket, Drafts: []machine.Draft{
			machine.Decision(events.NewSpace(0).Job(in.job), 0, env, events.JobStopped{Run: 1}),
			machine.Fact(events.NewSpace(0).Task(in.job, 3), later, events.TaskWithdrawn{Run: 1, Slot: 3}),
		}}}
	case machine.Folded:
		return []machine.Effect{machine.Note{
			Level: machine.Warn, Message: "seen", Sequence: in.Record.Sequence,
			Fields: []machine.Field{{Key: "own", Value: in.Own}, {Key: "took", Value: time.Second}},
		}}
	case machine.Appended:
		text := "x y"
		return []machine.Effect{done{
			Ticket: in.Ticket, State: cluster.Outranked, ErrKind: in.Outcome.Err,
			Spans: []events.SlotRange{{From: 1, To: 2, Attempt: 3}}, Names: map[string]int{"b": 1, "a": 2},
			Event: events.JobDeleted{Run: in.Outcome.Last}, At: at.Log, UUID: []byte{1}, nobodys: 1, Optional: &text,
		}}
	case machine.Tick:
		e.wake = at.Now.Add(time.Minute)
	case machine.CaughtUp:
		e.wake = time.Time{}
	}
	return nil
}

func rig(*testing.T) Rig {
	return Rig{
		Machine: &echo{}, State: cluster.New(), Space: events.NewSpace(0), Source: source,
		Input: func(l *Line, _ machine.Moment) (machine.Input, error) {
			if l.Name != "stop" {
				return nil, errors.New("what?")
			}
			return stop{job: l.Word()}, nil
		},
	}
}

func TestScripts(t *testing.T) { Test(t, "testdata/*.txt", rig) }

// TestDifferencesAreTold: what comes out is what came out, whatever was written.
func TestDifferencesAreTold(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := string(text)
		wrong := strings.Replace(want, "  ", "  wrong ", 1)
		got, err := newPlayer(rig(t)).play(wrong)
		if err != nil || got != want {
			t.Errorf("%s: %v, got %s", file, err, got)
		}
		if d := difference(wrong, got); !strings.Contains(d, "-   wrong") {
			t.Errorf("the difference does not say what is wrong: %s", d)
		}
	}
}

// TestLinesThatCannotBeRead say why.
func TestLinesThatCannotBeRead(t *testing.T) {
	for line, want := range map[string]string{
		"stop":                              "a colon",
		"stop:":                             "a word is missing",
		"stop: web also":                    `nobody reads ["also"]`,
		"stop: web a=1":                     "nobody reads a",
		"stop: web a=1 a=2":                 "given twice",
		`stop: "web`:                        "left open",
		"stop: {web":                        "left open",
		"go: web":                           "what?",
		"tick: soon":                        "no duration",
		"folded: web job.stopped {}":        "no subject",
		"folded: task/web job.stopped {}":   "no subject",
		"folded: job/web job.melted {}":     "no event",
		"folded: job/web job.stopped [":     "left open",
		"folded: job/web job.stopped []":    "malformed",
		"folded: append=3":                  "ticket 3",
		"appended: x stored last=1":         "no number",
		"appended: 1 stored":                "ticket 1",
		"appended: 1 lost":                  "no answer",
		"folded: job/web job.stopped {} id": "nobody reads",
	} {
		_, err := newPlayer(rig(t)).play(line)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 1: ") {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
}

// TestWhatTheLogWouldNotStore is no script.
func TestWhatTheLogWouldNotStore(t *testing.T) {
	const text = "stop: web\nfolded: job/web job.submitted {\"spec\":{}}\nfolded: append=1\n"
	if _, err := newPlayer(rig(t)).play(text); err == nil || !strings.Contains(err.Error(), "line 3: the log would not store this") {
		t.Errorf("got %v", err)
	}
}
