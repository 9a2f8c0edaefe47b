package command

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/internal/mesosim/inprocess"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// Each agent of a cluster has a range of ports of its own.
const (
	firstPort     = 31000
	portsPerAgent = 500
)

// ErrEphemeral is returned for --ephemeral with tasks that are not simulated.
var ErrEphemeral = errors.New("ephemeral: only simulated tasks may be forgotten; use --executor simulated")

type clusterFlags struct {
	common
	agents            int
	executor          string
	ephemeral, faults bool
}

func newCluster() *cobra.Command {
	var cf clusterFlags
	cmd := &cobra.Command{
		Use: "cluster", Short: "Run a master and agents in one process", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cf.run(cmd) },
	}
	cf.flags(cmd.Flags(), masterPort)
	cmd.Flags().IntVar(&cf.agents, "agents", 1, "how many agents")
	cmd.Flags().StringVar(&cf.executor, "executor", string(agent.Auto), "docker, process, simulated or auto")
	cmd.Flags().BoolVar(&cf.ephemeral, "ephemeral", false, "keep nothing of simulated tasks on disk and give agents no sockets, for benchmarks")
	faultsFlag(cmd.Flags(), &cf.faults)
	return cmd
}

func (cf *clusterFlags) run(cmd *cobra.Command) error {
	log, err := cf.log("cluster")
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(orBackground(cmd.Context()), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if cf.ephemeral {
		return cf.runEphemeral(ctx, cmd, log)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	agents := &fleet{ctx: ctx}
	opts := master.Options{
		IP: cf.ip, Port: cf.port, Hostname: cf.hostname, WorkDir: filepath.Join(cf.workDir, "master"), Log: log,
	}
	if cf.faults {
		opts.Wrap = fault.New(0, agents).Mount
	}
	m, err := master.New(opts)
	if err != nil {
		return err
	}
	if err := cf.start(agents, m.Addr(), log); err != nil {
		cancel()
		return errors.Join(err, m.Close(), agents.wait())
	}
	fmt.Fprintln(cmd.OutOrStdout(), m.Addr())
	err = m.Run(ctx)
	cancel()
	return errors.Join(err, agents.wait())
}

func (cf *clusterFlags) start(agents *fleet, addr string, log zerolog.Logger) error {
	for i := range cf.agents {
		from := firstPort + i*portsPerAgent
		rs, err := resource.Parse(fmt.Sprintf("cpus:4;mem:4096;disk:10240;ports:[%d-%d]", from, from+portsPerAgent-1))
		if err != nil {
			return err
		}
		name := "agent-" + strconv.Itoa(i)
		agents.add(name, agent.Options{
			Master: addr, IP: cf.ip, Hostname: cf.hostname, WorkDir: filepath.Join(cf.workDir, name),
			Resources: rs, Executor: agent.Kind(cf.executor), Log: log,
		})
	}
	return agents.Start("*")
}

// runEphemeral runs a cluster whose agents are no more than they must be, so
// that one process has room for ten thousand.
func (cf *clusterFlags) runEphemeral(ctx context.Context, cmd *cobra.Command, log zerolog.Logger) error {
	if agent.Kind(cf.executor) != agent.Simulated {
		return ErrEphemeral
	}
	c, err := inprocess.Start(ctx, inprocess.Options{
		Agents: cf.agents, Ephemeral: true, Faults: cf.faults, Listen: true, IP: cf.ip, Port: cf.port, Hostname: cf.hostname, Log: log,
	})
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintln(cmd.OutOrStdout(), c.Addr())
	<-c.Done()
	return nil
}
