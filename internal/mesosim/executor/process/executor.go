package process

import (
	"errors"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
)

// Options configure an Executor.
type Options struct {
	// Sink takes the states of all runs. Required.
	Sink executor.Sink
	// Log is where what goes wrong is told.
	Log zerolog.Logger
	// AgentID is given to tasks as MESOS_AGENT_ID.
	AgentID string
	// AgentIP is the address of all tasks.
	AgentIP string
	// StateDir is an absolute directory of this executor's own records, one
	// folder per container id. It must outlive the agent. Required.
	StateDir string
}

// Executor runs plain commands.
type Executor struct {
	*lifecycle.Manager
}

// New returns an executor.
func New(opts Options) (*Executor, error) {
	return nil, errors.ErrUnsupported
}
