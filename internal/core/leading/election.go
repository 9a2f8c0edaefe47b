package leading

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

func (m *Machine) leased(now time.Time, in Leased) {
	m.asking = false
	if in.Err != nil {
		m.retryAt = now.Add(m.cfg.LeaseTTL / 8)
		return
	}
	m.held = true
	if m.phase == Standby {
		m.phase = Electing
	}
}

// leaseLost goes on: a lease that cannot be renewed drops nothing, the next
// election will.
func (m *Machine) leaseLost() {
	if !m.held {
		return
	}
	m.held = false
	m.note(machine.Warn, "lease lost; going on until another launcher is elected", nil)
	if m.phase == Electing {
		m.phase = Standby
	}
}

// elect appends the own election. Whether it counts is for the fold to say.
func (m *Machine) elect(now time.Time) {
	last := m.state.Launcher.Last
	env := m.envelope(now, fmt.Sprintf("%s@%d/%s", m.subject(), last, m.cfg.Nonce), last)
	env.Epoch = 0
	m.write(last, env, events.LauncherElected{Nonce: m.cfg.Nonce, Instance: m.cfg.Instance})
}

// folded looks for elections and openings, one's own and others'.
func (m *Machine) folded(now time.Time, r *cluster.Record) {
	if m.phase == Replaying {
		return
	}
	switch r.Event.(type) {
	case events.LauncherElected:
		m.elected(now, r)
	case events.SubscriptionOpened:
		m.opened(now)
		m.dispute(now, r)
	case events.FrameworkRegistered, events.SubscriptionClosed:
		m.dispute(now, r)
	default:
	}
}

// elected follows an election: one's own begins an epoch, any other ends it.
func (m *Machine) elected(now time.Time, r *cluster.Record) {
	who := []machine.Field{{Key: "epoch", Value: r.Sequence}, {Key: "instance", Value: m.state.Launcher.Instance}}
	switch {
	case m.state.Launcher.Nonce == m.cfg.Nonce:
		m.note(machine.Info, "elected", nil, who...)
		m.drop()
		m.phase, m.retryAt, m.failures, m.failingSince = Subscribing, time.Time{}, 0, time.Time{}
		m.trouble = errUnsubscribed
	case m.phase != Standby:
		m.note(machine.Info, "another launcher was elected; standing by", nil, who...)
		m.standDown(now)
	default:
		m.trouble = nil
	}
}

func (m *Machine) standDown(now time.Time) {
	m.drop()
	m.release()
	m.phase, m.trouble = Standby, nil
	m.retryAt = now.Add(m.cfg.LeaseTTL / 2)
}

// write appends events to the launcher's subject, if nobody did since last.
func (m *Machine) write(last uint64, env events.Envelope, evs ...events.Event) {
	drafts := make([]machine.Draft, len(evs))
	id := env.ID
	for i, ev := range evs {
		env.ID = id + "/" + ev.Type()
		drafts[i] = machine.Fact(m.subject(), env, ev)
	}
	drafts[0].Conditional, drafts[0].Last = true, last
	m.append = m.tickets.Next()
	m.do(machine.Append{Ticket: m.append, Drafts: drafts})
}

// appended gives the fold a moment to tell what counts before trying again.
func (m *Machine) appended(now time.Time, in machine.Appended) {
	if in.Ticket != m.append {
		return
	}
	m.append = 0
	if in.Ticket == m.closing {
		if m.closing = 0; in.Outcome.Answer == machine.Stored {
			m.unclosed = ""
		}
	}
	if in.Outcome.Answer == machine.Stored && m.state.Sequence >= in.Outcome.Last {
		return // It has told.
	}
	wait := retryFirst
	if in.Outcome.Answer == machine.Unknown || in.Outcome.Answer == machine.Refused {
		m.note(machine.Warn, "append failed; trying again", in.Outcome.Err)
		wait = troubleWait
	}
	if at := now.Add(wait); at.After(m.retryAt) {
		m.retryAt = at
	}
}

func (m *Machine) subject() string { return m.cfg.Space.Launcher(shard) }

func (m *Machine) envelope(now time.Time, id string, cause uint64) events.Envelope {
	return events.Envelope{ID: id, Source: m.cfg.Source, Time: now, Cause: cause, Epoch: m.state.Launcher.Epoch}
}
