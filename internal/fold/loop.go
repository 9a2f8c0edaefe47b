package fold

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// burst is how many records, or answers, the machine is told of before it is
	// given a Tick.
	burst = 1024
	// inboxSize is how many answers may wait for the loop.
	inboxSize = 256
	// idle is the longest sleep: it bounds what a missed wake could cost.
	idle = time.Minute
	// TurnMax is how long a turn of the loop may last before it counts as dead.
	TurnMax = time.Minute
)

// State is what a loop folds the log into. *cluster.State is one.
type State interface {
	Apply(r cluster.Record) (cluster.Change, error)
}

// Carrier carries out the effects that are a service's own. It is called by the
// loop's goroutine and must not wait: what needs time runs beside it, and ends
// with Loop.Post.
type Carrier interface {
	Carry(ctx context.Context, e machine.Effect)
}

// Observer is a Carrier that is told of what was posted before the machine is, to
// count it say. Nor must it wait.
type Observer interface {
	Observe(in machine.Input)
}

// Options are what a loop is given.
type Options struct {
	Log eventlog.Log
	// Space are the subjects of Log; the zero value is that of a log with the default
	// number of partitions.
	Space events.Space
	// Role is whose loop it is, Source how it signs what it appends; empty if it
	// appends nothing.
	Role, Source string
	// Now is the clock; nil is time.Now.
	Now     func() time.Time
	Logger  zerolog.Logger
	Metrics prometheus.Registerer
	// Rejected counts the records that are rejected; nil is one of the loop's own,
	// registered with Metrics.
	Rejected prometheus.Counter
	// Marks keep how far was folded, so that a log that lost its end is noticed; nil
	// for none.
	Marks Marks
	// Snapshots are where to begin, if the state is Resumable; nil for the first record.
	Snapshots Snapshots
}

// Loop is the one goroutine of a service: it folds the log into a state, gives a
// machine what happens, and carries out what the machine wants. It appends and
// writes notes itself; other effects are the carrier's.
type Loop struct {
	opt      Options
	state    State
	clock    machine.Clock
	inbox    chan machine.Input
	feed     atomic.Pointer[Feed]
	progress *progress
	ready    atomic.Bool
	begun    time.Time
	turn     atomic.Int64 // when the turn under way began, after begun; 0 while the loop waits for something
	caughtUp chan struct{}
	metric   prometheus.Gauge
	rejected atomic.Pointer[Rejected]
}

// New returns a loop over a state before its first record; Run starts it. The
// error is that of registering its metrics.
func New(state State, opt Options) (*Loop, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	shared := opt.Rejected != nil
	if !shared {
		opt.Rejected = NewRejectedCounter(opt.Role)
	}
	l := &Loop{
		opt: opt, state: state, clock: machine.NewClock(opt.Now()), inbox: make(chan machine.Input, inboxSize), begun: time.Now(),
		progress: newProgress(), caughtUp: make(chan struct{}),
		metric: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taurus_fold_sequence", Help: "Last sequence of the log that was folded.",
			ConstLabels: prometheus.Labels{"role": opt.Role},
		}),
	}
	if opt.Metrics == nil {
		return l, nil
	}
	err := opt.Metrics.Register(l.metric)
	if !shared {
		err = errors.Join(err, opt.Metrics.Register(opt.Rejected))
	}
	if err != nil {
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

// Alive returns why the loop does not turn, nil while it does or waits for something
// to do, whatever the log does.
func (l *Loop) Alive() error {
	turn := time.Duration(l.turn.Load())
	if turn == 0 {
		return nil
	}
	// By the monotonic clock: the other may be set.
	if took := time.Since(l.begun) - turn; took > TurnMax {
		return fmt.Errorf("%w: its turn has lasted %v, the most is %v", ErrStands, took.Round(time.Second), TurnMax)
	}
	return nil
}

// CaughtUp is closed once what the log held at the start is folded.
func (l *Loop) CaughtUp() <-chan struct{} { return l.caughtUp }

// Sequence is the last one folded, 0 for none.
func (l *Loop) Sequence() uint64 { return l.progress.folded.Load() }

// Tail is the last sequence of the log when Run began, 0 if that is not known
// yet.
func (l *Loop) Tail() uint64 {
	if feed := l.feed.Load(); feed != nil {
		return feed.Tail()
	}
	return 0
}

// WaitFor returns once a sequence is folded and the machine knows, so that the
// caller reads what it wrote. It fails with the error of ctx, or with
// eventlog.ErrStopped when Run ended.
func (l *Loop) WaitFor(ctx context.Context, sequence uint64) error {
	return l.progress.wait(ctx, sequence)
}

// Done is closed when Run has ended.
func (l *Loop) Done() <-chan struct{} { return l.progress.done }

// Now is the moment by both clocks. Only the loop's goroutine may ask, and
// whoever stops after it.
func (l *Loop) Now() machine.Moment { return l.clock.At(l.opt.Now()) }

// Post hands an input to the machine, and reports whether it did. It waits while
// too many wait already, and not after the end of the loop: then nobody is there
// to be told.
func (l *Loop) Post(ctx context.Context, in machine.Input) bool {
	select {
	case l.inbox <- in:
		return true
	case <-l.progress.done:
	case <-ctx.Done():
	}
	return false
}

// Run folds and has the machine decide until ctx ends, then returns nil; or until
// the log cannot be folded any further, and returns why. It is called once; out
// may be nil for a machine that asks for nothing but appends and notes.
func (l *Loop) Run(ctx context.Context, m machine.Machine, out Carrier) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	observer, _ := out.(Observer)
	err := (&run{Loop: l, machine: m, out: out, observer: observer}).run(ctx)
	l.progress.stop(cmp.Or(err, ctx.Err()))
	return err
}

