package command

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// Each agent of a cluster has a range of ports of its own.
const (
	firstPort     = 31000
	portsPerAgent = 500
)

type clusterFlags struct {
	common
	agents    int
	executor  string
	ephemeral bool
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
	cmd.Flags().BoolVar(&cf.ephemeral, "ephemeral", false, "keep nothing of simulated tasks on disk, for benchmarks")
	return cmd
}

func (cf *clusterFlags) run(cmd *cobra.Command) error {
	log, err := cf.log("cluster")
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(orBackground(cmd.Context()), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	m, err := master.New(master.Options{
		IP: cf.ip, Port: cf.port, Hostname: cf.hostname, WorkDir: filepath.Join(cf.workDir, "master"), Log: log,
	})
	if err != nil {
		return err
	}
	agents, err := cf.newAgents(m.Addr(), log)
	if err != nil {
		return errors.Join(err, m.Close())
	}
	fmt.Fprintln(cmd.OutOrStdout(), m.Addr())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(agents)+1)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer cancel()
		errs[0] = m.Run(ctx)
	})
	for i, a := range agents {
		wg.Go(func() {
			defer cancel()
			errs[i+1] = a.Run(ctx)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (cf *clusterFlags) newAgents(addr string, log zerolog.Logger) ([]*agent.Server, error) {
	var out []*agent.Server
	for i := range cf.agents {
		from := firstPort + i*portsPerAgent
		rs, err := resource.Parse(fmt.Sprintf("cpus:4;mem:4096;disk:10240;ports:[%d-%d]", from, from+portsPerAgent-1))
		if err != nil {
			return nil, err
		}
		a, err := agent.New(agent.Options{
			Master: addr, IP: cf.ip, Hostname: cf.hostname, WorkDir: filepath.Join(cf.workDir, "agent-"+strconv.Itoa(i)),
			Resources: rs, Executor: agent.Kind(cf.executor), Ephemeral: cf.ephemeral, Log: log,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}
