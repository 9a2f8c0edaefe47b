package planner

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/sealing"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/replica"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Options are what a planner is given.
type Options struct {
	Log   eventlog.Log
	Space events.Space
	// Instance is which process of the role this is.
	Instance string
	Now      func() time.Time
	Logger   zerolog.Logger
	Metrics  prometheus.Registerer
	// Share is the part of the jobs to look after; nil is all of them.
	Share replica.Share
	// Marks keep how far the log was folded; nil for none.
	Marks fold.Marks
	// KillBound is how many tasks a minute are ended at most without being asked to; 0 is
	// any number.
	KillBound uint32
}

// Service is a planner.
type Service struct {
	replica *replica.Replica
	full    *atomic.Bool // whether nothing new is planned for want of space
	kills   *kills
}

// shown is the machine, of which others may see how full the log is, and what was ended
// lately.
type shown struct {
	*planning.Machine
	full  *atomic.Bool
	kills *kills
}

// Step implements machine.Machine.
func (s shown) Step(at machine.Moment, in machine.Input) []machine.Effect {
	effects := s.Machine.Step(at, in)
	s.full.Store(s.Full())
	switch in := in.(type) {
	case machine.Folded:
		s.kills.folded(in)
	case machine.Resumed:
		s.kills.resumed()
	}
	return effects
}

// New returns a planner that Run starts.
func New(opt Options) (*Service, error) {
	state := cluster.New()
	state.CloseAtOnce() // Nobody asks a planner what was.
	full := &atomic.Bool{}
	p := planning.New(opt.Space, opt.Instance, state)
	p.BoundKills(opt.KillBound)
	k, err := newKills(state, opt)
	if err != nil {
		return nil, err
	}
	m := sealing.Beside(shown{p, full, k}, state)
	r, err := replica.New(state, m, replica.Options{
		Log: opt.Log, Space: opt.Space, Role: "planner", Now: opt.Now, Logger: opt.Logger, Metrics: opt.Metrics, Share: opt.Share, Marks: opt.Marks,
		Usage: func(u eventlog.Usage) machine.Input { return planning.Usage{Bytes: u.Bytes, MaxBytes: u.MaxBytes} },
	})
	if err != nil {
		return nil, err
	}
	return &Service{replica: r, full: full, kills: k}, nil
}

// Run plans until ctx ends.
func (s *Service) Run(ctx context.Context) error { return s.replica.Run(ctx, nil) }

// Ready returns nil once the planner has caught up with the log.
func (s *Service) Ready() error { return s.replica.Ready() }

// Checks say more than Ready: whether there is room to plan.
func (s *Service) Checks() []ready.Check {
	checks := []ready.Check{ready.Work(s.Ready())}
	if s.full.Load() {
		checks = append(checks, ready.Check{Name: ready.CheckRoom, Level: ready.Fail, Detail: noRoom})
	}
	if detail := s.kills.held(); detail != "" {
		checks = append(checks, ready.Check{Name: ready.CheckKills, Level: ready.Warn, Detail: detail})
	}
	return checks
}

// noRoom is what a planner says that plans nothing.
const noRoom = "nothing new is planned: what is left of the log is kept for stops and ends; make it larger with `taurus log resize`"

// Sequence is the last one folded.
func (s *Service) Sequence() uint64 { return s.replica.Sequence() }

// Alive returns why the planner's loop does not turn, nil if it does.
func (s *Service) Alive() error { return s.replica.Alive() }

// Notice is what operators are told, ready or not.
func (s *Service) Notice() string { return s.replica.Notice() }
