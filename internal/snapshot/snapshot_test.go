package snapshot_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/internal/snapshot"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// sealed is a state at a seal, how far it is, and the seal.
func sealed(t testing.TB, jobs int) (*cluster.State, mark.Mark, *cluster.Record) {
	t.Helper()
	space, state := events.NewSpace(0), cluster.New()
	var v chain.Verifier
	var m mark.Mark
	var last cluster.Record
	put := func(subject string, ev events.Event) {
		t.Helper()
		msg, err := events.Encode(subject, events.Envelope{ID: "id"}, ev)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 3, 1, 12, 0, int(state.Sequence), 0, time.UTC)
		r, err := cluster.Decode(space, state.Sequence+1, at, msg)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Add(r.Sequence, at, msg); err != nil {
			t.Fatal(err)
		}
		_, r.Head.Hash, r.Head.Known = v.Head()
		if _, err := state.Apply(r); err != nil {
			t.Fatal(err)
		}
		m.Sequence, m.Time, m.Hash, m.Known = r.Sequence, r.Time, r.Head.Hash, r.Head.Known
		if r.Sequence == 1 {
			m.First = r.Head.Hash
		}
		last = r
	}
	put(events.LogSubject, events.LogCreated{ID: "one"})
	for range jobs {
		put(space.Job("web"), events.JobSubmitted{Spec: []byte(`{"id":"web","tasks":[{"replicas":2,"container":{"image":"x"}}]}`)})
	}
	through, hash, _ := v.Head()
	put(events.SealSubject, events.LogSealed{Through: through, Hash: hash.String()})
	return state, m, &last
}

func made(t testing.TB, jobs int) (*snapshot.Snapshot, []byte) {
	t.Helper()
	snap, err := snapshot.Of(sealed(t, jobs))
	if err != nil {
		t.Fatal(err)
	}
	data, err := snap.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return snap, data
}

// TestComesBack: what was written is read, and whoever begins there has folded as far.
func TestComesBack(t *testing.T) {
	state, m, seal := sealed(t, 3)
	m.Loss = [32]byte{7}
	snap, err := snapshot.Of(state, m, seal)
	if err != nil {
		t.Fatal(err)
	}
	data, err := snap.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := snapshot.Decode(data)
	if err != nil || !reflect.DeepEqual(back, snap) {
		t.Fatalf("%+v, %v, want %+v", back, err, snap)
	}
	if got, err := back.Mark(); err != nil || got != m {
		t.Errorf("%+v, %v, want %+v", got, err, m)
	}
	if h, _, err := snapshot.DecodeHeader(data); err != nil || h.Log != "one" || h.Sequence != 5 || h.Through != 4 {
		t.Errorf("%+v, %v", h, err)
	}
	name, ok := snapshot.ParseName(snap.Name().String())
	if want := "00000000000000000005-20260301T120004Z-" + snap.Format; !ok || name.String() != want || name != snap.Name() {
		t.Errorf("%s, want %s", name, want)
	}
}

// TestOnlyAtASeal that fits, and that is the last record folded.
func TestOnlyAtASeal(t *testing.T) {
	for name, change := range map[string]func(s *cluster.State, m *mark.Mark, r *cluster.Record){
		"another event":   func(_ *cluster.State, _ *mark.Mark, r *cluster.Record) { r.Event = events.JobDeleted{} },
		"unknown":         func(_ *cluster.State, _ *mark.Mark, r *cluster.Record) { r.Head.Known = false },
		"another counted": func(s *cluster.State, _ *mark.Mark, _ *cluster.Record) { s.Seal.Sequence-- },
		"more folded":     func(s *cluster.State, _ *mark.Mark, _ *cluster.Record) { s.Sequence++ },
		"more marked":     func(_ *cluster.State, m *mark.Mark, _ *cluster.Record) { m.Sequence++ },
	} {
		state, m, seal := sealed(t, 1)
		change(state, &m, seal)
		if _, err := snapshot.Of(state, m, seal); !errors.Is(err, snapshot.ErrUnsealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDamaged: no byte of it can be another, nor be missing.
func TestDamaged(t *testing.T) {
	_, data := made(t, 1)
	for at := range data {
		changed := bytes.Clone(data)
		changed[at] ^= 1
		if _, err := snapshot.Decode(changed); !errors.Is(err, snapshot.ErrDamaged) {
			t.Fatalf("byte %d is another: %v", at, err)
		}
		if _, err := snapshot.Decode(data[:at]); !errors.Is(err, snapshot.ErrDamaged) {
			t.Fatalf("it ends at %d: %v", at, err)
		}
	}
	snap, _ := made(t, 1)
	snap.Format = strings.Repeat("0", 16)
	other, err := snap.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Decode(other); !errors.Is(err, snapshot.ErrFormat) {
		t.Errorf("of another format: %v", err)
	}
	snap, _ = made(t, 1)
	snap.Through--
	if other, err = snap.Encode(); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Decode(other); !errors.Is(err, snapshot.ErrDamaged) {
		t.Errorf("of another place: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	_, data := made(f, 1)
	f.Add(data)
	f.Add([]byte("{}\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if snap, err := snapshot.Decode(data); err == nil {
			if _, err := snap.Encode(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestThin: all of a day, one of each hour of a week, then one of each day; of each format.
func TestThin(t *testing.T) {
	now := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	formats := []string{strings.Repeat("a", 16), strings.Repeat("b", 16)}
	var names []snapshot.Name
	for n := range 20 * 24 * 4 {
		for _, format := range formats {
			names = append(names, snapshot.Name{Sequence: uint64(1_000_000 - n), At: now.Add(-time.Duration(n) * 15 * time.Minute), Format: format})
		}
	}
	gone := map[snapshot.Name]bool{}
	for _, n := range snapshot.Thin(names) {
		gone[n] = true
	}
	counts := map[string]int{}
	for _, n := range names {
		if gone[n] || n.Format != formats[0] {
			continue
		}
		switch age := now.Sub(n.At); {
		case age <= snapshot.KeepAll:
			counts["day"]++
		case age <= snapshot.KeepHourly:
			counts["week"]++
		default:
			counts["older"]++
		}
	}
	if counts["day"] != 24*4+1 || counts["week"] < 6*24-1 || counts["week"] > 6*24+1 || counts["older"] < 12 || counts["older"] > 14 {
		t.Errorf("%v", counts)
	}
	if gone[names[0]] || gone[names[1]] {
		t.Error("the newest is gone")
	}
	if more := snapshot.Thin(nil); more != nil {
		t.Errorf("%v", more)
	}
}
