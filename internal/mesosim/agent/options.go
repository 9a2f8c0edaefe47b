package agent

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/election"
	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
	"github.com/milosgajdos/taurus/internal/mesosim/listen"
)

// Kind names an executor.
type Kind string

// The kinds of executors.
const (
	Docker    Kind = "docker"
	Process   Kind = "process"
	Simulated Kind = "simulated"
	// Auto runs docker tasks by Docker and all others by Process.
	Auto Kind = "auto"
	// Mesos refuses docker tasks, as an agent with --containerizers=mesos does,
	// and runs all others by Process. Process itself takes docker tasks too, and
	// runs their commands without their images.
	Mesos Kind = "mesos"
)

// Build makes an executor; env says for whom.
type Build func(kind Kind, env Env) (executor.Executor, error)

// Env is what an executor is told of its agent.
type Env struct {
	Sink     executor.Sink
	Log      zerolog.Logger
	AgentID  string
	AgentIP  string
	StateDir string
	Grace    time.Duration     // of containers whose task does not say
	Simulate simulated.Options // for Simulated
	TellEnds bool              // for Docker
}

// Options configure an agent. Zero values mean Mesos' defaults.
type Options struct {
	Master   string // host:port; required without Election and Dial
	IP       string // to listen on and to advertise; default 127.0.0.1
	Port     int    // 0: any free one
	Hostname string // default the IP
	WorkDir  string // required

	Resources  []mesos.Resource // required: two agents on a host must not share ports
	Attributes []mesos.Attribute
	Domain     *mesos.DomainInfo

	Executor Kind // default Auto
	Simulate simulated.Options
	// Build replaces the executors, for tests.
	Build Build

	// ShutdownGrace is how long executors have to end when they are told to; two
	// seconds of it are their own. Default 5 s. Containers whose task does not
	// say have it, or DockerStop if that is longer, between SIGTERM and SIGKILL.
	ShutdownGrace, DockerStop time.Duration
	// TellEnds reports whether statuses say of containers' ends what Docker knows of them,
	// which those of Mesos do not.
	TellEnds bool

	// GCDelay is how long sandboxes remain after their task. Default a week.
	GCDelay time.Duration

	// Ephemeral keeps neither records nor sandboxes on disk, for benchmarks with
	// simulated tasks: what is not in memory is gone when the agent ends.
	Ephemeral bool

	// Election is where the masters of the cluster elect their leader, which the
	// agent then follows instead of Master.
	Election *election.Address

	// TLS encrypts connections, those with the master too; nil leaves them plain
	// (section 6).
	TLS *listen.TLS

	// Files replace <work_dir>/meta, where records are kept. Without a WorkDir
	// tasks have no sandboxes.
	Files Files
	// Dial opens sessions with a master of the same process. The agent then has
	// no socket; IP and Port are only what it says of itself.
	Dial Dial

	// Seed decides how long the agent waits before it registers again; zero takes
	// a random one.
	Seed uint64

	// Backoff is the first wait before registering again; it doubles up to two
	// seconds or itself. Default 1 s.
	Backoff time.Duration

	// ReadOnly and ReadWrite are the secrets by principal of those who look at
	// the state and at files, and of operators. Nil lets everybody in.
	ReadOnly, ReadWrite map[string]string

	// Principal and Secret are who the agent is to a master that asks; empty for none.
	Principal, Secret string

	// RegistrationTimeout is how long a task may take to start, its URIs and its
	// image included. Default one minute.
	RegistrationTimeout time.Duration

	Log zerolog.Logger
}

const (
	defaultBackoff = time.Second
	maxBackoff     = 2 * time.Second
)

// Identify has the agent be the first of some principals to its master.
func (o *Options) Identify(secrets map[string]string) {
	for _, principal := range slices.Sorted(maps.Keys(secrets)) {
		o.Principal, o.Secret = principal, secrets[principal]
		return
	}
}

func (o *Options) complete() error {
	switch {
	case o.Master == "" && o.Dial == nil && o.Election == nil:
		return fmt.Errorf("%w master: must be the host:port of a master, or zk://host:port/path", ErrOption)
	case o.WorkDir == "" && o.Files == nil:
		return fmt.Errorf("%w work_dir: must be set: tasks and sandboxes are kept there", ErrOption)
	case len(o.Resources) == 0:
		return fmt.Errorf("%w resources: must be set, for example cpus:4;mem:4096;disk:10240;ports:[31000-32000]", ErrOption)
	case o.Ephemeral && o.Executor != Simulated:
		return fmt.Errorf("%w ephemeral: only simulated tasks may be forgotten, not those of executor %q", ErrOption, o.Executor)
	}
	if o.WorkDir != "" {
		dir, err := filepath.Abs(o.WorkDir)
		if err != nil {
			return fmt.Errorf("%w work_dir: %w", ErrOption, err)
		}
		o.WorkDir = dir
	}
	if o.IP == "" {
		o.IP = "127.0.0.1"
	}
	if o.Hostname == "" {
		o.Hostname = o.IP
	}
	if o.Executor == "" {
		o.Executor = Auto
	}
	if o.Backoff <= 0 {
		o.Backoff = defaultBackoff
	}
	if o.RegistrationTimeout <= 0 {
		o.RegistrationTimeout = defaultRegistrationTimeout
	}
	if o.GCDelay <= 0 {
		o.GCDelay = defaultGCDelay
	}
	if o.ShutdownGrace <= 0 {
		o.ShutdownGrace = defaultShutdownGrace
	}
	if o.Build == nil {
		o.Build = build
	}
	return nil
}

func (o *Options) graces() graces { return graces{shutdown: o.ShutdownGrace, dockerStop: o.DockerStop} }
