package wiring

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/events"
)

// May says what Create may make. No service ever makes anything: a stream that is
// gone took its records with it, and a new one in its place would hide that.
type May int

const (
	// MayComplete makes what goes with a ledger that is there.
	MayComplete May = iota
	// MayBegin makes all of it in a NATS that has nothing of taurus.
	MayBegin
	// MayBeginAnew makes all of it, whatever is left of one that was there before.
	MayBeginAnew
)

// LostLogError says that there is no ledger where there was one. It is an
// [eventlog.ErrNoLog].
type LostLogError struct {
	// Stream is the ledger's name, Left what shows that it was there.
	Stream, Left string
}

// Error says what is gone, how that is known, and the ways out.
func (e *LostLogError) Error() string {
	return fmt.Sprintf("there is no stream %s, but %s: it was there before and is gone with all that it held; "+
		"bring it back from a backup or a replica (docs/operating.md, The log is gone)", e.Stream, e.Left)
}

// Unwrap returns eventlog.ErrNoLog.
func (e *LostLogError) Unwrap() error { return eventlog.ErrNoLog }

// At is the NATS of a taurus on one machine, with the settings of the log at their
// defaults. The key is the file of the admin's.
func At(url, key string) (*NATS, error) {
	public, err := natskeys.Check(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", service.ErrUsage, err)
	}
	return &NATS{urls: url, nkey: key, public: public, stream: DefaultStream, partitions: events.DefaultPartitions}, nil
}

// kept is one of the things that taurus keeps in NATS.
type kept struct {
	name    string
	options jetstream.Options
	open    func(context.Context, jetstream.Options) (io.Closer, error)
	create  func(context.Context, jetstream.Options) error
}

// all are the things kept, the ledger first: where it is there, the others were
// being made or are lost, and where only they are, it is.
func (n *NATS) all(name string, log zerolog.Logger) []kept {
	o := n.connection(name, log)
	names := natsauth.StreamsOf(n.stream)
	openLog := func(ctx context.Context, o jetstream.Options) (io.Closer, error) { return jetstream.Open(ctx, o) }
	return []kept{
		{names.Ledger, n.ledger(o), openLog, jetstream.Create},
		{names.Why, n.why(o), openLog, jetstream.Create},
		{names.Audit, n.audit(o), openLog, jetstream.Create},
		{
			"KV_" + jetstream.LeaseBucket, o,
			func(ctx context.Context, o jetstream.Options) (io.Closer, error) { return jetstream.OpenLeases(ctx, o) },
			jetstream.CreateLeases,
		},
	}
}

// Verify returns nil if all that taurus keeps in NATS is there and as the settings
// say.
func (n *NATS) Verify(ctx context.Context, name string, log zerolog.Logger) error {
	for _, k := range n.all(name, log) {
		there, err := k.there(ctx)
		if err == nil && !there {
			err = &jetstream.NoStreamError{Stream: k.name, Server: n.urls}
		}
		if err != nil {
			return n.told(ctx, err)
		}
	}
	return nil
}

// Create makes what taurus keeps in NATS, as far as it may, and verifies what is
// there. It returns the names of what it made. A ledger that may not be made is a
// *LostLogError; Create may be called again after a crash at any point. An empty
// ledger gets its first record, in the name of actor.
func (n *NATS) Create(ctx context.Context, name, actor string, log zerolog.Logger, may May) (made []string, err error) {
	all := n.all(name, log)
	var missing []kept
	var left []string
	for _, k := range all {
		there, err := k.there(ctx)
		switch {
		case err != nil:
			return nil, n.told(ctx, err)
		case there:
			left = append(left, k.name)
		default:
			missing = append(missing, k)
		}
	}
	if err := mayMake(all[0].name, left, missing, may); err != nil {
		return nil, err
	}
	if n.replicas == 0 && len(left) > 0 && len(missing) > 0 {
		for i, copies := 0, n.replicasLeft(ctx, name, log); i < len(missing); i++ {
			missing[i].options.Replicas = copies
		}
	}
	for _, k := range missing {
		err := k.create(ctx, k.options)
		if k.name == natsauth.StreamsOf(n.stream).Audit && errors.Is(err, jetstream.ErrNoRoom) {
			// An installation of before may have no room for it, and goes on without.
			log.Warn().Err(err).Msg("who does what is not recorded")
			continue
		}
		if err != nil {
			return made, n.told(ctx, err)
		}
		made = append(made, k.name)
	}
	if err := n.sign(ctx, all[0].options, actor); err != nil {
		return made, n.told(ctx, err)
	}
	return made, nil
}

// sign writes into an empty ledger which log it is.
func (n *NATS) sign(ctx context.Context, o jetstream.Options, actor string) error {
	log, err := jetstream.Open(ctx, o)
	if err != nil {
		return err
	}
	defer log.Close()
	bounds, err := log.Bounds(ctx)
	if err != nil || bounds.Last > 0 {
		return err
	}
	id := rand.Text()
	env := events.Envelope{ID: "log-created-" + id, Source: "taurus/admin/log", Time: time.Now(), Actor: actor}
	m, err := events.Encode(events.LogSubject, env, events.LogCreated{ID: id, Partitions: n.partitions})
	if err != nil {
		return err
	}
	// Whoever was first has signed it.
	if _, err := log.Append(ctx, eventlog.Decision(m, 0)); err != nil && !errors.Is(err, eventlog.ErrConflict) {
		return fmt.Errorf("sign the log: %w", err)
	}
	return nil
}

// mayMake refuses to make a ledger that was there before.
func mayMake(ledger string, left []string, missing []kept, may May) error {
	switch lost := len(missing) > 0 && missing[0].name == ledger; {
	case !lost, may == MayBeginAnew, may == MayBegin && len(left) == 0:
		return nil
	case len(left) > 0:
		return &LostLogError{Stream: ledger, Left: strings.Join(left, " and ")}
	}
	return &LostLogError{Stream: ledger, Left: "it was made once"}
}

// there reports whether a thing is there; an error says that it is not as it should
// be, or that nobody knows.
func (k kept) there(ctx context.Context) (bool, error) {
	opened, err := k.open(ctx, k.options)
	switch {
	case errors.Is(err, eventlog.ErrNoLog):
		return false, nil
	case err != nil:
		return false, err
	}
	if err := opened.Close(); err != nil {
		return false, fmt.Errorf("%s: %w", k.name, err)
	}
	return true, nil
}

// told says for people what went wrong in finding or making a stream.
func (n *NATS) told(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return fmt.Errorf("%w: %w", service.ErrUsage, err) // Waiting would not mend it.
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: nothing at %s: start NATS, or say by --nats where it is: %w", service.ErrUnreachable, n.urls, err)
	}
	return err
}
