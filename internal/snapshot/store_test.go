package snapshot_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/snapshot"
	"github.com/milosgajdos/taurus/internal/snapshot/snapshottest"
)

func TestDirectory(t *testing.T) {
	snapshottest.Run(t, func(t *testing.T) snapshot.Store { return directory(t) })
}

func directory(t *testing.T) *snapshot.Directory {
	t.Helper()
	d, err := snapshot.OpenDirectory(filepath.Join(t.TempDir(), "snapshots"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDirectoryAfterACrash: what was half written is no snapshot, and gone at the next start;
// what else is there stays.
func TestDirectoryAfterACrash(t *testing.T) {
	path := t.TempDir()
	half, other := filepath.Join(path, ".00000000000000000005-20260301T120004Z-0000000000000000.123.tmp"), filepath.Join(path, "notes")
	for _, file := range []string{half, other} {
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := snapshot.OpenDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	if names, err := d.List(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

// TestSource: the newest first, from its own disk where it is whole there, else from all; and
// what was read is on its own disk then, alone.
func TestSource(t *testing.T) {
	own, shared, format := directory(t), directory(t), ""
	put := func(to snapshot.Store, jobs int, harm bool) string {
		snap, data := made(t, jobs)
		format = snap.Format
		if harm {
			data[len(data)-1] ^= 1
		}
		if err := to.Put(t.Context(), snap.Name().String(), data); err != nil {
			t.Fatal(err)
		}
		return snap.Name().String()
	}
	put(shared, 1, false)
	put(shared, 2, false)
	put(own, 2, true)
	put(shared, 4, true)
	put(own, 1, false)
	var told []string
	source := snapshot.Source{Own: own, Shared: shared, Tell: func(name string, _ error) { told = append(told, name) }}
	var got []uint64
	for snap := range source.Newest(t.Context(), format) {
		got = append(got, snap.Sequence)
	}
	if !slices.Equal(got, []uint64{4, 3}) || len(told) != 1 {
		t.Errorf("%v, and was told of %v", got, told)
	}
	for range source.Newest(t.Context(), "0000000000000000") {
		t.Error("one of another format")
	}
	for snap := range source.Newest(t.Context(), format) {
		if snap.Sequence != 4 {
			t.Errorf("%d", snap.Sequence)
		}
		break
	}
	for snap := range (snapshot.Source{Own: own}).Newest(t.Context(), format) {
		if snap.Sequence != 4 {
			t.Errorf("on its own disk is %d", snap.Sequence)
		}
	}
	for range (snapshot.Source{}).Newest(t.Context(), format) {
		t.Error("one of none")
	}
	if current, err := cluster.Format(); err != nil || current != format {
		t.Errorf("%s, %v", current, err)
	}
}
