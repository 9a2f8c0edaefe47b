package projection

import (
	"context"
	"slices"
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
	log eventlog.Log
	// space are the subjects of log.
	space events.Space
	loop  *fold.Loop
	feed  *feed

	mu        sync.RWMutex
	model     *Model
	keys      *keys
	sequences map[string][]uint64 // Of the events about each job.
	results   *results
}

// New returns a projection of a log of the default number of partitions; Run fills
// it.
func New(log eventlog.Log) *Projection {
	p, err := Of(fold.Options{Log: log, Role: "projection"})
	if err != nil {
		panic(err) // Only metrics make it fail, and there are none.
	}
	return p
}

// Of returns the projection of a loop of its own. Whoever has a machine that
// decides on what users see runs it on Loop; otherwise Run fills the projection.
// The error is that of fold.New.
func Of(opt fold.Options) (*Projection, error) {
	p := &Projection{
		log: opt.Log, space: opt.Space, feed: newFeed(FeedKept), model: NewModel(), keys: newKeys(KeysKept), sequences: map[string][]uint64{},
		results: newResults(),
	}
	loop, err := fold.New(p, opt)
	p.loop = loop
	return p, err
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

// Seen reports whether the log ever spoke of a job, even if it was deleted.
func (p *Projection) Seen(id string) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.sequences[id]) > 0
}

func (p *Projection) after(id string, after uint64) []uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := p.sequences[id]
	from, _ := slices.BinarySearch(all, after+1)
	return slices.Clone(all[from:])
}

// readGap is how many records of others are read on the way rather than
// beginning another read of the log.
const readGap = 64

// JobEvents returns at most limit events about a job from sequence from on, up
// to sequence to; next is where to go on, 0 at the end.
func (p *Projection) JobEvents(ctx context.Context, id string, from, to uint64, limit int) (list []Event, next uint64, err error) {
	wanted := p.after(id, max(from, 1)-1)
	end, _ := slices.BinarySearch(wanted, to+1)
	wanted = wanted[:end]
	if len(wanted) > limit {
		next, wanted = wanted[limit], wanted[:limit]
	}
	list = make([]Event, 0, len(wanted))
	for len(wanted) > 0 {
		n := 1
		for n < len(wanted) && wanted[n]-wanted[n-1] <= readGap {
			n++
		}
		if list, err = p.readJob(ctx, list, id, wanted[0], wanted[n-1]); err != nil {
			return nil, 0, err
		}
		wanted = wanted[n:]
	}
	return list, next, nil
}

func (p *Projection) readJob(ctx context.Context, list []Event, id string, from, to uint64) ([]Event, error) {
	for rec, err := range fold.Read(ctx, p.log, from, to) {
		if err != nil {
			return nil, err
		}
		decoded, err := decode(p.space, rec)
		if err != nil {
			return nil, err
		}
		if decoded.Subject.Job == id {
			list = append(list, p.event(decoded))
		}
	}
	return list, nil
}

// feedChunk is how many events a follower takes at once.
const feedChunk = 256

// Follow hands every folded event that filter chooses, from sequence from on, to
// each, without gap or repeat, until ctx ends or each fails. Every interval
// without events it calls idle with the last sequence that was looked at. What
// is no longer at hand is read from the log; the error may be
// eventlog.ErrTruncated.
func (p *Projection) Follow(ctx context.Context, from uint64, filter Filter, every time.Duration, each func(Event) error, idle func(last uint64) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	chosen := func(ev Event) error {
		if err := ctx.Err(); err != nil || !filter.Matches(ev) {
			return err
		}
		return each(ev)
	}
	from = max(from, 1)
	for {
		list, first, held, changed := p.feed.since(from, feedChunk)
		if !held {
			if err := p.followOld(ctx, from, first-1, filter.Job, chosen); err != nil {
				return err
			}
			from = first
			continue
		}
		for _, ev := range list {
			if err := chosen(ev); err != nil {
				return err
			}
			from = ev.Sequence + 1
		}
		if len(list) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := idle(from - 1); err != nil {
				return err
			}
		case <-changed:
		}
	}
}

// followOld reads from the log: of one job only what is about it, otherwise all.
func (p *Projection) followOld(ctx context.Context, from, to uint64, id string, each func(Event) error) error {
	if id == "" {
		return p.followAll(ctx, from, to, each)
	}
	for from != 0 {
		list, next, err := p.JobEvents(ctx, id, from, to, feedChunk)
		if err != nil {
			return err
		}
		for _, ev := range list {
			if err := each(ev); err != nil {
				return err
			}
		}
		from = next
	}
	return nil
}

func (p *Projection) followAll(ctx context.Context, from, to uint64, each func(Event) error) error {
	for rec, err := range fold.Read(ctx, p.log, from, to) {
		if err != nil {
			return err
		}
		decoded, err := decode(p.space, rec)
		if err != nil {
			return err
		}
		if err := each(p.event(decoded)); err != nil {
			return err
		}
	}
	return ctx.Err()
}