// run is a loop with what it drives.
type run struct {
	*Loop
	machine  machine.Machine
	out      Carrier
	observer Observer
	// record is the one that is being folded. There is one place for all of them:
	// whoever is told of it keeps nothing of it but its values.
	record cluster.Record
	// mark is what would be saved now, marked the last sequence that was.
	mark   mark.Mark
	marked uint64
	// fault is why a mark could not be saved: it ends the loop.
	fault error
}

func (r *run) run(ctx context.Context) error {
	begun := r.resume(ctx)
	feed := startAt(ctx, r.opt.Log, r.opt.Space, r.opt.Marks, begun)
	r.feed.Store(feed)
	known := feed.Known()
	tail, tailKnown := uint64(0), false
	var inbox <-chan machine.Input // Nobody is listened to before the machine has caught up.
	timer := time.NewTimer(idle)
	defer timer.Stop()
	defer r.turn.Store(0)
	for {
		if tailKnown && r.Sequence() >= tail {
			r.turns()
			r.catchUp(ctx)
			r.saveMark()
			inbox = r.inbox
			r.step(ctx, machine.Tick{})
			timer.Reset(r.sleep())
		}
		r.turn.Store(0)
		if r.fault != nil {
			return fmt.Errorf("%s: what was folded cannot be marked in the state directory (--state-dir): %w", r.opt.Role, r.fault)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-feed.Failed():
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("%s: following the log: %w", r.opt.Role, err)
		case <-known:
			known, tail, tailKnown = nil, feed.Tail(), true
		case r.record = <-feed.Records():
			r.turns()
			if err := r.fold(ctx, feed.Records()); err != nil {
				return fmt.Errorf("%s: %w", r.opt.Role, err)
			}
		case in := <-inbox:
			r.turns()
			r.deliver(ctx, in)
		case <-timer.C:
		}
	}
}

// turns notes that a turn begins.
func (r *run) turns() { r.turn.Store(max(int64(time.Since(r.begun)), 1)) }

// catchUp tells the machine once that it has caught up, and then what was posted
// meanwhile, so that it does nothing before it knows.
func (r *run) catchUp(ctx context.Context) {
	if !r.ready.CompareAndSwap(false, true) {
		return
	}
	r.tellRejected()
	r.opt.Logger.Info().Uint64("sequence", r.Sequence()).Msg("caught up with the log")
	r.step(ctx, machine.CaughtUp{})
	select {
	case in := <-r.inbox:
		r.deliver(ctx, in)
	default:
	}
	close(r.caughtUp)
}

func (r *run) sleep() time.Duration {
	wake := r.machine.Wake()
	if wake.IsZero() {
		return idle
	}
	return min(max(wake.Sub(r.opt.Now()), time.Millisecond), idle)
}

// fold applies the record at hand and those that wait behind it.
func (r *run) fold(ctx context.Context, more <-chan cluster.Record) error {
	defer func() {
		r.metric.Set(float64(r.Sequence()))
		r.saveMark()
	}()
	for n := 0; ; n++ {
		if err := r.apply(ctx); err != nil {
			return err
		}
		if n == burst {
			return nil
		}
		select {
		case r.record = <-more:
		default:
			return nil
		}
	}
}

func (r *run) apply(ctx context.Context) error {
	rec := &r.record
	change, err := r.state.Apply(*rec)
	if err != nil {
		return err
	}
	// What a predecessor of the same name appended is history: nothing is
	// appended before one has caught up with it.
	ready, now := r.ready.Load(), r.opt.Now()
	r.follow(rec)
	own := ready && r.opt.Source != "" && rec.Envelope.Source == r.opt.Source
	rejected := change.Judgement == cluster.Rejected
	if rejected {
		r.reject(rec, change.Rejection)
	}
	if r.clock.Observe(now, rec, own && !rejected) && ready {
		r.stepAt(ctx, now, machine.ClockMoved{})
	}
	r.stepAt(ctx, now, machine.Folded{Record: rec, Change: change, Own: own})
	if r.progress.awaited(rec.Sequence) && !r.saveMark() {
		return nil
	}
	r.progress.advance(rec.Sequence)
	return nil
}

// deliver gives the machine an input and those that wait behind it.
func (r *run) deliver(ctx context.Context, in machine.Input) {
	for n := 0; ; n++ {
		if r.observer != nil {
			r.observer.Observe(in)
		}
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

func (r *run) step(ctx context.Context, in machine.Input) { r.stepAt(ctx, r.opt.Now(), in) }

// stepAt gives the machine an input and carries out what it wants, once what that
// follows from is marked.
func (r *run) stepAt(ctx context.Context, now time.Time, in machine.Input) {
	effects := r.machine.Step(r.clock.At(now), in)
	if len(effects) > 0 && !r.saveMark() {
		return
	}
	for _, e := range effects {
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
