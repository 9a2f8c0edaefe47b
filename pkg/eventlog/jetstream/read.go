package jetstream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/internal/backoff"
)

const (
	// pullSize is how many messages are asked for ahead, as far as Options.ReadAhead
	// has room for them; less costs replay a third of its speed, more gains nothing.
	pullSize = 5000
	// pullMin keeps the buffer of a short read from being too small for the server's
	// own messages beside it.
	pullMin = 64
	// heartbeat is how often an idle server says that it is there; after two
	// that are missing the consumer is made anew.
	heartbeat = time.Second
	// stall is how long a reader waits for what the leader has before it takes
	// its consumer for stuck: it may live on a replica that is behind, which
	// sends heartbeats all the same.
	stall = 2 * time.Second
	// inactive is after which time the server drops a reader that is gone.
	inactive = 30 * time.Second
)

var (
	// errStale says that a consumer no longer delivers everything: begin a new one.
	errStale = errors.New("jetstream: the consumer lost messages, or is stuck")
	// errIdle says that nothing more came for a while.
	errIdle = errors.New("jetstream: nothing came")
	// errCut says that what came was the last that will: see headerEmpty.
	errCut = errors.New("jetstream: a record with nothing in it ends the answer")
)

// Read implements eventlog.Log. Records come through an ephemeral consumer that
// keeps nothing but its position; on any trouble another is made at ours.
func (l *Log) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		r := &reader{log: l, next: max(from, 1), to: to, yield: yield}
		wait := backoff.Backoff{Min: minWait, Max: maxWait}
		var since time.Time // When the trouble began; zero while there is none.
		for !r.done() {
			r.begun = false
			err := r.session(ctx)
			if err == nil {
				return
			}
			if errors.Is(err, errCut) {
				continue
			}
			if cause := l.usable(ctx); cause != nil {
				err = cause
			}
			if !errors.Is(err, eventlog.ErrUnavailable) {
				r.fail(err)

				return
			}
			if r.begun || since.IsZero() {
				since = time.Now()
				wait.Reset()
			}
			if time.Since(since) >= l.options.Patience {
				r.fail(err)

				return
			}
			l.options.Log.DebugContext(ctx, "reading again", reason(err), slog.Uint64("seq", r.next))
			if err := wait.Wait(ctx); err != nil {
				r.fail(err)

				return
			}
		}
	}
}

// reader is one call of Read.
type reader struct {
	log      *Log
	next, to uint64
	read     bool            // next-1 was yielded.
	last     eventlog.Record // It, of a ledger.
	begun    bool            // This session got its consumer.
	stopped  bool            // The caller wants no more.
	yield    func(eventlog.Record, error) bool
}

func (r *reader) done() bool { return r.stopped || (r.to != 0 && r.next > r.to) }

func (r *reader) fail(err error) {
	if !r.stopped {
		r.yield(eventlog.Record{}, err)
	}
}

// session reads with one consumer. It returns nil when all was read or the
// caller stopped, and ErrUnavailable when another session may do better.
func (r *reader) session(ctx context.Context) error {
	b, err := r.log.Bounds(ctx)
	if err != nil {
		return err
	}
	if err := r.check(b); err != nil {
		return err
	}
	if r.skipped(b) {
		return nil
	}
	if err := r.look(ctx); err != nil {
		return err
	}
	consumer, err := r.consumer(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer r.forget(ctx, consumer)
	r.begun = true
	messages, err := consumer.Messages(r.pull()...)
	if err != nil {
		return unavailable(err)
	}
	defer messages.Stop()

	return r.drain(ctx, messages, b)
}

// pull asks for no more than is to be read, and for no more at once than there is
// room for: what nobody takes is held by the server and in this process.
func (r *reader) pull() []jetstream.PullMessagesOpt {
	ahead := uint64(pullSize)
	options := []jetstream.PullMessagesOpt{
		jetstream.PullHeartbeat(heartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true),
	}
	if left := r.to - r.next + 1; r.to != 0 && left <= pullSize {
		ahead = max(left, pullMin)
		options = append(options, jetstream.StopAfter(left))
	}

	return append(options, jetstream.PullMaxMessagesWithBytesLimit(int(ahead), r.log.options.ReadAhead))
}

// check holds the position against what the leader has.
func (r *reader) check(b eventlog.Bounds) error {
	if r.read && b.Last < r.next-1 {
		return &eventlog.GapError{Want: r.next, Got: b.Last + 1}
	}
	if r.log.options.Kind == Ledger && b.First > r.next {
		return &eventlog.TruncatedError{First: b.First}
	}

	return nil
}

// look looks whether the leader still has the record that was yielded last, in a session
// that is not the first: a stream that lost its end, and was appended to before this
// reader came back, is as long as it was. One that is missing now was read.
func (r *reader) look(ctx context.Context) error {
	if r.last.Sequence == 0 {
		return nil
	}
	is, found, err := r.log.get(ctx, r.last.Sequence)
	if err == nil && found && !is.Same(r.last) {
		return &eventlog.ChangedError{Sequence: r.last.Sequence}
	}

	return err
}

// skipped reports whether a bounded log has nothing left of what is to be read.
func (r *reader) skipped(b eventlog.Bounds) bool {
	return r.log.options.Kind == Bounded && r.to != 0 && r.to <= b.Last && (b.First > b.Last || r.to < b.First)
}

func (r *reader) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	consumer, err := r.log.js.CreateConsumer(ctx, r.log.options.Stream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       r.next,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: inactive,
	})
	if err != nil {
		return nil, fmt.Errorf("jetstream: read %s from %d: %w", r.log.options.Stream, r.next, err)
	}

	return consumer, nil
}

