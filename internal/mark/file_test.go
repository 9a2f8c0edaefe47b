package mark_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

func TestMain(m *testing.M) { testwait.Main(m) }

func open(t testing.TB, dir string) *mark.File {
	t.Helper()
	f, err := mark.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func load(t testing.TB, f *mark.File) (mark.Mark, bool) {
	t.Helper()
	m, found, err := f.Load()
	if err != nil {
		t.Fatal(err)
	}
	return m, found
}

func marks() *rapid.Generator[mark.Mark] {
	return rapid.Custom(func(t *rapid.T) mark.Mark {
		hash := func(name string) [32]byte { return [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name)) }
		return mark.Mark{
			Sequence: rapid.Uint64().Draw(t, "sequence"), Time: time.Unix(0, rapid.Int64().Draw(t, "time")).UTC(),
			Hash: hash("hash"), Known: rapid.Bool().Draw(t, "known"), First: hash("first"), Loss: hash("loss"),
		}
	})
}

// TestKeeps: what was saved last is there, in the process and in the next.
func TestKeeps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := filepath.Join(t.TempDir(), "a", "b")
		f := open(t, dir)
		if _, found := load(t, f); found {
			rt.Fatal("a mark in a new directory")
		}
		var want mark.Mark
		for range rapid.IntRange(1, 5).Draw(rt, "saves") {
			want = marks().Draw(rt, "mark")
			if err := f.Save(want); err != nil {
				rt.Fatal(err)
			}
		}
		if got, found := load(t, f); !found || got != want {
			rt.Fatalf("%+v, want %+v", got, want)
		}
		if err := f.Close(); err != nil {
			rt.Fatal(err)
		}
		again, err := mark.Open(dir, nil)
		if err != nil {
			rt.Fatal(err)
		}
		defer again.Close()
		if got, found := load(t, again); !found || got != want {
			rt.Fatalf("the next process: %+v, want %+v", got, want)
		}
	})
}

// TestInterrupted: whatever is left of the last write, the mark before it stands.
func TestInterrupted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		f := open(t, dir)
		saved := make([]mark.Mark, rapid.IntRange(2, 4).Draw(rt, "saves"))
		var before []byte
		for i := range saved {
			before = read(t, f.Path())
			saved[i] = marks().Draw(rt, "mark")
			if err := f.Save(saved[i]); err != nil {
				rt.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			rt.Fatal(err)
		}
		torn := read(t, filepath.Join(dir, "mark"))
		from := rapid.IntRange(0, len(torn)).Draw(rt, "torn at")
		copy(torn[from:], before[from:])
		if err := os.WriteFile(filepath.Join(dir, "mark"), torn, 0o600); err != nil {
			rt.Fatal(err)
		}
		again, err := mark.Open(dir, nil)
		if err != nil {
			rt.Fatal(err)
		}
		defer again.Close()
		got, found := load(t, again)
		if n := len(saved); !found || got != saved[n-1] && got != saved[n-2] {
			rt.Fatalf("%+v, want one of the last two", got)
		}
	})
}

