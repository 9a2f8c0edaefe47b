package replica

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/sealing"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Share is the part of all partitions that a replica looks after.
// internal/ownership has one. It saves work; nothing goes wrong if it is wrong.
type Share interface {
	// Run keeps the share true until ctx ends.
	Run(ctx context.Context)
	// Partitions tells which are its own; nil is all.
	Partitions() []bool
	// Changed is signalled after they have changed.
	Changed() <-chan struct{}
}

// Machine is that of planner or reaper.
type Machine interface {
	machine.Machine
	// Source is how it signs what it appends.
	Source() string
}

// Options are what a replica is given.
type Options struct {
	Log eventlog.Log
	// Space are the subjects of Log.
	Space events.Space
	// Role is for logs and metrics.
	Role    string
	Now     func() time.Time
	Logger  zerolog.Logger
	Metrics prometheus.Registerer
	// Share is the part of the jobs to decide about; nil is all of them.
	Share Share
	// Marks keep how far the log was folded; nil for none.
	Marks fold.Marks
	// Usage makes an input of how full the log is; nil if the machine does not mind. It
	// is told every UsageEvery, if Log is an eventlog.Sized and has a limit.
	Usage func(eventlog.Usage) machine.Input
}

// UsageEvery is how often the log is asked how full it is.
const UsageEvery = 5 * time.Second

// Replica is a loop with a machine that decides about jobs.
type Replica struct {
	loop      *fold.Loop
	machine   Machine
	log       eventlog.Log
	share     Share
	usage     func(eventlog.Usage) machine.Input
	decisions *prometheus.CounterVec
}

// New returns a replica that folds state, which m decides on. The error is that of
// registering metrics.
func New(state fold.State, m Machine, opt Options) (*Replica, error) {
	loop, err := fold.New(state, fold.Options{
		Log: opt.Log, Space: opt.Space, Role: opt.Role, Source: m.Source(), Now: opt.Now, Logger: opt.Logger, Metrics: opt.Metrics,
		Marks: opt.Marks,
	})
	if err != nil {
		return nil, err
	}
	r := &Replica{
		loop: loop, machine: m, log: opt.Log, share: opt.Share, usage: opt.Usage,
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "taurus_decisions_total", Help: "Decisions appended, by outcome: ok, conflict (another replica was first), error.",
			ConstLabels: prometheus.Labels{"role": opt.Role},
		}, []string{"outcome"}),
	}
	if opt.Metrics == nil {
		return r, nil
	}
	if err := opt.Metrics.Register(r.decisions); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return r, nil
}

// Ready returns nil once the replica has caught up with the log and decides; until
// then fold.ErrNotCaughtUp.
func (r *Replica) Ready() error { return r.loop.Ready() }

// Sequence is the last one folded.
func (r *Replica) Sequence() uint64 { return r.loop.Sequence() }

// Alive returns why the replica's loop does not turn, nil if it does.
func (r *Replica) Alive() error { return r.loop.Alive() }

// Notice is what operators are told of the records that were rejected, empty if
// none was.
func (r *Replica) Notice() string { return r.loop.Notice() }

// Post hands an input to the machine.
func (r *Replica) Post(ctx context.Context, in machine.Input) { r.loop.Post(ctx, in) }

// Run folds and decides until ctx ends, then returns nil; or until the log cannot
// be folded any further, and returns why. What the machine wants besides appends
// and notes is for out, which may be nil if that is nothing.
func (r *Replica) Run(ctx context.Context, out fold.Carrier) error {
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	if r.share != nil {
		beside.Go(func() { r.keepShare(ctx) })
	}
	if sized, ok := r.log.(eventlog.Sized); ok && r.usage != nil {
		beside.Go(func() { r.pollUsage(ctx, sized) })
	}
	return r.loop.Run(ctx, r.machine, counting{Carrier: out, decisions: r.decisions})
}

// keepShare joins the replicas and tells the machine of its part. Not before the
// machine has caught up, since others leave to a member what is its part.
func (r *Replica) keepShare(ctx context.Context) {
	select {
	case <-r.loop.CaughtUp():
	case <-ctx.Done():
		return
	}
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { r.share.Run(ctx) })
	for {
		select {
		case <-r.share.Changed():
			r.loop.Post(ctx, deciding.Shared{Mine: r.share.Partitions()})
		case <-ctx.Done():
			return
		}
	}
}

// pollUsage tells the machine how full the log is, for as long as it has a limit.
func (r *Replica) pollUsage(ctx context.Context, sized eventlog.Sized) {
	tick := time.NewTicker(UsageEvery)
	defer tick.Stop()
	limited := false
	for {
		if u, err := sized.Usage(ctx); err == nil {
			if limited || u.MaxBytes != 0 {
				r.loop.Post(ctx, r.usage(u))
			}
			limited = u.MaxBytes != 0
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// counting counts what becomes of decisions, seals aside.
type counting struct {
	fold.Carrier
	decisions *prometheus.CounterVec
}

// Observe implements fold.Observer.
func (c counting) Observe(in machine.Input) {
	if a, ok := in.(machine.Appended); ok && !sealing.Mine(a.Ticket) {
		c.decisions.WithLabelValues(outcome(a.Outcome.Answer)).Inc()
	}
}

func outcome(r machine.Answer) string {
	switch r {
	case machine.Stored:
		return "ok"
	case machine.Conflict:
		return "conflict"
	case machine.Unknown, machine.Refused:
	}
	return "error"
}
