package wiring

import (
	"context"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
)

// Inspect looks at NATS and at all that taurus keeps there, and changes nothing.
func (n *NATS) Inspect(ctx context.Context, name string, log zerolog.Logger) (jetstream.Inspection, error) {
	var streams []jetstream.Options
	for _, k := range n.all(name, log) {
		o := k.options
		o.Stream = k.name
		streams = append(streams, o)
	}
	i, err := jetstream.Inspect(ctx, n.connection(name, log), streams...)
	if err != nil {
		return i, n.told(ctx, err)
	}
	return i, nil
}

// Present tells which parts are there.
func (n *NATS) Present(ctx context.Context, name string, log zerolog.Logger) ([]eventlog.Present, error) {
	leases, err := jetstream.OpenLeases(ctx, n.connection(name, log))
	if err != nil {
		return nil, n.told(ctx, err)
	}
	all, err := leases.Present(ctx)
	if closing := leases.Close(); err == nil {
		err = closing
	}
	return all, err
}
