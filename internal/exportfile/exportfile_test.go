package exportfile_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

var header = exportfile.Header{Stream: "TAURUS", Partitions: 64}

func record(sequence uint64, data string) exportfile.Item {
	return exportfile.Item{Record: eventlog.Record{
		Sequence: sequence, Time: time.Date(2026, 3, 1, 12, 0, 0, int(sequence), time.UTC),
		Message: events.Message{Subject: "taurus.ev.1.job.a", Header: map[string]string{"ce-id": "x"}, Data: []byte(data)},
	}}
}

func write(t testing.TB, items ...exportfile.Item) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := exportfile.NewWriter(&out, header)
	for _, item := range items {
		if err == nil {
			err = w.Add(item)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read reads a file as far as it goes.
func read(file []byte) (items []exportfile.Item, err error) {
	r, err := exportfile.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	for item, err := range r.Items() {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

func TestFormat(t *testing.T) {
	got := string(write(t, record(1, `{"a":"<&>"}`), exportfile.Item{Lost: exportfile.Range{From: 2, To: 4}}, record(5, `{"a": 1}`)))
	want := []string{
		`{"taurus_log":1,"stream":"TAURUS","partitions":64,"from":1}`,
		`{"sequence":1,"time":"2026-03-01T12:00:00.000000001Z","subject":"taurus.ev.1.job.a","headers":{"ce-id":"x"},"data":{"a":"<&>"}}`,
		`{"lost":{"from":2,"to":4}}`,
		`{"sequence":5,"time":"2026-03-01T12:00:00.000000005Z","subject":"taurus.ev.1.job.a","headers":{"ce-id":"x"},"data_base64":"eyJhIjogMX0="}`,
	}
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) != 5 || !reflect.DeepEqual(lines[:4], want) || !strings.HasPrefix(lines[4], `{"end":{"last":5,"records":2,"sum":"`) {
		t.Errorf("got\n%s", got)
	}
}

// TestEveryByteSurvives, of whatever a log may hold.
func TestEveryByteSurvives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := func(name string) string { return string(rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(rt, name)) }
		var items []exportfile.Item
		next := uint64(1)
		for range rapid.IntRange(0, 5).Draw(rt, "items") {
			if rapid.IntRange(0, 3).Draw(rt, "lost") == 0 {
				lost := exportfile.Range{From: next, To: next + rapid.Uint64Range(0, 9).Draw(rt, "to")}
				items, next = append(items, exportfile.Item{Lost: lost}), lost.To+1
				continue
			}
			item := record(next, "")
			item.Record.Subject = text("subject")
			item.Record.Header = map[string]string{text("name"): text("value"), "ce-id": text("id")}
			item.Record.Data = rapid.OneOf(
				rapid.SliceOfN(rapid.Byte(), 1, 20),
				rapid.Map(rapid.SampledFrom([]string{`{}`, `null`, `{"a":"\u2028"}`, "\"\xff\"", `{"a":[1,2.50]}`, `"\ud800"`, ` 1`, "1\n", "{\"a\":\n1}"}), func(s string) []byte { return []byte(s) }),
			).Draw(rt, "data")
			items, next = append(items, item), next+1
		}
		file := write(t, items...)
		if !utf8.Valid(file) {
			rt.Fatal("others cannot read it: it is not UTF-8")
		}
		got, err := read(file)
		if err != nil {
			rt.Fatal(err)
		}
		if len(got) != len(items) {
			rt.Fatalf("%d items of %d", len(got), len(items))
		}
		for i := range got {
			if !reflect.DeepEqual(got[i], items[i]) {
				rt.Fatalf("got %+v, want %+v", got[i], items[i])
			}
		}
	})
}

