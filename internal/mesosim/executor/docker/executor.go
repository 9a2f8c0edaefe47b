package docker

import (
	"errors"

	"github.com/moby/moby/client"
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
	// AgentID is the label by which this executor knows its own containers. Required.
	AgentID string
	// AgentIP is the address of tasks in the host's network.
	AgentIP string
	// StateDir is an absolute directory of this executor's own records, one
	// folder per container id. It must outlive the agent. Required.
	StateDir string
	// Client talks to the Docker Engine. Nil means one made from the environment
	// (DOCKER_HOST and so on) that negotiates the API version.
	Client *client.Client
}

// Executor runs tasks as Docker containers.
type Executor struct {
	*lifecycle.Manager
}

// New returns an executor. It does not talk to Docker yet.
func New(opts Options) (*Executor, error) {
	return nil, errors.ErrUnsupported
}
