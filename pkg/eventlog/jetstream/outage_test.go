package jetstream_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

func fact(i int) eventlog.Entry {
	return eventlog.Fact(eventlog.Message{Subject: fmt.Sprintf("taurus.ev.0.a.%d", i), Data: fmt.Append(nil, i)})
}

func facts(n int) []eventlog.Entry {
	entries := make([]eventlog.Entry, n)
	for i := range entries {
		entries[i] = fact(i)
	}

	return entries
}

// TestUnavailable stops the server under an open log: what was not sent must
// not be stored later, when its caller has long been told that it was not.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	if _, err := open(t, jetstream.Options{URL: s.URL()}).Append(within(t), fact(0)); err != nil {
		t.Fatal(err)
	}
	l := open(t, jetstream.Options{URL: s.URL(), Patience: 300 * time.Millisecond, AppendTimeout: 300 * time.Millisecond})
	s.Stop()
	wait := func(what string, call func() error) {
		t.Helper()
		// The first may be on its way while the connection breaks.
		for range 5 {
			err := call()
			if errors.Is(err, eventlog.ErrUnavailable) {
				return
			}
			if !errors.Is(err, eventlog.ErrOutcomeUnknown) {
				t.Fatalf("%s: got %v, want %v", what, err, eventlog.ErrUnavailable)
			}
		}
		t.Fatalf("%s: is never unavailable", what)
	}
	wait("single", func() error {
		_, err := l.Append(within(t), fact(1))

		return err
	})
	wait("pipeline", func() error {
		_, err := l.Append(within(t), facts(5)...)

		return err
	})
	wait("batch", func() error {
		_, err := l.Append(within(t), facts(100)...)

		return err
	})
	wait("bounds", func() error {
		_, err := l.Bounds(within(t))

		return err
	})
	wait("read", func() error {
		for _, err := range l.Read(within(t), 1, 1) {
			return err
		}

		return nil
	})
	s.Restart(t)
	f := eventlog.NewFollower(l, 1)
	done := make(chan error, 1)
	enough := errors.New("enough")
	go func() {
		done <- f.Run(within(t), func(rec eventlog.Record) error {
			if rec.Subject == "taurus.ev.0.end" {
				return enough
			}

			return nil
		})
	}()
	receipt, err := open(t, jetstream.Options{URL: s.URL()}).Append(within(t), eventlog.Fact(eventlog.Message{Subject: "taurus.ev.0.end"}))
	if err != nil || receipt.First != 2 {
		t.Errorf("the end is at %d, %v, want 2: what was refused came later", receipt.First, err)
	}
	if err := <-done; !errors.Is(err, enough) {
		t.Fatal(err)
	}
}

// TestReadSurvivesCutConnections cuts the connection while records stream in.
func TestReadSurvivesCutConnections(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	writer := open(t, jetstream.Options{URL: s.URL()})
	const records = 20_000
	if _, err := writer.Append(within(t), facts(records)...); err != nil {
		t.Fatal(err)
	}
	p := natstest.NewProxy(t, s.URL())
	reader := open(t, jetstream.Options{URL: p.URL()})
	next := uint64(1)
	for rec, err := range reader.Read(within(t), 1, records) {
		if err != nil {
			t.Fatalf("at %d: %v", next, err)
		}
		if rec.Sequence != next {
			t.Fatalf("got %d, want %d", rec.Sequence, next)
		}
		if next++; next%7000 == 0 {
			p.Release()
		}
	}
	if next != records+1 {
		t.Fatalf("read up to %d, want %d", next-1, records)
	}
}

// TestReadLeavesAStuckConsumer pauses the consumer, which then sends heartbeats
// but no records, as one does on a replica that is behind.
func TestReadLeavesAStuckConsumer(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	l := open(t, jetstream.Options{URL: s.URL()})
	if _, err := l.Append(within(t), fact(0)); err != nil {
		t.Fatal(err)
	}
	js := admin(t, s.URL())
	for rec, err := range l.Read(within(t), 1, 2) {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Sequence == 2 {
			return
		}
		stream, err := js.Stream(within(t), jetstream.DefaultStream)
		if err != nil {
			t.Fatal(err)
		}
		for name := range stream.ConsumerNames(within(t)).Name() {
			if _, err := js.PauseConsumer(within(t), jetstream.DefaultStream, name, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.Append(within(t), fact(1)); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the second record never came")
}

func TestBoundedReadSkipsWhatIsGone(t *testing.T) {
	s := natstest.Start(t)
	l := open(t, jetstream.Options{
		URL: s.URL(), Stream: "TAURUS_WHY", Subjects: []string{"taurus.why.>"}, Kind: jetstream.Bounded, MaxPerSubject: 2,
	})
	// 1 and 3 to 6 give way; 2, 7, 8 and 9 stay.
	for _, group := range []string{"a", "b", "a", "a", "a", "c", "a", "a", "c", "c"} {
		if _, err := l.Append(within(t), eventlog.Fact(eventlog.Message{Subject: "taurus.why." + group})); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		from, to uint64
		want     string
	}{
		{0, 10, "[2 7 8 9 10]"}, {1, 1, "[]"}, {3, 6, "[]"}, {1, 6, "[2]"}, {4, 8, "[7 8]"}, {9, 10, "[9 10]"}, {6, 7, "[7]"},
	} {
		var got []uint64
		for rec, err := range l.Read(within(t), c.from, c.to) {
			if err != nil {
				t.Fatalf("read %d..%d: %v", c.from, c.to, err)
			}
			got = append(got, rec.Sequence)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("read %d..%d: got %v, want %s", c.from, c.to, got, c.want)
		}
	}
}
