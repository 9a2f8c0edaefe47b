package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/internal/wiring/archives"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/services/api"
)

// Port is where an api serves health and metrics by default.
const Port = 8081

// weighEvery is how often the log is asked how full it is, so that stops are held to
// what there is without asking for themselves.
const weighEvery = 5 * time.Second

// settings are the api's own.
type settings struct {
	nats      wiring.NATS
	archive   archives.Settings
	state     service.State
	mesos     wiring.Mesos
	door      door
	oidc      oidc
	keepEnded time.Duration
	bodyMax   service.Bytes
	policy    string
	// anonymous is who shows no credential.
	anonymous string
	limits    limits
}

// New runs an api.
func New() *cobra.Command {
	var a settings
	return service.Command(service.Definition{
		Role:  "api",
		Short: "Serve users over HTTP",
		Long: `The api takes jobs over HTTP, writes them into the log, and shows what became of
them, now and at any time before. Any number of apis may run at once.`,
		AdminPort: Port,
		Register:  a.register,
		Complete:  a.complete,
		Build:     a.build,
	})
}

func (a *settings) register(s *service.Settings) {
	a.bodyMax = api.DefaultBodyMax
	f := s.Flags()
	a.door.register(s)
	a.oidc.register(s)
	f.StringVar(&a.anonymous, "anonymous", api.DefaultAnonymous, "what requests may do that show no credential: `none`, loopback (from this machine what the role anonymous gives), or the name of a role")
	f.Var(&a.bodyMax, "body-max", "`size` of the largest request body")
	f.StringVar(&a.policy, "policy", "", "`file` of rules about what jobs may ask for, followed as it changes (docs/policy.md); without one the log's policy stays, or the default")
	f.DurationVar(&a.keepEnded, "keep-ended", api.DefaultKeepEnded, "for how long the tasks of a job that is over stay in memory; later they are read from the log, as of long ago")
	a.limits.register(s)
	a.mesos.Register(s, "`hosts` of agents that may be asked for the output of tasks, such as *.mesos.internal:5051 or 10.0.0.0/8; with a secret or a certificate no others are")
	a.nats.Register(s)
	a.archive.Register(s)
	a.state.Register(s)
}

func (a *settings) complete(s *service.Settings) error {
	err := errors.Join(a.door.complete(s), a.oidc.complete(s))
	if a.anonymous == "" || strings.ContainsFunc(a.anonymous, unicode.IsSpace) {
		err = errors.Join(err, s.Refuse("anonymous", "use none, loopback, or the name of a role"))
	}
	if a.bodyMax == 0 {
		err = errors.Join(err, s.Refuse("body-max", "use more than 0"))
	}
	if a.keepEnded <= 0 {
		err = errors.Join(err, s.Refuse("keep-ended", "use more than 0, such as 1h"))
	}
	return errors.Join(err, a.limits.complete(s), a.mesos.Complete(s), a.nats.Complete(s), a.archive.Complete(s), a.state.Complete(s))
}

func (a *settings) build(ctx context.Context, env *service.Env) (service.Runner, error) {
	files, err := mesos.NewAgentFiles(a.mesos.Config(env.Logger))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", service.ErrUsage, err)
	}
	wiring.CloseMesos(env, files.Close)
	if a.mesos.Credentials() && a.mesos.Unnamed() {
		env.Logger.Warn().Msg("no agent is asked for the output of tasks: name those that secret and certificate may be shown to by --mesos-hosts")
	}
	marks, err := a.state.Open(ctx, env)
	if err != nil {
		return nil, err
	}
	log, err := a.nats.OpenLedger(ctx, env)
	if err != nil {
		return nil, err
	}
	reads, err := a.nats.OpenReads(ctx, env)
	if err != nil {
		return nil, err
	}
	if reads, err = a.archive.Join(env, reads); err != nil {
		return nil, err
	}
	why, err := a.nats.OpenWhy(ctx, env)
	if err != nil {
		return nil, err
	}
	watch, err := a.nats.WatchPresence(ctx, env)
	if err != nil {
		return nil, err
	}
	if a.anonymous != api.DefaultAnonymous && a.anonymous != api.AnonymousLoopback {
		env.Logger.Warn().Str("role", a.anonymous).Msg("whoever reaches the api has this role without signing in (--anonymous)")
	}
	o := api.Options{
		Anonymous: a.anonymous,
		Presence:  watch, Report: env.Report,
		Log: log, ReadLog: reads, Why: why, Space: a.nats.Space(), Instance: env.Process.Name,
		Now: env.Now, Logger: env.Logger, Metrics: env.Metrics,
		BodyMax: int64(a.bodyMax), Sandbox: sandbox{files}, Version: service.Version(), Marks: marks,
		WeighEvery: weighEvery, PolicyFile: a.policy, KeepEnded: a.keepEnded,
		Audit: func(ctx context.Context) (eventlog.Log, error) { return a.nats.OpenAudit(ctx, env) },
	}
	a.oidc.open(env, &o)
	if err := a.door.open(env, &o); err != nil {
		return nil, err
	}
	a.limits.apply(&o)
	return api.New(o)
}

// sandbox reads what tasks write, with the api's error for what is not there.
type sandbox struct{ files *mesos.AgentFiles }

// ReadFile implements api.Sandbox.
func (s sandbox) ReadFile(ctx context.Context, agentURL, frameworkID, taskID, file string, offset int64, length int) ([]byte, int64, error) {
	data, size, err := s.files.ReadFile(ctx, agentURL, frameworkID, taskID, file, offset, length)
	if errors.Is(err, mesos.ErrFileNotFound) {
		err = fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	if unnamed := new(mesos.HostError); errors.As(err, &unnamed) {
		err = fmt.Errorf("%w: %w", api.ErrAgentNotNamed, err)
	}
	return data, size, err
}
