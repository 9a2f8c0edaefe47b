package commanding_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/machine/script"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

func config() commanding.Config {
	return commanding.Config{Space: events.NewSpace(0), Instance: "one", Nonce: "n", Source: "taurus/api/one"}
}

// TestScripts plays what is said and done, see testdata.
func TestScripts(t *testing.T) {
	script.Test(t, "testdata/*.txt", func(*testing.T) script.Rig {
		state := cluster.New()
		return script.Rig{
			Machine: commanding.New(config(), state), State: state, Space: config().Space, Source: config().Source,
			Input: input,
		}
	})
}

// input reads
//
//	asked: 1 web submit {"id":"web","tasks":[]} [key=] [actor= trace=]
//	asked: 1 web scale 5 [group=]
//	asked: 1 web stop [reason=]
//	asked: 1 web delete
//	agents: 1 drain|undrain host= [reason= actor= trace=]
//	access: 1 create <n> | revoke <n> [owner= actor= trace=]
//	abandoned: 1 [error=]
//	usage: 1 [share=0.5] [error=]
//	surveyed: 1
//	closed: [error=]
func input(l *script.Line, _ machine.Moment) (machine.Input, error) {
	switch l.Name {
	case "asked":
		in := commanding.Asked{
			Ticket: l.Number(), Job: l.Word(), By: commanding.Author{Actor: l.Text("actor"), OnBehalfOf: l.Text("for"), Trace: l.Text("trace")},
		}
		var err error
		in.Command, err = command(l)
		return in, err
	case "agents":
		in := commanding.Asked{Ticket: l.Number(), By: commanding.Author{Actor: l.Text("actor"), OnBehalfOf: l.Text("for"), Trace: l.Text("trace")}}
		place := cluster.Place{Hostname: l.Text("host")}
		if l.Word() == "drain" {
			in.Agents = submission.Drain{Place: place, Reason: l.Text("reason")}
		} else {
			in.Agents = submission.Undrain{Place: place}
		}
		return in, nil
	case "access":
		in := commanding.Asked{Ticket: l.Number(), By: commanding.Author{Actor: l.Text("actor"), OnBehalfOf: l.Text("for"), Trace: l.Text("trace")}}
		word := l.Word()
		id := fmt.Sprintf("%032x", l.Number())
		if word == "create" {
			in.Access = access.CreateToken{ID: id, Owner: l.Text("owner"), Hash: strings.Repeat("0f", 32), Roles: []string{access.RoleReader}}
		} else {
			in.Access = access.RevokeToken{ID: id}
		}
		return in, nil
	case "abandoned":
		return commanding.Abandoned{Ticket: l.Number(), Err: problem(l, "gave up")}, nil
	case "usage":
		return usageOf(l.Number(), l.Float("share"), problem(l, "")), nil
	case "surveyed":
		return commanding.Surveyed{Ticket: l.Number()}, nil
	case "closed":
		return commanding.Closed{Err: problem(l, "the service stops")}, nil
	}
	return nil, fmt.Errorf("no line is called %s", l.Name)
}

// usageOf is the answer of a log that is so large that its reserve does not matter; of
// one without a limit, if no share is given.
func usageOf(ticket uint64, share float64, err error) commanding.Usage {
	if err != nil || share == 0 {
		return commanding.Usage{Ticket: ticket, Err: err}
	}
	return commanding.Usage{Ticket: ticket, Bytes: uint64(math.Round(share * (1000 << 20))), MaxBytes: 1000 << 20}
}

func command(l *script.Line) (submission.Command, error) {
	switch name := l.Word(); name {
	case "submit":
		return submission.Submit{Spec: []byte(l.Word()), Key: l.Text("key")}, nil
	case "scale":
		return submission.Scale{Replicas: uint32(l.Number()), Group: l.Text("group"), Limits: job.DefaultLimits()}, nil
	case "kill":
		return submission.Kill{Slots: []uint32{uint32(l.Number())}, ScaleDown: l.Bool("scale-down"), Key: l.Text("key"), Limits: job.DefaultLimits()}, nil
	case "restart":
		return submission.Restart{Key: l.Text("key")}, nil
	case "stop":
		return submission.Stop{Reason: l.Text("reason")}, nil
	case "delete":
		return submission.Delete{}, nil
	default:
		return nil, fmt.Errorf("no command is called %s", name)
	}
}

func problem(l *script.Line, usual string) error {
	text := l.Text("error")
	if text == "" {
		text = usual
	}
	if text == "" {
		return nil
	}
	return errors.New(text)
}
