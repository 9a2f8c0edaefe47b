package jetstream_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// past are records of a log as it was: many, with a hole, one on the largest size, and
// some that others wrote.
func past() []eventlog.Record {
	at := time.Date(2020, 1, 2, 3, 4, 5, 678, time.UTC)
	var all []eventlog.Record
	for n := uint64(1); n <= 1300; n++ {
		if n >= 700 && n < 720 {
			continue
		}
		m := eventlog.Message{Subject: fmt.Sprint("taurus.ev.", n%7), Header: map[string]string{"ce-id": fmt.Sprint(n)}, Data: []byte(fmt.Sprint("data ", n))}
		switch n {
		case 3:
			m.Header = nil
		case 5:
			m.Header["taurus-time"] = "not a time"
		case 6:
			m.Data = make([]byte, eventlog.MaxMessage-len("ce-id: 6\r\n"))
		}
		all = append(all, eventlog.Record{Sequence: n, Time: at.Add(time.Duration(n) * time.Second), Message: m})
	}

	return all
}

// putBack puts records back, up to one.
func putBack(t *testing.T, r *jetstream.Restoration, records []eventlog.Record, upTo uint64) {
	t.Helper()
	next := uint64(1)
	for _, rec := range records {
		if rec.Sequence > upTo {
			return
		}
		if rec.Sequence > next {
			if err := r.Skip(within(t), rec.Sequence-1); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Put(within(t), rec); err != nil {
			t.Fatal(err)
		}
		next = rec.Sequence + 1
	}
}

func restoring(t *testing.T, o jetstream.Options, source string) *jetstream.Restoration {
	t.Helper()
	r, err := jetstream.Restore(within(t), o, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })

	return r
}

// TestRestore: what was put back is read as it was, holes too; it is no log before all
// of it is there, and goes on as one then.
func TestRestore(t *testing.T) {
	t.Parallel()
	s, records := natstest.Start(t), past()
	o := jetstream.Options{URL: s.URL(), Partitions: 64}
	for _, upTo := range []uint64{1, 650, 710, 1100} { // Interrupted there.
		r := restoring(t, o, "export")
		putBack(t, r, records, upTo)
		_ = r.Close()
		var unfit *jetstream.UnfitError
		if _, err := jetstream.Open(within(t), o); !errors.As(err, &unfit) || !strings.Contains(err.Error(), "taurus log restore") {
			t.Fatalf("opened while it is restored: %v", err)
		}
		if err := jetstream.Create(within(t), o); !errors.As(err, &unfit) {
			t.Fatalf("made while it is restored: %v", err)
		}
	}
	if _, err := jetstream.Restore(within(t), o, "another"); !errors.Is(err, jetstream.ErrNotEmpty) {
		t.Errorf("restored from something else: %v", err)
	}
	r := restoring(t, o, "export")
	if r.Last() == 0 {
		t.Error("it begins anew")
	}
	putBack(t, r, records, 1300)
	if err := r.Finish(within(t)); err != nil {
		t.Fatal(err)
	}
	l := open(t, o)
	if got := readAll(t, l, 1300); !reflect.DeepEqual(got, records) {
		for i := range got {
			if !reflect.DeepEqual(got[i], records[i]) {
				t.Fatalf("got %+v, want %+v", got[i], records[i])
			}
		}
		t.Fatalf("%d records, want %d", len(got), len(records))
	}
	for _, n := range []uint64{1, 2, 699, 720, 721, 1299, 1300} {
		at := records[0].Time.Add(time.Duration(n-1) * time.Second)
		if got, err := l.SequenceAt(within(t), at); err != nil || got != n {
			t.Errorf("at the time of %d it ends at %d, %v", n, got, err)
		}
	}
	if got, err := l.SequenceAt(within(t), records[0].Time.Add(-1)); err != nil || got != 0 {
		t.Errorf("before its time it ends at %d, %v", got, err)
	}
	// It goes on as a log, in which the header is nobody's order.
	m := eventlog.Message{Subject: "taurus.ev.1", Header: map[string]string{"taurus-time": "2020-01-01T00:00:00Z"}}
	receipt, err := l.Append(within(t), eventlog.Decision(m, 1296))
	if err != nil || receipt.Last != 1301 {
		t.Fatalf("appended %+v, %v", receipt, err)
	}
	for rec, err := range l.Read(within(t), 1301, 1301) {
		if err != nil || rec.Time.Year() == 2020 || !reflect.DeepEqual(rec.Header, m.Header) {
			t.Errorf("%+v, %v", rec, err)
		}
	}
	// Nor is it one that who writes to the stream itself may give.
	nc, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	forged := &nats.Msg{Subject: "taurus.ev.2", Header: nats.Header{"Nats-Taurus-Time": {"2020-01-01T00:00:00Z"}}}
	if _, err := nc.RequestMsg(forged, time.Minute); err != nil {
		t.Fatal(err)
	}
	for rec, err := range l.Read(within(t), 1302, 1302) {
		if err != nil || rec.Time.Year() == 2020 || len(rec.Header) > 0 {
			t.Errorf("%+v, %v", rec, err)
		}
	}
	if got, err := l.SequenceAt(within(t), time.Now().Add(time.Hour)); err != nil || got != 1302 {
		t.Errorf("now it ends at %d, %v", got, err)
	}
	if _, err := jetstream.Restore(within(t), o, "export"); !errors.Is(err, jetstream.ErrNotEmpty) || !strings.Contains(err.Error(), "up to sequence 1302") {
		t.Errorf("restored over a log: %v", err)
	}
}

