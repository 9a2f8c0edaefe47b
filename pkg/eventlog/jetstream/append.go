package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/internal/backoff"
)

const (
	// PipelineMax is up to how many facts go as single messages, each with an
	// fsync of its own on one server; more go as an atomic batch with one. On
	// one server a batch costs some milliseconds however small it is
	// (BenchmarkFacts: they meet between 24 and 64, with three anywhere).
	PipelineMax = 32

	// maxInFlight bounds single messages without an answer, over all callers.
	maxInFlight = 4096
	// answerTimeout is how long a server that did not answer an append is given to
	// answer something else.
	answerTimeout = time.Second
	// ackEvery keeps a batch from running ahead of the server.
	ackEvery = 250
)

// Append implements eventlog.Log.
func (l *Log) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	if err := l.usable(ctx); err != nil {
		return eventlog.Receipt{}, err
	}
	if err := eventlog.Check(entries); err != nil {
		return eventlog.Receipt{}, err
	}
	for i, e := range entries {
		if !l.covers(e.Message.Subject) {
			return eventlog.Receipt{}, fmt.Errorf("entry %d: %w: stream %s takes %v, not %s",
				i, eventlog.ErrInvalid, l.options.Stream, l.options.Subjects, e.Message.Subject)
		}
	}
	switch {
	case len(entries) == 1:
		return l.retry(ctx, func(ctx context.Context) (eventlog.Receipt, error) { return l.single(ctx, entries[0]) })
	case eventlog.Conditional(entries):
		return l.retry(ctx, func(ctx context.Context) (eventlog.Receipt, error) { return l.batch(ctx, entries) })
	case len(entries) <= PipelineMax && distinct(entries):
		return l.pipeline(ctx, entries)
	}

	return l.chunks(ctx, entries)
}

// distinct reports whether no subject occurs twice. Only then entries may be sent
// one by one: if one is refused and sent again, it lands behind the others.
func distinct(entries []eventlog.Entry) bool {
	seen := make(map[string]struct{}, len(entries))
	for _, e := range entries {
		if _, ok := seen[e.Message.Subject]; ok {
			return false
		}
		seen[e.Message.Subject] = struct{}{}
	}

	return true
}

// retry sends again what was not taken, until Options.Patience is over.
func (l *Log) retry(ctx context.Context, send func(context.Context) (eventlog.Receipt, error)) (eventlog.Receipt, error) {
	wait := backoff.Backoff{Min: minWait, Max: maxWait}
	patient, cancel := context.WithTimeout(ctx, l.options.Patience)
	defer cancel()
	for {
		receipt, err := l.attempt(ctx, send)
		if !errors.Is(err, errNotTaken) {
			return receipt, err
		}
		l.options.Log.DebugContext(ctx, "append not taken, trying again", reason(err))
		if wait.Wait(patient) != nil {
			if cause := l.usable(ctx); cause != nil {
				return eventlog.Receipt{}, fmt.Errorf("%w (last attempt: %w)", cause, err)
			}
			if full := new(eventlog.FullError); errors.As(err, &full) {
				return eventlog.Receipt{}, full
			}

			return eventlog.Receipt{}, unavailable(err)
		}
	}
}

func (l *Log) attempt(ctx context.Context, send func(context.Context) (eventlog.Receipt, error)) (eventlog.Receipt, error) {
	if err := l.usable(ctx); err != nil {
		return eventlog.Receipt{}, err
	}
	sending, cancel := context.WithTimeout(ctx, l.options.AppendTimeout)
	defer cancel()
	receipt, err := send(sending)
	if errors.Is(err, eventlog.ErrOutcomeUnknown) && sending.Err() != nil && ctx.Err() == nil && l.answers(ctx) {
		err = fmt.Errorf("%w: %w", eventlog.ErrStuck, err)
	}

	return receipt, err
}

// answers reports whether the stream's leader can be asked. One that stores nothing
// after its disk was full still can.
func (l *Log) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	_, err := l.js.Stream(ctx, l.options.Stream)

	return err == nil
}

// denied returns the denial of what was sent for an error that has none, and err
// otherwise. Of what is denied nothing is stored, though nobody answers.
func (l *Log) denied(err error, entries ...eventlog.Entry) error {
	if !errors.Is(err, eventlog.ErrOutcomeUnknown) {
		return err
	}
	for _, e := range entries {
		if denied := l.options.denied.of(e.Message.Subject); denied != nil {
			return denied
		}
	}

	return err
}

