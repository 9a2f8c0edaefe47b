package launching

import (
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

// incapableFor is how long it is remembered that an agent keeps no limits: agents are
// upgraded.
const incapableFor = time.Hour

// Offers do not tell what an agent is capable of, so it is learned from refusals: of the
// master, and of agents without the isolators that tasks by Mesos itself would need.
const (
	masterRefusesLimits = "Agent is not capable of handling task resource limits"
	agentRefusesLimits  = " limits can only be set on tasks launched in Mesos containers when the agent has loaded"
)

// incapable are the agents that keep no limits of tasks.
type incapable map[string]incapacity

type incapacity struct {
	placement.Incapacity
	since time.Time
}

// learn follows a refusal, and reports whether it is the master's: then the task never was, nor
// will be, and it is no fault of its own.
func (i incapable) learn(t *cluster.Task, st scheduler.Status, now time.Time) bool {
	if t == nil || t.AgentID == "" {
		return false
	}
	known := i[t.AgentID]
	switch {
	case st.State == "TASK_ERROR" && len(st.UUID) == 0 && st.Message == masterRefusesLimits:
		known.Any = true
	case st.State == "TASK_DROPPED" && strings.Contains(st.Message, agentRefusesLimits):
		known.ByMesos = true
	default:
		return false
	}
	known.since = now
	i[t.AgentID] = known
	return known.Any
}

// agents are those of which it is still remembered; nil if there is none.
func (i incapable) agents(now time.Time) map[string]placement.Incapacity {
	if len(i) == 0 {
		return nil
	}
	known := map[string]placement.Incapacity{}
	for id, one := range i {
		if now.Sub(one.since) > incapableFor {
			delete(i, id)
			continue
		}
		known[id] = one.Incapacity
	}
	return known
}