// TestAChangedFileIsSeen: no byte of one can be changed, and no part of it left out.
func TestAChangedFileIsSeen(t *testing.T) {
	file := write(t, record(1, `{"a":1}`), exportfile.Item{Lost: exportfile.Range{From: 2, To: 4}}, record(5, `{"b":2}`))
	if _, err := read(file); err != nil {
		t.Fatal(err)
	}
	for i := range file {
		for bit := range 8 {
			changed := bytes.Clone(file)
			changed[i] ^= 1 << bit
			if _, err := read(changed); err == nil {
				t.Fatalf("bit %d of byte %d was changed, and nothing is wrong", bit, i)
			}
		}
		if _, err := read(file[:i]); !errors.Is(err, exportfile.ErrFormat) && !errors.Is(err, exportfile.ErrUnfinished) {
			t.Fatalf("cut off after %d bytes: %v", i, err)
		}
	}
	lines := bytes.SplitAfter(file, []byte("\n"))
	for i := range lines[:len(lines)-1] {
		if _, err := read(bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil)); err == nil {
			t.Fatalf("line %d was left out, and nothing is wrong", i+1)
		}
	}
	if _, err := read(append(bytes.Clone(file), lines[1]...)); !errors.Is(err, exportfile.ErrFormat) {
		t.Errorf("something follows: %v", err)
	}
}

// TestPart: any lines of a file are read without the others, and no part of one is.
func TestPart(t *testing.T) {
	items := []exportfile.Item{record(1, `{"a":1}`), {Lost: exportfile.Range{From: 2, To: 4}}, record(5, `{"b":2}`)}
	lines := bytes.SplitAfter(write(t, items...), []byte("\n"))
	lines = lines[:len(lines)-1]
	from := []uint64{1, 1, 2, 5, 6}
	for first := range lines {
		for last := first; last < len(lines); last++ {
			part := bytes.Join(lines[first:last+1], nil)
			var got []exportfile.Item
			for item, err := range exportfile.Part(bytes.NewReader(part), from[first]) {
				if err != nil {
					t.Fatalf("lines %d..%d: %v", first, last, err)
				}
				got = append(got, item)
			}
			want := items[max(first-1, 0):min(last, len(items))]
			if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
				t.Errorf("lines %d..%d: got %v, want %v", first, last, got, want)
			}
			var cut error
			for _, err := range exportfile.Part(bytes.NewReader(part[:len(part)-1]), from[first]) {
				cut = err
			}
			if !errors.Is(cut, exportfile.ErrUnfinished) {
				t.Errorf("lines %d..%d, cut: %v", first, last, cut)
			}
		}
	}
	for _, err := range exportfile.Part(bytes.NewReader(lines[1]), 2) {
		if !errors.Is(err, exportfile.ErrFormat) {
			t.Errorf("another sequence: %v", err)
		}
	}
}

// TestForged: a file whose sum fits is refused all the same if it is no log.
func TestForged(t *testing.T) {
	const (
		first = `{"taurus_log":1,"stream":"TAURUS","partitions":64,"from":1}`
		one   = `{"sequence":1,"time":"2026-03-01T12:00:00Z","subject":"a","data":{}}`
		two   = `{"sequence":2,"time":"2026-03-01T12:00:00Z","subject":"a","data":{}}`
		three = `{"sequence":3,"time":"2026-03-01T12:00:00Z","subject":"a","data":{}}`
	)
	for name, c := range map[string]struct {
		lines         string
		last, records uint64
		says          string // empty where nothing is wrong
	}{
		"as it should be":       {first + "\n" + one + "\n" + two, 2, 2, ""},
		"with a hole":           {first + "\n" + one + "\n" + `{"lost":{"from":2,"to":2}}` + "\n" + three, 3, 2, ""},
		"another format":        {strings.Replace(first, ":1,", ":2,", 1) + "\n" + one, 1, 1, "it has format 2"},
		"no format":             {`{"stream":"TAURUS"}` + "\n" + one, 1, 1, "line 1"},
		"what nobody knows":     {first + "\n" + strings.Replace(one, "}}", `},"more":1}`, 1), 1, 1, "line 2"},
		"two in a line":         {first + "\n" + one + " " + two, 2, 2, "line 2"},
		"a record left out":     {first + "\n" + one + "\n" + three, 3, 2, "sequence 3 follows 1"},
		"a record twice":        {first + "\n" + one + "\n" + one, 1, 2, "sequence 1 follows 1"},
		"swapped":               {first + "\n" + two + "\n" + one, 2, 2, "sequence 2 follows 0"},
		"a hole too late":       {first + "\n" + one + "\n" + `{"lost":{"from":3,"to":3}}`, 3, 1, "line 3"},
		"a hole of nothing":     {first + "\n" + one + "\n" + `{"lost":{"from":2,"to":1}}` + "\n" + two, 2, 2, "line 3"},
		"a hole without end":    {first + "\n" + `{"lost":{"from":1,"to":18446744073709551615}}` + "\n" + strings.Replace(one, `"sequence":1`, `"sequence":0`, 1), 0, 1, "line 3"},
		"a record of nothing":   {first + "\n{}", 1, 1, "line 2"},
		"without a subject":     {first + "\n" + strings.Replace(one, `"a"`, `""`, 1), 1, 1, "subject"},
		"without a time":        {first + "\n" + strings.Replace(one, "2026", "x", 1), 1, 1, "time"},
		"more records are told": {first + "\n" + one, 1, 2, "2 records up to 1"},
		"a later end is told":   {first + "\n" + one, 2, 1, "1 records up to 2"},
	} {
		file := []byte(c.lines + "\n")
		file = fmt.Appendf(file, `{"end":{"last":%d,"records":%d,"sum":"%x"}}`+"\n", c.last, c.records, sha256.Sum256(file))
		_, err := read(file)
		if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, exportfile.ErrFormat) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		if _, err := read(append(file, strings.Replace(one, ":1", fmt.Sprint(":", c.last+1), 1)+"\n"...)); !errors.Is(err, exportfile.ErrFormat) {
			t.Errorf("%s, and a record behind its end: %v", name, err)
		}
	}
}

