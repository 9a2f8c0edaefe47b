package cluster_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestACloneKeepsItsChanges: each thing that is folded into a clone of a state that has
// some of everything, and nothing of it into the state.
func TestACloneKeepsItsChanges(t *testing.T) {
	staged := func(l *clustertest.Log, slot uint32, rack string) {
		j := l.State.Jobs["web"]
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(slot, slot, 1)})
		l.Task("web", slot, events.TaskStaged{
			Run: j.Run, Version: 1, Group: "web", Slot: slot, Attempt: 1, TaskID: clustertest.TaskID("web", j.Run, slot, 1), AgentID: "S1", Hostname: "h1",
			Attributes: map[string]string{"rack": rack},
		})
	}
	operator := func(l *clustertest.Log, ev events.Event) {
		l.Append(events.Subject{Role: events.RoleLog}, events.Envelope{}, ev)
	}
	happen := map[string]func(l *clustertest.Log, again bool){
		"a drain": func(l *clustertest.Log, again bool) {
			agents(l, events.AgentDrained{Hostname: map[bool]string{false: "h1", true: "h2"}[again], Reason: "r"})
		},
		"an end of one": func(l *clustertest.Log, again bool) {
			if again {
				agents(l, events.AgentRestored{Hostname: "h1"})
			}
		},
		"a window": func(l *clustertest.Log, again bool) {
			unavailable(l, events.AgentUnavailable{AgentID: map[bool]string{false: "S1", true: "S2"}[again], From: l.Now.Add(time.Hour)})
		},
		"a token": func(l *clustertest.Log, again bool) {
			gain(l, events.TokenCreated{ID: map[bool]string{false: "t1", true: "t2"}[again], Owner: "ann", Hash: "00"})
		},
		"a revocation": func(l *clustertest.Log, again bool) {
			if again {
				gain(l, events.TokenRevoked{ID: "t1"})
			}
		},
		"a role": func(l *clustertest.Log, again bool) {
			gain(l, events.RoleSet{Name: map[bool]string{false: "r1", true: "r2"}[again]})
		},
		"a group": func(l *clustertest.Log, again bool) {
			gain(l, events.GroupBound{Group: map[bool]string{false: "g1", true: "g2"}[again], Roles: []string{"reader"}})
		},
		"a policy": func(l *clustertest.Log, again bool) {
			gain(l, events.PolicySet{Hash: map[bool]string{false: "00", true: "01"}[again]})
		},
		"a loss": func(l *clustertest.Log, _ bool) {
			operator(l, events.LossAccepted{From: l.State.Sequence + 1, To: l.State.Sequence + 1, Reason: "r"})
		},
		"attributes": func(l *clustertest.Log, again bool) {
			staged(l, map[bool]uint32{false: 0, true: 1}[again], map[bool]string{false: "r1", true: "r2"}[again])
		},
		"a dependant": func(l *clustertest.Log, again bool) {
			spec := clustertest.Service(map[bool]string{false: "a", true: "b"}[again], 1)
			spec.After = []string{"web"}
			l.Submit(spec)
		},
		"an end": func(l *clustertest.Log, again bool) {
			if task := l.State.Jobs["web"].Slots[0]; again && task != nil {
				l.Report(task.Newest(), "TASK_FAILED", "u")
			}
		},
	}
	for name, do := range happen {
		l := clustertest.New()
		l.Elect()
		l.Submit(clustertest.Service("web", 3))
		for first, each := range happen {
			if first != "a loss" || name == "a loss" {
				each(l, false)
			}
		}
		before := cluster.New()
		for _, r := range l.Records {
			if _, err := before.Apply(r); err != nil {
				t.Fatal(err)
			}
		}
		clone := &clustertest.Log{State: l.State.Clone(), Now: l.Now.Add(time.Second), Counter: l.Counter}
		do(clone, true)
		if !reflect.DeepEqual(l.State, before) {
			t.Errorf("%s of a clone is one of the state", name)
		}
		if reflect.DeepEqual(clone.State, before) {
			t.Errorf("%s changes nothing", name)
		}
	}
}

// TestACloneHasEachTaskOnce, however it is found.
func TestACloneHasEachTaskOnce(t *testing.T) {
	l, task := in(t, "FAILED")
	l.Plan("web", events.TasksPlanned{Run: task.Run, Version: 1, Group: "web", Slots: clustertest.Slots(1, 1, 1)})
	l.Stage(l.State.Jobs["web"].Slots[1].Newest())
	clone := l.State.Clone()
	slots := clone.Jobs["web"].Slots
	if slots[0].LastEnd != slots[0].Newest() || slots[0].LastEnd == task {
		t.Error("the last that ended in a slot is another than the one in it")
	}
	for n, slot := range slots {
		if one := slot.Newest(); clone.TaskByID(one.ID) != one || l.State.TaskByID(one.ID) == one {
			t.Errorf("slot %d: by its id it is another", n)
		}
	}
}
