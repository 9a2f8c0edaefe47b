package foresight

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/pkg/events"
)

// The bounds of an answer.
const (
	// Horizon is how far ahead it is looked, at most.
	Horizon = time.Hour
	// StepsMax is how many steps are told; how many more there were is counted.
	StepsMax = 1000
	// WorkMax bounds how often the machines are asked what to do, of a state of any size.
	WorkMax = 1_000_000
)

// Agent is what is known of an agent.
type Agent struct {
	ID, Hostname, Role string
	// Whole is what it has for us, what tasks of ours have there included; so are Ports.
	Whole           offer.Resources
	Ports           []offer.PortRange
	Attributes      map[string]string
	UnavailableFrom time.Time
}

// Draft is an event that would be appended.
type Draft struct {
	Subject string
	Event   events.Event
}

// Question is what would be different.
type Question struct {
	// Lost are the ids of agents that would be cut off.
	Lost []string
	// Drafts are what users would have appended, in order.
	Drafts []Draft
	// Tells chooses the jobs that the answer is to tell of; nil is all.
	Tells func(job string) bool
}

// Answer is what would happen.
type Answer struct {
	// Settled reports whether nothing more was to be done within Horizon; Took is how long
	// it took until then.
	Settled bool
	Took    time.Duration
	// Steps are what happens, in order; Untold is how many there were beyond StepsMax.
	Steps  []Step
	Untold int
	// Groups are those that something happens to, in order of job and name.
	Groups []Group
	// State is what it comes to.
	State *cluster.State
}

// Kind is what a step is.
type Kind string

// The kinds of step.
const (
	// Cut: the task's agent is lost.
	Cut Kind = "cut_off"
	// Ends: the task is to end.
	Ends Kind = "ends"
	// Starts: a task starts where there was none.
	Starts Kind = "starts"
	// Moves: a task starts in place of one that was elsewhere.
	Moves Kind = "moves"
	// Restarts: a task starts in place of one that was on the same host.
	Restarts Kind = "restarts"
	// Waits: tasks have no place.
	Waits Kind = "waits"
	// Says: the planner decided something about the job as a whole.
	Says Kind = "decides"
)

// Step is something that happens.
type Step struct {
	// After is how long after the beginning.
	After time.Duration
	Kind  Kind
	Job   string
	Group string
	// Slot and Attempt are of the task, where it is about one.
	Slot, Attempt uint32
	// From and To are hosts.
	From, To string
	// Reason is why, in words.
	Reason string
	// Event is what the planner decided, for Says.
	Event events.Event
}

// Group is what happens to a group: how many of its tasks run and are not known to be
// unhealthy.
type Group struct {
	Job, Group string
	// Wanted is how many are wanted at the end.
	Wanted                uint32
	Before, Lowest, After int
	// Waiting have no place at the end, for Reason.
	Waiting int
	Reason  string
}
