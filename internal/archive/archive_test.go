package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// checkExport reads the file of a segment as an export, in one stream.
func checkExport(t testing.TB, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := zstd.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	r, err := exportfile.NewReader(dec)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range r.Items() {
		if err != nil {
			t.Fatal(err)
		}
	}
	if r.Sum() == "" {
		t.Fatal("it has no last line")
	}
}

// TestEveryRange of an archive of several segments, of several frames each, is read.
func TestEveryRange(t *testing.T) {
	log := memory.New()
	const last = 3*frameRecords + 17
	entries := make([]eventlog.Entry, last)
	for i := range entries {
		entries[i] = eventlog.Fact(eventlog.Message{Subject: fmt.Sprint("a.", i%7), Data: fmt.Appendf(nil, "%d\x00", i)})
	}
	if _, err := log.Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
	store := objects.NewDir(t.TempDir(), nil)
	var m *Manifest
	for _, through := range []uint64{5, 2*frameRecords + 5, last} {
		var err error
		if m, err = sealless(t.Context(), log, store, m, through); err != nil {
			t.Fatal(err)
		}
	}
	a := New(store).refreshed(t)
	if v, err := a.Verify(t.Context(), nil); err != nil || !v.Whole || v.Segments != 3 || v.Records != last {
		t.Fatalf("%+v, %v", v, err)
	}
	all := recordsOf(t, log, 1, last)
	rapid.Check(t, func(rt *rapid.T) {
		near := rapid.OneOf(rapid.Uint64Range(1, last), rapid.SampledFrom([]uint64{1, 5, 6, 1005, 1006, 2005, 2006, 3005, 3006, last}))
		from := near.Draw(rt, "from")
		to := min(from+rapid.Uint64Range(0, 30).Draw(rt, "more"), last) - 1
		got, err := archived(t.Context(), a, from, to)
		if err != nil {
			rt.Fatal(err)
		}
		var want []eventlog.Record
		if from <= to {
			want = all[from-1 : to]
		}
		wantSame(t, got, want)
	})
	if got, err := archived(t.Context(), a, 2, last-1); err != nil || len(got) != last-2 {
		t.Errorf("%d records, %v", len(got), err)
	}
	if got, err := archived(t.Context(), a, last-1, last+100); err != nil || len(got) != 2 {
		t.Errorf("%d records, %v", len(got), err)
	}
	if got, err := archived(t.Context(), a, last+1, last+100); err != nil || len(got) != 0 {
		t.Errorf("%d records, %v", len(got), err)
	}
}

// TestSequenceAt agrees with the log.
func TestSequenceAt(t *testing.T) {
	l := newLedger(t)
	l.fill(9, 4)
	store := objects.NewDir(t.TempDir(), nil)
	write(t, l, store, l.sealed-10)
	a := New(store).refreshed(t)
	bounds, err := a.Bounds(t.Context())
	if err != nil || bounds.First != 1 {
		t.Fatal(bounds, err)
	}
	for at := start; at.Before(start.Add(time.Duration(bounds.Last) * time.Second)); at = at.Add(time.Second / 2) {
		want, _ := l.SequenceAt(t.Context(), at)
		if got, err := a.SequenceAt(t.Context(), at); err != nil || got != want {
			t.Errorf("%v: %d, %v, want %d", at, got, err, want)
		}
	}
	if got, err := a.SequenceAt(t.Context(), start.Add(time.Hour)); err != nil || got != bounds.Last {
		t.Errorf("later: %d, %v", got, err)
	}
	if got, err := New(objects.NewDir(t.TempDir(), nil)).SequenceAt(t.Context(), start); err != nil || got != 0 {
		t.Errorf("empty: %d, %v", got, err)
	}
}

// TestAnyChangeIsSeen: whatever byte of whatever object is changed, the archive is not
// whole, and no reading gives another record than the log had.
func TestAnyChangeIsSeen(t *testing.T) {
	l := newLedger(t)
	l.fill(6, 4)
	dir := t.TempDir()
	write(t, l, objects.NewDir(dir, nil), l.sealed-10)
	all := recordsOf(t, l, 1, l.last())
	var files []string
	err := filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, file)
		}
		return err
	})
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		file := rapid.SampledFrom(files).Draw(rt, "file")
		was, err := os.ReadFile(file)
		if err != nil {
			rt.Fatal(err)
		}
		is := bytes.Clone(was)
		switch rapid.IntRange(0, 3).Draw(rt, "change") {
		case 0:
			is = nil
		case 1:
			is = is[:rapid.IntRange(0, len(is)-1).Draw(rt, "cut")]
		default:
			is[rapid.IntRange(0, len(is)-1).Draw(rt, "byte")] ^= byte(1) << rapid.IntRange(0, 7).Draw(rt, "bit")
		}
		if err := errors.Join(os.Remove(file), os.WriteFile(file, is, 0o600)); err != nil {
			rt.Fatal(err)
		}
		defer func() {
			if err := os.WriteFile(file, was, 0o600); err != nil {
				rt.Fatal(err)
			}
		}()
		a := New(objects.NewDir(dir, nil))
		v, err := a.Verify(t.Context(), l)
		if err != nil || v.Whole || v.Problem == "" {
			rt.Fatalf("%+v, %v", v, err)
		}
		got, _ := archived(t.Context(), a, 1, l.last())
		for i, rec := range got {
			if !rec.Same(all[i]) {
				rt.Fatalf("got %+v, want %+v", rec, all[i])
			}
		}
	})
}

