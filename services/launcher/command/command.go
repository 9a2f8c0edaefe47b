package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/services/launcher"
)

const (
	// Port is where a launcher serves health and metrics by default.
	Port = 8083
	// DefaultMaster is where a Mesos master listens when nothing else is said.
	DefaultMaster = "127.0.0.1:5050"
	// DefaultFailoverTimeout is how long Mesos keeps tasks without a launcher.
	DefaultFailoverTimeout = 7 * 24 * time.Hour
)

// settings are the launcher's own.
type settings struct {
	nats      wiring.NATS
	state     service.State
	mesos     wiring.Mesos
	framework mesos.Framework
	roles     string
	leaseTTL  time.Duration
	anew      bool
	secrets   wiring.Secrets
}

// New runs a launcher.
func New() *cobra.Command {
	var l settings
	return service.Command(service.Definition{
		Role:  "launcher",
		Short: "Launch tasks on Mesos, and record what becomes of them",
		Long: `The launcher subscribes to the Mesos master, places what the planner wants on
what Mesos offers, and writes what Mesos reports into the log. One launcher is
active; any number of others stand by and take over within seconds. Stopping
them all leaves the tasks running for --failover-timeout.`,
		AdminPort: Port,
		Register:  l.register,
		Complete:  l.complete,
		Build:     l.build,
	})
}

func (l *settings) register(s *service.Settings) {
	f := s.Flags()
	l.mesos.RegisterMaster(s, DefaultMaster, "Mesos masters, `host:port` separated by commas, or zk://host:port,host:port/path")
	f.StringVar(&l.framework.Name, "framework-name", "taurus", "`name` of the framework, shown by Mesos")
	f.StringVar(&l.framework.User, "framework-user", "root", "`user` that tasks run as; must exist on the agents")
	f.StringVar(&l.roles, "roles", "*", "Mesos `roles` to ask offers for, separated by commas")
	f.BoolVar(&l.framework.GPUs, "gpus", false, "take the offers of agents that have GPUs, for tasks with and without; jobs that want GPUs need it")
	f.DurationVar(&l.framework.FailoverTimeout, "failover-timeout", DefaultFailoverTimeout, "how `long` Mesos keeps the tasks while no launcher is subscribed")
	f.BoolVar(&l.anew, "register-anew", false, "take a new framework id, and start again what is wanted, when Mesos has removed the framework with all its tasks")
	f.StringVar(&l.framework.WebUIURL, "webui-url", "", "`URL` that Mesos' web pages link the framework to")
	f.DurationVar(&l.leaseTTL, "lease-ttl", launcher.DefaultLeaseTTL, "how `long` a standby waits for a launcher that has vanished")
	l.mesos.Register(s, "`hosts` that may be asked besides those of --master, such as *.mesos.internal:5050 or 10.0.0.0/8: where masters redirect to, if it is elsewhere")
	l.secrets.Register(s, launcher.DefaultSecretTimeout)
	l.nats.Register(s)
	l.state.Register(s)
}

func (l *settings) complete(s *service.Settings) error {
	var errs []error
	if l.framework.Name == "" {
		errs = append(errs, s.Refuse("framework-name", "is missing"))
	}
	if l.framework.User == "" {
		errs = append(errs, s.Refuse("framework-user", "is missing; name a user that exists on the agents"))
	}
	if l.framework.FailoverTimeout <= 0 {
		errs = append(errs, s.Refuse("failover-timeout", "use more than 0s: at 0 Mesos kills every task as soon as the launcher is away"))
	}
	if l.leaseTTL < eventlog.MinTTL {
		errs = append(errs, s.Refuse("lease-ttl", "use "+eventlog.MinTTL.String()+" or more"))
	}
	if l.mesos.Master == "" {
		errs = append(errs, s.Refuse("master", "is missing; give host:port[,host:port] or zk://host:port/mesos"))
	}
	l.framework.Roles = strings.Split(l.roles, ",")
	for i, role := range l.framework.Roles {
		l.framework.Roles[i] = strings.TrimSpace(role)
	}
	if slices.Contains(l.framework.Roles, "") {
		errs = append(errs, s.Refuse("roles", "has an empty role; use * for the default one"))
	}
	return errors.Join(append(errs, l.mesos.Complete(s), l.secrets.Complete(s), l.nats.Complete(s), l.state.Complete(s))...)
}

func (l *settings) build(ctx context.Context, env *service.Env) (service.Runner, error) {
	client, err := mesos.NewClient(l.mesos.Config(env.Logger))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", service.ErrUsage, err)
	}
	wiring.CloseMesos(env, client.Close)
	env.Tell("master", l.mesos.Shown())
	options, err := l.openSecrets(ctx, env)
	if err != nil {
		return nil, err
	}
	marks, err := l.state.Open(ctx, env)
	if err != nil {
		return nil, err
	}
	log, err := l.nats.OpenLedger(ctx, env)
	if err != nil {
		return nil, err
	}
	why, err := l.nats.OpenWhy(ctx, env)
	if err != nil {
		return nil, err
	}
	lease, err := l.nats.OpenLeases(ctx, env)
	if err != nil {
		return nil, err
	}
	framework := l.framework
	framework.Checkpoint = true
	if framework.Hostname, err = os.Hostname(); err != nil {
		framework.Hostname = ""
	}
	options.Log, options.Space, options.Instance = log, l.nats.Space(), env.Process.Name
	options.Now, options.Logger, options.Metrics = env.Now, env.Logger, env.Metrics
	options.Mesos, options.Framework, options.RegisterAnew = launcher.Client(client), framework, l.anew
	options.Why, options.Lease, options.LeaseTTL, options.Marks = why, lease, l.leaseTTL, marks
	return launcher.New(options)
}

// openSecrets opens where secrets are, and where agents fetch them. It is the first that is opened: what is wrong with it shows at once.
func (l *settings) openSecrets(ctx context.Context, env *service.Env) (launcher.Options, error) {
	options := launcher.Options{SecretTimeout: l.secrets.Timeout()}
	var err error
	if options.Secrets, err = l.secrets.Open(env); err != nil {
		return options, err
	}
	server, err := l.secrets.Handout(ctx, env)
	if server != nil {
		options.Handout = server
	}
	return options, err
}
