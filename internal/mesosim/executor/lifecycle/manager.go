package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// Errors of Options that lack something.
var (
	ErrNoSink     = errors.New("lifecycle: no sink: set Sink to what stores the states")
	ErrNoStateDir = errors.New("lifecycle: state directory is not absolute: set StateDir to a path that outlives the agent")
)

// forgetTimeout bounds the tidying up after a run, for which Close waits; what is
// not done by then is left to Sweep.
const forgetTimeout = 10 * time.Second

// retryInterval is between two attempts at what must succeed in the end.
const retryInterval = time.Second

// Options configure a Manager.
type Options struct {
	Driver   Driver
	Sink     executor.Sink
	Log      zerolog.Logger
	StateDir string // absolute; holds a folder per run
	// Noun begins the messages of terminal states: "Container" or "Command".
	Noun string
	// Vanished is the message for a run of which nothing is left.
	Vanished string
	// Grace is for kills that nobody asked for, where the task has no kill policy.
	Grace time.Duration
	// GraceShrinks says that a repeated kill does not begin the grace anew: it
	// goes on from the first one, and can only become shorter.
	GraceShrinks bool
}

// Manager is an executor.Executor over a Driver.
type Manager struct {
	opts  Options
	marks marks

	mu     sync.Mutex
	runs   map[string]*run // by container id
	closed bool
	live   sync.WaitGroup
}

// New returns a manager, and makes its state directory.
func New(opts Options) (*Manager, error) {
	if opts.Sink == nil {
		return nil, ErrNoSink
	}
	if !filepath.IsAbs(opts.StateDir) {
		return nil, fmt.Errorf("%w (got %q)", ErrNoStateDir, opts.StateDir)
	}
	if err := os.MkdirAll(opts.StateDir, 0o700); err != nil {
		return nil, err
	}
	return &Manager{opts: opts, marks: marks{dir: opts.StateDir}, runs: make(map[string]*run)}, nil
}

// Launch implements executor.Executor. Only the values of ctx are used: the run
// outlives it.
func (m *Manager) Launch(ctx context.Context, t executor.Task) {
	m.begin(ctx, t, func(ctx context.Context, r *run) { m.lead(ctx, r, mesos.TASK_STAGING, false) })
}

// Recover implements executor.Executor. For a terminal state it removes what is
// left of the run.
func (m *Manager) Recover(ctx context.Context, t executor.Task, last mesos.TaskState) {
	m.begin(ctx, t, func(ctx context.Context, r *run) { m.lead(ctx, r, last, true) })
}

// begin gives a run its goroutine, unless it has one.
func (m *Manager) begin(ctx context.Context, t executor.Task, lead func(context.Context, *run)) {
	k, found, err := m.marks.load(t.Run.ContainerID)
	if err != nil {
		m.log(t.Run).Error().Err(err).Msg("cannot read whether the run was to be killed; the master will ask again")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.runs[t.Run.ContainerID]; known || m.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := newRun(t, cancel)
	if found {
		r.resume(k)
	}
	m.runs[t.Run.ContainerID] = r
	m.live.Go(func() {
		defer cancel()
		lead(ctx, r)
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.runs, t.Run.ContainerID)
	})
}

// Kill implements executor.Executor. That the run is to be killed is on disk
// when it returns.
func (m *Manager) Kill(run executor.Run, grace time.Duration) {
	m.mu.Lock()
	r := m.runs[run.ContainerID]
	m.mu.Unlock()
	if r != nil {
		m.condemn(r, mark{Cause: causeKill, Grace: grace})
	}
}

func (m *Manager) condemn(r *run, k mark) {
	k.Since = time.Now()
	if err := r.condemn(m.marks, k, m.opts.GraceShrinks); err != nil {
		m.log(r.task.Run).Error().Err(err).Msg("cannot store that the run is to be killed; killing it all the same")
	}
}

// Close implements executor.Executor. Nothing reaches the sink once it returned.
func (m *Manager) Close() error {
	m.mu.Lock()
	m.closed = true
	for _, r := range m.runs {
		r.cancel()
	}
	m.mu.Unlock()
	m.live.Wait()
	return nil
}

// Sweep implements executor.Sweeper, for the runs that have a folder.
func (m *Manager) Sweep(ctx context.Context, keep map[string]bool) error {
	ids, err := m.marks.all()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if keep[id] || m.Knows(id) {
			continue
		}
		if forgetErr := m.opts.Driver.Forget(ctx, executor.Run{ContainerID: id}); forgetErr != nil {
			err = errors.Join(err, forgetErr)
			continue
		}
		err = errors.Join(err, m.marks.remove(id))
	}
	return err
}

// Knows reports whether a run is being led now.
func (m *Manager) Knows(containerID string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.runs[containerID] != nil
}

// Folder is where a driver may keep what it must remember of a run.
func Folder(stateDir string, run executor.Run) string {
	return marks{dir: stateDir}.folder(run.ContainerID)
}

func (m *Manager) log(run executor.Run) *zerolog.Logger {
	l := m.opts.Log.With().Str("framework", run.FrameworkID).Str("task", run.ExecutorID).
		Str("container", run.ContainerID).Logger()
	return &l
}
