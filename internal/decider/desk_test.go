package decider

import (
	"testing"
	"time"
)

// TestDeskKeepsOneWake: a job that is looked at for every status of its tasks, and
// each time wants to wake at the same time, does not fill the desk.
func TestDeskKeepsOneWake(t *testing.T) {
	d, now := newDesk(), time.Unix(1_000_000, 0)
	for range 1000 {
		d.wakeAt("web", now.Add(time.Minute))
		d.wakeAt("web", now.Add(time.Hour))
	}
	if len(d.wakes) != 1 {
		t.Fatalf("%d wakes", len(d.wakes))
	}
	d.wakeAt("web", now.Add(time.Second))
	if got := d.next(now, time.Hour); got != time.Second {
		t.Errorf("wakes in %v, want the earlier one", got)
	}
	if due := d.due(0, now.Add(2*time.Minute)); len(due) != 1 || len(d.wakes) != 0 || len(d.earliest) != 0 || len(d.dirty) != 0 {
		t.Errorf("due %v; left %d wakes, %d times, %d dirty", due, len(d.wakes), len(d.earliest), len(d.dirty))
	}
}
