package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/ownership"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/launcher"
	"github.com/milosgajdos/taurus/services/planner"
	"github.com/milosgajdos/taurus/services/reaper"
)

// LeaseTTL is that of the simulated launchers.
const LeaseTTL = 5 * time.Second

// World is one run: a log, a Mesos, and the services on them.
type World struct {
	ctx    context.Context //nolint:containedctx // All of a world ends together.
	cancel context.CancelFunc
	Log    *memory.Log
	Mesos  *Mesos
	Space  events.Space
	Leases *memory.Leases
	Logger zerolog.Logger

	faultMu sync.Mutex
	rng     *rand.Rand
	unknown int // chance that an append's answer is lost
	refused int // chance that the log is unavailable

	// connect is Mesos as one process sees it, alive what really runs there.
	connect   func(p *Process, name string, logger zerolog.Logger) (port, error)
	alive     func() []mesos.Launch
	framework mesos.Framework

	generous bool
	// registerAnew is the launchers' option.
	registerAnew bool
	processes    []*Process
	starts       int
}

// GenerousLease gives the lease to everybody who asks from now on.
func (w *World) GenerousLease() { w.generous = true }

// RegisterAnew lets launchers take a new framework id when theirs was removed.
func (w *World) RegisterAnew() { w.registerAnew = true }

// FailoverTimeout is how long Mesos keeps the tasks of launchers that start from
// now on.
func (w *World) FailoverTimeout(d time.Duration) { w.framework.FailoverTimeout = d }

// PauseSubscribe holds back subscriptions that are asked for from now on.
func (w *World) PauseSubscribe(d time.Duration) { w.Mesos.pauseSubscribe(d) }

// NewWorld makes a world of a seed with n agents.
func NewWorld(ctx context.Context, seed uint64, n int, logger zerolog.Logger) *World {
	w := newWorld(ctx, seed, logger)
	w.Mesos = NewMesos(w.ctx, seed, n)
	w.connect = func(p *Process, _ string, _ zerolog.Logger) (port, error) { return mortalMesos{w.Mesos, p}, nil }
	w.alive = w.Mesos.Alive
	return w
}

// port is Mesos as a process needs it.
type port interface {
	launcher.Mesos
	reaper.Killer
}

// newWorld makes a world without a Mesos.
func newWorld(ctx context.Context, seed uint64, logger zerolog.Logger) *World {
	ctx, cancel := context.WithCancel(ctx)
	w := &World{
		ctx: ctx, cancel: cancel, Space: events.NewSpace(0), Leases: memory.NewLeases(time.Now), Logger: logger,
		rng:       rand.New(rand.NewPCG(seed, 2)), //nolint:gosec // A simulation has to repeat.
		framework: mesos.Framework{Name: "taurus", User: "root"},
	}
	w.Log = memory.New(memory.WithClock(time.Now), memory.WithFault(w.fault))
	return w
}

// Close ends everything.
func (w *World) Close() {
	for _, p := range w.processes {
		p.Kill()
	}
	w.cancel()
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

// Process is a running service that can be killed at any moment.
type Process struct {
	Role string
	dead atomic.Bool
	cut  atomic.Bool     // from Mesos, not from the log
	lag  atomic.Int64    // of the log, in nanoseconds
	ctx  context.Context //nolint:containedctx // That of all that the process does.
	stop context.CancelFunc
	done chan struct{}
	err  error
}

// Kill is kill -9: what the process was doing stays half done.
func (p *Process) Kill() {
	p.dead.Store(true)
	p.stop()
	<-p.done
}

// Wait returns why the process ended by itself.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// CutFromMesos keeps the process from reaching the master from now on.
func (p *Process) CutFromMesos() { p.cut.Store(true) }

// Lag keeps the log back from the process, each record for a while from now on.
func (p *Process) Lag(d time.Duration) { p.lag.Store(int64(d)) }

// await is until when a record is kept back.
func (p *Process) await(ctx context.Context, rec eventlog.Record) {
	select {
	case <-time.After(time.Until(rec.Time.Add(time.Duration(p.lag.Load())))):
	case <-ctx.Done():
	}
}

type runner interface {
	Run(ctx context.Context) error
}

// Start starts a service of a role.
func (w *World) Start(role string) *Process { return w.StartSkewed(role, 0) }

// StartSkewed starts a service of a role whose clock is ahead.
func (w *World) StartSkewed(role string, ahead time.Duration) *Process {
	w.starts++
	name := fmt.Sprintf("%s-%d", role, w.starts)
	ctx, stop := context.WithCancel(w.ctx)
	p := &Process{Role: role, ctx: ctx, stop: stop, done: make(chan struct{})}
	s, err := w.service(role, name, p, func() time.Time { return time.Now().Add(ahead) })
	if err != nil {
		panic(err) // A service that cannot be made is a bug of the simulation.
	}
	go func() {
		defer close(p.done)
		p.err = s.Run(ctx)
	}()
	w.processes = append(w.processes, p)
	return p
}

func (w *World) service(role, name string, p *Process, now func() time.Time) (runner, error) {
	log := mortalLog{Log: w.Log, p: p}
	logger := w.Logger.With().Str("process", name).Logger()
	at, err := w.connect(p, name, logger)
	if err != nil {
		return nil, err
	}
	share, err := ownership.New(ownership.Options{Members: mortalMembers{w, p}, Space: w.Space, Role: role, Name: name, Logger: logger})
	if err != nil {
		return nil, err
	}
	switch role {
	case "planner":
		return planner.New(planner.Options{Log: log, Space: w.Space, Name: name, Now: now, Logger: logger, Share: share})
	case "reaper":
		return reaper.New(reaper.Options{Log: log, Space: w.Space, Name: name, Now: now, Logger: logger, Share: share, Killer: at})
	case "launcher":
		return launcher.New(launcher.Options{
			Log: log, Space: w.Space, Name: name, Now: now, Logger: logger, Mesos: at,
			Framework: w.framework, RegisterAnew: w.registerAnew, Lease: w.lease(p), LeaseTTL: LeaseTTL,
		})
	}
	return nil, fmt.Errorf("no role %q", role)
}

var errDead = errors.New("the process is dead")

// mortalLog is a log as a process sees it that may be dead.
type mortalLog struct {
	eventlog.Log
	p *Process
}

func (l mortalLog) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	if l.p.dead.Load() {
		return eventlog.Receipt{}, errDead
	}
	return l.Log.Append(ctx, entries...)
}

