package sim_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/milosgajdos/taurus/sim"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "run this one seed, and print every step")
	seedsFlag = flag.Int("seeds", 100, "how many seeds to run")
	firstFlag = flag.Uint64("first", 1, "the first of the seeds to run")
)

// closed is how many jobs processes had closed in the end.
var closed atomic.Int64

func TestSeeds(t *testing.T) {
	t.Cleanup(func() {
		if closed.Load() == 0 && *seedsFlag >= 100 {
			t.Error("no process ever closed a job")
		}
	})
	if *seedFlag != 0 {
		run(t, *seedFlag)
		return
	}
	for seed := range uint64(*seedsFlag) {
		t.Run(fmt.Sprintf("seed=%d", *firstFlag+seed), func(t *testing.T) {
			t.Parallel()
			run(t, *firstFlag+seed)
		})
	}
}

// run does a seed twice: it has to do the same, whether processes close their books or not.
func run(t *testing.T, seed uint64) {
	t.Helper()
	first := sim.New(seed)
	wrong := first.Do()
	again := sim.Open(seed)
	var lines []string
	if len(wrong) > 0 || *seedFlag != 0 {
		again.Watch = func(line string) { lines = append(lines, line) }
	}
	again.Do()
	if *seedFlag != 0 {
		fmt.Fprintln(os.Stderr, strings.Join(lines, "\n"))
	}
	for _, p := range first.World.Processes {
		if p.Alive {
			closed.Add(int64(p.State.Closings()))
		}
	}
	if first.Trace() != again.Trace() || !bytes.Equal(first.World.Log.Bytes(), again.World.Log.Bytes()) {
		t.Errorf("seed %d did not do the same twice", seed)
	}
	if len(wrong) > 0 {
		t.Fatalf("%s\nrepeat with: go test ./sim -run TestSeeds -seed %d\nthe last steps:\n%s\n", strings.Join(wrong, "\n"), seed,
			strings.Join(lines[max(0, len(lines)-60):], "\n")+"\n"+first.World.Story())
	}
}
