package wiring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/ownership"
	"github.com/milosgajdos/taurus/internal/presence"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Bounds of the stream of verdicts, and of the audit's. Every role that opens one must
// ask for the same, so they are no settings.
const (
	whyMaxAge   = 30 * 24 * time.Hour
	whyMaxBytes = 256 << 20

	auditMaxAge   = 400 * 24 * time.Hour
	auditMaxBytes = 128 << 20
	// auditMaxEach is how many records there are of one subject: whoever is refused as
	// often as they like pushes out refusals, and nothing else.
	auditMaxEach = 50_000
)

// OpenLedger opens the log, to be closed when the role has stopped. Records that
// are read through it are shown to the watch on the clocks, what becomes of appends
// and reads goes into the process's readiness, and that into its presence.
func (n *NATS) OpenLedger(ctx context.Context, env *service.Env) (eventlog.Log, error) {
	env.Tell("nats", n.urls)
	env.Tell("stream", n.stream)
	log, err := open(ctx, n, env, n.ledger(n.options(env)), jetstream.Open)
	if err != nil {
		return nil, err
	}
	if !log.Guarded() {
		env.Logger.Warn().Msg("NATS is open: whoever reaches it may write into the log, and delete it; `taurus nats config` tells how to close it")
	}
	if err := n.keepPresence(ctx, env); err != nil {
		return nil, err
	}
	watched := ready.Watch(log, slices.Contains(needRoom(), env.Role), env.Now)
	env.Check(func() []ready.Check { return watched.Checks(env.Sequence()) })
	env.Beside(watched.Run)
	return service.Watch(watched.ForUse(), env.Skew), nil
}

// needRoom are the roles that cannot work without room in the log: the others
// record what happens and what must end, and have a reserve.
func needRoom() []string { return []string{"api", "planner"} }

// keepPresence has the process say that it is there, and whether it is able.
func (n *NATS) keepPresence(ctx context.Context, env *service.Env) error {
	leases, err := n.OpenLeases(ctx, env)
	if err != nil {
		return err
	}
	keeper := presence.NewKeeper(leases, env.Now, env.Logger)
	env.Check(func() []ready.Check { return []ready.Check{keeper.Check()} })
	env.Beside(func(ctx context.Context) { keeper.Run(ctx, env.Report) })
	return nil
}

// WatchPresence looks who else is there.
func (n *NATS) WatchPresence(ctx context.Context, env *service.Env) (*presence.Watch, error) {
	leases, err := n.OpenLeases(ctx, env)
	if err != nil {
		return nil, err
	}
	watch := presence.NewWatch(leases, env.Now, env.Logger)
	env.Beside(watch.Run)
	return watch, nil
}

// OpenReads opens the log once more, on a connection for reads of old events alone: what
// those do not take is in nobody's way there. They are many and in no hurry, so each asks
// for little ahead.
func (n *NATS) OpenReads(ctx context.Context, env *service.Env) (eventlog.Log, error) {
	o := n.ledger(n.options(env))
	o.Name += " reads"
	o.ReadAhead = jetstream.MinReadAhead
	log, err := open(ctx, n, env, o, jetstream.Open)
	if err != nil {
		return nil, err
	}
	return log, nil
}

// Ledger opens the log for a command that NATS' own tools call name. The caller closes
// it.
func (n *NATS) Ledger(ctx context.Context, name string, log zerolog.Logger) (eventlog.Log, error) {
	opened, err := jetstream.Open(ctx, n.ledger(n.connection(name, log)))
	if err != nil {
		return nil, n.told(ctx, err)
	}
	return opened, nil
}

// Restoration is a log that is being put back. Until Finish nobody can open it.
type Restoration interface {
	// Last is the last sequence that is there already: what is put up to it is passed
	// over.
	Last() uint64
	Put(ctx context.Context, rec eventlog.Record) error
	// Skip leaves out the sequences up to one, of which there are no records.
	Skip(ctx context.Context, to uint64) error
	Finish(ctx context.Context) error
	Close() error
}

// Restore begins to restore a log, or goes on with it, for a command that NATS' own tools
// call name. The caller closes it.
func (n *NATS) Restore(ctx context.Context, name string, log zerolog.Logger, source string) (Restoration, error) {
	o := n.ledger(n.connection(name, log))
	if o.Replicas == 0 {
		o.Replicas = n.replicasLeft(ctx, name, log)
	}
	r, err := jetstream.Restore(ctx, o, source)
	if errors.Is(err, jetstream.ErrNotEmpty) {
		return nil, err
	}
	if err != nil {
		return nil, n.told(ctx, err)
	}
	return r, nil
}

