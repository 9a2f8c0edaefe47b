package embedded_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/sim/world"
)

// TestV10TruncatedLogIsRefused: a log that no longer reaches back to its
// beginning would be folded to the wrong state.
func TestV10TruncatedLogIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := rig(t, 1, 1, zerolog.Nop())
		defer w.Close()
		must(t, w.Submit(world.Service("web", 1)))
		must(t, w.Command("web", submission.Stop{}))
		w.Log.Forget(1)
		p := w.Start("planner")
		if err := p.Wait(); !errors.Is(err, eventlog.ErrTruncated) {
			t.Fatalf("planner ended with %v, want ErrTruncated", err)
		}
	})
}
