package archive

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/internal/pause"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// Defaults of when a segment ends: at the first seal by which it has so many records, or so
// many bytes; or at the last seal once its first record was read so long ago.
const (
	DefaultRecords = 20_000
	DefaultBytes   = 32 << 20
	DefaultAge     = time.Hour
)

const (
	// readAhead is how many records are read before they are looked at.
	readAhead = 256
	// retryFirst and retryMax are how long is waited after a failure, and after many.
	retryFirst = time.Second
	retryMax   = time.Minute
)

// Options are what a writer is given.
type Options struct {
	// Log is the log, which is read and no more; Stream is its name, Partitions the number
	// of them.
	Log        eventlog.Log
	Stream     string
	Partitions uint32
	Archive    *Archive
	// Records, Bytes and Age are when a segment ends; 0 is the default of each.
	Records, Bytes uint64
	Age            time.Duration
	// Now is the clock; nil is time.Now.
	Now    func() time.Time
	Logger zerolog.Logger
	// Written is told of each segment that was written, Failed of each failure that is tried
	// again; they may be nil.
	Written func(*Manifest)
	Failed  func(error)
}

// Writer writes the segments of a log, one after another. Make one with NewWriter.
type Writer struct {
	opt Options

	// newest is the last segment there is, nil for none; sequence is where that ends.
	newest   *Manifest
	sequence atomic.Uint64
	// tail is the last sequence that was read.
	tail atomic.Uint64

	// items come from the log, behind those in links; stop ends that.
	items <-chan read
	stop  func()
	links *links
	// lost are the holes in what is not archived yet.
	lost []exportfile.Range
	// at is the seal that the segment can end at, if it ends now; bytes is how long the
	// records are behind the seal that the one before ended at, since when the first of them
	// was read.
	at    seal
	bytes uint64
	since time.Time
	// warned is the first of the holes that was told.
	warned uint64
}

// read is the next of the log, or why there is none.
type read struct {
	item exportfile.Item
	err  error
}

// NewWriter returns a writer; Run starts it.
func NewWriter(o Options) *Writer {
	o.Records, o.Bytes, o.Age = cmp.Or(o.Records, DefaultRecords), cmp.Or(o.Bytes, DefaultBytes), cmp.Or(o.Age, DefaultAge)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Writer{opt: o}
}

// Sequence is where the archive ends.
func (w *Writer) Sequence() uint64 { return w.sequence.Load() }

// Tail is the last sequence of the log that was read.
func (w *Writer) Tail() uint64 { return w.tail.Load() }

// Run writes segments until ctx ends, and returns nil then; or until what trying again
// does not mend: ErrOther, ErrBehind, ErrBroken or ErrManifest.
func (w *Writer) Run(ctx context.Context) error {
	defer w.rest()
	for wait := retryFirst; ; {
		err := w.next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			wait = retryFirst
			continue
		case fatal(err):
			return err
		}
		w.rest()
		w.opt.Logger.Warn().Err(err).Dur("again_in", wait).Msg("no segment could be written; trying again")
		if w.opt.Failed != nil {
			w.opt.Failed(err)
		}
		if pause.For(ctx, wait) != nil {
			return nil
		}
		wait = min(2*wait, retryMax)
	}
}

func fatal(err error) bool {
	return errors.Is(err, ErrOther) || errors.Is(err, ErrBehind) || errors.Is(err, ErrBroken) || errors.Is(err, ErrManifest)
}

// next writes one segment, once there is one to be written.
func (w *Writer) next(ctx context.Context) error {
	if w.items == nil {
		if err := w.begin(ctx); err != nil {
			return err
		}
	}
	s, err := w.await(ctx)
	if err != nil {
		return err
	}
	m, err := w.write(ctx, s)
	if err != nil {
		return err
	}
	if m == nil {
		w.rest() // Another was first.
		return nil
	}
	w.opt.Logger.Info().Uint64("from", m.From).Uint64("to", m.To).Uint64("records", m.Records).Int64("bytes", m.Bytes).Msg("segment archived")
	w.begun(m)
	w.at, w.bytes, w.since = seal{}, 0, w.opt.Now() // What is behind the seal's records was read already.
	w.lost = slices.DeleteFunc(w.lost, func(r exportfile.Range) bool { return r.To <= m.To })
	if w.opt.Written != nil {
		w.opt.Written(m)
	}
	return nil
}

// begun notes where the archive ends.
func (w *Writer) begun(m *Manifest) {
	if w.newest = m; m != nil {
		w.sequence.Store(m.To)
	}
}

// begin goes on where the archive ends.
func (w *Writer) begin(ctx context.Context) error {
	a := w.opt.Archive
	if err := a.Refresh(ctx); err != nil {
		return err
	}
	newest, err := a.Newest(ctx)
	if err == nil {
		err = a.Fits(ctx, w.opt.Log)
	}
	if err != nil {
		return err
	}
	w.begun(newest)
	from, before := w.from()
	w.links, w.lost, w.at, w.bytes, w.since = newLinks(from, before), nil, seal{}, 0, time.Time{}
	w.follow(ctx, from)
	return nil
}

// from is the first sequence that is not archived, and the log's hash up to it.
func (w *Writer) from() (uint64, chain.Hash) {
	if w.newest == nil {
		return 1, chain.Hash{}
	}
	return w.newest.To + 1, w.newest.after()
}

