package story

import (
	"cmp"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// ofAgents tells what users want of agents.
func ofAgents(ev events.Event) string {
	switch ev := ev.(type) {
	case events.AgentDrained:
		text := place(ev.AgentID, ev.Hostname) + " is to be left by all tasks"
		if !ev.Deadline.IsZero() {
			text += " until " + ev.Deadline.UTC().Format(time.RFC3339)
		}
		return text + because(ev.Reason)
	case events.AgentRestored:
		return place(ev.AgentID, ev.Hostname) + " may have tasks again" + because(ev.Reason)
	default:
		return ""
	}
}

func place(agentID, hostname string) string {
	if agentID == "" {
		return "host " + hostname
	}
	return "agent " + agentID
}

// maintenance tells what Mesos plans with an agent.
func maintenance(ev events.AgentUnavailable) string {
	host := cmp.Or(ev.Hostname, ev.AgentID)
	if ev.From.IsZero() {
		return "no maintenance of " + host + " is planned any more"
	}
	text := "maintenance of " + host + " is planned from " + ev.From.UTC().Format(time.RFC3339)
	if !ev.Until.IsZero() {
		text += " until " + ev.Until.UTC().Format(time.RFC3339)
	}
	return text
}
