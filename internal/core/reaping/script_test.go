package reaping_test

import (
	"errors"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/machine/script"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestScripts plays testdata: "killed: 1" says that Mesos accepted a kill, "killed: 1
// stale" and "killed: 1 failed" that it did not; "barred: m1" that nothing may be sent
// to a master, "barred:" that anything may be to any; "usage: tight" and "usage: free" how
// the log is.
func TestScripts(t *testing.T) {
	script.Test(t, "testdata/*.txt", func(*testing.T) script.Rig {
		state, space := cluster.New(), events.NewSpace(0)
		m := reaping.New(space, "one", state)
		return script.Rig{Machine: m, State: state, Space: space, Source: m.Source(), Input: ownLine}
	})
}

func ownLine(l *script.Line, _ machine.Moment) (machine.Input, error) {
	if l.Name == "usage" {
		u := reaping.Usage{Bytes: 1, MaxBytes: 1 << 30}
		if l.Word() == "tight" {
			u.Bytes = u.MaxBytes - 1000
		}
		return u, nil
	}
	switch l.Name {
	case "killed":
	case "barred":
		if l.More() {
			return reaping.Barred{Master: l.Word()}, nil
		}
		return reaping.Barred{}, nil
	default:
		return nil, errors.New("no such line")
	}
	in := reaping.Killed{Ticket: l.Number()}
	if l.More() {
		why := l.Word()
		in.Stale, in.Err = why == "stale", errors.New(why)
	}
	return in, nil
}
