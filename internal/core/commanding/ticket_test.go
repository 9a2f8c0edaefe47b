package commanding_test

import (
	"errors"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestOneAnswerToATicket: whoever asks with a ticket that is under way asks nothing
// new, and the command under way keeps its place.
func TestOneAnswerToATicket(t *testing.T) {
	m, answers := commanding.New(config(), cluster.New()), 0
	for _, in := range []machine.Input{
		commanding.Asked{Ticket: 1, Job: "a", Command: submission.Submit{Spec: []byte(`{"id":"a"}`)}},
		commanding.Asked{Ticket: 1, Job: "b", Command: submission.Submit{Spec: []byte(`{"id":"b"}`)}},
		commanding.Abandoned{Ticket: 1, Err: errGone},
		commanding.Usage{Ticket: 1},
	} {
		for _, e := range m.Step(machine.Moment{}, in) {
			if _, ok := e.(commanding.Answer); ok {
				answers++
			}
		}
	}
	if answers != 1 {
		t.Errorf("%d answers, want 1", answers)
	}
}

// TestRejectedCommand: whose event the fold passes over is told so, whether the log's
// answer comes before or after; and the next has its turn.
func TestRejectedCommand(t *testing.T) {
	for name, answerFirst := range map[string]bool{"the answer first": true, "the record first": false} {
		state := cluster.New()
		m := commanding.New(config(), state)
		at := machine.Moment{Now: time.Unix(1_800_000_000, 0), Log: time.Unix(1_800_000_000, 0)}
		var answers []commanding.Answer
		var appended []machine.Append
		step := func(in machine.Input) {
			for _, e := range m.Step(at, in) {
				switch e := e.(type) {
				case commanding.Answer:
					answers = append(answers, e)
				case machine.Append:
					appended = append(appended, e)
				default:
				}
			}
		}
		submit := submission.Submit{Spec: []byte(`{"id":"web"}`)}
		step(commanding.Asked{Ticket: 1, Job: "web", Command: submit})
		step(commanding.Usage{Ticket: 1})
		if len(appended) != 1 {
			t.Fatalf("%s: %d appends", name, len(appended))
		}
		draft := appended[0].Drafts[0]
		draft.Event = events.JobStopped{Run: 1}
		m1, err := events.Encode(draft.Subject, draft.Envelope, draft.Event)
		if err != nil {
			t.Fatal(err)
		}
		m1.Data = []byte("{")
		r, err := cluster.Decode(config().Space, 1, at.Log, m1)
		if err != nil {
			t.Fatal(err)
		}
		stored := machine.Appended{Ticket: appended[0].Ticket, Outcome: machine.Outcome{Last: 1}}
		if answerFirst {
			step(stored)
		}
		change, err := state.Apply(r)
		if err != nil {
			t.Fatal(err)
		}
		step(machine.Folded{Record: &r, Change: change, Own: true})
		if !answerFirst {
			step(stored)
		}
		if len(answers) != 1 || !errors.Is(answers[0].Err, commanding.ErrRejected) || answers[0].Sequence != 0 {
			t.Errorf("%s: answers %+v", name, answers)
		}
		step(commanding.Asked{Ticket: 2, Job: "web", Command: submit})
		if len(appended) != 2 || appended[1].Drafts[0].Last != 1 {
			t.Errorf("%s: then %+v", name, appended)
		}
	}
}
