package events

import "time"

// AgentUnavailable says what Mesos tells of an agent's maintenance: offers and inverse
// offers carry it. It is a fact; the newest of an agent counts.
type AgentUnavailable struct {
	AgentID  string `json:"agent_id"`
	Hostname string `json:"hostname,omitempty"`
	// From is when it begins; absent, none is planned any more.
	From time.Time `json:"from,omitzero"`
	// Until is when it ends, absent if that is not known.
	Until time.Time `json:"until,omitzero"`
	Additive
}

// AgentDrained says that a user wants the tasks of a host to be elsewhere, and no new
// ones there: of one of its agents if AgentID names it, else of all that have the
// host name.
type AgentDrained struct {
	AgentID  string `json:"agent_id,omitempty"`
	Hostname string `json:"hostname,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// Deadline is when tasks end that are there still; absent, they are waited for.
	Deadline time.Time `json:"deadline,omitzero"`
	Additive
}

// AgentRestored says that tasks may run there again. It names what AgentDrained named.
type AgentRestored struct {
	AgentID  string `json:"agent_id,omitempty"`
	Hostname string `json:"hostname,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Additive
}
