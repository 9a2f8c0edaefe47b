package wiring

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/services/planner"
)

// PlannerPort is where a planner serves health and metrics by default.
const PlannerPort = 8082

// PlannerCommand runs a planner.
func PlannerCommand() *cobra.Command {
	var nats natsSettings
	return service.Command(service.Definition{
		Role:  "planner",
		Short: "Decide what should run, and what should stop",
		Long: `The planner compares what jobs ask for with what is planned and runs, and writes
the difference into the log. Any number of planners may run at once.`,
		AdminPort: PlannerPort,
		Register:  nats.register,
		Complete:  nats.complete,
		Build: func(ctx context.Context, env *service.Env) (service.Runner, error) {
			log, err := nats.openLedger(ctx, env)
			if err != nil {
				return nil, err
			}
			share, err := nats.openShare(ctx, env)
			if err != nil {
				return nil, err
			}
			return planner.New(planner.Options{
				Log: log, Space: nats.space(), Name: env.Process.Name,
				Now: env.Now, Logger: env.Logger, Metrics: env.Metrics, Share: share,
			})
		},
	})
}
