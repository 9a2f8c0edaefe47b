package cluster

// Blameless tells whether the end says nothing about the task itself: its agent,
// its offers or its launch failed, or an operator took the agent away.
func (t *Task) Blameless() bool {
	switch t.Status.Reason {
	case "REASON_AGENT_DRAINING", "REASON_AGENT_REMOVED", "REASON_AGENT_REMOVED_BY_OPERATOR",
		"REASON_AGENT_DISCONNECTED", "REASON_AGENT_RESTARTED", "REASON_INVALID_OFFERS", "REASON_MASTER_DISCONNECTED":
		return true
	}
	return t.State.Blameless()
}

// failed tells whether a task ended by its own fault. No made-up end says so.
func (t *Task) failed() bool { return t.State != Finished && !t.Blameless() }

// TaskByID finds a task by its Mesos id among those that the state holds.
func (s *State) TaskByID(id string) *Task { return s.byID[id] }
