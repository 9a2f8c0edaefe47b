package submission

import (
	"errors"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

var (
	// ErrNotDrained is returned when a host is to have tasks again that is not drained.
	ErrNotDrained = errors.New("the host is not drained")
	// ErrTooManyDrained is returned when as many are drained as may be.
	ErrTooManyDrained = errors.New("too many hosts are drained")
)

// AgentCommand is what a user asks of a host, or of one of its agents. The set is
// closed.
//
//sumtype:decl
type AgentCommand interface {
	decideAgents(a *cluster.Agents) (events.Event, error)
}

// Drain asks for tasks to leave a place, and for none to be put there.
type Drain struct {
	Place cluster.Place
	// Hostname is the host of a place that is an agent, if it is known.
	Hostname string
	Reason   string
	// Deadline is when tasks end that are there still; zero for never. With neither a reason nor
	// a deadline a place that is drained stays as it is.
	Deadline time.Time
}

// Undrain asks for a place to have tasks again.
type Undrain struct {
	Place  cluster.Place
	Reason string
}

// DecideAgents returns the event that a command leads to, or nil if what it asks for
// is so already.
func DecideAgents(a *cluster.Agents, c AgentCommand) (events.Event, error) { return c.decideAgents(a) }

func (c Drain) decideAgents(a *cluster.Agents) (events.Event, error) {
	was, drained := a.Drains[c.Place]
	same := was.Reason == c.Reason && was.Deadline.Equal(c.Deadline)
	if drained && (same || c.Reason == "" && c.Deadline.IsZero()) {
		return nil, nil // Who says nothing of it takes nothing back.
	}
	if !drained && len(a.Drains) >= cluster.AgentsMax {
		return nil, ErrTooManyDrained
	}
	ev := events.AgentDrained{AgentID: c.Place.AgentID, Hostname: c.Place.Hostname, Reason: c.Reason, Deadline: c.Deadline}
	if ev.Hostname == "" {
		ev.Hostname = c.Hostname
	}
	return ev, nil
}

func (c Undrain) decideAgents(a *cluster.Agents) (events.Event, error) {
	if _, drained := a.Drains[c.Place]; !drained {
		return nil, ErrNotDrained
	}
	return events.AgentRestored{AgentID: c.Place.AgentID, Hostname: c.Place.Hostname, Reason: c.Reason}, nil
}
