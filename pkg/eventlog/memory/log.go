package memory

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"sort"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Log is an eventlog.Log in memory. Use New.
type Log struct {
	clock    func() time.Time
	fault    Fault
	maxBytes uint64

	mu      sync.Mutex
	records []eventlog.Record // Never changed in place: readers hold parts of it.
	last    uint64
	bytes   uint64
	subject map[string]uint64 // The last sequence of each subject kept.
	grown   chan struct{}     // Closed on the next append.
	closed  chan struct{}
	once    sync.Once
}

// Fault decides the fate of an append: it is called before the entries are
// stored and again after, and what it returns is what Append returns. An error
// with stored set is an answer that was lost.
type Fault func(entries []eventlog.Entry, stored bool) error

// Option changes how New makes a log.
type Option func(*Log)

// WithClock takes the time of records from clock instead of time.Now.
func WithClock(clock func() time.Time) Option { return func(l *Log) { l.clock = clock } }

// WithMaxBytes refuses appends with ErrFull beyond n bytes; 0 is no limit.
func WithMaxBytes(n uint64) Option { return func(l *Log) { l.maxBytes = n } }

// WithFault lets fault decide how appends fail.
func WithFault(fault Fault) Option { return func(l *Log) { l.fault = fault } }

// New returns an empty log.
func New(options ...Option) *Log {
	l := &Log{
		clock:   time.Now,
		fault:   func([]eventlog.Entry, bool) error { return nil },
		subject: make(map[string]uint64),
		grown:   make(chan struct{}),
		closed:  make(chan struct{}),
	}
	for _, option := range options {
		option(l)
	}

	return l
}

// Append implements eventlog.Log. Here facts too are all or nothing.
func (l *Log) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	if err := l.usable(ctx); err != nil {
		return eventlog.Receipt{}, err
	}
	if err := eventlog.Check(entries); err != nil {
		return eventlog.Receipt{}, err
	}
	if err := l.fault(entries, false); err != nil {
		return eventlog.Receipt{}, err
	}
	receipt, err := l.store(entries)
	if err != nil {
		return eventlog.Receipt{}, err
	}
	if err := l.fault(entries, true); err != nil {
		return eventlog.Receipt{}, err
	}

	return receipt, nil
}

func (l *Log) usable(ctx context.Context) error {
	select {
	case <-l.closed:
		return eventlog.ErrClosed
	default:
		return ctx.Err()
	}
}

func (l *Log) store(entries []eventlog.Entry) (eventlog.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := uint64(0)
	for _, e := range entries {
		if want, ok := e.Expect.Last(); ok && l.subject[e.Message.Subject] != want {
			return eventlog.Receipt{}, fmt.Errorf("%w: %s is at %d, expected %d",
				eventlog.ErrConflict, e.Message.Subject, l.subject[e.Message.Subject], want)
		}
		size += sizeOf(e.Message)
	}
	if l.maxBytes != 0 && l.bytes+size > l.maxBytes {
		return eventlog.Receipt{}, fmt.Errorf("%w: %d of %d bytes used", eventlog.ErrFull, l.bytes, l.maxBytes)
	}
	receipt := eventlog.Receipt{First: l.last + 1}
	now := l.nowLocked()
	for _, e := range entries {
		l.last++
		l.records = append(l.records, eventlog.Record{Sequence: l.last, Time: now, Message: clone(e.Message)})
		l.subject[e.Message.Subject] = l.last
	}
	l.bytes += size
	receipt.Last = l.last
	close(l.grown)
	l.grown = make(chan struct{})

	return receipt, nil
}

// nowLocked never steps back, as one server never does.
func (l *Log) nowLocked() time.Time {
	now := l.clock().UTC()
	if n := len(l.records); n > 0 && now.Before(l.records[n-1].Time) {
		return l.records[n-1].Time
	}

	return now
}

// overhead is about what NATS adds to a message: a header of the record with a
// checksum, and the expectation that it was appended on.
const overhead = 100

func sizeOf(m eventlog.Message) uint64 { return uint64(len(m.Subject)+eventlog.Size(m)) + overhead }

func clone(m eventlog.Message) eventlog.Message {
	return eventlog.Message{Subject: m.Subject, Header: maps.Clone(m.Header), Data: bytes.Clone(m.Data)}
}

// Read implements eventlog.Log.
func (l *Log) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for next := max(from, 1); to == 0 || next <= to; {
			if err := l.usable(ctx); err != nil {
				yield(eventlog.Record{}, err)

				return
			}
			records, grown, err := l.from(next)
			if err != nil {
				yield(eventlog.Record{}, err)

				return
			}
			if len(records) == 0 {
				l.await(ctx, grown)

				continue
			}
			for _, rec := range records {
				if to != 0 && rec.Sequence > to {
					return
				}
				if ctx.Err() != nil {
					break
				}
				if !yield(rec, nil) {
					return
				}
				next = rec.Sequence + 1
			}
		}
	}
}

// from returns the records from next on, and what announces more.
func (l *Log) from(next uint64) ([]eventlog.Record, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.firstLocked()
	if next < first {
		return nil, nil, &eventlog.TruncatedError{First: first}
	}
	if next > l.last {
		return nil, l.grown, nil
	}

	return l.records[next-first:], l.grown, nil
}

func (l *Log) await(ctx context.Context, grown <-chan struct{}) {
	select {
	case <-grown:
	case <-l.closed:
	case <-ctx.Done():
	}
}

func (l *Log) firstLocked() uint64 { return l.last - uint64(len(l.records)) + 1 }

// Bounds implements eventlog.Log.
func (l *Log) Bounds(ctx context.Context) (eventlog.Bounds, error) {
	if err := l.usable(ctx); err != nil {
		return eventlog.Bounds{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()

	return eventlog.Bounds{First: l.firstLocked(), Last: l.last}, nil
}

// Count implements eventlog.Counted.
func (l *Log) Count(ctx context.Context) (uint64, error) {
	if err := l.usable(ctx); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()

	return uint64(len(l.records)), nil
}

// SequenceAt implements eventlog.Log.
func (l *Log) SequenceAt(ctx context.Context, t time.Time) (uint64, error) {
	if err := l.usable(ctx); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n := sort.Search(len(l.records), func(i int) bool { return l.records[i].Time.After(t) })
	if n == 0 {
		return 0, nil
	}

	return l.records[n-1].Sequence, nil
}

// Usage implements eventlog.Sized.
func (l *Log) Usage(ctx context.Context) (eventlog.Usage, error) {
	if err := l.usable(ctx); err != nil {
		return eventlog.Usage{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()

	return eventlog.Usage{Bytes: l.bytes, MaxBytes: l.maxBytes}, nil
}

// Forget drops all records up to sequence through, and with them what the log
// knew of subjects that have no later one: what an age limit does.
func (l *Log) Forget(through uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.firstLocked()
	if through < first {
		return
	}
	n := min(through-first+1, uint64(len(l.records)))
	for _, rec := range l.records[:n] {
		l.bytes -= sizeOf(rec.Message)
		if l.subject[rec.Subject] == rec.Sequence {
			delete(l.subject, rec.Subject)
		}
	}
	l.records = l.records[n:]
}

// Close implements eventlog.Log.
func (l *Log) Close() error {
	l.once.Do(func() { close(l.closed) })

	return nil
}
