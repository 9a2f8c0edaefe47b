package embedded

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/service"
)

const (
	// AgentPort is where an agent serves health and metrics by default.
	AgentPort = 8087
	// DefaultAgentListen is where a Mesos agent listens.
	DefaultAgentListen = "127.0.0.1:5051"
	// DefaultResources are those of an agent that is not told.
	DefaultResources = "cpus:4;mem:4096;disk:10240;ports:[31000-32000]"
)

// agentSettings are those of an agent.
type agentSettings struct {
	listen, resources, attributes, executor, credentials string

	opts agent.Options
}

// MesosAgentCommand runs an embedded Mesos agent.
func MesosAgentCommand() *cobra.Command {
	var a agentSettings
	return service.Command(service.Definition{
		Role:  "mesos-agent",
		Short: "Run an embedded Mesos agent",
		Long: `A Mesos agent for development and tests. It runs tasks in Docker containers, as
processes, or only plays them, and takes up its tasks again after a restart: they
go on while it is away.`,
		AdminPort: AgentPort,
		Register:  a.register,
		Complete:  a.complete,
		Build: func(_ context.Context, env *service.Env) (service.Runner, error) {
			a.opts.Log = env.Logger
			s, err := agent.New(a.opts)
			if err != nil {
				return nil, err
			}
			env.Tell("work_dir", a.opts.WorkDir)
			env.Tell("executor", a.executor)
			return serving{s}, nil
		},
	})
}

func (a *agentSettings) register(s *service.Settings) {
	f := s.Flags()
	f.StringVar(&a.opts.Master, "master", DefaultMasterListen, "`host:port` of the Mesos master")
	s.Alias("master", "MESOS_MASTER")
	f.StringVar(&a.listen, "listen", DefaultAgentListen, "`address` of the APIs, an IP and a port; port 0 takes any free one")
	f.StringVar(&a.opts.Hostname, "hostname", "", "`host` to advertise (default the IP of --listen)")
	f.StringVar(&a.opts.WorkDir, "work-dir", "", "`directory` for tasks and sandboxes; required")
	f.StringVar(&a.resources, "resources", DefaultResources, "`resources` to offer, as Mesos writes them; agents of one host must not share ports")
	f.StringVar(&a.attributes, "attributes", "", "`attributes` of this agent, such as rack:r1;zone:a")
	f.StringVar(&a.credentials, "credentials", "", "`file` of principals and secrets, as Mesos takes it; who looks at what runs and at its output must authenticate then, and the agent does so to its master, as the first of them")
	f.StringVar(&a.executor, "executor", string(agent.Auto), "how to run `tasks`: docker, process, simulated, or auto, which is docker for tasks with an image and process for others")
	f.DurationVar(&a.opts.Simulate.StartDelay, "simulate-start", 0, "how `long` a simulated task is TASK_STARTING")
	f.DurationVar(&a.opts.Simulate.RunFor, "simulate-run", 0, "how `long` a simulated task runs; 0s is until it is killed")
	f.DurationVar(&a.opts.Simulate.KillDelay, "simulate-kill", 0, "how `long` a simulated task takes to end when it is killed")
	f.IntVar(&a.opts.Simulate.ExitCode, "simulate-exit", 0, "exit `status` of simulated tasks")
}

func (a *agentSettings) complete(s *service.Settings) error {
	var errs []error
	refuse := func(flag string, err error) {
		if err != nil {
			errs = append(errs, s.Refuse(flag, err.Error()))
		}
	}
	if a.opts.WorkDir == "" {
		errs = append(errs, s.Refuse("work-dir", "is missing: name the directory for tasks and sandboxes"))
	}
	a.opts.Executor, a.opts.TellEnds = agent.Kind(a.executor), true
	if !slices.Contains([]agent.Kind{agent.Auto, agent.Docker, agent.Process, agent.Simulated}, a.opts.Executor) {
		errs = append(errs, s.Refuse("executor", "use auto, docker, process or simulated"))
	}
	var err error
	if a.opts.IP, a.opts.Port, err = ipPort(s, a.listen); err != nil {
		errs = append(errs, err)
	}
	a.opts.Resources, err = resource.Parse(a.resources)
	refuse("resources", err)
	if a.attributes != "" {
		a.opts.Attributes, err = resource.ParseAttributes(a.attributes)
		refuse("attributes", err)
	}
	if a.credentials != "" {
		a.opts.ReadOnly, err = master.LoadCredentials(a.credentials)
		a.opts.ReadWrite = a.opts.ReadOnly
		a.opts.Identify(a.opts.ReadOnly)
		refuse("credentials", err)
	}
	return errors.Join(errs...)
}
