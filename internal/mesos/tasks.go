package mesos

import (
	"context"
)

// TaskRef is a task that the master knows.
type TaskRef struct {
	TaskID, AgentID, Name string
	// State is Mesos' name of the newest state, "TASK_RUNNING".
	State string
	// Ours says whether the labels that taurus sets were there and could be
	// read; the fields below are zero otherwise.
	Ours          bool
	Job           string
	Run           uint64
	Group         string
	Slot, Attempt uint32
	Version       uint64
}

// Tasks lists the tasks of a framework that have not ended, unreachable ones
// included, by GET_TASKS of the leading master.
func (c *Client) Tasks(ctx context.Context, frameworkID string) ([]TaskRef, error) {
	return nil, ErrUnavailable
}
