package wiring

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/services/reaper"
)

// ReaperPort is where a reaper serves health and metrics by default.
const ReaperPort = 8084

// ReaperCommand runs a reaper.
func ReaperCommand() *cobra.Command {
	var nats natsSettings
	var m mesosSettings
	return service.Command(service.Definition{
		Role:  "reaper",
		Short: "Kill the tasks that should stop",
		Long: `The reaper kills what the planner has doomed and Mesos has confirmed. It finds
the Mesos master in the log, where the launcher wrote it down. Any number of
reapers may run at once.`,
		AdminPort: ReaperPort,
		Register:  func(s *service.Settings) { m.register(s); nats.register(s) },
		Complete:  func(s *service.Settings) error { return errors.Join(m.complete(s), nats.complete(s)) },
		Build: func(ctx context.Context, env *service.Env) (service.Runner, error) {
			killer, err := mesos.NewKiller(m.config(env.Logger))
			if err != nil {
				return nil, fmt.Errorf("%w: %w", service.ErrUsage, err)
			}
			env.OnStop("connections to Mesos", closing(killer.Close))
			log, err := nats.openLedger(ctx, env)
			if err != nil {
				return nil, err
			}
			share, err := nats.openShare(ctx, env)
			if err != nil {
				return nil, err
			}
			return reaper.New(reaper.Options{
				Log: log, Space: nats.space(), Name: env.Process.Name,
				Now: env.Now, Logger: env.Logger, Metrics: env.Metrics, Killer: killer, Share: share,
			})
		},
	})
}

// closing is a close that cannot fail.
func closing(f func()) func() error {
	return func() error {
		f()
		return nil
	}
}
