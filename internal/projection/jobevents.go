package projection

import (
	"context"
	"slices"
)

const (
	// ReadsMax is how many read old events from the log at once; others wait. A read is
	// short: nobody is written to meanwhile.
	ReadsMax = 4
	// PageBytes is where a page of events ends early, in bytes as Event.Size counts them.
	PageBytes = 4 << 20
	// readGap is how many records of others are read on the way rather than
	// beginning another read of the log.
	readGap = 64
)

// Seen reports whether the log ever spoke of a job, even if it was deleted.
func (p *Projection) Seen(id string) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.sequences[id]) > 0 || p.model.state.Job(id) != nil // A run of a series may have no event of its own yet.
}

// JobEvents returns at most limit events about a job from sequence from on, up
// to sequence to, and fewer where those are larger than PageBytes; next is where to
// go on, 0 at the end.
func (p *Projection) JobEvents(ctx context.Context, id string, from, to uint64, limit int) (list []Event, next uint64, err error) {
	return p.jobEvents(ctx, id, from, to, limit, PageBytes)
}

// jobEvents ends once it has most bytes.
func (p *Projection) jobEvents(ctx context.Context, id string, from, to uint64, limit, most int) (list []Event, next uint64, err error) {
	wanted := p.between(id, max(from, 1), to, limit+1)
	if len(wanted) > limit {
		next, wanted = wanted[limit], wanted[:limit]
	}
	list = make([]Event, 0, len(wanted))
	for len(wanted) > 0 && most > 0 {
		n := 1
		for n < len(wanted) && wanted[n]-wanted[n-1] <= readGap {
			n++
		}
		some, err := p.old(ctx, Filter{Job: id}, wanted[0], wanted[n-1], most)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, some.Events...)
		for i := range some.Events {
			most -= some.Events[i].Size()
		}
		done, _ := slices.BinarySearch(wanted, some.Next)
		wanted = wanted[done:]
	}
	if len(wanted) > 0 {
		next = wanted[0]
	}
	return list, next, nil
}

// between are the first sequences about a job, limit at most.
func (p *Projection) between(id string, from, to uint64, limit int) []uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := p.sequences[id]
	begin, _ := slices.BinarySearch(all, from)
	end, _ := slices.BinarySearch(all, to+1)
	end = min(max(begin, end), begin+limit)
	return slices.Clone(all[begin:end])
}

// old reads events from the log, up to sequence to or until there are most bytes.
func (p *Projection) old(ctx context.Context, filter Filter, from, to uint64, most int) (Piece, error) {
	piece := Piece{Next: to + 1}
	select {
	case p.reading <- struct{}{}:
	case <-ctx.Done():
		return piece, ctx.Err()
	}
	defer func() { <-p.reading }()
	for r, err := range p.reread(ctx, from, to) {
		if err != nil {
			return piece, err
		}
		ev := p.event(r)
		if filter.Matches(ev) {
			piece.Events = append(piece.Events, ev)
			most -= ev.Size()
		}
		if most <= 0 {
			piece.Next = r.Sequence + 1
			break
		}
	}
	return piece, ctx.Err()
}
