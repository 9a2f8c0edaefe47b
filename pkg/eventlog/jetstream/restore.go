package jetstream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

const (
	// restoringKey is where the metadata of a stream that is being restored says from
	// what; nobody opens one as a log.
	restoringKey = "taurus-restoring"
	// restoredKey is where the metadata says up to which sequence the records were
	// restored: their times are in a header, since the stream has the times at which
	// they were put back.
	restoredKey = "taurus-restored"
	// headerTime is that header. Its name is one that no message may have, and who reads
	// does not get it.
	headerTime = serverPrefix + "Taurus-Time"

	// fillerToken is in the subject of what stands for a missing record until all are there.
	fillerToken = "restore-filler"

	// restoreBatch and restoreBytes bound what is put back at once.
	restoreBatch = 500
	restoreBytes = 4 << 20
)

// ErrNotEmpty is returned by Restore for a stream that has records, or is being
// restored from something else.
var ErrNotEmpty = errors.New("jetstream: a log is restored only where there is none")

// Restoration fills a stream with the records of a log, at their sequences and with
// their times. It is not safe for concurrent use.
type Restoration struct {
	log     *Log
	source  string
	last    uint64 // what the stream has
	next    uint64 // what is to be put
	batch   []eventlog.Entry
	bytes   int
	fillers bool
}

// Restore begins to restore a log into a stream, which it makes, or goes on with
// one that it began. source names what is restored: one that was begun from another is
// refused. Until Finish the stream cannot be opened as a log.
func Restore(ctx context.Context, o Options, source string) (*Restoration, error) {
	o = o.withDefaults()
	var last uint64
	nc, js, err := dial(ctx, o, func(ctx context.Context, _ *nats.Conn, js jetstream.JetStream, o Options) error {
		final := func(err error) bool { return errors.Is(err, ErrNotEmpty) || finalForStreams(err) }

		return persist(ctx, o, "restore stream "+o.Stream, final, func(ctx context.Context) (err error) {
			last, err = beginRestore(ctx, js, o, source)

			return err
		})
	})
	if err != nil {
		return nil, err
	}

	return &Restoration{
		log:    &Log{options: o, nc: nc, js: js, absence: newAbsence(nc, o.Stream), closed: make(chan struct{})},
		source: source, last: last, next: 1,
	}, nil
}

// beginRestore returns the last sequence that is there already.
func beginRestore(ctx context.Context, js jetstream.JetStream, o Options, source string) (uint64, error) {
	s, err := js.Stream(ctx, o.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, restoringConfig(o, source))

		return 0, err
	}
	if err != nil {
		return 0, err
	}
	info := s.CachedInfo()
	from, restoring := info.Config.Metadata[restoringKey]
	switch {
	case restoring && from == source:
		return info.State.LastSeq, nil
	case restoring:
		return 0, fmt.Errorf("%w: stream %s is being restored from another export; go on with that, or remove the stream (nats stream rm %s)",
			ErrNotEmpty, o.Stream, o.Stream)
	case info.State.LastSeq > 0:
		return 0, fmt.Errorf("%w: stream %s holds %d records up to sequence %d; restore under another name (--stream), or remove it (nats stream rm %s)",
			ErrNotEmpty, o.Stream, info.State.Msgs, info.State.LastSeq, o.Stream)
	}

	return 0, fmt.Errorf("%w: there is an empty stream %s; remove it (nats stream rm %s)", ErrNotEmpty, o.Stream, o.Stream)
}

// restoringConfig is that of a stream that is being restored.
func restoringConfig(o Options, source string) jetstream.StreamConfig {
	c := streamConfig(o)
	c.DenyDelete, c.DenyPurge = false, false
	c.Metadata = maps.Clone(c.Metadata)
	if c.Metadata == nil {
		c.Metadata = map[string]string{}
	}
	c.Metadata[restoringKey] = source

	return c
}

// Last is the last sequence that is there already, 0 at the beginning.
func (r *Restoration) Last() uint64 { return r.last }

// Close ends the connection, finished or not.
func (r *Restoration) Close() error { return r.log.Close() }

