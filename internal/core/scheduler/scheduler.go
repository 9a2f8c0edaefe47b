package scheduler

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// Accept uses the offers of one agent and role to launch tasks on them.
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
	// Group is of a normalised spec.
	Group *job.Group
	// Job, Run, Slot, Attempt, Version and Index come back from a list of tasks as labels.
	Job           string
	Run           uint64
	Slot, Attempt uint32
	Version       uint64
	Index         uint32
	// Secrets is the ticket that the values of its secrets are kept under; 0 if it has none.
	Secrets uint64
}

// TaskAgent names a task and where it is. Without the agent Mesos answers
// TASK_UNKNOWN for tasks that are merely unreachable.
type TaskAgent struct {
	TaskID, AgentID string
}

// TaskRef is a task that the master knows.
type TaskRef struct {
	TaskID, AgentID, Name string
	// State is Mesos' name of the newest state, "TASK_RUNNING".
	State string
	// Ours reports whether the labels that taurus sets were there and could be
	// read; the fields below are zero otherwise.
	Ours          bool
	Job           string
	Run           uint64
	Group         string
	Slot, Attempt uint32
	Version       uint64
	// Index is there if Indexed: tasks that were launched before there were indexes have
	// none.
	Index   uint32
	Indexed bool
}

// Target is a subscription as seen by whoever wants to kill its tasks.
type Target struct {
	// Master is the base URL of the leader.
	Master                string
	FrameworkID, StreamID string
}

// InverseOffer asks for an agent; answer it with AcceptInverse.
type InverseOffer struct {
	ID, AgentID string
	// UnavailableFrom is the start of the maintenance in Unix nanoseconds.
	UnavailableFrom int64
	// UnavailableUntil is its end; 0 means that it is not known.
	UnavailableUntil int64
}

// Status is what Mesos says of a task.
type Status struct {
	TaskID, AgentID string
	// State is Mesos' name of it, "TASK_RUNNING"; a number if it is newer than
	// this client.
	State string
	// Reason and Source are Mesos' names, "REASON_RECONCILIATION" and
	// "SOURCE_MASTER"; empty if not given.
	Reason, Source string
	Message        string
	// UUID has 16 bytes, or none if the status needs no acknowledgement: then
	// a master made it, no agent.
	UUID []byte
	// Time is when it was made, by the clock of who made it.
	Time time.Time
	// Healthy is nil until the first health check has spoken.
	Healthy *bool
	// Addresses are those of the container, or of the agent if it has none.
	Addresses []string
	// ContainerID names the container; Docker calls it mesos-<id>.
	ContainerID string
	// ExitCode is nil unless the task ended with one.
	ExitCode *int
	// UnreachableTime is when the agent was given up; zero if it was not.
	UnreachableTime time.Time
}
