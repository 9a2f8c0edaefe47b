package reaper

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/queue"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/replica"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// sendersMax is how many KILL calls are sent at once.
const sendersMax = 16

// Killer sends a KILL in the name of a subscription. internal/mesos has one.
type Killer interface {
	Kill(ctx context.Context, t mesos.Target, taskID, agentID string, grace time.Duration) error
	// Named returns nil if a master, a base URL, is one that the configuration
	// names, or why nothing may be sent to it.
	Named(ctx context.Context, master string) error
}

// Options are what a reaper is given.
type Options struct {
	Log   eventlog.Log
	Space events.Space
	// Instance is which process of the role this is.
	Instance string
	Now      func() time.Time
	Logger   zerolog.Logger
	Metrics  prometheus.Registerer
	Killer   Killer
	// Share is the part of the jobs to look after; nil is all of them.
	Share replica.Share
	// Marks keep how far the log was folded; nil for none.
	Marks fold.Marks
}

// Service is a reaper.
type Service struct {
	replica *replica.Replica
	killer  Killer
	kills   *queue.Queue[order]
	naming  *naming
	taken   taken
}

// order is a kill to be sent, until a time.
type order struct {
	reaping.Kill
	deadline time.Time
}

// New returns a reaper that Run starts.
func New(opt Options) (*Service, error) {
	state, naming := cluster.New(), newNaming(opt)
	state.CloseAtOnce() // Nobody asks a reaper what was.
	m := &aiming{Machine: reaping.New(opt.Space, opt.Instance, state), naming: naming}
	r, err := replica.New(state, m, replica.Options{
		Log: opt.Log, Space: opt.Space, Role: "reaper", Now: opt.Now, Logger: opt.Logger, Metrics: opt.Metrics, Share: opt.Share, Marks: opt.Marks,
		Usage: func(u eventlog.Usage) machine.Input { return reaping.Usage{Bytes: u.Bytes, MaxBytes: u.MaxBytes} },
	})
	if err != nil {
		return nil, err
	}
	if opt.Metrics != nil {
		if err := opt.Metrics.Register(naming.unnamed); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return &Service{replica: r, killer: opt.Killer, kills: queue.New[order](), naming: naming, taken: taken{now: opt.Now}}, nil
}

// Run reaps until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var senders sync.WaitGroup
	defer senders.Wait()
	defer cancel()
	for range sendersMax {
		senders.Go(func() { s.send(ctx) })
	}
	senders.Go(func() { s.naming.run(ctx, s.replica.Post) })
	return s.replica.Run(ctx, s)
}

// Ready returns nil once the reaper has caught up with the log, and while the
// configuration names the master that the log has kills sent to.
func (s *Service) Ready() error { return errors.Join(s.replica.Ready(), s.naming.ready()) }

// Checks say more than Ready: whether Mesos takes kills.
func (s *Service) Checks() []ready.Check {
	return []ready.Check{ready.Work(s.Ready()), s.taken.check()}
}

// Sequence is the last one folded.
func (s *Service) Sequence() uint64 { return s.replica.Sequence() }

// Alive returns why the reaper's loop does not turn, nil if it does.
func (s *Service) Alive() error { return s.replica.Alive() }

// Notice is what operators are told, ready or not.
func (s *Service) Notice() string { return s.replica.Notice() }

// Carry implements fold.Carrier: it has a KILL sent.
func (s *Service) Carry(_ context.Context, e machine.Effect) {
	if k, ok := e.(reaping.Kill); ok {
		s.kills.Put(order{Kill: k, deadline: time.Now().Add(k.Within)})
	}
}

// send sends one KILL after the other.
func (s *Service) send(ctx context.Context) {
	for {
		k, ok := s.kills.Take(ctx)
		if !ok {
			return
		}
		s.replica.Post(ctx, s.kill(ctx, k))
	}
}

func (s *Service) kill(ctx context.Context, k order) reaping.Killed {
	bounded, cancel := context.WithDeadline(ctx, k.deadline)
	defer cancel()
	err := s.killer.Kill(bounded, mesos.Target(k.Target), k.TaskID, k.AgentID, k.Grace)
	if ctx.Err() == nil {
		s.taken.note(err)
	}
	return reaping.Killed{Ticket: k.Ticket, Stale: errors.Is(err, mesos.ErrStaleStream), Err: err}
}
