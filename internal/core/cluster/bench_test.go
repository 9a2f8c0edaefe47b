package cluster_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// written are records of the kinds that a log has most of.
func written(tb testing.TB) []events.Message {
	tb.Helper()
	space := events.NewSpace(64)
	env := events.Envelope{ID: "taurus.ev.17.task.web.3@41/7", Source: "taurus/launcher/one", Time: time.Unix(1_800_000_000, 0), Cause: 41, Epoch: 7, Counter: 12}
	var list []events.Message
	for _, one := range []struct {
		subject string
		ev      events.Event
	}{
		{space.Plan("web"), events.TasksPlanned{Run: 9, Version: 1, Group: "web", Slots: []events.SlotRange{{From: 0, To: 99, Attempt: 1}, {From: 100, To: 103, Attempt: 2}}}},
		{space.Task("web", 3), events.TaskStaged{
			Run: 9, Version: 1, Group: "web", Slot: 3, Attempt: 1, TaskID: "web-9-3-1", AgentID: "S1", Hostname: "host-1.example",
			Offers: []string{"7c2f-O1"}, HostPorts: []uint32{31_000}, Resources: events.Resources{CPUs: 1, Mem: 128},
		}},
		{space.Task("web", 3), events.TaskStatusChanged{
			Run: 9, Slot: 3, Attempt: 1, TaskID: "web-9-3-1", AgentID: "S1", State: "TASK_RUNNING", Source: "SOURCE_EXECUTOR",
			UUID: []byte("0123456789abcdef"), Addresses: []string{"10.0.0.7"}, ContainerID: "d2a5",
		}},
		{space.Kill("web"), events.KillIssued{Run: 9, Slots: []events.SlotRange{{From: 0, To: 99, Attempt: 1}}, GraceMillis: 5000}},
	} {
		m, err := events.Encode(one.subject, env, one.ev)
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

// BenchmarkDecode is what a fold spends on each record before it is applied.
func BenchmarkDecode(b *testing.B) {
	space, list, now := events.NewSpace(64), written(b), time.Unix(1_800_000_000, 0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r, err := cluster.Decode(space, uint64(i+1), now, list[i%len(list)])
		if err != nil || r.Rejection != "" {
			b.Fatal(err, r.Rejection)
		}
	}
}
