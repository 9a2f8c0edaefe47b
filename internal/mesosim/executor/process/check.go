package process

import (
	"context"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor/health"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
)

var _ lifecycle.Checker = (*workload)(nil)

// Check makes one check; commands run in the sandbox, as those of health checks.
func (w *workload) Check(ctx context.Context, c *mesos.CheckInfo) *mesos.CheckStatusInfo {
	return health.Check(ctx, c, loopback, func(ctx context.Context, cmd *mesos.CommandInfo) error {
		return w.Probe(ctx, &mesos.HealthCheck{Type: mesos.HealthCheck_COMMAND, Command: cmd})
	})
}
