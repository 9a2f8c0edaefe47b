package command

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/services/planner"
)

// Port is where a planner serves health and metrics by default.
const Port = 8082

// New runs a planner.
func New() *cobra.Command {
	var nats wiring.NATS
	var state service.State
	var killBound uint32
	return service.Command(service.Definition{
		Role:  "planner",
		Short: "Decide what should run, and what should stop",
		Long: `The planner compares what jobs ask for with what is planned and runs, and writes
the difference into the log. Any number of planners may run at once.`,
		AdminPort: Port,
		Register: func(s *service.Settings) {
			nats.Register(s)
			state.Register(s)
			s.Flags().Uint32Var(&killBound, "kills-per-minute", planner.DefaultKillBound,
				"how `many` tasks a minute may be ended without being asked to, of all jobs: replaced, rolled out, drained, over their time; 0 is any number")
		},
		Complete: func(s *service.Settings) error { return errors.Join(nats.Complete(s), state.Complete(s)) },
		Build: func(ctx context.Context, env *service.Env) (service.Runner, error) {
			marks, err := state.Open(ctx, env)
			if err != nil {
				return nil, err
			}
			log, err := nats.OpenLedger(ctx, env)
			if err != nil {
				return nil, err
			}
			share, err := nats.OpenShare(ctx, env)
			if err != nil {
				return nil, err
			}
			return planner.New(planner.Options{
				Log: log, Space: nats.Space(), Instance: env.Process.Name,
				Now: env.Now, Logger: env.Logger, Metrics: env.Metrics, Share: share, Marks: marks, KillBound: killBound,
			})
		},
	})
}
