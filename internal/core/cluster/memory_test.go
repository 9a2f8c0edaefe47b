package cluster_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// BenchmarkEnded tells what a state keeps of a task that has ended, in bytes: in jobs that
// go on, that are over, and that were deleted; by a state that never closes anything and by one that
// does at once. Run it once: -benchtime 1x.
func BenchmarkEnded(b *testing.B) {
	for _, tasks := range []int{5, 1000} {
		for _, end := range []string{"goes on", "over", "deleted"} {
			for _, closes := range []bool{false, true} {
				b.Run(fmt.Sprintf("tasks=%d/%s/closes=%t", tasks, end, closes), func(b *testing.B) {
					for b.Loop() {
						b.ReportMetric(perEnded(b, tasks, end, closes), "B/task")
					}
				})
			}
		}
	}
}

// perEnded is how much memory more a state has for each of many tasks, that are in jobs of so many.
func perEnded(b *testing.B, tasks int, end string, closes bool) float64 {
	b.Helper()
	const all = 10_000
	s, space, sequence, counter := cluster.New(), events.NewSpace(64), uint64(0), uint64(0)
	if closes {
		s.CloseAtOnce()
	}
	now := time.Unix(1_800_000_000, 0)
	apply := func(subject string, ev events.Event) {
		b.Helper()
		sequence++
		counter++
		now = now.Add(time.Millisecond)
		env := events.Envelope{ID: fmt.Sprintf("%s@%d", subject, sequence), Source: "taurus/test/one", Time: now, Epoch: s.Launcher.Epoch, Counter: counter}
		m, err := events.Encode(subject, env, ev)
		if err != nil {
			b.Fatal(err)
		}
		r, err := cluster.Decode(space, sequence, now, m)
		if err != nil || r.Rejection != "" {
			b.Fatal(err, r.Rejection)
		}
		if _, err := s.Apply(r); err != nil {
			b.Fatal(err)
		}
	}
	apply(space.Launcher(0), events.LauncherElected{Nonce: "n", Instance: "one"})
	before := heap()
	for n := range all / tasks {
		id := fmt.Sprintf("batch/job-%d", n)
		spec := clustertest.Batch(id, uint32(tasks))
		spec.Normalise()
		data, err := spec.JSON()
		if err != nil {
			b.Fatal(err)
		}
		apply(space.Job(id), events.JobSubmitted{Spec: data})
		run := sequence
		apply(space.Plan(id), events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, uint32(tasks-1), 1)})
		for slot := range uint32(tasks) {
			task, agent := clustertest.TaskID(id, run, slot, 1), fmt.Sprintf("5d3a0b7e-5a3c-4f5e-9d1f-3f6f1ab2c3d4-S%d", slot%7)
			apply(space.Task(id, slot), events.TaskStaged{
				Run: run, Version: 1, Group: "web", Slot: slot, Attempt: 1, TaskID: task, AgentID: agent, Hostname: "agent-1.example.org",
				AgentURL: "http://agent-1.example.org:5051", Offers: []string{fmt.Sprintf("5d3a0b7e-5a3c-4f5e-9d1f-3f6f1ab2c3d4-O%d", slot)},
				HostPorts: []uint32{31_000}, Resources: events.Resources{CPUs: 0.1, Mem: 64}, Attributes: map[string]string{"rack": "r1"},
			})
			for i, state := range []string{"TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"} {
				apply(space.Task(id, slot), events.TaskStatusChanged{
					Run: run, Slot: slot, Attempt: 1, TaskID: task, AgentID: agent, State: state, Source: "SOURCE_EXECUTOR", UUID: fmt.Appendf(nil, "%011d%04d%d", n, slot, i),
					Addresses: []string{"10.0.0.7"}, ContainerID: "d2a50b7e-5a3c-4f5e-9d1f-3f6f1ab2c3d4", At: now,
				})
			}
		}
		if end != "goes on" {
			apply(space.Plan(id), events.JobCompleted{Run: run})
		}
		if end == "deleted" {
			apply(space.Job(id), events.JobDeleted{Run: run})
		}
	}
	after := heap()
	runtime.KeepAlive(s)
	return float64(after-before) / all
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
