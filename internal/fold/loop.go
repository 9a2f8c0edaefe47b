package fold

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

const (
	// burst is how many records, or results, are taken before the machine is
	// asked what they mean.
	burst = 1024
	// inboxSize is how many results may wait for the loop.
	inboxSize = 256
	// idle is the longest sleep: it bounds what a missed wake could cost.
	idle = time.Minute
)

// State is what a loop folds the log into. *cluster.State is one.
type State interface {
	Apply(r cluster.Record) (cluster.Change, error)
}

// Carrier carries out the effects that are a service's own. It is called by the
// loop's goroutine and must not wait: what takes time runs beside it, and ends
// with Loop.Post.
type Carrier interface {
	Carry(ctx context.Context, e machine.Effect)
}

// Options are what a loop is given.
type Options struct {
	Log eventlog.Log
	// Role is whose loop it is, Source how it signs what it appends.
	Role, Source string
	Now          func() time.Time
	Logger       zerolog.Logger
	Metrics      prometheus.Registerer
}

// Loop is the one goroutine of a service: it folds the log into a state, gives a
// machine what happens, and carries out what the machine wants. It appends and
// writes notes itself; other effects are the carrier's.
type Loop struct {
	opt      Options
	state    State
	clock    *Clock
	inbox    chan machine.Input
	sequence uint64
	ready    atomic.Bool
	metric   prometheus.Gauge
}

// New returns a loop over a state before its first record; Run starts it. The
// error is that of registering its metric.
func New(state State, opt Options) (*Loop, error) {
	l := &Loop{
		opt: opt, state: state, clock: NewClock(opt.Now), inbox: make(chan machine.Input, inboxSize),
		metric: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taurus_fold_sequence", Help: "Last sequence of the log that was folded.",
			ConstLabels: prometheus.Labels{"role": opt.Role},
		}),
	}
	if opt.Metrics == nil {
		return l, nil
	}
	if err := opt.Metrics.Register(l.metric); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return l, nil
}

// Ready returns nil once what the log held at the start is folded, before that
// ErrNotCaughtUp.
func (l *Loop) Ready() error {
	if !l.ready.Load() {
		return ErrNotCaughtUp
	}
	return nil
}

// Now is the moment by both clocks. Only the loop's goroutine may ask, and
// whoever stops after it.
func (l *Loop) Now() machine.Moment { return machine.Moment{Now: l.opt.Now(), Log: l.clock.Now()} }

// Post hands an input to the machine; it waits while too many wait already.
func (l *Loop) Post(ctx context.Context, in machine.Input) {
	select {
	case l.inbox <- in:
	case <-ctx.Done():
	}
}

// Run folds and has the machine decide until ctx ends, then returns nil; or until
// the log cannot be folded any further, and returns why.
func (l *Loop) Run(ctx context.Context, m machine.Machine, out Carrier) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	run := &run{Loop: l, machine: m, out: out}
	feed := Start(ctx, l.opt.Log)
	known := feed.Known()
	tail, tailKnown := uint64(0), false
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		if tailKnown && l.sequence >= tail {
			run.catchUp(ctx)
			run.step(ctx, machine.Tick{})
			timer.Reset(run.sleep())
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-feed.Failed():
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("%s: following the log: %w", l.opt.Role, err)
		case <-known:
			known, tail, tailKnown = nil, feed.Tail(), true
		case r := <-feed.Records():
			if err := run.fold(ctx, r, feed.Records()); err != nil {
				return fmt.Errorf("%s: %w", l.opt.Role, err)
			}
		case in := <-l.inbox:
			run.take(ctx, in)
		case <-timer.C:
		}
	}
}

// run is a loop with what it drives.
type run struct {
	*Loop
	machine machine.Machine
	out     Carrier
}

func (r *run) catchUp(ctx context.Context) {
	if r.ready.CompareAndSwap(false, true) {
		r.opt.Logger.Info().Uint64("sequence", r.sequence).Msg("caught up with the log")
		r.step(ctx, machine.CaughtUp{})
	}
}

func (r *run) sleep() time.Duration {
	wake := r.machine.Wake()
	if wake.IsZero() {
		return idle
	}
	return min(max(wake.Sub(r.opt.Now()), time.Millisecond), idle)
}

// fold applies a record and those that wait behind it.
func (r *run) fold(ctx context.Context, rec cluster.Record, more <-chan cluster.Record) error {
	defer func() { r.metric.Set(float64(r.sequence)) }()
	for n := 0; ; n++ {
		if err := r.apply(ctx, rec); err != nil {
			return err
		}
		if n == burst {
			return nil
		}
		select {
		case rec = <-more:
		default:
			return nil
		}
	}
}

func (r *run) apply(ctx context.Context, rec cluster.Record) error {
	change, err := r.state.Apply(rec)
	if err != nil {
		return err
	}
	r.sequence = rec.Sequence
	// What a predecessor of the same name appended is history: nothing is
	// appended before one has caught up with it.
	own := rec.Envelope.Source == r.opt.Source && r.ready.Load()
	if r.clock.Observe(rec, own) {
		r.step(ctx, machine.ClockMoved{})
	}
	r.step(ctx, machine.Folded{Record: rec, Change: change, Own: own})
	return nil
}

// take hands over an input and those that wait behind it.
func (r *run) take(ctx context.Context, in machine.Input) {
	for n := 0; ; n++ {
		r.step(ctx, in)
		if n == burst {
			return
		}
		select {
		case in = <-r.inbox:
		default:
			return
		}
	}
}

func (r *run) step(ctx context.Context, in machine.Input) {
	for _, e := range r.machine.Step(r.Now(), in) {
		switch e := e.(type) {
		case machine.Append:
			go func() { r.Post(ctx, machine.Appended{Ticket: e.Ticket, Outcome: Append(ctx, r.opt.Log, e.Drafts...)}) }()
		case machine.Note:
			Write(r.opt.Logger, e)
		default:
			r.out.Carry(ctx, e)
		}
	}
}