// replicasLeft is in how many copies there is what taurus keeps; 0 if nothing is left of
// it. What a log of three servers lacks does not come in one copy unasked.
func (n *NATS) replicasLeft(ctx context.Context, name string, log zerolog.Logger) int {
	found, err := n.Inspect(ctx, name, log)
	if err != nil {
		return 0 // What follows says why.
	}
	most := 0
	for _, s := range found.Streams {
		most = max(most, s.Replicas)
	}
	return most
}

// OpenWhy opens the stream of verdicts.
func (n *NATS) OpenWhy(ctx context.Context, env *service.Env) (eventlog.Log, error) {
	log, err := open(ctx, n, env, n.why(n.options(env)), jetstream.Open)
	if err != nil {
		return nil, err
	}
	return log, nil
}

// OpenAudit opens the audit stream, which a NATS that an older version was set up with
// has not; it may be called again then. The caller closes it.
func (n *NATS) OpenAudit(ctx context.Context, env *service.Env) (eventlog.Log, error) {
	log, err := jetstream.Open(ctx, n.audit(n.options(env)))
	if err != nil {
		return nil, err
	}
	return log, nil
}

// OpenLeases opens the bucket that replicas agree in on who works, and that tells
// who is there. A process has one connection to it.
func (n *NATS) OpenLeases(ctx context.Context, env *service.Env) (*jetstream.Leases, error) {
	if n.leases != nil && n.leasesOf == env {
		return n.leases, nil
	}
	leases, err := open(ctx, n, env, n.options(env), jetstream.OpenLeases)
	if err != nil {
		return nil, err
	}
	n.leases, n.leasesOf = leases, env
	return leases, nil
}

// OpenShare opens the part of the jobs that this replica of its role looks after.
func (n *NATS) OpenShare(ctx context.Context, env *service.Env) (*ownership.Share, error) {
	leases, err := n.OpenLeases(ctx, env)
	if err != nil {
		return nil, err
	}
	return ownership.New(ownership.Options{
		Members: leases, Space: n.Space(), Role: env.Role, Instance: env.Process.Name, Logger: env.Logger, Metrics: env.Metrics,
	})
}

func (n *NATS) options(env *service.Env) jetstream.Options {
	return n.connection("taurus-"+env.Role+" "+env.Process.Name, env.Logger)
}

// connection is how NATS is reached, by whom. With a key answers come where its owner
// may hear them; other users have permissions of the operator's making.
func (n *NATS) connection(name string, log zerolog.Logger) jetstream.Options {
	o := jetstream.Options{
		URL: n.urls, Name: name,
		CredentialsFile: n.creds, NKeySeed: n.nkey, User: n.user, Password: n.password, TLS: n.tls,
		Log: service.Slog(log), Replicas: n.replicas,
	}
	if n.public != "" {
		o.InboxPrefix = natsauth.InboxPrefix(n.public)
	}
	return o
}

// ledger is what the log's stream is like.
func (n *NATS) ledger(o jetstream.Options) jetstream.Options {
	o.Stream, o.Kind, o.Subjects = n.stream, jetstream.Ledger, []string{events.Prefix + ".>"}
	o.MaxBytes, o.Partitions = int64(n.maxBytes), int(n.partitions)
	return o
}

// why is what the stream of verdicts is like.
func (n *NATS) why(o jetstream.Options) jetstream.Options {
	o.Stream, o.Kind, o.Subjects = natsauth.StreamsOf(n.stream).Why, jetstream.Bounded, []string{events.WhyPrefix + ".>"}
	o.MaxBytes, o.MaxAge = whyMaxBytes, whyMaxAge
	return o
}

// audit is what the audit stream is like.
func (n *NATS) audit(o jetstream.Options) jetstream.Options {
	o.Stream, o.Kind, o.Subjects = natsauth.StreamsOf(n.stream).Audit, jetstream.Bounded, []string{events.AuditPrefix + ".>"}
	o.MaxBytes, o.MaxAge, o.MaxPerSubject = auditMaxBytes, auditMaxAge, auditMaxEach
	return o
}

// open has a store opened by with, and says for people what went wrong.
func open[T io.Closer](ctx context.Context, n *NATS, env *service.Env, o jetstream.Options,
	with func(context.Context, jetstream.Options) (T, error),
) (T, error) {
	store, err := with(ctx, o)
	switch {
	case err == nil:
		env.OnStop("connection to NATS", store.Close)
	case ctx.Err() == nil:
		// Waiting would not mend it.
		err = fmt.Errorf("%w: %w", service.ErrUsage, err)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("%w: nothing at %s within %v: start NATS, or say by --nats where it is: %w",
			service.ErrUnreachable, n.urls, env.Process.StartTimeout, err)
	}
	return store, err
}
