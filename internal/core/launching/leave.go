package launching

import (
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/pkg/events"
)

// What keeps tasks off agents that they are to leave, as verdicts count it.
const (
	reasonDrained     = "drained"
	reasonMaintenance = "maintenance"
)

// leave gives the offers of agents back that tasks are to leave, and returns how many
// agents that are, by reason.
func (m *Machine) leave() map[string]uint32 {
	a := &m.state.Agents
	if len(a.Drains) == 0 && len(a.Windows) == 0 {
		return nil
	}
	counted, reasons := map[string]bool{}, map[string]uint32{}
	var left []string
	held := m.session.offers.held
	for _, id := range slices.Sorted(maps.Keys(held)) {
		o := held[id]
		why, leaves := a.Leave(o.AgentID, o.Hostname, m.at.Log)
		if !leaves {
			continue
		}
		left = append(left, id)
		if reason := reasonOf(why.Drained); !counted[o.AgentID] {
			counted[o.AgentID] = true
			reasons[reason]++
		}
	}
	m.decline(left, refuseUnfit)
	return reasons
}

func reasonOf(drained bool) string {
	if drained {
		return reasonDrained
	}
	return reasonMaintenance
}

// withLeft adds to verdicts the agents whose offers were given back unseen.
func withLeft(verdicts []placement.Verdict, left map[string]uint32) []placement.Verdict {
	if len(left) == 0 {
		return verdicts
	}
	for i := range verdicts {
		v := &verdicts[i]
		v.Reasons = maps.Clone(v.Reasons)
		if v.Reasons == nil {
			v.Reasons = map[string]uint32{}
		}
		for reason, agents := range left {
			v.Reasons[reason] += agents
			v.Offers += agents
		}
	}
	return verdicts
}

// window is when an agent is away, in Unix nanoseconds; zero for never, and for not known.
type window struct{ from, until int64 }

// windowsOffered follows what offers say of the maintenance of their agents.
func (m *Machine) windowsOffered(list []offer.Offer) {
	for _, o := range list {
		m.announce(o.AgentID, o.Hostname, window{o.UnavailableFrom, o.UnavailableUntil})
	}
}

// windowsAsked follows what inverse offers say. They do not name the host.
func (m *Machine) windowsAsked(list []scheduler.InverseOffer) {
	for _, o := range list {
		m.announce(o.AgentID, m.state.Agents.Windows[o.AgentID].Hostname, window{o.UnavailableFrom, o.UnavailableUntil})
	}
}

// announce writes down when an agent is away, where the log does not say so.
func (m *Machine) announce(agentID, hostname string, w window) {
	s := m.session
	known, ok := s.windows[agentID]
	if !ok {
		if folded, there := m.state.Agents.Windows[agentID]; there {
			known = window{nanos(folded.From), nanos(folded.Until)}
		}
	}
	if known == w || agentID == "" {
		return
	}
	s.windows[agentID] = w
	ev := events.AgentUnavailable{AgentID: agentID, Hostname: hostname, From: timeOf(w.from), Until: timeOf(w.until)}
	subject := m.cfg.Space.Launcher(0)
	m.counter++
	env := m.envelope(decisionID(subject, 0, ev, s.epoch, m.counter), 0)
	env.Epoch, env.Counter = s.epoch, m.counter
	s.facts.pending = append(s.facts.pending, machine.Fact(subject, env, ev))
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeOf(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}
