package cli

import (
	"context"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// KeepToken has a log know the token of a file.
func (a *App) KeepToken(ctx context.Context, file string, log eventlog.Log, space events.Space) error {
	return a.keepToken(ctx, file, log, space)
}

// AwaitRollout follows the rollout of an answer.
func (a *App) AwaitRollout(ctx context.Context, api string, j projection.Job) error {
	a.flags.output = "table"
	return a.awaitRollout(ctx, client.New(api, ""), j)
}