// single sends one entry as one message.
func (l *Log) single(ctx context.Context, e eventlog.Entry) (eventlog.Receipt, error) {
	ack, err := l.js.PublishMsg(ctx, encode(e), jetstream.WithRetryAttempts(0))
	if err != nil {
		return eventlog.Receipt{}, l.denied(classify(err), e)
	}

	return eventlog.Receipt{First: ack.Sequence, Last: ack.Sequence}, nil
}

// batch sends entries as one atomic batch. Nothing is stored before the server
// has the last of them, so only that one's outcome can be unknown.
func (l *Log) batch(ctx context.Context, entries []eventlog.Entry) (eventlog.Receipt, error) {
	flow := jetstreamext.BatchFlowControl{AckFirst: true, AckEvery: ackEvery, AckTimeout: l.options.AppendTimeout}
	if deadline, ok := ctx.Deadline(); ok {
		flow.AckTimeout = max(min(flow.AckTimeout, time.Until(deadline)), time.Millisecond)
	}
	batch, err := jetstreamext.NewBatchPublisher(l.js, flow)
	if err != nil {
		return eventlog.Receipt{}, fmt.Errorf("jetstream: batch: %w", err)
	}
	last := len(entries) - 1
	for _, e := range entries[:last] {
		if err := batch.AddMsg(encode(e)); err != nil {
			if err = l.denied(classify(err), entries...); errors.Is(err, eventlog.ErrOutcomeUnknown) {
				// The batch was never committed: it is known not to be stored.
				err = fmt.Errorf("%w: %v", errNotTaken, err) //nolint:errorlint // Not unknown after all.
			}

			return eventlog.Receipt{}, err
		}
	}
	ack, err := batch.CommitMsg(ctx, encode(entries[last]))
	if err != nil {
		return eventlog.Receipt{}, l.denied(classify(err), entries...)
	}

	return eventlog.Receipt{First: ack.Sequence - uint64(last), Last: ack.Sequence}, nil
}

// chunks sends facts as as many batches as it takes.
func (l *Log) chunks(ctx context.Context, entries []eventlog.Entry) (eventlog.Receipt, error) {
	var whole eventlog.Receipt
	for rest := entries; len(rest) > 0; {
		chunk := rest[:min(len(rest), eventlog.MaxBatch)]
		rest = rest[len(chunk):]
		part, err := l.retry(ctx, func(ctx context.Context) (eventlog.Receipt, error) {
			if len(chunk) == 1 {
				return l.single(ctx, chunk[0])
			}

			return l.batch(ctx, chunk)
		})
		if err != nil {
			return eventlog.Receipt{}, err
		}
		whole = join(whole, part)
	}

	return whole, nil
}

// pipeline sends facts as single messages without waiting in between, and those
// that were not taken again.
func (l *Log) pipeline(ctx context.Context, entries []eventlog.Entry) (eventlog.Receipt, error) {
	var whole eventlog.Receipt

	return l.retry(ctx, func(ctx context.Context) (eventlog.Receipt, error) {
		refused, part, err := l.sendAll(ctx, entries)
		whole = join(whole, part)
		if err != nil {
			entries = refused

			return eventlog.Receipt{}, err
		}

		return whole, nil
	})
}

// sendAll returns the entries that were not taken if that is all that went
// wrong, and the worst error otherwise.
func (l *Log) sendAll(ctx context.Context, entries []eventlog.Entry) ([]eventlog.Entry, eventlog.Receipt, error) {
	futures := make([]jetstream.PubAckFuture, len(entries))
	errs := make([]error, len(entries))
	for i, e := range entries {
		futures[i], errs[i] = l.js.PublishMsgAsync(encode(e), jetstream.WithRetryAttempts(0))
	}
	var (
		refused []eventlog.Entry
		receipt eventlog.Receipt
		worst   error
	)
	for i, future := range futures {
		seq, err := await(ctx, future, errs[i])
		if err == nil {
			receipt = join(receipt, eventlog.Receipt{First: seq, Last: seq})

			continue
		}
		err = l.denied(classify(err), entries[i])
		if errors.Is(err, errNotTaken) {
			refused = append(refused, entries[i])
		}
		if worst == nil || errors.Is(worst, errNotTaken) {
			worst = err
		}
	}

	return refused, receipt, worst
}

func await(ctx context.Context, future jetstream.PubAckFuture, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	select {
	case ack := <-future.Ok():
		return ack.Sequence, nil
	case err := <-future.Err():
		return 0, err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// join returns the range that spans both; a zero receipt spans nothing.
func join(a, b eventlog.Receipt) eventlog.Receipt {
	switch {
	case a == eventlog.Receipt{}:
		return b
	case b == eventlog.Receipt{}:
		return a
	}

	return eventlog.Receipt{First: min(a.First, b.First), Last: max(a.Last, b.Last)}
}
