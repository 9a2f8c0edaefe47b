package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/services/reaper"
)

// Port is where a reaper serves health and metrics by default.
const Port = 8084

// New runs a reaper.
func New() *cobra.Command {
	var nats wiring.NATS
	var m wiring.Mesos
	var state service.State
	return service.Command(service.Definition{
		Role:  "reaper",
		Short: "Kill the tasks that should stop",
		Long: `The reaper kills what the planner has doomed and Mesos has confirmed. It finds
the Mesos master in the log, where the launcher wrote it down, and asks it if it
is one of those that --master or --mesos-hosts names. Any number of reapers may
run at once.`,
		AdminPort: Port,
		Register: func(s *service.Settings) {
			m.RegisterMaster(s, "", "Mesos masters that kills may be sent to, as the launcher's `host:port`,host:port or zk://host:port/path; without it and --mesos-hosts any that the log names")
			m.Register(s, "`hosts` that kills may be sent to besides those of --master, such as *.mesos.internal:5050 or 10.0.0.0/8")
			nats.Register(s)
			state.Register(s)
		},
		Complete: func(s *service.Settings) error {
			return errors.Join(checkNamed(s, &m), m.Complete(s), nats.Complete(s), state.Complete(s))
		},
		Build: func(ctx context.Context, env *service.Env) (service.Runner, error) {
			killer, err := mesos.NewKiller(m.Config(env.Logger))
			if err != nil {
				return nil, fmt.Errorf("%w: %w", service.ErrUsage, err)
			}
			wiring.CloseMesos(env, killer.Close)
			if m.Unnamed() {
				env.Logger.Warn().Msg("kills go to any Mesos master that the log names: give the launcher's --master here too, or --mesos-hosts")
			}
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
			return reaper.New(reaper.Options{
				Log: log, Space: nats.Space(), Instance: env.Process.Name,
				Now: env.Now, Logger: env.Logger, Metrics: env.Metrics, Killer: killer, Share: share, Marks: marks,
			})
		},
	})
}

// checkNamed refuses credentials that could be shown to nobody.
func checkNamed(s *service.Settings, m *wiring.Mesos) error {
	if !m.Credentials() || !m.Unnamed() {
		return nil
	}
	return s.Refuse("master", "is missing, so secret and certificate could go nowhere; give the launcher's, or name the masters by --mesos-hosts")
}
