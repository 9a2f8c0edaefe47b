package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/engine"
	"github.com/milosgajdos/taurus/internal/cli/watch"
	"github.com/milosgajdos/taurus/internal/projection"
)

const (
	// demoPatience bounds each step of `demo --exit`: nobody watches it.
	demoPatience = 2 * time.Minute
	// pullPatience bounds the pull of the example's image.
	pullPatience = 20 * time.Second
)

// demoFlags are those of demo.
type demoFlags struct {
	exit, clean  bool
	data, listen string
	insecure     bool
	anonymous    string
	hostNames    string
	pprof        bool
}

// demo shows taurus to a newcomer.
func (a *App) demo() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a whole taurus with an example job, and show what happens",
		Long: "Run NATS, a Mesos master, two agents and the four services on this machine, each a\n" +
			"process of its own that may be killed; submit the example job and show its tasks\n" +
			"go PENDING, STAGING, RUNNING. It runs until Ctrl-C. The containers then go on, and\n" +
			"the next run finds them. Where there is no Docker the tasks are simulated.",
		Example: "  taurus demo\n  taurus demo --exit\n  taurus demo --clean",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkListen(f.listen, f.insecure); err != nil {
				return err
			}
			switch {
			case f.exit && f.clean:
				return usagef("--exit and --clean: give one of them")
			case f.clean:
				return a.cleanDemo(cmd.Context(), a.demoData(f))
			case f.exit:
				return a.demoOnce(cmd.Context(), f)
			}
			return a.demoOn(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.exit, "exit", false, "stop the job when it runs, wait until its tasks are killed, and leave nothing behind")
	flags.BoolVar(&f.clean, "clean", false, "remove the containers and the data of former runs")
	flags.StringVar(&f.data, "data", "", "`directory` for everything (default demo in $XDG_STATE_HOME/taurus or ~/.local/state/taurus; with --exit a temporary one)")
	flags.StringVar(&f.listen, "listen", "", "`address` of the API; port 0 is any free one (default 127.0.0.1:8080 if it is free)")
	flags.StringVar(&f.anonymous, "anonymous", authn.Loopback, anonymousUsage)
	flags.BoolVar(&f.insecure, "insecure-listen", false, insecureUsage)
	flags.StringVar(&f.hostNames, "host-names", "", hostNamesUsage)
	flags.BoolVar(&f.pprof, "pprof", false, pprofUsage)
	return cmd
}

// demoData is where the demo keeps everything.
func (a *App) demoData(f demoFlags) string {
	if f.data != "" {
		return f.data
	}
	return filepath.Join(stateDir(a.Getenv), demoDir)
}

// stage is a demo that runs.
type stage struct {
	*App
	local  *local
	api    *client.Client
	docker *engine.Engine // nil where tasks are simulated
	data   string
	id     string // of the job
	want   int    // tasks of it
	// now is what stands of the job, as far as events were shown.
	now projection.Result
	// before is the sequence at which nothing of the job ran yet.
	before uint64
}

// raise starts the demo's processes, in a data directory.
func (a *App) raise(ctx context.Context, data string, f demoFlags) (*stage, error) {
	say(a.Err, "taurus demo: NATS, a Mesos master, two agents and four services, each a process of its own")
	executor, docker := a.executor(ctx, "auto")
	say(a.Err, "starting; data and logs are in %s", data)
	t, err := a.up(ctx, allinone.Layout{
		Data: data, Listen: f.listen, Insecure: f.insecure, Anonymous: f.anonymous, HostNames: f.hostNames, Pprof: f.pprof, Executor: executor,
		Agents: 2, APIs: 1, Planners: 1, Launchers: 1, Reapers: 1,
	})
	if err != nil {
		if docker != nil {
			err = errors.Join(err, docker.Close())
		}
		return nil, err
	}
	a.base = source{t.endpoints.API[0], filepath.Join(data, "endpoints.json")}
	return &stage{
		App: a, local: t, api: a.ofData(a.base.url, data), docker: docker, data: data,
	}, nil
}

// lower stops the processes. Containers go on.
func (s *stage) lower() error {
	err := s.local.Close()
	if s.docker != nil {
		err = errors.Join(err, s.docker.Close())
	}
	return err
}

