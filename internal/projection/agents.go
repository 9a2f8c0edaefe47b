package projection

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// AgentsKept is how many agents are at hand: those with the newest offers.
	AgentsKept = 20_000
	// AgentAge is how long an agent is believed to be there that offers nothing new.
	AgentAge = 7 * 24 * time.Hour
)

// Agent is an agent as it offered last: what is free there, and what tasks of ours had.
type Agent struct {
	events.AgentOffer
	// At is when, by the log's clock, and Sequence what the log had come to.
	At       time.Time `json:"at"`
	Sequence uint64    `json:"sequence"`
}

// see takes in what agents offered. What cannot be read is left out.
func (v *Verdicts) see(rec eventlog.Record) {
	decoded, err := cluster.Decode(v.space, rec.Sequence, rec.Time, rec.Message)
	if err != nil {
		return
	}
	ev, ok := decoded.Event.(events.AgentsOffered)
	if !ok {
		return
	}
	for _, a := range ev.Agents {
		v.agents[a.AgentID] = Agent{AgentOffer: a, At: rec.Time, Sequence: ev.Sequence}
	}
	maps.DeleteFunc(v.agents, func(_ string, a Agent) bool { return rec.Time.Sub(a.At) > AgentAge })
	if len(v.agents) > AgentsKept {
		byAge := slices.SortedFunc(maps.Values(v.agents), func(a, b Agent) int {
			return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.AgentID, b.AgentID))
		})
		for _, a := range byAge[AgentsKept:] {
			delete(v.agents, a.AgentID)
		}
	}
}

// Agents are those that offered not too long ago, in order of host.
func (v *Verdicts) Agents() []Agent {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.SortedFunc(maps.Values(v.agents), func(a, b Agent) int {
		return cmp.Or(cmp.Compare(a.Hostname, b.Hostname), cmp.Compare(a.AgentID, b.AgentID))
	})
}
