package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Log is an eventlog.Log on one stream. Use Open.
type Log struct {
	options Options
	nc      *nats.Conn
	js      jetstream.JetStream
	absence *absence
	// restored is up to which sequence the records were restored, 0 for none.
	restored uint64
	closed   chan struct{}
	once     sync.Once
}

// Open connects, verifies the stream that is there, and returns it as a log; it
// never makes one, which is for Create. It waits for NATS to start and to elect
// until ctx ends, at its deadline with eventlog.ErrUnavailable; what waiting does not
// mend is an error at once: a *NoStreamError if there is no stream, an *UnfitError if it
// has other settings than asked for.
func Open(ctx context.Context, o Options) (*Log, error) {
	o = o.withDefaults()
	var restored uint64
	nc, js, err := dial(ctx, o, func(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, o Options) error {
		found, err := findStream(ctx, nc, js, o)
		restored = restoredOf(found)

		return err
	})
	if err != nil {
		return nil, err
	}

	return &Log{options: o, nc: nc, js: js, absence: newAbsence(nc, o.Stream), restored: restored, closed: make(chan struct{})}, nil
}

// Guarded reports whether the server asks who connects. Of one that does not,
// whoever reaches it is the owner.
func (l *Log) Guarded() bool {
	return l.nc.AuthRequired() || l.options.TLS != nil && (len(l.options.TLS.Certificates) > 0 || l.options.TLS.GetClientCertificate != nil)
}

// Close implements eventlog.Log.
func (l *Log) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.nc.Close()
	})

	return nil
}

func (l *Log) usable(ctx context.Context) error {
	select {
	case <-l.closed:
		return eventlog.ErrClosed
	default:
		return ctx.Err()
	}
}

// covers reports whether a subject is one of the stream's.
func (l *Log) covers(subject string) bool {
	return slices.ContainsFunc(l.options.Subjects, func(p string) bool { return matches(p, subject) })
}

// info asks the leader of the stream.
func (l *Log) info(ctx context.Context) (*jetstream.StreamInfo, error) {
	if err := l.usable(ctx); err != nil {
		return nil, err
	}
	var info *jetstream.StreamInfo
	err := l.ask(ctx, func(ctx context.Context) error {
		s, err := l.js.Stream(ctx, l.options.Stream)
		if err != nil {
			return err
		}
		info = s.CachedInfo()

		return nil
	})

	return info, err
}

// ask has one request answered, for Options.Patience at most. A stream that is
// there no more is a *NoStreamError, which does not wait for it to come back.
func (l *Log) ask(ctx context.Context, call func(context.Context) error) error {
	patient, cancel := context.WithTimeout(ctx, l.options.Patience)
	defer cancel()
	final := func(err error) bool { return l.usable(ctx) != nil || l.absence.proven(err) }
	err := persist(patient, l.options, "answer for "+l.options.Stream, final, call)
	if err == nil {
		l.absence.disproved()

		return nil
	}
	if cause := l.usable(ctx); cause != nil {
		return cause
	}
	if l.absence.proven(err) {
		return l.absence.err()
	}

	return unavailable(err)
}

// Bounds implements eventlog.Log.
func (l *Log) Bounds(ctx context.Context) (eventlog.Bounds, error) {
	info, err := l.info(ctx)
	if err != nil {
		return eventlog.Bounds{}, err
	}

	return bounds(info.State), nil
}

func bounds(s jetstream.StreamState) eventlog.Bounds {
	if s.Msgs == 0 {
		return eventlog.Bounds{First: s.LastSeq + 1, Last: s.LastSeq}
	}

	return eventlog.Bounds{First: s.FirstSeq, Last: s.LastSeq}
}

// Count implements eventlog.Counted.
func (l *Log) Count(ctx context.Context) (uint64, error) {
	info, err := l.info(ctx)
	if err != nil {
		return 0, err
	}

	return info.State.Msgs, nil
}

// Usage implements eventlog.Sized.
func (l *Log) Usage(ctx context.Context) (eventlog.Usage, error) {
	info, err := l.info(ctx)
	if err != nil {
		return eventlog.Usage{}, err
	}

	return usage(info), nil
}

func usage(info *jetstream.StreamInfo) eventlog.Usage {
	return eventlog.Usage{Bytes: info.State.Bytes, MaxBytes: uint64(max(info.Config.MaxBytes, 0))}
}