// TestTornAtEachByte: a write of a mark that ended anywhere, with what was there before,
// zeros or anything else behind that, leaves the mark or the one before it; both of them
// torn at once are damage, and never a mark that nobody saved.
func TestTornAtEachByte(t *testing.T) {
	const every = 4096
	dir := t.TempDir()
	f := open(t, dir)
	file := f.Path()
	image := func(m mark.Mark) []byte {
		t.Helper()
		if err := f.Save(m); err != nil {
			t.Fatal(err)
		}
		return read(t, file)
	}
	var saved [5]mark.Mark
	var images [5][]byte
	for i := range saved {
		saved[i] = mark.Mark{Sequence: uint64(i + 1), Time: time.Unix(int64(i), 0).UTC(), Hash: chain.Hash{byte(i + 1), 7}, Known: i%2 == 0, First: chain.Hash{9}, Loss: [32]byte{byte(i)}}
		images[i] = image(saved[i])
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	const size = 145
	for at := range size + 1 {
		for name, rest := range map[string]func(before []byte) []byte{
			"what was before": func(before []byte) []byte { return before },
			"zeros":           func(before []byte) []byte { return make([]byte, len(before)) },
			"ones":            func(before []byte) []byte { return bytes.Repeat([]byte{0xff}, len(before)) },
		} {
			for n := 3; n < 5; n++ { // The mark whose write is torn.
				torn := bytes.Clone(images[n])
				from := int((n + 1) % 2 * every) // Generations count from 1.
				copy(torn[from+at:from+size], rest(images[n-1][from+at:from+size]))
				if err := os.WriteFile(file, torn, 0o600); err != nil {
					t.Fatal(err)
				}
				got, found, err := mark.Read(dir)
				if err != nil || !found || got != saved[n] && got != saved[n-1] {
					t.Fatalf("mark %d torn at %d, then %s: %+v, %t, %v", n, at, name, got, found, err)
				}
				if got == saved[n] && !bytes.Equal(torn[from:from+size], images[n][from:from+size]) {
					t.Fatalf("mark %d torn at %d, then %s: it is taken for whole", n, at, name)
				}
				// In a power failure the slot beside it may be torn as well.
				other := every - from
				copy(torn[other+at:other+size], make([]byte, size))
				if err := os.WriteFile(file, torn, 0o600); err != nil {
					t.Fatal(err)
				}
				zeros := bytes.Equal(torn, make([]byte, len(torn))) // As a new file is.
				if got, found, err := mark.Read(dir); err == nil && found == zeros || err == nil && found && (!slices.Contains(saved[:n+1], got)) ||
					err != nil && !errors.Is(err, mark.ErrDamaged) {
					t.Fatalf("mark %d and the one before torn at %d: %+v, %t, %v", n, at, got, found, err)
				}
			}
		}
	}
}

// TestNothingToWriteTo: where no mark can be kept nobody goes on without one.
func TestNothingToWriteTo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := t.TempDir()
	if err := os.Mkdir(filepath.Join(taken, "mark"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), taken, "/dev/null"} {
		if f, err := mark.Open(dir, nil); err == nil || errors.Is(err, mark.ErrDamaged) || errors.Is(err, mark.ErrInUse) {
			t.Errorf("%s: %v, %v", dir, f, err)
		}
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDamaged: one slot may break; with both broken there is no saying what was
// folded.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	older, newer := mark.Mark{Sequence: 7, Time: time.Unix(1, 0).UTC()}, mark.Mark{Sequence: 8, Time: time.Unix(2, 0).UTC()}
	for _, m := range []mark.Mark{older, newer} {
		if err := f.Save(m); err != nil {
			t.Fatal(err)
		}
	}
	path := f.Path()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	whole := read(t, path)
	// of is the file as one of another format would be, with a checksum that fits.
	of := func(magic string) []byte {
		b := append([]byte(nil), whole...)
		for _, from := range []int{0, 4096} {
			copy(b[from:], magic)
			sum := sha256.Sum256(b[from : from+129])
			copy(b[from+129:from+145], sum[:])
		}
		return b
	}
	flip := func(b []byte, at int) []byte {
		b = append([]byte(nil), b...)
		b[at] ^= 4
		return b
	}
	for name, c := range map[string]struct {
		content []byte
		want    mark.Mark
		found   bool
		err     error
	}{
		"whole":            {whole, newer, true, nil},
		"the newer flips":  {flip(whole, 20), older, true, nil},
		"the older flips":  {flip(whole, 4096+20), newer, true, nil},
		"both flip":        {flip(flip(whole, 20), 4096+20), mark.Mark{}, false, mark.ErrDamaged},
		"cut":              {whole[:100], mark.Mark{}, false, mark.ErrDamaged},
		"cut in the older": {whole[:4096+100], newer, true, nil},
		"one slot":         {whole[:145], newer, true, nil},
		"as it is":         {of("taurmrk1"), newer, true, nil},
		"another format":   {of("taurmrk2"), mark.Mark{}, false, mark.ErrDamaged},
		"empty":            {nil, mark.Mark{}, false, nil},
		"zeros":            {make([]byte, 8192), mark.Mark{}, false, nil},
		"a few zeros":      {make([]byte, 10), mark.Mark{}, false, nil},
		"something else":   {[]byte("hello"), mark.Mark{}, false, mark.ErrDamaged},
	} {
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := mark.Open(dir, nil)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %q does not name the file", name, err)
			}
			continue
		}
		if got, found := load(t, f); found != c.found || got != c.want {
			t.Errorf("%s: %+v %t, want %+v", name, got, found, c.want)
		}
		// It has its length at once, so that no write needs room on a disk that is full by
		// then, and holds what it held.
		if b := read(t, path); len(b) != len(whole) {
			t.Errorf("%s: it is %d bytes, want %d", name, len(b), len(whole))
		}
		if got, found, err := mark.Read(dir); err != nil || found != c.found || got != c.want {
			t.Errorf("%s, once it is open: %+v %t, %v", name, got, found, err)
		}
		if err := f.Save(newer); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, _ := load(t, f); got != newer {
			t.Errorf("%s, saved: %+v", name, got)
		}
		_ = f.Close()
	}
}

