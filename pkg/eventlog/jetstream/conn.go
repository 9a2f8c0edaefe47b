package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog/internal/backoff"
)

// dial connects and verifies the server, and has prepare make or verify what is
// to be used on it. Where ctx meets its deadline first, the error is ErrUnavailable, too.
func dial(
	ctx context.Context, o Options, prepare func(context.Context, *nats.Conn, jetstream.JetStream, Options) error,
) (*nats.Conn, jetstream.JetStream, error) {
	if err := o.validate(); err != nil {
		return nil, nil, err
	}
	nc, err := connect(ctx, o)
	if err != nil {
		return nil, nil, late(ctx, err)
	}
	js, err := newJetStream(nc, o)
	if err == nil {
		err = ensureServer(ctx, nc, js, o)
	}
	if err == nil {
		err = prepare(ctx, nc, js, o)
	}
	if err != nil {
		nc.Close()

		return nil, nil, late(ctx, err)
	}

	return nc, js, nil
}

// late says of what was waited for in vain that it is unavailable.
func late(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return unavailable(err)
	}

	return err
}

// connect returns a connection, waiting until ctx ends for a server to be
// there. What waiting does not mend, such as wrong credentials, fails at once.
func connect(ctx context.Context, o Options) (*nats.Conn, error) {
	options, err := connectOptions(ctx, o)
	if err != nil {
		return nil, err
	}
	wait, told := backoff.Backoff{Min: minWait, Max: maxWait}, ""
	for {
		nc, err := nats.Connect(o.URL, options...)
		if err == nil {
			return nc, nil
		}
		if hopeless(err) {
			return nil, fmt.Errorf("jetstream: connect to %s: %w%s", o.URL, err, wanted(err))
		}
		level := slog.LevelWarn
		if err.Error() == told { // Once, and again when it is something else.
			level = slog.LevelDebug
		}
		told = err.Error()
		o.Log.LogAttrs(ctx, level, "waiting for NATS", reason(err), slog.String("url", o.URL))
		if waitErr := wait.Wait(ctx); waitErr != nil {
			return nil, fmt.Errorf("jetstream: connect to %s: %w (last attempt: %w)", o.URL, waitErr, err)
		}
	}
}

// connectOptions makes the options of a connection, which outlives ctx: of that
// only the values count, for the log.
func connectOptions(ctx context.Context, o Options) ([]nats.Option, error) {
	ctx = context.WithoutCancel(ctx)
	options := []nats.Option{
		nats.Name(o.Name),
		nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond),
		nats.PingInterval(5 * time.Second),
		nats.MaxPingsOutstanding(2),
		// No buffer: what cannot be sent now must fail now. Sent on reconnect,
		// long after its caller gave up, it would come as a surprise.
		nats.ReconnectBufSize(-1),
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(nc *nats.Conn, err error) {
			if err != nil || !nc.IsClosed() { // Not when it is closed on purpose.
				o.Log.WarnContext(ctx, "lost the connection to NATS", reason(err))
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			o.Log.InfoContext(ctx, "connected to NATS again", slog.String("server", nc.ConnectedUrlRedacted()))
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if denied := o.denied.heard(err); denied != nil {
				o.Log.WarnContext(ctx, "NATS denies a subject", reason(denied))

				return
			}
			o.Log.DebugContext(ctx, "NATS reports an error", reason(err))
		}),
	}
	if o.CredentialsFile != "" {
		options = append(options, nats.UserCredentials(o.CredentialsFile))
	}
	if o.NKeySeed != "" {
		key, err := nats.NkeyOptionFromSeed(o.NKeySeed)
		if err != nil {
			return nil, fmt.Errorf("jetstream: the key in %s: %w", o.NKeySeed, err)
		}
		options = append(options, key)
	}
	if o.InboxPrefix != "" {
		options = append(options, nats.CustomInboxPrefix(o.InboxPrefix))
	}
	if o.User != "" {
		options = append(options, nats.UserInfo(o.User, o.Password))
	}
	if o.TLS != nil {
		options = append(options, nats.Secure(o.TLS))
	}
	if !o.mayDiscover() {
		options = append(options, nats.IgnoreDiscoveredServers())
	}

	return options, nil
}

// mayDiscover reports whether servers that other servers speak of may be connected
// to. They would be sent the password too, or have a key prove who we are to whoever
// they ask, so they must not, unless they have to prove by TLS who they are.
func (o Options) mayDiscover() bool {
	secret, secure := o.Password != "" || o.NKeySeed != "", o.TLS != nil
	for server := range strings.SplitSeq(o.URL, ",") {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(server), "://")
		secret = secret || strings.Contains(rest, "@")
		secure = secure || scheme == "tls" || scheme == "wss"
	}

	return !secret || secure && (o.TLS == nil || !o.TLS.InsecureSkipVerify)
}

// wanted says what a server wants that does not take who connects.
func wanted(err error) string {
	if errors.Is(err, nats.ErrAuthorization) {
		return ": it does not know who this is; show it the key of a role (--nats-nkey, of taurus log that of admin), or what else it knows"
	}

	return ""
}

func hopeless(err error) bool {
	for _, e := range []error{
		nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrSecureConnRequired,
		nats.ErrSecureConnWanted, nats.ErrNkeysNotSupported,
	} {
		if errors.Is(err, e) {
			return true
		}
	}

	return false
}

// newJetStream returns the JetStream context that all requests go through.
func newJetStream(nc *nats.Conn, o Options) (jetstream.JetStream, error) {
	js, err := jetstream.New(nc,
		jetstream.WithDefaultTimeout(apiTimeout),
		jetstream.WithPublishAsyncTimeout(o.AppendTimeout),
		jetstream.WithPublishAsyncMaxPending(maxInFlight),
	)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}

	return js, nil
}

// persist calls a JetStream API until it answers, each attempt no longer than
// apiTimeout, until ctx ends. It gives up at once on errors that final says
// will not go away, and on what NATS denies. What it waits out it tells of once, and
// again when it is something else.
func persist(ctx context.Context, o Options, what string, final func(error) bool, call func(context.Context) error) error {
	wait, told := backoff.Backoff{Min: minWait, Max: maxWait}, ""
	for {
		attempt, cancel := context.WithTimeout(ctx, apiTimeout)
		err := call(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if denied := o.denied.any(); denied != nil {
			return fmt.Errorf("jetstream: %s: %w", what, denied)
		}
		if final(err) {
			return fmt.Errorf("jetstream: %s: %w", what, err)
		}
		level := slog.LevelWarn
		if err.Error() == told {
			level = slog.LevelDebug
		}
		told = err.Error()
		o.Log.LogAttrs(ctx, level, "waiting for JetStream to "+what, reason(err))
		if waitErr := wait.Wait(ctx); waitErr != nil {
			return fmt.Errorf("jetstream: %s: %w (last attempt: %w)", what, waitErr, err)
		}
	}
}