// forget spares the server a consumer that is of no more use. Whether it
// succeeds does not matter: after a while the server drops it by itself.
func (r *reader) forget(ctx context.Context, c jetstream.Consumer) {
	if r.log.nc.IsClosed() || !r.log.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), apiTimeout)
	defer cancel()
	if err := r.log.js.DeleteConsumer(ctx, r.log.options.Stream, c.CachedInfo().Name); err != nil {
		r.log.options.Log.DebugContext(ctx, "a consumer could not be deleted", reason(err))
	}
}

func (r *reader) drain(ctx context.Context, messages jetstream.MessagesContext, b eventlog.Bounds) error {
	for delivered := uint64(0); !r.done(); {
		before := r.next
		err := r.window(ctx, messages, &delivered, b)
		if !errors.Is(err, errIdle) {
			return err
		}
		if r.next != before {
			continue
		}
		now, err := r.log.Bounds(ctx)
		if err != nil {
			return err
		}
		if err := r.check(now); err != nil {
			return err
		}
		if r.next <= b.Last && now.First <= now.Last {
			if err := r.stalled(ctx, now); err != nil {
				return err
			}
		}
		b.Last = now.Last
	}

	return nil
}

// stalled tells why nothing came although the leader counts it among what it has:
// the consumer is stuck or lives on a replica that is behind, so that another may do
// better, or the records are there no more. What the leader keeps after its end was
// cut off, or while a block of its store cannot be read, counts them all the same.
func (r *reader) stalled(ctx context.Context, now eventlog.Bounds) error {
	found, err := r.log.readable(ctx, r.next, now.Last)
	switch {
	case err != nil:
		return err
	case found == r.next:
		return unavailable(errStale)
	case r.log.options.Kind == Ledger && found == 0:
		return &eventlog.GapError{Want: r.next, Got: now.Last + 1, Tail: true}
	case r.log.options.Kind == Ledger:
		return &eventlog.GapError{Want: r.next, Got: found}
	case found == 0:
		r.next = now.Last + 1

		return nil
	}
	r.next = found

	return unavailable(errStale)
}

// window takes what comes within stall, and then returns errIdle.
func (r *reader) window(ctx context.Context, messages jetstream.MessagesContext, delivered *uint64, b eventlog.Bounds) error {
	window, cancel := context.WithTimeout(ctx, stall)
	defer cancel()
	for !r.done() {
		msg, err := messages.Next(jetstream.NextContext(window))
		if err != nil && window.Err() != nil && ctx.Err() == nil {
			return errIdle
		}
		if err != nil {
			return unavailable(err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return unavailable(err)
		}
		if *delivered++; meta.Sequence.Consumer != *delivered {
			return unavailable(errStale)
		}
		if err := r.accept(ctx, meta); err != nil {
			return err
		}
		if r.done() {
			return nil
		}
		r.emit(msg, meta)
		if r.log.options.Kind == Bounded && meta.NumPending == 0 && r.to != 0 && r.to <= b.Last {
			return nil
		}
		if len(msg.Headers())+len(msg.Data()) == 0 && !r.done() {
			return errCut
		}
	}

	return nil
}

// accept checks that a record is the next one.
func (r *reader) accept(ctx context.Context, meta *jetstream.MsgMetadata) error {
	got := meta.Sequence.Stream
	if got < r.next {
		return unavailable(errStale)
	}
	if got == r.next {
		return nil
	}
	if r.log.options.Kind == Bounded {
		r.next = got

		return nil
	}
	// Either it was cut off a moment ago, or it is missing.
	b, err := r.log.Bounds(ctx)
	if err != nil {
		return err
	}
	if b.First > r.next {
		return &eventlog.TruncatedError{First: b.First}
	}
	found, err := r.log.readable(ctx, r.next, got-1)
	switch {
	case err != nil:
		return err
	case found == r.next:
		r.log.options.Log.WarnContext(ctx, "a replica of the stream lacks records that its leader has: reading from another",
			slog.String("stream", r.log.options.Stream), slog.Uint64("from", r.next), slog.Uint64("to", got-1))

		return unavailable(errStale)
	case found != 0:
		got = min(got, found)
	}

	return &eventlog.GapError{Want: r.next, Got: got}
}

func (r *reader) emit(msg jetstream.Msg, meta *jetstream.MsgMetadata) {
	r.next, r.read = meta.Sequence.Stream+1, true
	rec := eventlog.Record{
		Sequence: meta.Sequence.Stream,
		Time:     r.log.timeOf(meta.Sequence.Stream, meta.Timestamp, msg.Headers()),
		Message:  eventlog.Message{Subject: msg.Subject(), Header: decodeHeader(msg.Headers()), Data: msg.Data()},
	}
	if r.log.options.Kind == Ledger {
		r.last = rec
	}
	r.stopped = !r.yield(rec, nil)
}
