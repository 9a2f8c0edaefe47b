package embedded_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/sim/embedded"
)

func rig(t *testing.T, seed uint64, n int, logger zerolog.Logger) *embedded.World {
	t.Helper()
	w, err := embedded.New(t.Context(), seed, n, logger)
	must(t, err)
	return w
}

// recorder keeps what the services log, in a file that stays if the seed fails:
// goroutines may interleave differently when it is run again.
func recorder(t *testing.T, seed uint64) zerolog.Logger {
	t.Helper()
	var log bytes.Buffer
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		name := filepath.Join(os.TempDir(), fmt.Sprintf("taurus-embedded-seed-%d.log", seed))
		if err := os.WriteFile(name, log.Bytes(), 0o600); err == nil {
			t.Logf("what the services logged is in %s", name)
		}
	})
	return zerolog.New(zerolog.SyncWriter(&log)).With().Timestamp().Logger()
}

// trace runs f in a world with one of each service, and then checks that all
// agree.
func trace(t *testing.T, f func(t *testing.T, w *embedded.World)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := rig(t, 1, 2, zerolog.Nop())
		defer w.Close()
		for _, role := range []string{"planner", "launcher", "reaper"} {
			w.Start(role)
		}
		time.Sleep(5 * time.Second)
		f(t, w)
		time.Sleep(10 * time.Minute)
		agree(t, w)
	})
}

func agree(t *testing.T, w *embedded.World) {
	t.Helper()
	d, err := w.Disagreements()
	must(t, err)
	if all := append(w.Violations(), d...); len(all) > 0 {
		t.Fatalf("%s\n%s", strings.Join(all, "\n"), w.Story())
	}
}

func current(t *testing.T, w *embedded.World, id string, slot uint32) *cluster.Task {
	t.Helper()
	state, err := w.Fold(0)
	must(t, err)
	return state.Jobs[id].Slots[slot].Newest()
}

func ids(w *embedded.World) []string {
	var all []string
	for _, l := range w.Alive() {
		all = append(all, l.TaskID)
	}
	return all
}

// ignore drops the error of a command that may be refused: the job may be there
// already, or not.
func ignore(error) {}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
