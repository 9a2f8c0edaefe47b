package embedded

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
	"github.com/milosgajdos/taurus/internal/mesosim/inprocess"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/world"
)

// LeaseTTL is that of the launchers.
const LeaseTTL = 5 * time.Second

// World is one run: a log, the embedded Mesos, and the services on them.
type World struct {
	ctx     context.Context //nolint:containedctx // All of a world ends together.
	cancel  context.CancelFunc
	Log     *memory.Log
	Cluster *inprocess.Cluster
	Space   events.Space
	Leases  *memory.Leases
	Logger  zerolog.Logger

	faultMu sync.Mutex
	rng     *rand.Rand
	unknown int // chance that an append's answer is lost
	refused int // chance that the log is unavailable

	commander  *commander.Commander
	commanding chan struct{} // Closed when commander has ended.
	framework  mesos.Framework
	// registerAnew is the launchers' option.
	registerAnew bool
	processes    []*Process
	starts       int

	mu         sync.Mutex
	tasks      map[string]*observedTask // by task id, all that ever started
	outages    map[string]outage        // by host
	violations []string
}

// RegisterAnew lets launchers take a new framework id when theirs was removed.
func (w *World) RegisterAnew() { w.registerAnew = true }

// FailoverTimeout is how long Mesos keeps the tasks of launchers that start from
// now on.
func (w *World) FailoverTimeout(d time.Duration) { w.framework.FailoverTimeout = d }

// Agents are what a world has of them.
type Agents struct {
	// Count is how many there are: host-0 and so on.
	Count int
	// Resources and Attributes are as inprocess.Options has them.
	Resources  string
	Attributes []string
	// Roles are those of Mesos that taurus asks offers for; "*" if none is given.
	Roles []string
}

// New makes a world of a seed with n agents, and a log in memory with these options.
func New(ctx context.Context, seed uint64, n int, logger zerolog.Logger, options ...memory.Option) (*World, error) {
	return NewOn(ctx, seed, Agents{Count: n}, logger, options...)
}

// NewOn is New with agents that differ.
func NewOn(ctx context.Context, seed uint64, agents Agents, logger zerolog.Logger, options ...memory.Option) (*World, error) {
	if len(agents.Roles) == 0 {
		agents.Roles = []string{"*"}
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &World{
		ctx: ctx, cancel: cancel, Space: events.NewSpace(0), Leases: memory.NewLeases(time.Now), Logger: logger,
		rng: rand.New(rand.NewPCG(seed, 2)), //nolint:gosec // A simulation has to repeat.
		framework: mesos.Framework{
			Name: "taurus", User: "root", Roles: agents.Roles, Checkpoint: true, FailoverTimeout: 7 * 24 * time.Hour,
		},
		tasks: map[string]*observedTask{}, outages: map[string]outage{},
	}
	w.Log = memory.New(append(options, memory.WithClock(time.Now), memory.WithFault(w.fault))...)
	var err error
	w.Cluster, err = inprocess.Start(ctx, inprocess.Options{
		Seed: seed, Agents: agents.Count, Resources: agents.Resources, Attributes: agents.Attributes, Latency: 50 * time.Millisecond, Faults: true, Observer: w,
		Simulate: simulated.Options{StartDelay: 300 * time.Millisecond, KillDelay: 200 * time.Millisecond},
		// Agents are given up within seconds, so that it happens.
		PingTimeout: 2 * time.Second, MaxPingTimeouts: 3, ReregisterTimeout: 30 * time.Second,
		Log: logger.With().Str("process", "mesos").Logger(),
	})
	if err != nil {
		cancel()
		return nil, err
	}
	if err := w.startCommander(); err != nil {
		w.Cluster.Close()
		cancel()
		return nil, err
	}
	return w, nil
}

// Close ends everything.
func (w *World) Close() {
	for _, p := range w.processes {
		p.Kill()
	}
	w.Cluster.Close()
	w.cancel()
	<-w.commanding
	_ = w.Log.Close()
}

// SetLogFaults sets the chances, out of a hundred, that an append's answer is
// lost and that it is refused.
func (w *World) SetLogFaults(unknown, refused int) {
	w.faultMu.Lock()
	defer w.faultMu.Unlock()
	w.unknown, w.refused = unknown, refused
}

func (w *World) fault(_ []eventlog.Entry, stored bool) error {
	w.faultMu.Lock()
	defer w.faultMu.Unlock()
	n := w.rng.IntN(100)
	switch {
	case stored && n < w.unknown:
		return eventlog.ErrOutcomeUnknown
	case !stored && n < w.refused/2:
		return eventlog.ErrUnavailable
	case !stored && n < w.refused:
		return eventlog.ErrOutcomeUnknown
	}
	return nil
}

// startCommander starts what carries users' commands out, as the api has it.
func (w *World) startCommander() error {
	const source = "taurus/api/sim"
	state := cluster.New()
	loop, err := fold.New(state, fold.Options{Log: w.Log, Space: w.Space, Role: "api", Source: source, Logger: w.Logger})
	if err != nil {
		return err
	}
	w.commander, err = commander.New(commander.Options{
		Loop: loop, State: state, Log: w.Log, Space: w.Space, Instance: "sim", Source: source,
		WeighEvery: 5 * time.Second,
	})
	if err != nil {
		return err
	}
	w.commanding = make(chan struct{})
	go func() {
		defer close(w.commanding)
		_ = w.commander.Run(w.ctx) // It ends with the world.
	}()
	return nil
}

// Command carries a user's command out; again, if the log did not take it.
func (w *World) Command(id string, c submission.Command) error {
	for range 100 {
		_, err := w.commander.Do(w.ctx, commander.Author{}, id, c)
		if !errors.Is(err, eventlog.ErrUnavailable) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("the command found no end")
}

// Submit submits a job.
func (w *World) Submit(spec *job.Spec) error {
	c, err := world.Submission(spec)
	if err != nil {
		return err
	}
	return w.Command(spec.ID, c)
}

// Fold is the state that the log says, up to a sequence; 0 for all of it.
func (w *World) Fold(to uint64) (*cluster.State, error) {
	state := cluster.New()
	bounds, err := w.Log.Bounds(w.ctx)
	if err != nil {
		return nil, err
	}
	if to == 0 {
		to = bounds.Last
	}
	if to == 0 {
		return state, nil
	}
	for rec, err := range w.Log.Read(w.ctx, 1, to) {
		if err != nil {
			return nil, err
		}
		r, err := cluster.Decode(w.Space, rec.Sequence, rec.Time, rec.Message)
		if err != nil {
			return nil, err
		}
		if _, err := state.Apply(r); err != nil {
			return nil, err
		}
	}
	return state, nil
}

// Story is the log as lines of text, to read what happened.
func (w *World) Story() string {
	var b strings.Builder
	bounds, err := w.Log.Bounds(w.ctx)
	if err != nil || bounds.Last == 0 {
		return ""
	}
	for rec, err := range w.Log.Read(w.ctx, 1, bounds.Last) {
		if err != nil {
			break
		}
		fmt.Fprintf(&b, "%d %s %s %s epoch=%s %s\n", rec.Sequence, rec.Time.Format("15:04:05.000"), rec.Subject,
			rec.Header[events.HeaderType], rec.Header[events.HeaderEpoch], rec.Data)
	}
	return b.String()
}

// Disagreements says how what Mesos runs, what the log says and what the jobs
// want differ. Once the faults are over and time has passed there must be none.
func (w *World) Disagreements() ([]string, error) {
	state, err := w.Fold(0)
	if err != nil {
		return nil, err
	}
	return world.Disagreements(state, w.Alive()), nil
}