func (l mortalLog) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for rec, err := range l.Log.Read(ctx, from, to) {
			if err == nil && l.p.lag.Load() > 0 {
				l.p.await(ctx, rec)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// mortalMembers are missed only a while after their death.
type mortalMembers struct {
	w *World
	p *Process
}

func (m mortalMembers) Join(ctx context.Context, role, id string, ttl time.Duration) error {
	err := m.w.Leases.Join(ctx, role, id, ttl)
	if m.p.dead.Load() {
		go func() {
			listed, cancel := context.WithTimeout(m.w.ctx, ttl)
			defer cancel()
			_ = m.w.Leases.Join(listed, role, id, ttl) // It fails for a ttl too short only, as it would have before.
		}()
	}
	return err
}

func (m mortalMembers) List(ctx context.Context, role string) ([]string, error) {
	return m.w.Leases.List(ctx, role)
}

type mortalMesos struct {
	*Mesos
	p *Process
}

func (m mortalMesos) Subscribe(ctx context.Context, f mesos.Framework) (launcher.Subscription, error) {
	if m.p.cut.Load() {
		return nil, mesos.ErrUnavailable
	}
	return m.Mesos.Subscribe(ctx, f)
}

func (m mortalMesos) Kill(ctx context.Context, t mesos.Target, taskID, agentID string, grace time.Duration) error {
	if m.p.dead.Load() {
		return errDead
	}
	return m.Mesos.Kill(ctx, t, taskID, agentID, grace)
}

func (w *World) lease(p *Process) eventlog.Lease {
	if w.generous {
		return mortalLease{memory.NewLeases(time.Now), p}
	}
	return mortalLease{w.Leases, p}
}

// mortalLease does not give a lease back when the process dies.
type mortalLease struct {
	*memory.Leases
	p *Process
}

func (l mortalLease) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (eventlog.Held, error) {
	held, err := l.Leases.Acquire(ctx, name, holder, ttl)
	if err != nil {
		return nil, err
	}
	return mortalHeld{held, l.p}, nil
}

type mortalHeld struct {
	eventlog.Held
	p *Process
}

func (h mortalHeld) Release(ctx context.Context) error {
	if h.p.dead.Load() {
		return nil
	}
	return h.Held.Release(ctx)
}

// Command does what the api does: decide, append, and again if the job moved.
func (w *World) Command(id string, c submission.Command) error {
	for range 100 {
		state, err := w.Fold(0)
		if err != nil {
			return err
		}
		j := state.Jobs[id]
		ev, err := submission.Decide(j, c)
		if err != nil || ev == nil {
			return err
		}
		var last uint64
		if j != nil {
			last = j.LastJob
		}
		m, err := events.Encode(w.Space.Job(id), events.Envelope{
			ID: fmt.Sprintf("%s@%d", id, last), Source: "taurus/api/sim", Time: time.Now(),
		}, ev)
		if err != nil {
			return err
		}
		if _, err = w.Log.Append(w.ctx, eventlog.Decision(m, last)); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("the command found no end")
}

// Submit submits a job.
func (w *World) Submit(spec *job.Spec) error {
	spec.Normalise()
	data, err := spec.JSON()
	if err != nil {
		return err
	}
	return w.Command(spec.ID, submission.Submit{Spec: data})
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
		r, err := cluster.Decode(rec.Sequence, rec.Time, rec.Message)
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
