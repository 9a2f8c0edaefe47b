package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/election"
	"github.com/milosgajdos/taurus/internal/mesosim/listen"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// ErrContainerizers is returned for a --containerizers without a known name.
var ErrContainerizers = errors.New("containerizers: must name docker, mesos or both")

const (
	agentPort        = 5051
	defaultResources = "cpus:4;mem:4096;disk:10240;ports:[31000-32000]"
)

type agentFlags struct {
	common
	master, attributes, resources, containerizers, executor string
	backoff, registration, shutdownGrace, dockerStop, gc    Duration
	credentials, credential, domain                         string
	readonly, readwrite                                     bool
	ephemeral                                               bool
}

func newAgent() *cobra.Command {
	var af agentFlags
	cmd := &cobra.Command{
		Use: "agent", Short: "Run an agent", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return af.run(cmd) },
	}
	f := cmd.Flags()
	af.flags(f, agentPort)
	f.StringVar(&af.master, "master", "127.0.0.1:5050", "host:port of the master, or zk://host:port,host:port/path to follow the leader")
	f.StringVar(&af.attributes, "attributes", "", "for example rack:r1;zone:z1")
	f.StringVar(&af.resources, "resources", defaultResources, "what is offered; agents of one host must not share ports")
	f.StringVar(&af.containerizers, "containerizers", "docker,mesos", "docker, mesos (plain processes) or both")
	f.StringVar(&af.executor, "executor", "", "docker, process, simulated or auto; overrides containerizers")
	f.BoolVar(&af.ephemeral, "ephemeral", false, "keep nothing of simulated tasks on disk, for benchmarks")
	f.Var(&af.backoff, "registration_backoff_factor", "first wait before registering again (1secs)")
	f.Var(&af.registration, "executor_registration_timeout", "time for a task to start, its image's pull included (1mins)")
	f.Var(&af.shutdownGrace, "executor_shutdown_grace_period", "time for a task to end when its executor is told to (5secs)")
	f.Var(&af.dockerStop, "docker_stop_timeout", "time between SIGTERM and SIGKILL of a container, if it is longer (0secs)")
	f.StringVar(&af.credentials, "http_credentials", "", "file of principals and secrets")
	f.StringVar(&af.credential, "credential", "", "file of the principal and the secret to show to the master")
	f.BoolVar(&af.readonly, "authenticate_http_readonly", false, "ask those who look at state and files for credentials")
	f.BoolVar(&af.readwrite, "authenticate_http_readwrite", false, "ask operators for credentials")
	f.StringVar(&af.domain, "domain", "", domainUsage)
	f.Var(&af.gc, "gc_delay", "time for which sandboxes remain after their task (1weeks)")
	compatible(cmd, ignoredByAgent, oldOfAgent)
	return cmd
}

// kind is the executor that the flags ask for.
func (af *agentFlags) kind() (agent.Kind, error) {
	if af.executor != "" {
		return agent.Kind(af.executor), nil
	}
	docker, mesos := false, false
	for c := range strings.SplitSeq(af.containerizers, ",") {
		docker, mesos = docker || c == "docker", mesos || c == "mesos"
	}
	switch {
	case docker && mesos:
		return agent.Auto, nil
	case docker:
		return agent.Docker, nil
	case mesos:
		return agent.Mesos, nil
	}
	return "", fmt.Errorf("%w, not %q", ErrContainerizers, af.containerizers)
}

func (af *agentFlags) run(cmd *cobra.Command) error {
	log, err := af.log("agent")
	if err != nil {
		return err
	}
	opts := agent.Options{
		IP: af.ip, Port: af.port, Hostname: af.hostname, WorkDir: af.workDir,
		Backoff: time.Duration(af.backoff), RegistrationTimeout: time.Duration(af.registration),
		ShutdownGrace: time.Duration(af.shutdownGrace), DockerStop: time.Duration(af.dockerStop), GCDelay: time.Duration(af.gc),
		Ephemeral: af.ephemeral, Log: log,
	}
	if err := af.realms(&opts); err != nil {
		return err
	}
	if opts.Domain, err = domainOf(af.domain); err != nil {
		return err
	}
	if opts.Executor, err = af.kind(); err != nil {
		return err
	}
	if opts.Resources, err = resource.Parse(af.resources); err != nil {
		return err
	}
	if opts.Attributes, err = resource.ParseAttributes(af.attributes); err != nil {
		return err
	}
	if opts.Master, err = contentOf("master", af.master); err != nil {
		return err
	}
	if strings.HasPrefix(opts.Master, election.Scheme) {
		if opts.Election, err = electionAt("master", opts.Master); err != nil {
			return err
		}
	}
	if opts.TLS, err = listen.FromEnv(os.Getenv); err != nil {
		return err
	}
	a, err := agent.New(opts)
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), a.Addr())
	ctx, stop := signal.NotifyContext(orBackground(cmd.Context()), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	defer onUnregister(ctx, a)()
	return a.Run(ctx)
}

// realms closes what the flags ask to, and says who the agent is.
func (af *agentFlags) realms(opts *agent.Options) error {
	if af.credential != "" {
		own, err := master.LoadCredentials(filePath(af.credential))
		if err != nil {
			return err
		}
		opts.Identify(own)
	}
	if !af.readonly && !af.readwrite {
		return nil
	}
	if af.credentials == "" {
		return fmt.Errorf("%w http_credentials: must be set with authenticate_http_readonly and authenticate_http_readwrite", agent.ErrOption)
	}
	credentials, err := master.LoadCredentials(filePath(af.credentials))
	if err != nil {
		return err
	}
	if af.readonly {
		opts.ReadOnly = credentials
	}
	if af.readwrite {
		opts.ReadWrite = credentials
	}
	return nil
}

// onUnregister has SIGUSR1 unregister the agent; the result ends that.
func onUnregister(ctx context.Context, a *agent.Server) func() {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGUSR1)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-ch:
			a.Unregister()
		case <-ctx.Done():
		}
	}()
	return func() {
		signal.Stop(ch)
		cancel()
	}
}