// TestLongLines: what is longer than any record is not taken into memory.
func TestLongLines(t *testing.T) {
	file := write(t, record(1, `"`+strings.Repeat("x", 200_000)+`"`), record(2, "{}"))
	for most, want := range map[int]error{len(file): nil, 200_000: exportfile.ErrFormat} {
		r, err := exportfile.NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		r.Bound(most)
		for _, e := range r.Items() {
			err = e
		}
		if !errors.Is(err, want) {
			t.Errorf("with %d bytes a line: %v, want %v", most, err, want)
		}
	}
	// No line feed ever comes.
	if _, err := exportfile.NewReader(bytes.NewReader(bytes.Repeat([]byte("x"), 300_000))); !errors.Is(err, exportfile.ErrFormat) {
		t.Errorf("no line: %v", err)
	}
}

// TestResume: wherever writing stopped, it can be gone on with, and a finished file
// can be added to.
func TestResume(t *testing.T) {
	items := []exportfile.Item{record(1, `{"a":1}`), {Lost: exportfile.Range{From: 2, To: 4}}, record(5, `{"b":2}`)}
	whole := write(t, items...)
	name := filepath.Join(t.TempDir(), "export")
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(name, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		w, err := exportfile.Resume(f, header, func(item exportfile.Item) error {
			if !reflect.DeepEqual(item, items[seen]) {
				t.Fatalf("seen %+v, want %+v", item, items[seen])
			}
			seen++
			return nil
		}, goOn)
		if err != nil {
			t.Fatalf("cut off after %d bytes: %v", cut, err)
		}
		for _, item := range items[seen:] {
			if err := w.Add(item); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(w.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(name); !bytes.Equal(got, whole) {
			t.Fatalf("cut off after %d bytes, it became\n%s", cut, got)
		}
	}
}

// TestResumeCutsOff: nothing stays of a line that was not finished, however long it was.
func TestResumeCutsOff(t *testing.T) {
	whole := write(t, record(1, `{"a":1}`))
	begun := append(bytes.Clone(whole[:bytes.LastIndex(whole, []byte(`{"end"`))]), bytes.Repeat([]byte{0}, 5000)...)
	name := filepath.Join(t.TempDir(), "export")
	if err := os.WriteFile(name, begun, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	w, err := exportfile.Resume(f, header, func(exportfile.Item) error { return nil }, goOn)
	if err == nil {
		err = errors.Join(w.Close(), f.Close())
	}
	if got, _ := os.ReadFile(name); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("it became %q, %v", got, err)
	}
}

func goOn() error { return nil }

// TestResumeChangesNothingYet: a file that is not gone on with is as it was.
func TestResumeChangesNothingYet(t *testing.T) {
	whole := write(t, record(1, `{"a":1}`))
	header := whole[:bytes.IndexByte(whole, '\n')+1]
	no := errors.New("no")
	for name, content := range map[string][]byte{
		"whole": whole, "unfinished": whole[:len(whole)-5], "only its header": header,
		"a part of another header": []byte(`{"taurus_log":2`), "a word": []byte("hello"), "a line": []byte("hello\n"),
		"something behind a record": bytes.Replace(whole, []byte("}\n"), []byte("} {}\n"), 2),
	} {
		file := filepath.Join(t.TempDir(), "export")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(file, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = exportfile.Resume(f, exportfile.Header{Stream: "TAURUS", Partitions: 64}, func(exportfile.Item) error { return nil }, func() error { return no })
		if !errors.Is(err, no) && !errors.Is(err, exportfile.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
		_ = f.Close()
		if got, _ := os.ReadFile(file); !bytes.Equal(got, content) {
			t.Errorf("%s became %q", name, got)
		}
	}
}

func TestResumeRefusesAnotherLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "export")
	if err := os.WriteFile(name, write(t), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var other *exportfile.OtherError
	if _, err := exportfile.Resume(f, exportfile.Header{Stream: "OTHER", Partitions: 64}, nil, goOn); !errors.As(err, &other) {
		t.Errorf("got %v", err)
	}
}

// TestLogReadsPastHoles: what follows a hole is read all the same.
func TestLogReadsPastHoles(t *testing.T) {
	log := memory.New()
	defer func() { _ = log.Close() }()
	for range 6 {
		if _, err := log.Append(t.Context(), eventlog.Fact(record(1, "{}").Record.Message)); err != nil {
			t.Fatal(err)
		}
	}
	holes := holed{log, map[uint64]bool{2: true, 3: true, 6: true}}
	var got []uint64
	var lost []exportfile.Range
	for item, err := range exportfile.Log(t.Context(), holes, 1, 6) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Lost.From != 0 {
			lost = append(lost, item.Lost)
			continue
		}
		got = append(got, item.Record.Sequence)
	}
	if !reflect.DeepEqual(got, []uint64{1, 4, 5}) || !reflect.DeepEqual(lost, []exportfile.Range{{From: 2, To: 3}, {From: 6, To: 6}}) {
		t.Errorf("read %v, lost %v", got, lost)
	}
}

// TestLogEndsInAHole: what is said to be lost is no more than was asked for.
func TestLogEndsInAHole(t *testing.T) {
	for name, ended := range map[string]error{
		"a gap": &eventlog.GapError{Want: 3, Got: 9}, "truncated": &eventlog.TruncatedError{First: 9},
	} {
		var lost exportfile.Range
		for item, err := range exportfile.Log(t.Context(), ending{ended}, 3, 6) {
			if err != nil || lost.From != 0 {
				t.Fatalf("%s: %+v, %v", name, item, err)
			}
			lost = item.Lost
		}
		if want := (exportfile.Range{From: 3, To: 6}); lost != want {
			t.Errorf("%s: %s is lost, want %s", name, lost, want)
		}
	}
	// A log that ends before what was read of it has lost more than that.
	for _, ended := range []error{&eventlog.GapError{Want: 3, Got: 2}, &eventlog.ChangedError{Sequence: 2}, eventlog.ErrUnavailable} {
		items := 0
		for item, err := range exportfile.Log(t.Context(), ending{ended}, 3, 6) {
			if items++; !errors.Is(err, ended) || item.Lost.From != 0 {
				t.Errorf("%v: %+v, %v", ended, item, err)
			}
		}
		if items != 1 {
			t.Errorf("%v: %d items", ended, items)
		}
	}
}

// ending is a log of which reading ends at once.
type ending struct{ err error }

func (e ending) Read(context.Context, uint64, uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) { yield(eventlog.Record{}, e.err) }
}

func (ending) Append(context.Context, ...eventlog.Entry) (eventlog.Receipt, error) {
	return eventlog.Receipt{}, eventlog.ErrClosed
}

func (ending) Bounds(context.Context) (eventlog.Bounds, error)       { return eventlog.Bounds{}, nil }
func (ending) SequenceAt(context.Context, time.Time) (uint64, error) { return 0, nil }
func (ending) Close() error                                          { return nil }

// FuzzReader: whatever a file holds, it is read or refused.
func FuzzReader(f *testing.F) {
	f.Add(write(f, record(1, `{"a":1}`), exportfile.Item{Lost: exportfile.Range{From: 2, To: 4}}))
	f.Add([]byte("{\"taurus_log\":1}\n{\"sequence\":1}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := read(file); err != nil && !errors.Is(err, exportfile.ErrFormat) && !errors.Is(err, exportfile.ErrUnfinished) {
			t.Fatal(err)
		}
	})
}
