package core

import (
	"maps"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// Registry is what a master knows of agents after a failover (5.1).
type Registry struct {
	Admitted    map[string]Admitted  `json:"admitted"`
	Unreachable map[string]time.Time `json:"unreachable"`
	Gone        map[string]time.Time `json:"gone"`
	// Aside is what operators decided about agents that are unreachable.
	Aside map[string]Admitted `json:"aside,omitempty"`
	// Schedule and Down are maintenance (2.5).
	Schedule []Window          `json:"schedule,omitempty"`
	Down     []mesos.MachineID `json:"down,omitempty"`
}

// Window is a time in which machines are not available (2.5).
type Window struct {
	Machines       []mesos.MachineID    `json:"machines"`
	Unavailability mesos.Unavailability `json:"unavailability"`
}

// Admitted is an agent that may come back.
type Admitted struct {
	Info link.AgentInfo `json:"info"`
	// Deactivated and Drain are operators' decisions that outlive a master.
	Deactivated bool   `json:"deactivated,omitempty"`
	Drain       *Drain `json:"drain,omitempty"`

	recoverBy time.Time // not registered again by then: unreachable
}

// Drain is the state of a DRAIN_AGENT (5.3).
type Drain struct {
	MaxGrace time.Duration `json:"max_grace"` // negative: none
	MarkGone bool          `json:"mark_gone"`
	Drained  bool          `json:"drained"`
	Since    time.Time     `json:"since"`
}

func (r *Registry) init() {
	r.Admitted, r.Unreachable = maps.Clone(r.Admitted), maps.Clone(r.Unreachable)
	r.Gone, r.Aside = maps.Clone(r.Gone), maps.Clone(r.Aside)
	if r.Admitted == nil {
		r.Admitted = map[string]Admitted{}
	}
	if r.Unreachable == nil {
		r.Unreachable = map[string]time.Time{}
	}
	if r.Gone == nil {
		r.Gone = map[string]time.Time{}
	}
	if r.Aside == nil {
		r.Aside = map[string]Admitted{}
	}
}

// Registry returns the registry to be stored upon SaveRegistry.
func (m *Master) Registry() Registry { return m.registry }

// isRecovered reports whether an agent of an earlier master has not come back yet.
func (m *Master) isRecovered(id string) bool {
	_, admitted := m.registry.Admitted[id]
	_, registered := m.agents[id]
	return admitted && !registered
}

func (m *Master) anyRecovered() bool {
	return len(m.registry.Admitted) > len(m.agents)
}
