package launching

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

// How much of a status is kept.
const (
	messageMax   = 16 << 10 // bytes
	addressesMax = 64
)

// reported follows a status from Mesos.
func (m *Machine) reported(st scheduler.Status) {
	st = recordable(st)
	s := m.session
	delete(s.round.awaited, st.TaskID)
	t := m.state.TaskByID(st.TaskID)
	st.Message = m.withoutSecrets(t, st.Message)
	action := m.consider(t, st)
	if m.incapable.learn(t, st, m.at.Now) && action == Recorded {
		action = Withdrawn
	}
	level := machine.Debug
	if action == Recorded {
		level = machine.Info
	}
	m.do(machine.Note{Level: level, Message: "status", Task: st.TaskID, Fields: []machine.Field{
		{Key: "state", Value: st.State},
		{Key: "reason", Value: st.Reason},
		{Key: "message", Value: st.Message},
		{Key: "action", Value: action.String()},
	}})
	switch action {
	case Acknowledged:
		m.do(Acknowledge{TaskID: st.TaskID, AgentID: st.AgentID, UUID: st.UUID})
	case Recorded:
		m.record(t, st)
	case Withdrawn:
		s.withdraw[t.Key()] = s.cameToNothing(t, st)
	case Adopted:
		s.adopt[t.Key()] = adoption{version: t.Version, group: t.Group, taskID: t.ID, agentID: st.AgentID, state: st.State}
	case Identified:
		m.identify()
	case Ignored:
	}
}

func (m *Machine) consider(t *cluster.Task, st scheduler.Status) Action {
	s := m.session
	underWay := s.facts.unfolded[st.TaskID]
	action := Consider(m.state, Report{
		TaskID: st.TaskID, State: st.State, Reason: st.Reason, Source: st.Source, UUID: st.UUID,
	}, Memory{
		Resolving: t != nil && s.resolving(t),
		Unfolded:  underWay.count > 0,
	})
	if action == Recorded && len(st.UUID) == 0 && underWay.count > 0 && st.State == underWay.state {
		return Ignored // The one under way says the same.
	}
	return action
}

func (s *session) cameToNothing(t *cluster.Task, st scheduler.Status) string {
	reason := "launch came to nothing: " + st.Message
	if sent := s.sent[t.Key()]; sent != nil && sent.Failure != "" {
		reason += "; " + sent.Failure
	}
	return reason
}

// recordable returns a status as the log can store it. Executors write messages,
// addresses and times, so they may be anything, and one status that the log
// refuses would hold up all that come after it.
func recordable(st scheduler.Status) scheduler.Status {
	st.Message = clip(st.Message)
	st.Addresses = slices.DeleteFunc(slices.Clone(st.Addresses), func(a string) bool {
		_, err := netip.ParseAddr(a)
		return err != nil
	})
	st.Addresses = st.Addresses[:min(len(st.Addresses), addressesMax)]
	if y := st.Time.UTC().Year(); y < 1 || y > 9999 {
		st.Time = time.Time{} // RFC 3339 has no more than four digits.
	}
	return st
}

// clip cuts what is too long, and says so.
func clip(text string) string {
	const cut = " [cut]"
	if len(text) <= messageMax {
		return text
	}
	return strings.ToValidUTF8(text[:messageMax-len(cut)], "") + cut
}
