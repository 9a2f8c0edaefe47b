package cluster_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// TestDoomedAreNotOver: whatever is folded, those that are listed as doomed are the
// tasks that are doomed and not over, each once; of a clone its own.
func TestDoomedAreNotOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := cluster.New()
		for _, r := range nonsense().Draw(t, "log") {
			apply(t, s, r)
			for _, j := range s.Jobs {
				checkDoomed(t, j)
			}
		}
		for _, j := range s.Clone().Jobs {
			checkDoomed(t, j)
		}
	})
}

func checkDoomed(t *rapid.T, j *cluster.Job) {
	want, got := map[*cluster.Task]int{}, map[*cluster.Task]int{}
	for _, slot := range j.Slots {
		for _, task := range slot.Tasks {
			if task.Doom != nil && task.Live() {
				want[task]++
			}
		}
	}
	for task := range j.Doomed() {
		got[task]++
	}
	if !maps.Equal(got, want) {
		t.Fatalf("%d are listed, %d are doomed: %v", len(got), len(want), slices.Collect(maps.Keys(want)))
	}
}
