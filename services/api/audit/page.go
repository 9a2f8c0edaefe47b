package audit

import (
	"context"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/auditing"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Bounds of a page.
const (
	// ScanMax is how many records are looked at for a page at most.
	ScanMax = 20_000

	chunk = 1000
	// skew is how far the clocks of the log and of an api may be apart.
	skew = time.Minute
)

// Page returns the records that a filter chooses before one, 0 for the newest, at most
// limit of them. It may be short of that, or empty, and still not be the last. The error
// is ErrAbsent, or the log's.
func (a *Audit) Page(ctx context.Context, f auditing.Filter, before uint64, limit int) (auditing.Page, error) {
	a.mu.Lock()
	log := a.log
	a.mu.Unlock()
	if log == nil {
		return auditing.Page{}, ErrAbsent
	}
	s := &scan{log: log, filter: f, page: auditing.Page{Records: []auditing.Entry{}}, limit: limit, seen: map[string]bool{}}
	first, last, err := s.bounds(ctx, before)
	if err != nil {
		return auditing.Page{}, err
	}
	return s.page, s.run(ctx, first, last)
}

// scan is a page that is being filled.
type scan struct {
	log    eventlog.Log
	filter auditing.Filter
	page   auditing.Page
	limit  int
	// seen are the ids of what is in the page: what was appended twice is one.
	seen map[string]bool
}

// bounds are the first and the last record that the filter may choose.
func (s *scan) bounds(ctx context.Context, before uint64) (first, last uint64, err error) {
	b, err := s.log.Bounds(ctx)
	if err != nil {
		return 0, 0, err
	}
	first, last = max(b.First, 1), b.Last
	if before > 0 {
		last = min(last, before-1)
	}
	if !s.filter.Since.IsZero() {
		at, err := s.log.SequenceAt(ctx, s.filter.Since.Add(-skew))
		if err != nil {
			return 0, 0, err
		}
		first = max(first, at+1)
	}
	if !s.filter.Until.IsZero() {
		at, err := s.log.SequenceAt(ctx, s.filter.Until.Add(LateMax+skew))
		if err != nil {
			return 0, 0, err
		}
		last = min(last, at)
	}
	return first, last, nil
}

// run fills the page from the last record backwards.
func (s *scan) run(ctx context.Context, first, last uint64) error {
	for scanned := 0; last >= first && last > 0; scanned += chunk {
		if scanned >= ScanMax {
			s.page.Next = last + 1
			return nil
		}
		from := first
		if last-first >= chunk {
			from = last - chunk + 1
		}
		found, err := s.read(ctx, from, last)
		if err != nil {
			return err
		}
		for _, e := range slices.Backward(found) {
			if len(s.page.Records) == s.limit {
				s.page.Next = e.Record + 1
				return nil
			}
			s.page.Records = append(s.page.Records, e)
		}
		last = from - 1
	}
	return nil
}

// read returns what the filter chooses of a range.
func (s *scan) read(ctx context.Context, from, to uint64) ([]auditing.Entry, error) {
	var found []auditing.Entry
	for rec, err := range s.log.Read(ctx, from, to) {
		if err != nil {
			return nil, err
		}
		if rec.Sequence > to {
			break
		}
		env, ev, err := events.Decode(rec.Message)
		if err != nil {
			continue // Nobody of taurus wrote it.
		}
		answered, ok := ev.(events.RequestAnswered)
		if !ok || s.seen[env.ID] || !s.filter.Matches(env.Time, answered) {
			continue
		}
		s.seen[env.ID] = true
		found = append(found, auditing.EntryOf(rec.Sequence, env.Time, answered))
	}
	return found, nil
}
