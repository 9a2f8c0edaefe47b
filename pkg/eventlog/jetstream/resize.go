package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// ErrTooSmall is returned by Resize for a limit below what the stream holds.
var ErrTooSmall = errors.New("jetstream: the stream holds more than that")

// Resize changes how many bytes the stream of o may hold, while others use it; 0 is no
// limit. It returns what the stream holds, and the limit that it had.
// Errors are ErrTooSmall, a *FullError where the server or the account has no room
// for as much, and those of Open.
func Resize(ctx context.Context, o Options, maxBytes int64) (was eventlog.Usage, err error) {
	o = o.withDefaults()
	o.MaxBytes = maxBytes
	nc, _, err := dial(ctx, o, func(ctx context.Context, _ *nats.Conn, js jetstream.JetStream, o Options) error {
		was, err = resize(ctx, js, o)

		return err
	})
	if err != nil {
		return was, err
	}
	nc.Close()

	return was, nil
}

func resize(ctx context.Context, js jetstream.JetStream, o Options) (was eventlog.Usage, err error) {
	final := func(err error) bool {
		return errors.Is(err, ErrTooSmall) || errors.Is(err, eventlog.ErrFull) ||
			errors.Is(err, jetstream.ErrStreamNotFound) || finalForStreams(err)
	}
	err = persist(ctx, o, "resize stream "+o.Stream, final, func(ctx context.Context) error {
		s, err := js.Stream(ctx, o.Stream)
		if err != nil {
			return err
		}
		info := s.CachedInfo()
		was = usage(info)
		if o.MaxBytes != 0 && uint64(o.MaxBytes) < was.Bytes {
			return fmt.Errorf("%w: %d bytes; a log forgets nothing, so its limit is above that", ErrTooSmall, was.Bytes)
		}
		config := info.Config
		config.MaxBytes = orNoLimit(o.MaxBytes)
		_, err = js.UpdateStream(ctx, config)
		if full := new(eventlog.FullError); errors.As(classifyFull(err), &full) {
			return full
		}

		return err
	})

	return was, err
}
