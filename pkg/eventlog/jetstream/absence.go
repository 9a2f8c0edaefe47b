package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// settling is for how long a cluster has to say that it has no such stream before
// that is believed: while it elects and catches up, what answers may not know of
// all streams yet. A single server has found its streams before it listens.
const settling = 5 * time.Second

// NoStreamError says that a server is there, and a stream is not. It is an
// [eventlog.ErrNoLog].
type NoStreamError struct {
	// Stream is its name, Server where it was looked for.
	Stream, Server string
}

// Error says what to do, which depends on whether the stream was ever there.
func (e *NoStreamError) Error() string {
	return fmt.Sprintf("jetstream: there is no stream %s on %s: in a new installation `taurus log create` makes it; "+
		"where it was there before, what it held is lost, and docs/operating.md (The log is gone) tells what to do first", e.Stream, e.Server)
}

// Unwrap returns eventlog.ErrNoLog.
func (e *NoStreamError) Unwrap() error { return eventlog.ErrNoLog }

// absence tells a stream that is gone from one that a cluster has not found yet.
type absence struct {
	nc     *nats.Conn
	stream string

	mu    sync.Mutex
	since time.Time // When it was first not found; zero while it is there.
}

func newAbsence(nc *nats.Conn, stream string) *absence { return &absence{nc: nc, stream: stream} }

// proven reports whether err is the answer that there is no such stream, and it
// has been the answer for long enough.
func (a *absence) proven(err error) bool {
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since.IsZero() {
		a.since = time.Now()
	}

	return a.nc.ConnectedClusterName() == "" || time.Since(a.since) >= settling
}

// disproved notes that the stream is there.
func (a *absence) disproved() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.since = time.Time{}
}

func (a *absence) err() error {
	return &NoStreamError{Stream: a.stream, Server: a.nc.ConnectedUrlRedacted()}
}

// find has the settings of a stream that is there verified, waiting for the server
// and its elections until ctx ends. It returns a *NoStreamError if there is none.
func find(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, o Options, stream string,
	verify func(jetstream.StreamConfig) error,
) error {
	var unfit *UnfitError
	absent := newAbsence(nc, stream)
	err := persist(ctx, o, "find stream "+stream,
		func(err error) bool { return errors.As(err, &unfit) || finalForStreams(err) || absent.proven(err) },
		func(ctx context.Context) error {
			s, err := js.Stream(ctx, stream)
			if err != nil {
				return err
			}

			return verify(s.CachedInfo().Config)
		})
	if err != nil && ctx.Err() == nil && absent.proven(err) {
		return absent.err()
	}

	return err
}