// TestForced: what was saved is forced to the disk within a second, and at the end, and
// while the disk refuses it again and again; that is told once each time it begins.
func TestForced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []error
		f, err := mark.Open(t.TempDir(), func(err error) { told = append(told, err) })
		if err != nil {
			t.Fatal(err)
		}
		var disk struct {
			sync.Mutex
			forced int
			broke  error
		}
		f.Forcing(func() error {
			disk.Lock()
			defer disk.Unlock()
			disk.forced++
			return disk.broke
		})
		breaks := func(err error) {
			disk.Lock()
			defer disk.Unlock()
			disk.broke = err
		}
		since := func() int {
			disk.Lock()
			defer disk.Unlock()
			n := disk.forced
			disk.forced = 0
			return n
		}
		expect := func(what string, times, tellings int) {
			t.Helper()
			time.Sleep(1100 * time.Millisecond)
			synctest.Wait()
			if forced := since(); forced != times || len(told) != tellings {
				t.Errorf("%s: forced %d times and told of %v, want %d and %d", what, forced, told, times, tellings)
			}
		}
		save := func() {
			t.Helper()
			if err := f.Save(mark.Mark{Sequence: 1, Time: time.Unix(0, 0)}); err != nil {
				t.Fatal(err)
			}
		}
		expect("nothing saved", 0, 0)
		save()
		save()
		expect("saved", 1, 0)
		expect("not saved since", 0, 0)
		broke := errors.New("the disk broke")
		breaks(broke)
		save()
		expect("refused", 1, 1)
		expect("refused again", 1, 1)
		breaks(nil)
		expect("taken", 1, 1)
		expect("taken, and nothing saved", 0, 1)
		breaks(broke)
		save()
		expect("refused once more", 1, 2)
		if !errors.Is(told[1], broke) || !strings.Contains(told[1].Error(), f.Path()) {
			t.Errorf("told %v", told[1])
		}
		err = f.Close()
		if forced := since(); !errors.Is(err, broke) || forced != 1 {
			t.Errorf("at the end forced %d times, %v", forced, err)
		}
		err = f.Close()
		if forced := since(); err != nil || forced != 0 {
			t.Errorf("at the second end forced %d times, %v", forced, err)
		}
	})
}

// TestNotSaved: what could not be written is not the mark.
func TestNotSaved(t *testing.T) {
	f := open(t, t.TempDir())
	saved := mark.Mark{Sequence: 7, Time: time.Unix(1, 0).UTC()}
	if err := errors.Join(f.Save(saved), f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(mark.Mark{Sequence: 8}); err == nil {
		t.Error("saved in a file that is closed")
	}
	if got, found := load(t, f); !found || got != saved {
		t.Errorf("%+v, want %+v", got, saved)
	}
}

// TestModes: what a service has folded is nobody else's business.
func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	f := open(t, dir)
	for path, want := range map[string]os.FileMode{dir: 0o700, f.Path(): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s is %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}

// TestInUse: two that share a directory would each overwrite the other's mark.
func TestInUse(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	if _, err := mark.Open(dir, nil); !errors.Is(err, mark.ErrInUse) || !strings.Contains(err.Error(), "--state-dir") {
		t.Errorf("%v, want ErrInUse and the flag", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if again, err := mark.Open(dir, nil); err != nil {
		t.Error(err)
	} else {
		_ = again.Close()
	}
}

// FuzzOpen: whatever is in the file, it is a mark that was saved, none, or damage.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("taurmrk1"))
	f.Add(make([]byte, 5000))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "mark"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := mark.Open(dir, nil)
		if err != nil {
			if !errors.Is(err, mark.ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		defer file.Close()
		if m, found := load(t, file); found {
			t.Fatalf("%+v out of nothing", m)
		}
	})
}

func BenchmarkSave(b *testing.B) {
	f := open(b, b.TempDir())
	b.ReportAllocs()
	for n := uint64(0); b.Loop(); n++ {
		if err := f.Save(mark.Mark{Sequence: n, Time: time.Unix(0, 1), Hash: chain.Hash{1}}); err != nil {
			b.Fatal(err)
		}
	}
}
