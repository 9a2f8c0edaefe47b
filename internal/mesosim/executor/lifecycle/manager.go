package lifecycle

import (
	"context"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// Manager is an executor.Executor over a Driver.
type Manager struct{}

// Launch implements executor.Executor.
func (m *Manager) Launch(ctx context.Context, t executor.Task) {}

// Kill implements executor.Executor.
func (m *Manager) Kill(run executor.Run, grace time.Duration) {}

// Recover implements executor.Executor.
func (m *Manager) Recover(ctx context.Context, t executor.Task, last mesos.TaskState) {}

// Close implements executor.Executor.
func (m *Manager) Close() error { return nil }

// Sweep implements executor.Sweeper.
func (m *Manager) Sweep(ctx context.Context, keep map[string]bool) error { return nil }
