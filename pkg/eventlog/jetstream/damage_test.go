package jetstream_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// blocks are the files of a stream's records, oldest first.
func blocks(t testing.TB, s *natstest.Server, stream string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.Store(), "jetstream", "*", "streams", stream, "msgs", "*.blk"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no blocks of %s in %s: %v", stream, s.Store(), err)
	}
	slices.SortFunc(files, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) // 10.blk behind 9.blk
	})

	return files
}

// cut takes n bytes off the end of a file.
func cut(t testing.TB, file string, n int64) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, info.Size()-n); err != nil {
		t.Fatal(err)
	}
}

// flip changes one bit of a file, where the text of a record is.
func flip(t testing.TB, file, text string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(data), text)
	if at < 0 {
		t.Fatalf("%s does not hold %q", file, text)
	}
	data[at] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// append75 appends so many records, each on a subject of its own.
func append75(t testing.TB, l eventlog.Log) {
	t.Helper()
	for i := 1; i <= 75; i++ {
		m := eventlog.Message{Subject: fmt.Sprintf("taurus.ev.%d", i), Data: fmt.Appendf(nil, "record %d, and some more of it", i)}
		if _, err := l.Append(within(t), eventlog.Decision(m, 0)); err != nil {
			t.Fatal(err)
		}
	}
}

// readTo reads a log from its first record on until an error or the end of a wait
// that is longer than what a reader takes to see that something is missing.
func readTo(t testing.TB, l eventlog.Log, to uint64) (uint64, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	last := uint64(0)
	for rec, err := range l.Read(ctx, 1, to) {
		if err != nil {
			return last, err
		}
		last = rec.Sequence
	}

	return last, nil
}

func wantGap(t testing.TB, err error, want, got uint64, tail bool) {
	t.Helper()
	var gap *eventlog.GapError
	if !errors.As(err, &gap) || gap.Want != want || gap.Got != got || gap.Tail != tail {
		t.Fatalf("reading ends with %v (%+v), want a gap from %d to %d, at the tail: %v", err, gap, want, got, tail)
	}
}

// TestTailCutOff: a server that was stopped in good order remembers where its stream
// ended, and counts what its files no longer hold.
func TestTailCutOff(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	l := open(t, jetstream.Options{URL: s.URL()})
	append75(t, l)
	s.Stop()
	files := blocks(t, s, jetstream.DefaultStream)
	cut(t, files[len(files)-1], 200)
	s.Restart(t)

	if b, err := l.Bounds(within(t)); err != nil || b.Last != 75 {
		t.Fatalf("the server says that the log ends at %d, %v; this test is of one that says 75", b.Last, err)
	}
	last, err := readTo(t, l, 0)
	if last < 65 || last >= 75 {
		t.Fatalf("read up to %d", last)
	}
	wantGap(t, err, last+1, 76, true)
	if text := err.Error(); !strings.Contains(text, "ends at 75") || !strings.Contains(text, fmt.Sprintf("from %d on", last+1)) {
		t.Errorf("the error does not say what is missing: %s", text)
	}
	wantGap(t, eventlog.NewFollower(l, 1).Run(within(t), func(eventlog.Record) error { return nil }), last+1, 76, true)

	// What is appended now stands behind the hole.
	receipt, err := l.Append(within(t), eventlog.Fact(eventlog.Message{Subject: "taurus.ev.new"}))
	if err != nil || receipt.Last != 76 {
		t.Fatalf("appended at %+v, %v", receipt, err)
	}
	_, err = readTo(t, l, 0)
	wantGap(t, err, last+1, 76, false)
}

// TestTailForgotten: one that was killed knows only what its files hold, so that the
// log ends early. Nothing in it shows that.
func TestTailForgotten(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	l := open(t, jetstream.Options{URL: s.URL()})
	append75(t, l)
	s.Kill(t)
	files := blocks(t, s, jetstream.DefaultStream)
	cut(t, files[len(files)-1], 200)
	s.Restart(t)

	b, err := l.Bounds(within(t))
	if err != nil || b.Last < 65 || b.Last >= 75 {
		t.Fatalf("the log ends at %d, %v", b.Last, err)
	}
	if last, err := readTo(t, l, b.Last); err != nil || last != b.Last {
		t.Errorf("read up to %d of %d: %v", last, b.Last, err)
	}
	// Who had read more of it is told.
	wantGap(t, eventlog.NewFollower(l, 76).Run(within(t), func(eventlog.Record) error { return nil }), 76, b.Last+1, false)
}

// TestRecordThatCannotBeRead: a server that was stopped in good order looks at no
// record before somebody reads it.
func TestRecordThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	l := open(t, jetstream.Options{URL: s.URL()})
	append75(t, l)
	s.Stop()
	flip(t, blocks(t, s, jetstream.DefaultStream)[0], "record 10,")
	s.Restart(t)

	last, err := readTo(t, l, 75)
	if last != 9 {
		t.Fatalf("read up to %d: %v", last, err)
	}
	wantGap(t, err, 10, 11, false)
}

// TestReplicaThatCannotRead: what one of three replicas lost is read from another.
func TestReplicaThatCannotRead(t *testing.T) {
	t.Parallel()
	c := natstest.StartCluster(t, 3)
	l := open(t, jetstream.Options{URL: c.URL(), Replicas: 3})
	append75(t, l)
	leader := c.StreamLeader(t, jetstream.DefaultStream)
	for _, s := range c.Servers {
		if s == leader {
			continue
		}
		s.Stop()
		flip(t, blocks(t, s, jetstream.DefaultStream)[0], "record 10,")
		c.Rejoin(t, s)

		break
	}
	for range 5 { // A reader is served by any of them.
		if last, err := readTo(t, l, 75); err != nil || last != 75 {
			t.Fatalf("read up to %d: %v", last, err)
		}
	}
}