// readAll reads a log over its holes.
func readAll(t *testing.T, l eventlog.Log, to uint64) []eventlog.Record {
	t.Helper()
	var all []eventlog.Record
	for next := uint64(1); next <= to; {
		for rec, err := range l.Read(within(t), next, to) {
			if gap, ok := errors.AsType[*eventlog.GapError](err); ok {
				next = gap.Got

				break
			}
			if err != nil {
				t.Fatal(err)
			}
			all, next = append(all, rec), rec.Sequence+1
		}
	}

	return all
}

// TestRestoreEndsInAHole: also if nothing is behind it, and whatever a stranger has
// written. The end of it may be interrupted at any point.
func TestRestoreEndsInAHole(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	o := jetstream.Options{URL: s.URL(), Partitions: 64}
	records := past()[:20]
	records[7].Subject = "taurus.ev.restore.filler"
	records[9].Subject = "taurus.ev.restore-filler"
	put := func() *jetstream.Restoration {
		r := restoring(t, o, "export")
		putBack(t, r, records, 20)
		if err := r.Skip(within(t), 25); err != nil {
			t.Fatal(err)
		}

		return r
	}
	order := eventlog.Record{Sequence: 1, Message: eventlog.Message{Subject: "taurus.ev.1", Header: map[string]string{"nats-Rollup": "all"}}}
	if err := restoring(t, o, "export").Put(within(t), order); !errors.Is(err, eventlog.ErrInvalid) {
		t.Errorf("an order to the server: %v", err)
	}
	_ = put().Close() // Nothing of it is stored.
	r := put()
	// What stands for the hole is removed, and the stream is no log yet.
	if err := r.Interrupted(within(t)); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	r = put()
	if r.Last() != 25 {
		t.Errorf("it goes on behind %d, want 25", r.Last())
	}
	if err := r.Finish(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(within(t)); err != nil { // Its answer was lost, say.
		t.Error(err)
	}
	l := open(t, o)
	b, err := l.Bounds(within(t))
	if err != nil || b.First != 1 || b.Last != 25 {
		t.Fatalf("%+v, %v", b, err)
	}
	if got := readAll(t, l, 20); !reflect.DeepEqual(got, records) {
		t.Errorf("got %+v, want %+v", got, records)
	}
	if receipt, err := l.Append(within(t), fact(1)); err != nil || receipt.First != 26 {
		t.Errorf("it goes on at %d, %v, want 26", receipt.First, err)
	}
}

// TestRestoreAlone: records are put in their order, not too many bytes at once, and nobody
// else writes meanwhile.
func TestRestoreAlone(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	o := jetstream.Options{URL: s.URL(), Partitions: 64}
	r := restoring(t, o, "export")
	large := func(n uint64) eventlog.Record {
		m := eventlog.Message{Subject: "taurus.ev.1", Data: make([]byte, eventlog.MaxMessage)}
		return eventlog.Record{Sequence: n, Time: time.Unix(int64(n), 0), Message: m}
	}
	for n := range uint64(6) {
		if err := r.Put(within(t), large(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if r.Last() < 4 {
		t.Errorf("of 6 MiB nothing is stored but what is up to %d", r.Last())
	}
	for _, wrong := range []uint64{0, 6, 8} {
		if err := r.Put(within(t), large(wrong)); !errors.Is(err, eventlog.ErrInvalid) {
			t.Errorf("%d behind 6: %v", wrong, err)
		}
	}
	nc, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Request("taurus.ev.2", nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(within(t)); !errors.Is(err, jetstream.ErrNotEmpty) || !strings.Contains(err.Error(), "somebody else writes") {
		t.Errorf("somebody else writes, and it ends with %v", err)
	}
	var unfit *jetstream.UnfitError
	if _, err := jetstream.Open(within(t), o); !errors.As(err, &unfit) {
		t.Errorf("it is opened: %v", err)
	}
}