// endOfTime is the last instant that the server can tell, in nanoseconds since 1970.
const endOfTime = math.MaxInt64

// SequenceAt implements eventlog.Log. Times of records are those of the stream's
// leader; where a new leader's clock was behind, the answer is as exact as the
// clocks are.
func (l *Log) SequenceAt(ctx context.Context, t time.Time) (uint64, error) {
	// The bounds first: what is appended after them does not count.
	b, err := l.Bounds(ctx)
	if err != nil {
		return 0, err
	}
	switch {
	case b.First > b.Last || t.Before(time.Unix(0, 0)):
		return 0, nil
	case !t.Before(time.Unix(0, endOfTime)):
		return b.Last, nil
	}
	after, err := l.firstAfter(ctx, t)
	if err != nil {
		return 0, err
	}
	switch {
	case after != 0 && after <= l.restored:
		return l.restoredAt(ctx, t)
	case after == 0 || after > b.Last:
		return b.Last, nil
	case after <= b.First:
		return 0, nil
	}

	return after - 1, nil
}

// firstAfter returns the first sequence whose time is after t, 0 if there is
// none. It asks the leader: a direct get may be answered by a replica that is
// behind.
func (l *Log) firstAfter(ctx context.Context, t time.Time) (uint64, error) {
	request, err := json.Marshal(struct {
		StartTime time.Time `json:"start_time"`
		NextFor   string    `json:"next_by_subj"`
		NoHeaders bool      `json:"no_hdr"`
	}{t.Add(time.Nanosecond).UTC(), ">", true})
	if err != nil {
		return 0, fmt.Errorf("jetstream: encode: %w", err)
	}
	var seq uint64
	err = l.ask(ctx, func(ctx context.Context) error {
		m, err := leaderGet(ctx, l.nc, l.options.Stream, request)
		if err != nil {
			return err
		}
		seq = 0
		if m != nil {
			seq = m.Sequence
		}

		return nil
	})

	return seq, err
}

// probesMax is how many sequences in a row are tried for one that can be read. One
// damaged record hides those behind it from a search, so each is tried on its own.
const probesMax = 10_000

// readable returns the first sequence that the stream's leader can read from one on,
// 0 if it can read none. It looks no further than `to`, and tries probesMax.
func (l *Log) readable(ctx context.Context, from, to uint64) (uint64, error) {
	for probe := from; probe <= to && probe-from < probesMax; probe++ {
		request, err := json.Marshal(struct {
			Sequence uint64 `json:"seq"`
			NextFor  string `json:"next_by_subj"`
		}{probe, ">"})
		if err != nil {
			return 0, fmt.Errorf("jetstream: encode: %w", err)
		}
		var m *stored
		err = l.ask(ctx, func(ctx context.Context) error {
			m, err = leaderGet(ctx, l.nc, l.options.Stream, request)

			return err
		})
		switch {
		case err != nil:
			return 0, err
		case m != nil:
			return m.Sequence, nil
		}
	}

	return 0, nil
}

// stored is a message as the leader of a stream has it.
type stored struct {
	Subject  string    `json:"subject"`
	Sequence uint64    `json:"seq"`
	Header   []byte    `json:"hdrs"`
	Data     []byte    `json:"data"`
	Time     time.Time `json:"time"`
}

// leaderGet reads one message from the leader of a stream, nil if there is none.
func leaderGet(ctx context.Context, nc *nats.Conn, stream string, request []byte) (*stored, error) {
	answer, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, request)
	if err != nil {
		return nil, fmt.Errorf("jetstream: get a message of %s: %w", stream, err)
	}
	var response struct {
		Error   *jetstream.APIError `json:"error"`
		Message *stored             `json:"message"`
	}
	if err := json.Unmarshal(answer.Data, &response); err != nil {
		return nil, fmt.Errorf("jetstream: get a message of %s: %w", stream, err)
	}
	if response.Error != nil {
		if response.Error.ErrorCode == codeNoMessageFound {
			return nil, nil
		}

		return nil, fmt.Errorf("jetstream: get a message of %s: %w", stream, response.Error)
	}
	if response.Message == nil {
		return nil, errors.New("jetstream: the server sent no message and no error")
	}

	return response.Message, nil
}
