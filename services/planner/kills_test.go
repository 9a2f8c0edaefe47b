package planner

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestKillsAreShown while they are as many as may be, and not for longer.
func TestKillsAreShown(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 3))
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: j.Spec.Tasks[0].Name, Slots: clustertest.Slots(0, 2, 1)})
	reg, now := prometheus.NewRegistry(), l.Now
	k, err := newKills(l.State, Options{KillBound: 2, Now: func() time.Time { return now }, Metrics: reg})
	if err != nil {
		t.Fatal(err)
	}
	doom := func(slot uint32, class string) {
		change := l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(slot, slot, 1), Reason: "r", Class: class})
		k.folded(machine.Folded{Record: &l.Records[len(l.Records)-1], Change: change})
	}
	show := func(want float64, held bool) {
		t.Helper()
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := families[0].GetMetric()[0].GetGauge().GetValue()
		if families[0].GetName() != "taurus_automatic_kills" || got != want {
			t.Errorf("%s is %v, want %v", families[0].GetName(), got, want)
		}
		if text := k.held(); (text != "") != held || held && !strings.Contains(text, "2 in the last minute, next at ") {
			t.Errorf("held: %q", text)
		}
	}
	doom(0, "stopped")
	show(0, false)
	doom(1, "updated")
	show(1, false)
	doom(2, "drained")
	show(2, true)
	now = now.Add(2 * time.Minute)
	show(0, false)
}
