package cluster_test

import (
	"maps"
	"reflect"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestAttributesAreShared: tasks on one agent have the same map while it says the same,
// and their own once it does not.
func TestAttributesAreShared(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 4))
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: j.Spec.Tasks[0].Name, Slots: clustertest.Slots(0, 3, 1)})
	agents := []string{"S1", "S1", "S1", "S2"}
	racks := []string{"r1", "r1", "r2", "r1"}
	var addresses []uintptr
	for n := range uint32(4) {
		task := l.State.Jobs["web"].Slots[n].Tasks[0]
		want := map[string]string{"rack": racks[n]}
		l.Task("web", n, events.TaskStaged{
			Run: j.Run, Version: 1, Group: task.Group, Slot: n, Attempt: 1, TaskID: task.Group + racks[n] + agents[n] + string(rune('a'+n)),
			AgentID: agents[n], Attributes: maps.Clone(want),
		})
		if !maps.Equal(task.Attributes, want) {
			t.Errorf("slot %d: %v, want %v", n, task.Attributes, want)
		}
		addresses = append(addresses, reflect.ValueOf(task.Attributes).Pointer())
	}
	if addresses[0] != addresses[1] || addresses[1] == addresses[2] || addresses[0] == addresses[3] {
		t.Errorf("maps at %v, want the first two to be one, and the others their own", addresses)
	}
}