// follow reads the log from a sequence on.
func (w *Writer) follow(ctx context.Context, from uint64) {
	ctx, cancel := context.WithCancel(ctx)
	items, done := make(chan read, readAhead), make(chan struct{})
	go func() {
		defer close(done)
		for item, err := range exportfile.Log(ctx, w.opt.Log, from, math.MaxUint64) {
			select {
			case items <- read{item, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	w.items = items
	w.stop = func() {
		cancel()
		<-done
	}
}

// rest ends the reading of the log, until it begins again.
func (w *Writer) rest() {
	if w.items != nil {
		w.stop()
		w.items = nil
	}
}

// await reads on until a segment is to end, and returns the seal that it ends at.
func (w *Writer) await(ctx context.Context) (seal, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var old <-chan time.Time
		if w.at.sequence != 0 {
			timer.Reset(max(w.opt.Age-w.opt.Now().Sub(w.since), 0))
			old = timer.C
		}
		select {
		case r := <-w.items:
			if r.err != nil {
				return seal{}, fmt.Errorf("read the log: %w", r.err)
			}
			if w.take(r.item) {
				return w.at, nil
			}
		case <-old:
			return w.at, nil
		case <-ctx.Done():
			return seal{}, ctx.Err()
		}
	}
}

// take takes in the next of the log, and reports whether the segment is large enough.
func (w *Writer) take(item exportfile.Item) bool {
	from, _ := w.from()
	w.tail.Store(item.Last())
	if item.Lost.From != 0 {
		w.lost = append(w.lost, item.Lost)
	} else {
		w.bytes += uint64(len(item.Record.Data) + len(item.Record.Subject))
		if w.since.IsZero() {
			w.since = w.opt.Now()
		}
	}
	s, sealed := w.links.add(item)
	w.tell()
	if !sealed || s.through < from || slices.ContainsFunc(w.links.open, func(l loss) bool { return l.From <= s.through }) {
		return false
	}
	w.at = s
	return s.through-from+1 >= w.opt.Records || w.bytes >= w.opt.Bytes
}

// tell warns once of records that are missing, or were changed: nothing behind them is
// archived before their loss is accepted.
func (w *Writer) tell() {
	if len(w.links.open) == 0 || w.links.open[0].From == w.warned {
		return
	}
	r := w.links.open[0]
	w.warned = r.From
	w.opt.Logger.Warn().Stringer("records", r).Msg("records of the log are missing, or not what was sealed: nothing behind them is archived before that is mended or accepted; taurus log check tells more")
}

// write writes the segment up to what a seal is over. It returns nil if another writer
// was first.
func (w *Writer) write(ctx context.Context, at seal) (*Manifest, error) {
	m, file, err := w.make(ctx, at)
	if err != nil {
		return nil, err
	}
	store := w.opt.Archive.store
	if err := store.Put(ctx, m.File, file); err != nil && !errors.Is(err, objects.ErrExists) {
		return nil, fmt.Errorf("put a segment: %w", err)
	}
	// It counts only once it was read as it is there; that of an earlier start, too.
	back, err := w.opt.Archive.object(ctx, m.File, m.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read a segment again: %w", err)
	}
	if !bytes.Equal(back, file) {
		return nil, fmt.Errorf("%w: %s: what was read again is not what was put", ErrBroken, m.File)
	}
	content, err := m.encode()
	if err != nil {
		return nil, err
	}
	err = store.Put(ctx, name(m.From), content)
	switch {
	case errors.Is(err, objects.ErrExists):
		was, err := w.opt.Archive.object(ctx, name(m.From), manifestMax)
		if err != nil || !bytes.Equal(was, content) {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("put a manifest: %w", err)
	}
	return m, w.opt.Archive.Refresh(ctx)
}

// errMoved says that a log is not what it was when it was read before.
var errMoved = errors.New("records are missing that were there before")

// make reads a segment from the log once more, and makes its manifest and its file. So
// records need not be held until the segment ends.
func (w *Writer) make(ctx context.Context, at seal) (*Manifest, []byte, error) {
	from, before := w.from()
	m := Manifest{Stream: w.opt.Stream, Partitions: w.opt.Partitions, From: from}
	if w.newest != nil {
		m.Log, m.Previous = w.newest.Log, w.newest.own
	}
	s, err := newSegment(m, before)
	if err != nil {
		return nil, nil, err
	}
	for item, err := range exportfile.Log(ctx, w.opt.Log, from, at.through) {
		if err != nil {
			return nil, nil, fmt.Errorf("read the log: %w", err)
		}
		if r := item.Lost; r.From != 0 && !slices.ContainsFunc(w.lost, func(l exportfile.Range) bool { return l.From <= r.From && r.To <= l.To }) {
			return nil, nil, fmt.Errorf("read the log: %w: %s", errMoved, r)
		}
		if rec := item.Record; rec.Sequence == 1 {
			s.manifest.Log = logOf(rec)
		}
		if err := s.add(item); err != nil {
			return nil, nil, err
		}
	}
	made, file, err := s.finish(at.sequence, at.hash)
	if err != nil {
		return nil, nil, err
	}
	return &made, file, made.check(file, newLinks(from, before))
}
