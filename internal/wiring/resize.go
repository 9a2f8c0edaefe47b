package wiring

import (
	"context"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
)

// Limit is the size limit that the settings ask for, 0 for none.
func (n *NATS) Limit() int64 { return int64(n.maxBytes) }

// Resize gives the ledger the size limit that the settings ask for, while it is in use,
// for a command of that name. It returns what the ledger holds, and the limit it had.
func (n *NATS) Resize(ctx context.Context, name string, log zerolog.Logger) (eventlog.Usage, error) {
	was, err := jetstream.Resize(ctx, n.ledger(n.connection(name, log)), n.Limit())
	if err != nil {
		return was, n.told(ctx, err)
	}
	return was, nil
}
