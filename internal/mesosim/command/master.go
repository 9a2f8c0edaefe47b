package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesosim/election"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/internal/mesosim/listen"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
)

const masterPort = 5050

type masterFlags struct {
	common
	allocation, offer, ping, reregister Duration
	pings, operators                    int
	limits                              *core.Limits
	authenticate, agents                bool
	readonly, readwrite                 bool
	rootSubmissions                     bool
	roles                               []string
	credentials, zk, domain, least      string
	faults                              bool
}

func newMaster() *cobra.Command {
	var mf masterFlags
	cmd := &cobra.Command{
		Use: "master", Short: "Run a master", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return mf.run(cmd) },
	}
	f := cmd.Flags()
	mf.flags(f, masterPort)
	f.Var(&mf.allocation, "allocation_interval", "time between batch allocations (1secs)")
	f.Var(&mf.offer, "offer_timeout", "time after which an offer is rescinded (never)")
	f.Var(&mf.ping, "agent_ping_timeout", "time for an agent to answer a ping (15secs)")
	f.IntVar(&mf.pings, "max_agent_ping_timeouts", 0, "pings that an agent may miss (5)")
	f.Var(&mf.reregister, "agent_reregister_timeout", "time for an agent to come back (10mins)")
	f.BoolVar(&mf.authenticate, "authenticate_http_frameworks", false, "ask schedulers for basic credentials")
	f.BoolVar(&mf.agents, "authenticate_agents", false, "ask agents for credentials")
	f.BoolVar(&mf.readonly, "authenticate_http_readonly", false, "ask those who look at the state for credentials")
	f.BoolVar(&mf.readwrite, "authenticate_http_readwrite", false, "ask operators for credentials")
	f.BoolVar(&mf.rootSubmissions, "root_submissions", true, "whether frameworks may be of user root")
	f.StringSliceVar(&mf.roles, "roles", nil, "the roles that frameworks may have (any)")
	f.StringVar(&mf.credentials, "credentials", "", "file of principals and secrets")
	f.StringVar(&mf.zk, "zk", "", "zk://host:port,host:port/path: elect a leader among several masters there, and keep the registry there")
	faultsFlag(f, &mf.faults)
	f.StringVar(&mf.least, "min_allocatable_resources", "", "the least that is offered: sets of resources, | between them (cpus:0.01|mem:32)")
	f.StringVar(&mf.domain, "domain", "", domainUsage)
	limits := core.DefaultLimits()
	mf.limits = &limits
	f.IntVar(&limits.CompletedFrameworks, "max_completed_frameworks", limits.CompletedFrameworks, "how many frameworks that are over are remembered")
	f.IntVar(&limits.CompletedTasks, "max_completed_tasks_per_framework", limits.CompletedTasks, "how many tasks that are over are remembered")
	f.IntVar(&limits.UnreachableTasks, "max_unreachable_tasks_per_framework", limits.UnreachableTasks, "how many unreachable tasks are remembered")
	f.IntVar(&limits.AgentCount, "registry_max_agent_count", limits.AgentCount, "how many unreachable agents, and how many that are gone, are remembered")
	f.Var((*Duration)(&limits.AgentAge), "registry_max_agent_age", "how long they are remembered")
	f.Var((*Duration)(&limits.PruneInterval), "registry_gc_interval", "time between looks for those to be forgotten")
	f.IntVar(&mf.operators, "max_operator_event_stream_subscribers", 0, "how many operators may be subscribed (1000)")
	compatible(cmd, ignoredByMaster, oldOfMaster)
	return cmd
}

// filePath strips the scheme that Mesos' flags may have.
func filePath(path string) string {
	const scheme = "file://"
	if len(path) > len(scheme) && path[:len(scheme)] == scheme {
		return path[len(scheme):]
	}
	return path
}

func (mf *masterFlags) run(cmd *cobra.Command) error {
	log, err := mf.log("master")
	if err != nil {
		return err
	}
	opts := master.Options{
		IP: mf.ip, Port: mf.port, Hostname: mf.hostname, WorkDir: mf.workDir,
		AllocationInterval: time.Duration(mf.allocation), OfferTimeout: time.Duration(mf.offer),
		PingTimeout: time.Duration(mf.ping), MaxPingTimeouts: mf.pings, ReregisterTimeout: time.Duration(mf.reregister),
		AuthenticateFrameworks: mf.authenticate, AuthenticateAgents: mf.agents, AuthenticateReadOnly: mf.readonly, AuthenticateReadWrite: mf.readwrite,
		Limits: mf.limits, MaxOperators: mf.operators, Roles: mf.roles, RejectRoot: !mf.rootSubmissions, Log: log,
	}
	if mf.credentials != "" {
		if opts.Credentials, err = master.LoadCredentials(filePath(mf.credentials)); err != nil {
			return err
		}
	}
	if opts.MinAllocatable, err = leastOf(mf.least); err != nil {
		return err
	}
	if opts.Domain, err = domainOf(mf.domain); err != nil {
		return err
	}
	if mf.zk != "" {
		if opts.Election, err = mf.election(); err != nil {
			return err
		}
	}
	if mf.faults {
		opts.Wrap = fault.New(0, nil).Mount
	}
	if opts.TLS, err = listen.FromEnv(os.Getenv); err != nil {
		return err
	}
	m, err := master.New(opts)
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), m.Addr())
	ctx, stop := signal.NotifyContext(orBackground(cmd.Context()), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return m.Run(ctx)
}

func (mf *masterFlags) election() (*election.Address, error) {
	zk, err := contentOf("zk", mf.zk)
	if err != nil {
		return nil, err
	}
	return electionAt("zk", zk)
}

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