// Put puts back the next record. Those up to Last are passed over.
func (r *Restoration) Put(ctx context.Context, rec eventlog.Record) error {
	if rec.Sequence != r.next {
		return fmt.Errorf("%w: sequence %d follows %d", eventlog.ErrInvalid, rec.Sequence, r.next-1)
	}
	m := rec.Message
	for name := range m.Header {
		if reserved(name) {
			return fmt.Errorf("%w: the record at sequence %d has a header %s, as no log has: it would be an order to the server",
				eventlog.ErrInvalid, rec.Sequence, name)
		}
	}
	m.Header = maps.Clone(m.Header)
	if m.Header == nil {
		m.Header = map[string]string{}
	}
	m.Header[headerTime] = rec.Time.UTC().Format(time.RFC3339Nano)

	return r.put(ctx, m)
}

// Skip leaves out the sequences up to one, of which there are no records.
func (r *Restoration) Skip(ctx context.Context, to uint64) error {
	for r.next <= to {
		r.fillers = true
		if err := r.put(ctx, eventlog.Message{Subject: r.filler()}); err != nil {
			return err
		}
	}

	return nil
}

// filler is a subject of the stream on which no record is: it is made of what is
// restored, so that nobody could write there while that was a log.
func (r *Restoration) filler() string {
	below := strings.TrimRight(r.log.options.Subjects[0], ".>")
	of := sha256.Sum256([]byte(r.source))

	return below + "." + fillerToken + "." + hex.EncodeToString(of[:16])
}

func (r *Restoration) put(ctx context.Context, m eventlog.Message) error {
	r.next++
	if r.next-1 <= r.last {
		return nil
	}
	r.batch = append(r.batch, eventlog.Fact(m))
	r.bytes += eventlog.Size(m)
	if len(r.batch) < restoreBatch && r.bytes < restoreBytes {
		return nil
	}

	return r.flush(ctx)
}

// flush stores what was put. All of it is stored, or none.
func (r *Restoration) flush(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	receipt, err := r.log.retry(ctx, func(ctx context.Context) (eventlog.Receipt, error) {
		if len(r.batch) == 1 {
			return r.log.single(ctx, r.batch[0])
		}

		return r.log.batch(ctx, r.batch)
	})
	if err != nil {
		return fmt.Errorf("jetstream: restore from sequence %d on: %w", r.last+1, err)
	}
	if receipt.First != r.last+1 || receipt.Last != r.next-1 {
		return fmt.Errorf("%w: records up to %d were put, and got %d..%d: somebody else writes to stream %s; remove it (nats stream rm %s) and begin again",
			ErrNotEmpty, r.next-1, receipt.First, receipt.Last, r.log.options.Stream, r.log.options.Stream)
	}
	r.last, r.batch, r.bytes = receipt.Last, r.batch[:0], 0

	return nil
}

// Finish makes a log of the stream, once all records were put.
func (r *Restoration) Finish(ctx context.Context) error {
	if err := r.flush(ctx); err != nil {
		return err
	}
	o := r.log.options
	err := persist(ctx, o, "finish stream "+o.Stream, finalForStreams, func(ctx context.Context) error {
		s, err := r.log.js.Stream(ctx, o.Stream)
		if err != nil {
			return err
		}
		if _, restoring := s.CachedInfo().Config.Metadata[restoringKey]; !restoring {
			return nil // It was done, and the answer was lost.
		}
		if r.fillers {
			if err := s.Purge(ctx, jetstream.WithPurgeSubject(r.filler())); err != nil {
				return err
			}
		}
		done := streamConfig(o)
		done.Replicas = s.CachedInfo().Config.Replicas
		done.MaxBytes = s.CachedInfo().Config.MaxBytes
		done.Metadata = maps.Clone(done.Metadata)
		if done.Metadata == nil {
			done.Metadata = map[string]string{}
		}
		done.Metadata[restoredKey] = strconv.FormatUint(r.last, 10)
		_, err = r.log.js.UpdateStream(ctx, done)

		return err
	})
	if err != nil {
		return err
	}

	return nil
}
