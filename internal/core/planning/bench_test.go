package planning_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
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

// BenchmarkRolling is a look at a large job while it rolls, a quarter of its tasks at a
// time, and while what it began is on its way.
func BenchmarkRolling(b *testing.B) {
	const tasks = 50_000
	log := clustertest.New()
	log.Elect()
	j := log.Submit(clustertest.Service("web", tasks))
	settle := func() {
		for d := planning.Decide(j, log.Now); d.Event != nil; d = planning.Decide(j, log.Now) {
			log.Plan("web", d.Event)
		}
	}
	settle()
	for _, slot := range j.Slots {
		log.Stage(slot.Newest())
		log.Report(slot.Newest(), "TASK_RUNNING", "u")
	}
	next := clustertest.Service("web", tasks)
	next.Tasks[0].Env = map[string]job.Variable{"RELEASE": job.Plain("2")}
	next.Normalise()
	spec, err := next.JSON()
	if err != nil {
		b.Fatal(err)
	}
	log.Job("web", events.JobUpdated{Run: j.Run, Version: j.NewestVersion() + 1, Spec: spec})
	settle()
	if j.Live() != tasks+tasks/4 {
		b.Fatalf("%d tasks live", j.Live())
	}
	for b.Loop() {
		if d := planning.Decide(j, log.Now); d.Event != nil {
			b.Fatalf("decided %+v", d.Event)
		}
	}
}
