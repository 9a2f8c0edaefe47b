package sim_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/sim"
)

// TestLostTail: a log that lost its end is refused by all who have folded more of
// it; nothing is launched or killed on it, and once it is restored all goes on.
func TestLostTail(t *testing.T) {
	for seed := range uint64(*seedsFlag)/4 + 1 {
		t.Run(fmt.Sprintf("seed=%d", seed+1), func(t *testing.T) {
			t.Parallel()
			first, again := sim.New(seed+1), sim.New(seed+1)
			wrong := first.LostTail()
			again.LostTail()
			if first.Trace() != again.Trace() || !bytes.Equal(first.World.Log.Bytes(), again.World.Log.Bytes()) {
				t.Errorf("seed %d did not do the same twice", seed+1)
			}
			if len(wrong) > 0 {
				t.Fatalf("%s\n%s", strings.Join(wrong, "\n"), first.World.Story())
			}
		})
	}
}

// TestLostTailWithoutGuard: what the guard is for. Without it what users were told is
// no longer so: tasks are killed that are wanted, stopped jobs run, one is launched
// twice.
func TestLostTailWithoutGuard(t *testing.T) {
	const seeds = 12
	harmed := 0
	for seed := range uint64(seeds) {
		r := sim.New(seed + 1)
		r.World.Options.Unguarded = true
		if wrong := r.LostTail(); len(wrong) > 0 {
			harmed++
		}
	}
	t.Logf("%d of %d seeds are harmed without the guard", harmed, seeds)
	if harmed < seeds/3 {
		t.Errorf("only %d of %d seeds are harmed without the guard: it guards nothing", harmed, seeds)
	}
}
