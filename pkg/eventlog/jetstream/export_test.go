package jetstream

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// Interrupted does what Finish does, and stops before it makes a log of the stream.
func (r *Restoration) Interrupted(ctx context.Context) error {
	if err := r.flush(ctx); err != nil {
		return err
	}
	s, err := r.log.js.Stream(ctx, r.log.options.Stream)
	if err != nil {
		return err
	}

	return s.Purge(ctx, jetstream.WithPurgeSubject(r.filler()))
}
