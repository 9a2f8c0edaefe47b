package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Archive is what a store has of a log. It knows what was there when it was asked last,
// and asks by Refresh. It is safe for concurrent use.
type Archive struct {
	store objects.Store

	mu sync.Mutex
	// begins are the first sequences of the segments, in order; read their manifests, as far
	// as they were read.
	begins []uint64
	read   map[uint64]*Manifest
}

// New returns the archive in a store. Nothing is asked of that yet.
func New(store objects.Store) *Archive { return &Archive{store: store, read: map[uint64]*Manifest{}} }

// Store is where it is.
func (a *Archive) Store() objects.Store { return a.store }

// Refresh looks for segments that came since.
func (a *Archive) Refresh(ctx context.Context) error {
	a.mu.Lock()
	after := ""
	if n := len(a.begins); n > 0 {
		after = name(a.begins[n-1])
	}
	a.mu.Unlock()
	var found []uint64
	for o, err := range a.store.List(ctx, manifests, after) {
		if err != nil {
			return fmt.Errorf("look for segments: %w", err)
		}
		if from, ok := begins(o.Name); ok {
			found = append(found, from)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, from := range found {
		if n := len(a.begins); n == 0 || a.begins[n-1] < from {
			a.begins = append(a.begins, from)
		}
	}
	return nil
}

// known are the first sequences of the segments.
func (a *Archive) known() []uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clip(a.begins)
}

// manifest is that of the segment that begins with a sequence.
func (a *Archive) manifest(ctx context.Context, from uint64) (*Manifest, error) {
	a.mu.Lock()
	m := a.read[from]
	a.mu.Unlock()
	if m != nil {
		return m, nil
	}
	content, err := a.object(ctx, name(from), manifestMax)
	if err != nil {
		return nil, err
	}
	if m, err = decode(content, from); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read[from] = m
	return m, nil
}

// object reads one that has to be there, of at most so many bytes.
func (a *Archive) object(ctx context.Context, object string, most int64) ([]byte, error) {
	content, err := objects.Read(ctx, a.store, object, most)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrLonger) {
		err = fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return content, err
}

// Newest is the manifest of the last segment, nil if there is none.
func (a *Archive) Newest(ctx context.Context) (*Manifest, error) {
	known := a.known()
	if len(known) == 0 {
		return nil, nil //nolint:nilnil // No segment is no error.
	}
	return a.manifest(ctx, known[len(known)-1])
}

// Bounds are the first and the last sequence that the archive has; both are 0 if it is
// empty.
func (a *Archive) Bounds(ctx context.Context) (eventlog.Bounds, error) {
	newest, err := a.Newest(ctx)
	if newest == nil {
		return eventlog.Bounds{}, err
	}
	return eventlog.Bounds{First: a.known()[0], Last: newest.To}, nil
}

// Manifests are those of all segments, in order. They are held against each other.
func (a *Archive) Manifests(ctx context.Context) iter.Seq2[*Manifest, error] {
	return a.segments(ctx, 1)
}

// segments are the manifests from that on which a sequence is in.
func (a *Archive) segments(ctx context.Context, sequence uint64) iter.Seq2[*Manifest, error] {
	return func(yield func(*Manifest, error) bool) {
		known := a.known()
		first := max(sort.Search(len(known), func(i int) bool { return known[i] > sequence })-1, 0)
		var before *Manifest
		for i, from := range known[first:] {
			m, err := a.manifest(ctx, from)
			if err == nil && i > 0 {
				err = m.follows(before)
			}
			if !yield(m, err) || err != nil {
				return
			}
			before = m
		}
	}
}

// Read yields what the archive has from one sequence up to another, both included, in
// order. It ends where the archive does. An error ends it.
func (a *Archive) Read(ctx context.Context, from, to uint64) iter.Seq2[exportfile.Item, error] {
	return func(yield func(exportfile.Item, error) bool) {
		for m, err := range a.segments(ctx, from) {
			if err != nil {
				yield(exportfile.Item{}, err)
				return
			}
			if m.From > to {
				return
			}
			if m.To >= from && !a.readSegment(ctx, m, from, to, yield) {
				return
			}
		}
	}
}

// readSegment yields what a segment has of a range, and reports whether to go on.
func (a *Archive) readSegment(ctx context.Context, m *Manifest, from, to uint64, yield func(exportfile.Item, error) bool) (more bool) {
	first := sort.Search(len(m.Frames), func(i int) bool { return m.Frames[i].From > from }) - 1
	first = max(first, 0)
	last := sort.Search(len(m.Frames), func(i int) bool { return m.Frames[i].From > to }) - 1
	_, _, end := m.frame(last)
	offset := m.Frames[first].Offset
	in, err := a.store.Get(ctx, m.File, offset, end-offset)
	if err != nil {
		if errors.Is(err, objects.ErrNotFound) {
			err = fmt.Errorf("%w: %w", ErrBroken, err)
		}
		yield(exportfile.Item{}, err)
		return false
	}
	defer func() { _ = in.Close() }()
	for item, err := range m.items(in, first, last) {
		if err == nil && item.Last() < from {
			continue
		}
		if err == nil {
			if item = cutTo(item, from, to); item.Last() == 0 {
				return false
			}
		}
		if !yield(item, err) || err != nil {
			return false
		}
	}
	return true
}

// cutTo is the part of an item in a range; nothing if it begins behind that.
func cutTo(item exportfile.Item, from, to uint64) exportfile.Item {
	if item.Lost.From != 0 {
		item.Lost = exportfile.Range{From: max(item.Lost.From, from), To: min(item.Lost.To, to)}
		if item.Lost.To < item.Lost.From {
			return exportfile.Item{}
		}
		return item
	}
	if item.Record.Sequence > to {
		return exportfile.Item{}
	}
	return item
}

// SequenceAt returns the last sequence of the archive whose time is not after t, 0 if there
// is none.
func (a *Archive) SequenceAt(ctx context.Context, t time.Time) (uint64, error) {
	known := a.known()
	var failed error
	behind := sort.Search(len(known), func(i int) bool {
		m, err := a.manifest(ctx, known[i])
		failed = errors.Join(failed, err)
		return err != nil || m.FromTime.After(t)
	})
	if failed != nil || behind == 0 {
		return 0, failed
	}
	m, err := a.manifest(ctx, known[behind-1])
	if err != nil {
		return 0, err
	}
	if !m.ToTime.After(t) {
		return m.To, nil
	}
	at := uint64(0)
	for item, err := range a.Read(ctx, m.From, m.To) {
		if err != nil {
			return 0, err
		}
		if item.Lost.From != 0 {
			continue
		}
		if item.Record.Time.After(t) {
			break
		}
		at = item.Record.Sequence
	}
	return at, nil
}
