package embedded_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/sim/embedded"
	"github.com/milosgajdos/taurus/sim/world"
)

// TestEmbeddedGang: two gangs of 20 tasks and an agent full of others. Of 16 cores 10 are in
// use, so neither fits: none of their tasks is started, though there is room for some. Each
// starts as a whole when there is room for all of it.
func TestEmbeddedGang(t *testing.T) {
	onRacks(t, func(t *testing.T, w *embedded.World) {
		running := func(id string) int {
			n := 0
			for _, many := range where(t, w, id) {
				n += many
			}
			return n
		}
		run(t, w, "filler", 20, func(*job.Group) {})
		if n := running("filler"); n != 20 {
			t.Fatalf("%d of the others run", n)
		}
		for _, id := range []string{"first", "second"} {
			s := world.Batch(id)
			s.Tasks[0].Gang, s.Tasks[0].Replicas = true, 20
			s.Tasks[0].Labels[world.LabelRunFor] = "90s"
			must(t, w.Submit(s))
			time.Sleep(2 * time.Second)
		}
		for range 40 {
			time.Sleep(3 * time.Second)
			if first, second := running("first"), running("second"); first != 0 || second != 0 {
				t.Fatalf("%d and %d of gangs run that do not fit", first, second)
			}
		}
		must(t, w.Command("filler", submission.Stop{Reason: "room for a gang"}))
		seen := map[string]bool{}
		for range 200 {
			time.Sleep(3 * time.Second)
			first, second := running("first"), running("second")
			if first > 0 && second > 0 {
				t.Fatalf("%d and %d run, of gangs of 20 with room for 32", first, second)
			}
			seen["first"], seen["second"] = seen["first"] || first == 20, seen["second"] || second == 20
		}
		if !seen["first"] || !seen["second"] {
			t.Errorf("started as a whole: %v\n%s", seen, w.Story())
		}
	})
}