// TestMissing: a segment, or a file, that is gone is told.
func TestMissing(t *testing.T) {
	for _, pattern := range []string{"manifests/*", "segments/*"} {
		l := newLedger(t)
		l.fill(9, 4)
		dir := t.TempDir()
		write(t, l, objects.NewDir(dir, nil), l.sealed-10)
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) < 3 {
			t.Fatal(files, err)
		}
		if err := os.Remove(files[1]); err != nil {
			t.Fatal(err)
		}
		a := New(objects.NewDir(dir, nil))
		if v, err := a.Verify(t.Context(), l); err != nil || v.Whole {
			t.Errorf("%s: %+v, %v", pattern, v, err)
		}
		if _, err := archived(t.Context(), a, 1, l.last()); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: read: %v", pattern, err)
		}
	}
}

// TestForgedManifests: what cannot be is refused.
func TestForgedManifests(t *testing.T) {
	good := func() Manifest {
		return Manifest{
			Stream: "TAURUS", Partitions: 64, From: 11, To: 20, Records: 10, Before: chain.Hash{1}.String(), After: chain.Hash{2}.String(), Seal: 21,
			Previous: "x", File: "segments/x", Bytes: 100, Frames: []Frame{{From: 11}, {From: 15, Offset: 50}},
		}
	}
	for name, change := range map[string]func(*Manifest){
		"as it should be":   nil,
		"another beginning": func(m *Manifest) { m.From = 12 },
		"backwards":         func(m *Manifest) { m.To = 10 },
		"sealed in it":      func(m *Manifest) { m.Seal = 20 },
		"no record":         func(m *Manifest) { m.Records = 0 },
		"too many records":  func(m *Manifest) { m.Records = 11 },
		"no hash":           func(m *Manifest) { m.After = "x" },
		"nothing before":    func(m *Manifest) { m.Previous = "" },
		"a file elsewhere":  func(m *Manifest) { m.File = "segments/../../x" },
		"another's file":    func(m *Manifest) { m.File = "manifests/x" },
		"no frames":         func(m *Manifest) { m.Frames = nil },
		"frames backwards":  func(m *Manifest) { m.Frames[1].Offset = 0 },
		"frames beyond":     func(m *Manifest) { m.Frames[1].Offset = 100 },
		"an empty frame":    func(m *Manifest) { m.Frames[1].From = 11 },
		"a frame too late":  func(m *Manifest) { m.Frames[1].From = 21 },
		"too large":         func(m *Manifest) { m.Bytes = fileMax + 1 },
	} {
		m := good()
		if change != nil {
			change(&m)
		}
		content, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(content, 11); errors.Is(err, ErrManifest) != (change != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, content := range []string{"", "{}", `{"taurus_segment":2}`, `{"taurus_segment":1,"more":1}`, "[]"} {
		if _, err := decode([]byte(content), 1); !errors.Is(err, ErrManifest) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// FuzzManifest: whatever a manifest holds, it is read or refused; and what is read can be
// gone through.
func FuzzManifest(f *testing.F) {
	m := Manifest{
		From: 1, To: 2, Records: 2, Before: chain.Hash{}.String(), After: chain.Hash{2}.String(), Seal: 3,
		File: "segments/x", Bytes: 100, Frames: []Frame{{From: 1}, {From: 2, Offset: 50}},
	}
	content, err := m.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content, []byte("x"))
	f.Fuzz(func(t *testing.T, content, file []byte) {
		m, err := decode(content, 1)
		if err != nil {
			if !errors.Is(err, ErrManifest) {
				t.Fatal(err)
			}
			return
		}
		if m.Bytes > 1<<20 {
			return
		}
		for _, err := range m.items(io.LimitReader(bytes.NewReader(file), 1<<20), 0, len(m.Frames)-1) {
			if err != nil {
				return
			}
		}
	})
}
