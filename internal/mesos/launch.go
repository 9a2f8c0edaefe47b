package mesos

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// Accept takes the offers of one agent and role and launches tasks on them.
type Accept struct {
	OfferIDs []string
	Launches []Launch
	// RefuseLeftovers is how long what the tasks leave of the offers is not
	// offered again; 0 means that it may be at once.
	RefuseLeftovers time.Duration
}

// Launch is one task to be started.
type Launch struct {
	// TaskID is never used twice.
	TaskID, Name, AgentID string
	// Role is the offers'; Hostname the agent's.
	Role, Hostname string
	Resources      offer.Resources
	// HostPorts are the ports taken, one for each of the group's, in its order.
	HostPorts []uint32
	Group     *job.Group
	// Job, Run, Slot, Attempt and Version come back from Tasks as labels.
	Job           string
	Run           uint64
	Slot, Attempt uint32
	Version       uint64
}

// TaskAgent names a task and where it is. Without the agent Mesos answers
// TASK_UNKNOWN for tasks that are merely unreachable.
type TaskAgent struct {
	TaskID, AgentID string
}

// Target is a subscription as seen by whoever wants to kill its tasks.
type Target struct {
	// Master is the base URL of the leader.
	Master                string
	FrameworkID, StreamID string
}