// demoOn runs until Ctrl-C.
func (a *App) demoOn(ctx context.Context, f demoFlags) error {
	data, err := dataDir(a.demoData(f))
	if err != nil {
		return err
	}
	s, err := a.raise(ctx, data, f)
	if err != nil {
		return err
	}
	err = s.play(ctx)
	if err == nil || errors.Is(err, errInterrupted) {
		err = nil
		say(a.Err, "stopping")
	}
	ended := context.WithoutCancel(ctx)
	farewell := s.farewell(ended)
	if err := errors.Join(err, s.lower()); err != nil {
		return fmt.Errorf("%w\n  logs: %s", err, filepath.Join(data, "logs"))
	}
	say(a.Err, "%s", farewell)
	return nil
}

// play submits the job, or finds it, and shows it until the context ends.
func (s *stage) play(ctx context.Context) error {
	from, err := s.findOrSubmit(ctx)
	if err != nil {
		return err
	}
	guided := false
	guide := func() {
		if !guided && s.running() {
			guided = true
			s.guide()
		}
	}
	guide()
	return s.api.Follow(ctx, client.Feed{Job: s.id, From: from}, s.lost, func(e projection.Event) error {
		s.show(e)
		guide()
		return nil
	})
}

// running reports whether the tasks wanted run, and none but those.
func (s *stage) running() bool {
	return s.now.Tasks == projection.Counts{Wanted: uint32(s.want), Running: uint32(s.want)}
}

// show tells what an event changed.
func (s *stage) show(e projection.Event) {
	s.now = e.Result
	for _, c := range watch.Changes(e) {
		say(s.Out, "%s", s.change(c, s.style()))
	}
}

// guide says how to look around.
func (s *stage) guide() {
	me, url := s.me(), s.base.url
	at := ""
	if url != defaultAPI && !strings.HasPrefix(s.data, stateDir(s.Getenv)) {
		at = " --api " + url + " --token-file " + allinone.TokenFile(s.data)
	}
	lines := []string{
		"all " + fmt.Sprint(s.want) + " tasks run. Look around:",
		"  " + url + "/  (a page that shows it all)",
		"  curl " + url + "/v2/jobs/" + s.id + "/tasks",
		"  curl -N '" + url + "/v2/events?from=1'",
		"  " + me + " ps" + at,
		"  " + me + " events " + s.id + at,
		"  " + me + " logs " + s.id + "/0" + at,
		"  " + me + " scale " + s.id + " 6" + at,
		fmt.Sprintf("  %s replay --at %d%s  (the job as it was before its tasks ran)", me, s.before, at),
	}
	if s.docker != nil {
		lines = append(lines, "  docker ps")
	}
	if p := s.process(allinone.RolePlanner); p.PID > 0 {
		lines = append(lines, fmt.Sprintf("  kill -9 %d  (the planner: it comes back, the tasks run on)", p.PID))
	}
	lines = append(lines,
		"Stop the job with `"+me+" stop "+s.id+at+"`. Ctrl-C ends the demo.")
	say(s.Out, "\n%s\n", strings.Join(lines, "\n"))
}

func (s *stage) process(role string) allinone.Running {
	for _, p := range s.local.Processes() {
		if p.Role == role {
			return p
		}
	}
	return allinone.Running{}
}

// farewell says what stays, how to come back to it and how to remove it.
func (s *stage) farewell(ctx context.Context) string {
	data := ""
	if s.data != filepath.Join(stateDir(s.Getenv), demoDir) {
		data = " --data " + s.data
	}
	back := fmt.Sprintf("`%s demo%s` comes back to it, `%s demo --clean%s` removes it all.", s.me(), data, s.me(), data)
	if s.docker == nil {
		return "The job and its history are in " + s.data + ". " + back
	}
	containers, err := s.docker.Containers(ctx, s.data, false)
	if err != nil {
		return err.Error() + ". " + back
	}
	return fmt.Sprintf("%s on, as in production; the job and its history are in %s. %s",
		runs(len(containers)), s.data, back)
}

func runs(n int) string {
	switch n {
	case 0:
		return "No container runs"
	case 1:
		return "1 container runs"
	}
	return fmt.Sprintf("%d containers run", n)
}
