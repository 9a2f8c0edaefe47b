package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/service"
)

// dev runs a whole taurus for developers.
func (a *App) dev() *cobra.Command {
	var l allinone.Layout
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a whole taurus on this machine, without jobs",
		Long: "Run NATS, a Mesos master, agents and the services on this machine, each a process of\n" +
			"its own; one that dies is started again. Once all are ready their addresses and\n" +
			"processes are in endpoints.json in the data directory, kept true when one is\n" +
			"replaced. Ctrl-C stops it all in order; containers go on, and the next run takes\n" +
			"them up again.",
		Example: "  taurus dev\n  taurus dev --planners 3 --launchers 2 --reapers 2 --apis 2 --listen 127.0.0.1:0 --data ./state",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLayout(l); err != nil {
				return err
			}
			if err := checkListen(l.Listen, l.Insecure); err != nil {
				return err
			}
			var err error
			if l.Policy, err = policyFile(l.Policy); err != nil {
				return err
			}
			if l.Data == "" {
				l.Data = stateDir(a.Getenv)
			}
			if l.Data, err = dataDir(l.Data); err != nil {
				return err
			}
			return a.runDev(cmd.Context(), l)
		},
	}
	f := cmd.Flags()
	f.StringVar(&l.Data, "data", "", "`directory` for everything (default $XDG_STATE_HOME/taurus, or ~/.local/state/taurus)")
	f.StringVar(&l.Listen, "listen", "", "`address` of the API; port 0 is any free one (default 127.0.0.1:8080 if it is free)")
	f.StringVar(&l.Anonymous, "anonymous", authn.Loopback, anonymousUsage)
	f.BoolVar(&l.Insecure, "insecure-listen", false, insecureUsage)
	f.StringVar(&l.Policy, "policy", "", policyUsage)
	f.StringVar(&l.HostNames, "host-names", "", hostNamesUsage)
	f.BoolVar(&l.Pprof, "pprof", false, pprofUsage)
	f.StringVar(&l.Executor, "executor", "auto", "how agents run `tasks`: docker, process, simulated, or auto, which is docker where there is one")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("executor", completeWords(executors()...)))
	f.IntVar(&l.Agents, "agents", 2, "`number` of Mesos agents")
	f.IntVar(&l.APIs, "apis", 1, "`number` of apis")
	f.IntVar(&l.Planners, "planners", 1, "`number` of planners")
	f.IntVar(&l.Launchers, "launchers", 1, "`number` of launchers, one of them active")
	f.IntVar(&l.Reapers, "reapers", 1, "`number` of reapers")
	return cmd
}

// anonymousUsage is that of --anonymous.
const anonymousUsage = "what requests may do that show no token: `none`, loopback (look, submit and stop, from this machine), or a role"

// executors are what --executor takes.
func executors() []string { return []string{"auto", "docker", "process", "simulated"} }

// checkLayout refuses what cannot run.
func checkLayout(l allinone.Layout) error {
	for _, c := range []struct {
		flag      string
		n, lo, hi int
	}{
		{"agents", l.Agents, 1, allinone.MaxAgents},
		{"apis", l.APIs, 1, allinone.MaxServices},
		{"planners", l.Planners, 1, allinone.MaxServices},
		{"launchers", l.Launchers, 1, allinone.MaxServices},
		{"reapers", l.Reapers, 1, allinone.MaxServices},
	} {
		if c.n < c.lo || c.n > c.hi {
			return usagef("--%s %d: give a number from %d to %d", c.flag, c.n, c.lo, c.hi)
		}
	}
	if !slices.Contains(executors(), l.Executor) {
		return usagef("--executor %s: there are auto, docker, process and simulated", l.Executor)
	}
	return nil
}

const pprofUsage = "have every process serve /debug/pprof at a port of its own, which endpoints.json names"

const insecureUsage = "let other machines reach --listen, without TLS: whoever is on the way reads jobs, and can change them"

const hostNamesUsage = "`names` that the API answers to, separated by commas, besides localhost and addresses"

// checkListen refuses an address that no api can listen at, or that others reach without
// being meant to; empty leaves it open.
func checkListen(address string, insecure bool) error {
	if address == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return usagef("--listen %s: give host:port, such as 127.0.0.1:8080, or port 0 for any free one", address)
	}
	if !insecure && !service.Loopback(address) {
		return usagef("--listen %s: other machines reach it there, without TLS; use 127.0.0.1, or accept that by --insecure-listen", address)
	}
	return nil
}

// howToOpen is the command that opens the page of an API: one whose data is not where it is
// looked for has to be named.
func (a *App) howToOpen(data, api string) string {
	if filepath.Clean(data) == stateDir(a.Getenv) {
		return a.me() + " open"
	}
	return fmt.Sprintf("%s open --api %s --token-file %s", a.me(), api, allinone.TokenFile(data))
}

func (a *App) runDev(ctx context.Context, l allinone.Layout) error {
	executor, docker := a.executor(ctx, l.Executor)
	if docker != nil {
		if err := docker.Close(); err != nil {
			return err
		}
	}
	l.Executor = executor
	say(a.Err, "starting taurus; data and logs are in %s", l.Data)
	t, err := a.up(ctx, l)
	if err != nil {
		return err
	}
	say(a.Err, "taurus is ready at %s; %s has all addresses", t.endpoints.API[0], filepath.Join(l.Data, "endpoints.json"))
	say(a.Err, "`%s` shows the page, signed in.", a.howToOpen(l.Data, t.endpoints.API[0]))
	say(a.Err, "Elsewhere: export TAURUS_API=%s; %s login --token-file %s", t.endpoints.API[0], a.me(), allinone.TokenFile(l.Data))
	say(a.Err, "Ctrl-C stops it; containers go on. `%s demo --clean --data %s` removes them and all data.", a.me(), l.Data)
	<-ctx.Done()
	say(a.Err, "stopping")
	if err := t.Close(); err != nil || !errors.Is(context.Cause(ctx), errInterrupted) {
		return err
	}
	return nil
}
