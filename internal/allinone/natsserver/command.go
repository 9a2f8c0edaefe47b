package natsserver

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/service"
)

// AdminPort is where health and metrics are by default.
const AdminPort = 8085

// Command runs a server as a process of its own.
func Command() *cobra.Command {
	var o Options
	var maxStore service.Bytes
	var keys, stream string
	return service.Command(service.Definition{
		Role:  "nats",
		Short: "Run the NATS server that keeps the log",
		Long: `A NATS server with JetStream for taurus on one machine. Every append is synced to
disk before it is acknowledged.`,
		AdminPort: AdminPort,
		Register: func(s *service.Settings) {
			f := s.Flags()
			f.StringVar(&o.Listen, "listen", DefaultListen, "`address` for clients; port 0 takes any free one")
			f.StringVar(&o.StoreDir, "store-dir", "", "`directory` that the log is kept in; required")
			f.StringVar(&keys, "keys", "", "`directory` of what taurus nats keys makes for servers; without it NATS is open to whoever reaches it")
			f.StringVar(&stream, "stream", "TAURUS", "`name` of the log's stream, which the keys give rights to")
			f.Var(&maxStore, "max-store", "`size` that all streams may take; 0 is three quarters of what the disk has free")
		},
		Complete: func(s *service.Settings) error {
			o.MaxStore = int64(maxStore)
			if o.StoreDir == "" {
				return s.Refuse("store-dir", "is missing: name the directory to keep the log in")
			}
			if keys != "" {
				public, err := natskeys.Public(keys)
				if err != nil {
					return s.Refuse("keys", err.Error())
				}
				o.Users = natsauth.Users(public, natsauth.StreamsOf(stream))
			}
			return service.CheckAddress(s, "listen")
		},
		Build: func(ctx context.Context, env *service.Env) (service.Runner, error) {
			o.Log = env.Logger
			s, err := Start(ctx, o)
			if err != nil {
				return nil, fmt.Errorf("%w (--listen %s, --store-dir %s)", err, o.Listen, o.StoreDir)
			}
			env.Tell("store_dir", o.StoreDir)
			return s, nil
		},
	})
}
