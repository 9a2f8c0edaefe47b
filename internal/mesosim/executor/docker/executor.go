package docker

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/moby/moby/client"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
)

// DefaultGrace is between the gentle and the hard signal where neither the agent
// nor the task says otherwise; it is Mesos' executor_shutdown_grace_period.
const DefaultGrace = 5 * time.Second

// ErrNoAgentID is returned for Options without an agent id.
var ErrNoAgentID = errors.New("docker: no agent id: set AgentID, by which the executor knows its own containers")

// Options configure an Executor.
type Options struct {
	// Sink takes the states of all runs. Required.
	Sink executor.Sink
	// Log is where what goes wrong is told.
	Log zerolog.Logger
	// AgentID is the label by which this executor knows its own containers. Required.
	AgentID string
	// AgentIP is the address of tasks in the host's network; their states leave it
	// to the agent to fill in.
	AgentIP string
	// StateDir is an absolute directory of this executor's own records, one
	// folder per container id. It must outlive the agent, and no other executor
	// may use it. Required.
	StateDir string
	// Grace is for kills that nobody asked for, where the task has no kill policy.
	// Zero means DefaultGrace.
	Grace time.Duration
	// TellEnds reports whether to say of ends what Docker knows of them and Mesos' docker
	// executor keeps to itself: why a container could not be started, and that it
	// ran out of memory.
	TellEnds bool
	// Client talks to the Docker Engine. Nil means one made from the environment
	// (DOCKER_HOST and so on) that negotiates the API version.
	Client *client.Client
}

// Executor runs tasks as Docker containers.
type Executor struct {
	*lifecycle.Manager
	driver *driver
}

var (
	_ executor.Executor = (*Executor)(nil)
	_ executor.Sweeper  = (*Executor)(nil)
)

// New returns an executor. It does not talk to Docker yet; it fails for Options
// that lack what is required, and for an environment that names no engine.
func New(opts Options) (*Executor, error) {
	if opts.AgentID == "" {
		return nil, ErrNoAgentID
	}
	d := &driver{cli: opts.Client, agentID: opts.AgentID, log: opts.Log, tellEnds: opts.TellEnds}
	if d.cli == nil {
		cli, err := client.New(client.FromEnv)
		if err != nil {
			return nil, err
		}
		d.cli, d.owned = cli, true
	}
	m, err := lifecycle.New(lifecycle.Options{
		Driver:   d,
		Sink:     opts.Sink,
		Log:      opts.Log,
		StateDir: opts.StateDir,
		Noun:     "Container",
		Vanished: "Container terminated",
		Grace:    cmp.Or(opts.Grace, DefaultGrace),
	})
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return &Executor{Manager: m, driver: d}, nil
}

// Close implements executor.Executor. Containers go on.
func (e *Executor) Close() error {
	return errors.Join(e.Manager.Close(), e.driver.close())
}

// Sweep implements executor.Sweeper: it removes this agent's containers, running
// or not, and its records, except those of runs in keep or led now.
func (e *Executor) Sweep(ctx context.Context, keep map[string]bool) error {
	list, err := e.driver.cli.ContainerList(ctx, client.ContainerListOptions{
		All:     true,
		Filters: make(client.Filters).Add("label", LabelAgent+"="+e.driver.agentID),
	})
	if err != nil {
		return err
	}
	for _, c := range list.Items {
		if id := c.Labels[LabelContainer]; !keep[id] && !e.Knows(id) {
			err = errors.Join(err, e.driver.remove(ctx, c.ID))
		}
	}
	return errors.Join(err, e.Manager.Sweep(ctx, keep))
}
