package decider

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// appendsMax is how many jobs may have an append under way.
	appendsMax = 64
	// appendTimeout bounds one append.
	appendTimeout = 10 * time.Second
	// foldBurst is how many records are folded before jobs are looked at again.
	foldBurst = 1024
	// conflictWait is how long a lost race is left to the fold before the job is
	// looked at again in any case.
	conflictWait = 250 * time.Millisecond
	// troubleWait is the wait after an append that failed otherwise.
	troubleWait = time.Second
)

// Proposal is what a decision wants appended.
type Proposal struct {
	Event events.Event
	// Cause is the sequence of the event that led to it; 0 if none did.
	Cause uint64
}

// Role is what tells a planner from a reaper.
type Role struct {
	// Name is for logs and the envelope's source.
	Name string
	// Subject is where the role writes about a job, Last its last sequence.
	Subject func(job string) string
	Last    func(*cluster.Job) uint64
	// Decide returns what is next for a job, nil for nothing, and when to look
	// again although nothing was folded, zero for never. Times are the log's.
	Decide func(j *cluster.Job, now time.Time) (*Proposal, time.Time)
	// Folded is called when a record was folded; own tells whether this very
	// decider appended it. It may start effects but must not wait for them.
	Folded func(s *cluster.State, r cluster.Record, c cluster.Change, own bool)
}

// Options are what a decider is given.
type Options struct {
	Log eventlog.Log
	// Instance names the process among those of its role.
	Instance string
	Now      func() time.Time
	Logger   zerolog.Logger
	Metrics  prometheus.Registerer
	// Share is the part of the jobs to decide about; nil is all of them.
	Share Share
}

// Decider runs one role.
type Decider struct {
	role   Role
	opt    Options
	source string

	state   *cluster.State
	clock   *fold.Clock
	desk    *desk
	left    map[string]time.Time // to other replicas, and since when
	results chan result
	slots   chan struct{}

	ready   atomic.Bool
	metrics *metrics
}

// New returns a decider that Run starts.
func New(role Role, opt Options) (*Decider, error) {
	m, err := newMetrics(role.Name, opt.Metrics)
	if err != nil {
		return nil, err
	}
	if opt.Share == nil {
		opt.Share = unshared{}
	}
	return &Decider{
		role: role, opt: opt, source: "taurus/" + role.Name + "/" + opt.Instance,
		state: cluster.New(), clock: fold.NewClock(opt.Now), desk: newDesk(), left: map[string]time.Time{}, metrics: m,
		results: make(chan result, appendsMax), slots: make(chan struct{}, appendsMax),
	}, nil
}

// Ready is nil once the decider has caught up with the log and decides; until
// then it returns fold.ErrNotCaughtUp.
func (d *Decider) Ready() error {
	if !d.ready.Load() {
		return fold.ErrNotCaughtUp
	}
	return nil
}

// Run folds and decides until ctx ends, then returns nil; or until the log
// cannot be folded any further, and returns why.
func (d *Decider) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var sharing sync.WaitGroup
	defer sharing.Wait()
	defer cancel()
	feed := fold.Start(ctx, d.opt.Log)
	known := feed.Known()
	tail, tailKnown := uint64(0), false
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if tailKnown && d.state.Sequence >= tail {
			if d.becomeReady() {
				// Not before, since others leave to a member what is its part.
				sharing.Go(func() { d.opt.Share.Run(ctx) })
			}
			timer.Reset(d.look(ctx))
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-feed.Failed():
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("%s: following the log: %w", d.role.Name, err)
		case <-known:
			known, tail, tailKnown = nil, feed.Tail(), true
		case r := <-feed.Records():
			if err := d.fold(r, feed.Records()); err != nil {
				return fmt.Errorf("%s: %w", d.role.Name, err)
			}
		case res := <-d.results:
			d.settle(res)
		case <-d.opt.Share.Changed():
			d.reshare()
		case <-timer.C:
		}
	}
}

// becomeReady tells whether the decider was not ready before.
func (d *Decider) becomeReady() bool {
	if !d.ready.CompareAndSwap(false, true) {
		return false
	}
	d.opt.Logger.Info().Uint64("sequence", d.state.Sequence).Int("jobs", len(d.state.Jobs)).Msg("caught up with the log")
	return true
}

// fold applies a record and those that wait behind it.
func (d *Decider) fold(r cluster.Record, more <-chan cluster.Record) error {
	defer func() { d.metrics.sequence.Set(float64(d.state.Sequence)) }()
	for range foldBurst {
		if err := d.apply(r); err != nil {
			return err
		}
		select {
		case r = <-more:
		default:
			return nil
		}
	}
	return d.apply(r)
}

func (d *Decider) apply(r cluster.Record) error {
	c, err := d.state.Apply(r)
	if err != nil {
		return err
	}
	if c.Job != nil {
		d.desk.touch(c.Job.ID)
	}
	// What a predecessor of the same name appended is history: nothing is
	// appended before one has caught up with it.
	own := r.Envelope.Source == d.source && d.ready.Load()
	if d.clock.Observe(r, own) {
		d.desk.touchWaiting()
	}
	d.role.Folded(d.state, r, c, own)
	return nil
}
