package jetstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, subject string
		want             bool
	}{
		{"taurus.ev.>", "taurus.ev.0.job.web", true},
		{"taurus.ev.>", "taurus.ev.a", true},
		{"taurus.ev.>", "taurus.ev", false},
		{"taurus.ev.>", "taurus.evil.a", false},
		{">", "a", true},
		{"a.*.c", "a.b.c", true},
		{"a.*.c", "a.b.c.d", false},
		{"a.*.c", "a.b", false},
		{"a.b", "a.b", true},
		{"a.b", "a.bb", false},
	} {
		if got := matches(c.pattern, c.subject); got != c.want {
			t.Errorf("matches(%q, %q) = %v, want %v", c.pattern, c.subject, got, c.want)
		}
	}
}

// TestClassify holds every code to what a caller may conclude from it: to say
// "not stored" of what was stored doubles a task.
func TestClassify(t *testing.T) {
	for code, want := range map[jetstream.ErrorCode]error{
		10071: eventlog.ErrConflict, 10164: eventlog.ErrConflict,
		10047: eventlog.ErrFull, 10002: eventlog.ErrFull, 10054: eventlog.ErrTooLarge, 10097: eventlog.ErrTooLarge, 10199: eventlog.ErrTooLarge,
		10008: errNotTaken, 10009: errNotTaken, 10023: errNotTaken, 10118: errNotTaken, 10158: errNotTaken,
		10167: errNotTaken, 10176: errNotTaken, 10194: errNotTaken, 10210: errNotTaken, 10226: errNotTaken,
		10077: eventlog.ErrOutcomeUnknown,
	} {
		if err := classify(fmt.Errorf("wrapped: %w", &jetstream.APIError{ErrorCode: code})); !errors.Is(err, want) {
			t.Errorf("code %d: got %v, want %v", code, err, want)
		}
	}
	full := &jetstream.APIError{ErrorCode: 10077, Description: "maximum bytes exceeded"}
	for err, want := range map[error]error{
		full:                             eventlog.ErrFull,
		jetstream.ErrNoStreamResponse:    errNotTaken,
		nats.ErrNoResponders:             errNotTaken,
		nats.ErrReconnectBufExceeded:     errNotTaken,
		nats.ErrMaxPayload:               eventlog.ErrTooLarge,
		nats.ErrBadSubject:               eventlog.ErrInvalid,
		nats.ErrTimeout:                  eventlog.ErrOutcomeUnknown,
		nats.ErrConnectionClosed:         eventlog.ErrOutcomeUnknown,
		context.DeadlineExceeded:         eventlog.ErrOutcomeUnknown,
		context.Canceled:                 eventlog.ErrOutcomeUnknown,
		jetstream.ErrAsyncPublishTimeout: eventlog.ErrOutcomeUnknown,
		errors.New("something new"):      eventlog.ErrOutcomeUnknown,
	} {
		if got := classify(err); !errors.Is(got, want) {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
	}
}

// TestWholeSeconds: the server cuts off what is less than a second, and a lease must
// not live shorter than was asked for.
func TestWholeSeconds(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		time.Second: time.Second, time.Second + 1: 2 * time.Second, 1500 * time.Millisecond: 2 * time.Second, time.Minute: time.Minute,
	} {
		if got := wholeSeconds(d); got != want {
			t.Errorf("%v becomes %v, want %v", d, got, want)
		}
	}
}

func TestEscapeIsReversible(t *testing.T) {
	seen := map[string]string{}
	for _, s := range []string{"a", "a.b", "a=2Eb", "a b", "a=", "=", "ä", "A", ".", "..", "a-b_c", "*", ">"} {
		e := escape(s)
		if other, ok := seen[e]; ok {
			t.Errorf("%q and %q are both %q", s, other, e)
		}
		seen[e] = s
	}
}

// FuzzHeader sends headers through NATS' own encoding: what Check lets through
// comes back byte for byte.
func FuzzHeader(f *testing.F) {
	f.Add("ce-id", "1", "traceparent", "00-af-b7-01")
	f.Add("CE-Id", "", "a", "b: c")
	f.Add("k", "ü ☃", "Status", "503")
	f.Add("n", "a\tb", "m", "\xff")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		m := eventlog.Message{Subject: "a", Header: map[string]string{k1: v1, k2: v2}, Data: []byte("x")}
		e := eventlog.Decision(m, 7)
		if eventlog.Check([]eventlog.Entry{e}) != nil {
			return
		}
		var wire []byte
		wire = append(wire, "NATS/1.0\r\n"...)
		for k, values := range encode(e).Header {
			for _, v := range values {
				wire = fmt.Appendf(wire, "%s: %s\r\n", k, v)
			}
		}
		h, err := nats.DecodeHeadersMsg(append(wire, "\r\n"...))
		if err != nil {
			t.Fatalf("%q does not decode: %v", wire, err)
		}
		if got := decodeHeader(h); !maps.Equal(got, m.Header) {
			t.Fatalf("got %q, want %q", got, m.Header)
		}
	})
}

func benchLog(b *testing.B, replicas int) *Log {
	b.Helper()
	var url string
	if replicas == 1 {
		url = natstest.Start(b).URL()
	} else {
		url = natstest.StartCluster(b, replicas).URL()
	}
	o := Options{URL: url, Replicas: replicas}
	if err := Create(b.Context(), o); err != nil {
		b.Fatal(err)
	}
	l, err := Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })

	return l
}

func benchFacts(n int) []eventlog.Entry {
	entries := make([]eventlog.Entry, n)
	for i := range entries {
		entries[i] = eventlog.Fact(eventlog.Message{
			Subject: fmt.Sprintf("taurus.ev.0.task.web.%d", i),
			Header:  map[string]string{"ce-id": "1", "ce-type": "taurus.task.status.v1", "taurus-epoch": "12"},
			Data:    make([]byte, 200),
		})
	}

	return entries
}

// BenchmarkFacts is where PipelineMax comes from: the size at which a batch
// becomes cheaper than single messages, on one server.
func BenchmarkFacts(b *testing.B) {
	for _, replicas := range []int{1, 3} {
		l := benchLog(b, replicas)
		for _, n := range []int{2, 4, 8, 12, 16, 24, 32, 64} {
			entries := benchFacts(n)
			b.Run(fmt.Sprintf("R%d/single/%d", replicas, n), func(b *testing.B) {
				for b.Loop() {
					if _, err := l.pipeline(b.Context(), entries); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("R%d/batch/%d", replicas, n), func(b *testing.B) {
				for b.Loop() {
					if _, err := l.batch(b.Context(), entries); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkDecision(b *testing.B) {
	for _, replicas := range []int{1, 3} {
		l := benchLog(b, replicas)
		b.Run(fmt.Sprintf("R%d", replicas), func(b *testing.B) {
			m := eventlog.Message{Subject: "taurus.ev.0.job.web", Data: make([]byte, 300)}
			last := uint64(0)
			for b.Loop() {
				receipt, err := l.Append(b.Context(), eventlog.Decision(m, last))
				if err != nil {
					b.Fatal(err)
				}
				last = receipt.Last
			}
		})
	}
}

func BenchmarkReplay(b *testing.B) {
	l := benchLog(b, 1)
	const records = 100_000
	if _, err := l.Append(b.Context(), benchFacts(records)...); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n := 0
		for _, err := range l.Read(b.Context(), 1, records) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != records {
			b.Fatalf("read %d records, want %d", n, records)
		}
	}
	b.ReportMetric(records*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
