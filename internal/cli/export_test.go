package cli

import (
	"context"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/projection"
)

// AwaitRollout follows the rollout of an answer.
func (a *App) AwaitRollout(ctx context.Context, api string, j projection.Job) error {
	a.flags.output = "table"
	return a.awaitRollout(ctx, client.New(api, ""), j)
}
