package projection

import (
	"context"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Projection is the model of now: the state of a fold.Loop, which others may read
// meanwhile. It is safe for concurrent use.
type Projection struct {
	log eventlog.Log // Old events are read from it.
	// space are the subjects of log.
	space events.Space
	loop  *fold.Loop
	feed  *feed
	// trail is what was folded, for whoever reads it again; unlike tells operators when
	// that is something else.
	trail  *fold.Trail
	unlike *unlike
	// reading holds one for each read of old events, scanning one while all jobs are
	// looked at.
	reading  chan struct{}
	scanning *turn

	mu        sync.RWMutex
	model     *Model
	keys      *keys
	sequences map[string][]uint64 // Of the events about each job.
	results   *results
	access    *accessCopy
	// closes reports whether jobs are closed that have been over for as long as kept.
	closes bool
	kept   time.Duration
}

// New returns a projection of a log of the default number of partitions; Run fills
// it.
func New(log eventlog.Log) *Projection {
	p, err := Of(fold.Options{Log: log, Role: "projection"}, log)
	if err != nil {
		panic(err) // Only metrics make it fail, and there are none.
	}
	return p
}

// Of returns the projection of a loop of its own. Whoever has a machine that
// decides on what users see runs it on Loop; otherwise Run fills the projection.
// Old events are read from old, the same log on a connection that may be busy
// without holding up the loop. The error is that of fold.New.
func Of(opt fold.Options, old eventlog.Log) (*Projection, error) {
	p := &Projection{
		log: old, space: opt.Space, reading: make(chan struct{}, ReadsMax), scanning: newTurn(),
		feed: newFeed(FeedKept, FeedKeptBytes), model: NewModel(), keys: newKeys(KeysKept), sequences: map[string][]uint64{},
		results: newResults(), access: newAccessCopy(), trail: fold.NewTrail(), unlike: newUnlike(opt),
	}
	loop, err := fold.New(p, opt)
	p.loop = loop
	return p, err
}

// KeepEnded has jobs closed that have been over for a time: what is shown of their tasks is read
// from the log then. It is for who has not begun to fold.
func (p *Projection) KeepEnded(kept time.Duration) {
	p.closes, p.kept = true, kept
	p.model.state.CloseAfter(kept)
}

// Loop folds the projection. Its machine may read State.
func (p *Projection) Loop() *fold.Loop { return p.loop }

// State is what is folded. Only the machine on Loop may read it, others use View.
func (p *Projection) State() *cluster.State { return p.model.state }

// Run folds the log until ctx ends or the log holds what must not be skipped.
func (p *Projection) Run(ctx context.Context) error {
	if err := p.loop.Run(ctx, fold.Idle{}, nil); err != nil {
		return err
	}
	return ctx.Err()
}

// Apply folds a record; the loop calls it. The error is cluster.ErrOutOfOrder.
func (p *Projection) Apply(r cluster.Record) (cluster.Change, error) {
	p.trail.Note(&r)
	change, err := p.fold(r)
	if err == nil {
		p.feed.push(p.event(r))
	}
	return change, err
}

// fold folds the next record and keeps what became of it.
func (p *Projection) fold(r cluster.Record) (cluster.Change, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change, err := p.model.Apply(r)
	if err != nil {
		return change, err
	}
	if change.Access {
		p.access.outdate()
	}
	p.results.add(p.model, r, change)
	if change.Judgement != cluster.Rejected {
		p.keys.apply(r)
	}
	if id := r.Subject.Job; id != "" {
		p.sequences[id] = append(p.sequences[id], r.Sequence)
	}
	return change, nil
}

// event is the view of a record that was folded, lately or long ago.
func (p *Projection) event(r cluster.Record) Event {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return newEvent(r, p.results.at(r.Sequence))
}

// View lets f read the model; it must keep nothing of it. Reads hold up the
// fold, so f must be short and do no I/O.
func (p *Projection) View(f func(*Model)) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	f(p.model)
}

// Sequence is the last one folded.
func (p *Projection) Sequence() uint64 { return p.loop.Sequence() }

// Tail is the end of the log when Run began.
func (p *Projection) Tail() uint64 { return p.loop.Tail() }

// CaughtUp is closed once what the log held at the start of Run is folded.
func (p *Projection) CaughtUp() <-chan struct{} { return p.loop.CaughtUp() }

// WaitFor returns once a sequence is folded. The error is that of ctx, or
// eventlog.ErrStopped.
func (p *Projection) WaitFor(ctx context.Context, sequence uint64) error {
	return p.loop.WaitFor(ctx, sequence)
}

// Submission returns the submission under an idempotency key.
func (p *Projection) Submission(key string) (Submission, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	s, ok := p.keys.byKey[key]
	return s, ok
}
