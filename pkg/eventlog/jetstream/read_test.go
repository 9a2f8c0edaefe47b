package jetstream_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// TestReadsAskForNoMoreThanThereIsRoomFor reads messages that are together larger than
// what may be on its way, the largest there may be among them: none is missing, however
// often the server stops for lack of room.
func TestReadsAskForNoMoreThanThereIsRoomFor(t *testing.T) {
	t.Parallel()
	l := open(t, jetstream.Options{URL: natstest.Start(t).URL(), Name: t.Name(), ReadAhead: jetstream.MinReadAhead})
	sizes := []int{100, eventlog.MaxMessage, 700 << 10, 700 << 10, 700 << 10, 1, eventlog.MaxMessage, eventlog.MaxMessage, eventlog.MaxMessage}
	for range 200 {
		sizes = append(sizes, 30<<10)
	}
	for i, size := range sizes {
		m := eventlog.Message{Subject: fmt.Sprintf("taurus.ev.t.%d", i), Data: bytes.Repeat([]byte("x"), size)}
		if _, err := l.Append(t.Context(), eventlog.Fact(m)); err != nil {
			t.Fatal(err)
		}
	}
	last := uint64(len(sizes))
	for _, span := range [][2]uint64{{1, last}, {1, 9}, {2, 2}, {9, 9}, {5, 80}, {last - 70, last}, {last, last}} {
		next := span[0]
		for rec, err := range l.Read(t.Context(), span[0], span[1]) {
			if err != nil {
				t.Fatalf("%v: at %d: %v", span, next, err)
			}
			if rec.Sequence != next || len(rec.Data) != sizes[next-1] {
				t.Fatalf("%v: %d with %d bytes, want %d with %d", span, rec.Sequence, len(rec.Data), next, sizes[next-1])
			}
			next++
		}
		if next != span[1]+1 {
			t.Fatalf("%v: ended before %d", span, next)
		}
	}
}

// TestReadAheadHasRoomForTheLargestMessage, or it would never come.
func TestReadAheadHasRoomForTheLargestMessage(t *testing.T) {
	t.Parallel()
	_, err := jetstream.Open(t.Context(), jetstream.Options{ReadAhead: jetstream.MinReadAhead - 1})
	if err == nil {
		t.Fatal("taken")
	}
}
