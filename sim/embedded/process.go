package embedded

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/milosgajdos/taurus/internal/ownership"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/services/launcher"
	"github.com/milosgajdos/taurus/services/planner"
	"github.com/milosgajdos/taurus/services/reaper"
)

// Process is a running service that can be killed at any moment.
type Process struct {
	Role string
	dead atomic.Bool
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

type runner interface {
	Run(ctx context.Context) error
}

// Start starts a service of a role.
func (w *World) Start(role string) *Process {
	w.starts++
	name := fmt.Sprintf("%s-%d", role, w.starts)
	ctx, stop := context.WithCancel(w.ctx)
	p := &Process{Role: role, ctx: ctx, stop: stop, done: make(chan struct{})}
	s, err := w.service(role, name, p)
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

func (w *World) service(role, name string, p *Process) (runner, error) {
	log := mortalLog{Log: w.Log, w: w, p: p}
	logger := w.Logger.With().Str("process", name).Logger()
	at, err := w.connect(p, name, logger)
	if err != nil {
		return nil, err
	}
	share, err := ownership.New(ownership.Options{Members: mortalMembers{w, p}, Space: w.Space, Role: role, Instance: name, Logger: logger})
	if err != nil {
		return nil, err
	}
	switch role {
	case "planner":
		return planner.New(planner.Options{Log: log, Space: w.Space, Instance: name, Now: time.Now, Logger: logger, Share: share})
	case "reaper":
		return reaper.New(reaper.Options{Log: log, Space: w.Space, Instance: name, Now: time.Now, Logger: logger, Share: share, Killer: at})
	case "launcher":
		return launcher.New(launcher.Options{
			Log: log, Space: w.Space, Instance: name, Now: time.Now, Logger: logger, Mesos: at,
			Framework: w.framework, RegisterAnew: w.registerAnew, Lease: mortalLease{w.Leases, p}, LeaseTTL: LeaseTTL,
		})
	}
	return nil, fmt.Errorf("no role %q", role)
}

var errDead = errors.New("the process is dead")

// mortalLog is a log as a process sees it that may be dead.
type mortalLog struct {
	eventlog.Log
	w *World
	p *Process
}

func (l mortalLog) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	if l.p.dead.Load() {
		return eventlog.Receipt{}, errDead
	}
	return l.Log.Append(ctx, entries...)
}

// Usage implements eventlog.Sized.
func (l mortalLog) Usage(ctx context.Context) (eventlog.Usage, error) {
	if l.p.dead.Load() {
		return eventlog.Usage{}, errDead
	}
	return l.w.Log.Usage(ctx)
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
