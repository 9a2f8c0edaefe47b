package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

func agents(l *clustertest.Log, ev events.Event) cluster.Judgement {
	return l.Append(events.Subject{Role: events.RoleAgents}, events.Envelope{Actor: "ann"}, ev).Judgement
}

func unavailable(l *clustertest.Log, ev events.AgentUnavailable) cluster.Judgement {
	return l.Append(events.Subject{Role: events.RoleLauncher}, events.Envelope{Epoch: l.State.Launcher.Epoch}, ev).Judgement
}

// TestLeave: tasks leave what is drained, and an agent from a while before its maintenance
// until that is over.
func TestLeave(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	from := l.Now.Add(time.Hour)
	for _, ev := range []events.Event{
		events.AgentDrained{Hostname: "h1", Reason: "disks"},
		events.AgentDrained{AgentID: "S2", Hostname: "h2", Deadline: from},
	} {
		if got := agents(l, ev); got != cluster.Counted {
			t.Fatalf("%+v: %s", ev, got)
		}
	}
	unavailable(l, events.AgentUnavailable{AgentID: "S4", Hostname: "h4", From: from, Until: from.Add(time.Hour)})
	early := from.Add(-cluster.MaintenanceAhead)
	for _, c := range []struct {
		agent, host string
		at          time.Time
		want        cluster.Leave
	}{
		{"S1", "h1", l.Now, cluster.Leave{Drained: true, Reason: "h1 is drained: disks"}},
		{"S9", "h1", l.Now, cluster.Leave{Drained: true, Reason: "h1 is drained: disks"}},
		{"S2", "h2", l.Now, cluster.Leave{Drained: true, Reason: "S2 is drained", Deadline: from}},
		{"S3", "h2", l.Now, cluster.Leave{}},
		{"", "", l.Now, cluster.Leave{}},
		{"S4", "h4", early.Add(-1), cluster.Leave{}},
		{"S4", "", early, cluster.Leave{Reason: "maintenance from " + from.Format(time.RFC3339), Deadline: from}},
		{"S4", "h4", from.Add(time.Hour - 1), cluster.Leave{Reason: "maintenance from " + from.Format(time.RFC3339), Deadline: from}},
		{"S4", "h4", from.Add(time.Hour), cluster.Leave{}},
	} {
		got, leaves := l.State.Agents.Leave(c.agent, c.host, c.at)
		if got != c.want || leaves != (c.want != cluster.Leave{}) {
			t.Errorf("%s on %q at %s: %+v", c.agent, c.host, c.at, got)
		}
	}
	if at := l.State.Agents.LeaveAt("S4", l.Now); !at.Equal(early) {
		t.Errorf("to be left at %s, want %s", at, early)
	}
	if at := l.State.Agents.LeaveAt("S4", early); !at.IsZero() {
		t.Errorf("to be left at %s", at)
	}
}

// TestRestored ends a drain of the same place, and nothing else.
func TestRestored(t *testing.T) {
	l := clustertest.New()
	agents(l, events.AgentDrained{Hostname: "h1"})
	for _, c := range []struct {
		ev   events.AgentRestored
		want cluster.Judgement
	}{
		{events.AgentRestored{AgentID: "h1"}, cluster.Outranked},
		{events.AgentRestored{AgentID: "S1", Hostname: "h1"}, cluster.Outranked},
		{events.AgentRestored{Hostname: "h1"}, cluster.Counted},
		{events.AgentRestored{Hostname: "h1"}, cluster.Outranked},
	} {
		if got := agents(l, c.ev); got != c.want {
			t.Errorf("%+v: %s, want %s", c.ev, got, c.want)
		}
	}
	if l.State.Agents.Last != l.State.Sequence || len(l.State.Agents.Drains) != 0 {
		t.Errorf("%+v", l.State.Agents)
	}
}

// TestAgentsAreBounded: what is over makes room, and what is there can be changed.
func TestAgentsAreBounded(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	for n := range cluster.AgentsMax {
		agents(l, events.AgentDrained{Hostname: fmt.Sprint("h", n)})
		unavailable(l, events.AgentUnavailable{AgentID: fmt.Sprint("S", n), From: l.Now.Add(time.Minute)})
	}
	if got := agents(l, events.AgentDrained{Hostname: "one more"}); got != cluster.Rejected {
		t.Errorf("drained beyond the bound: %s", got)
	}
	if got := agents(l, events.AgentDrained{Hostname: "h0", Reason: "another"}); got != cluster.Counted || l.State.Agents.Drains[cluster.Place{Hostname: "h0"}].Reason != "another" {
		t.Errorf("drained again: %s", got)
	}
	if got := unavailable(l, events.AgentUnavailable{AgentID: "one more", From: l.Now}); got != cluster.Rejected {
		t.Errorf("a window beyond the bound: %s", got)
	}
	if got := unavailable(l, events.AgentUnavailable{AgentID: "S0"}); got != cluster.Counted || len(l.State.Agents.Windows) != cluster.AgentsMax-1 {
		t.Errorf("a window that is called off: %s", got)
	}
	l.Pass(60 * 24 * time.Hour)
	unavailable(l, events.AgentUnavailable{AgentID: "S0", From: l.Now})
	if got := unavailable(l, events.AgentUnavailable{AgentID: "one more", From: l.Now}); got != cluster.Counted || len(l.State.Agents.Windows) != 2 {
		t.Errorf("with all of them over: %s, %d", got, len(l.State.Agents.Windows))
	}
}
