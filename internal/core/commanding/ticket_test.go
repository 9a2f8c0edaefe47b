package commanding_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/submission"
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
