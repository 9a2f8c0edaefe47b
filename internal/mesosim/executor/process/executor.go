package process

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
)

// DefaultGrace is between SIGTERM and SIGKILL where neither the agent nor the
// task says otherwise; it is Mesos' for command tasks.
const DefaultGrace = 3 * time.Second

// Options configure an Executor.
type Options struct {
	// Sink takes the states of all runs. Required.
	Sink executor.Sink
	// Log is where what goes wrong is told.
	Log zerolog.Logger
	// AgentID is given to tasks as MESOS_AGENT_ID and MESOS_SLAVE_ID.
	AgentID string
	// AgentIP is the address of all tasks, given to them as LIBPROCESS_IP.
	AgentIP string
	// StateDir is an absolute directory of this executor's own records, one
	// folder per container id. It must outlive the agent, and no other executor
	// may use it. Required.
	StateDir string
}

// Executor runs plain commands.
type Executor struct {
	*lifecycle.Manager
}

var (
	_ executor.Executor = (*Executor)(nil)
	_ executor.Sweeper  = (*Executor)(nil)
)

// New returns an executor. It fails for Options that lack what is required.
func New(opts Options) (*Executor, error) {
	m, err := lifecycle.New(lifecycle.Options{
		Driver:   &driver{opts: opts},
		Sink:     opts.Sink,
		Log:      opts.Log,
		StateDir: opts.StateDir,
		Noun:     "Command",
		Vanished: "Executor terminated",
		Grace:    DefaultGrace,
		// As in Mesos' command executor.
		GraceShrinks: true,
	})
	if err != nil {
		return nil, err
	}
	return &Executor{Manager: m}, nil
}
