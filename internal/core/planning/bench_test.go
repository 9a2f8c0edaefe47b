package planning_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
)

// BenchmarkQuiet is a look at a job that is as it should be: what a planner does
// for every status, or burst of them, of one of its tasks.
func BenchmarkQuiet(b *testing.B) {
	for _, tasks := range []uint32{10, 1000, 100_000} {
		b.Run(fmt.Sprint(tasks), func(b *testing.B) {
			log := clustertest.New()
			log.Elect()
			j := log.Submit(clustertest.Service("web", tasks))
			for d := planning.Decide(j, log.Now); d.Event != nil; d = planning.Decide(j, log.Now) {
				log.Plan("web", d.Event)
			}
			for _, slot := range j.Slots {
				log.Stage(slot.Newest())
				log.Report(slot.Newest(), "TASK_RUNNING", "u")
			}
			for b.Loop() {
				if d := planning.Decide(j, log.Now); d.Event != nil {
					b.Fatalf("decided %+v", d.Event)
				}
			}
			if j.Slots[0].Newest().State != cluster.Running {
				b.Fatal("no task runs")
			}
		})
	}
}
