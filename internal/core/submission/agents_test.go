package submission_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
)

func TestDrain(t *testing.T) {
	t.Parallel()
	host, agent, at := cluster.Place{Hostname: "h1"}, cluster.Place{AgentID: "S2"}, time.Unix(100, 0)
	a := &cluster.Agents{Drains: map[cluster.Place]cluster.Drain{host: {Reason: "disks", Deadline: at}}}
	for _, c := range []struct {
		command submission.AgentCommand
		want    events.Event
		err     error
	}{
		{submission.Drain{Place: host, Reason: "disks", Deadline: at}, nil, nil},
		{submission.Drain{Place: host}, nil, nil},
		{submission.Drain{Place: host, Reason: "disks"}, events.AgentDrained{Hostname: "h1", Reason: "disks"}, nil},
		{submission.Drain{Place: host, Reason: "cpus", Deadline: at}, events.AgentDrained{Hostname: "h1", Reason: "cpus", Deadline: at}, nil},
		{submission.Drain{Place: agent, Hostname: "h1"}, events.AgentDrained{AgentID: "S2", Hostname: "h1"}, nil},
		{submission.Undrain{Place: host, Reason: "done"}, events.AgentRestored{Hostname: "h1", Reason: "done"}, nil},
		{submission.Undrain{Place: agent}, nil, submission.ErrNotDrained},
		{submission.Undrain{Place: cluster.Place{AgentID: "h1"}}, nil, submission.ErrNotDrained},
	} {
		if got, err := submission.DecideAgents(a, c.command); !reflect.DeepEqual(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%+v: %+v, %v", c.command, got, err)
		}
	}
}

func TestDrainsAreBounded(t *testing.T) {
	t.Parallel()
	a := &cluster.Agents{Drains: map[cluster.Place]cluster.Drain{}}
	for n := range cluster.AgentsMax {
		a.Drains[cluster.Place{Hostname: fmt.Sprint(n)}] = cluster.Drain{}
	}
	if _, err := submission.DecideAgents(a, submission.Drain{Place: cluster.Place{Hostname: "more"}}); !errors.Is(err, submission.ErrTooManyDrained) {
		t.Error(err)
	}
	if ev, err := submission.DecideAgents(a, submission.Drain{Place: cluster.Place{Hostname: "7"}, Reason: "r"}); err != nil || ev == nil {
		t.Error(ev, err)
	}
}
