package leading

import (
	"fmt"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// reasonMax bounds, in bytes, what is written down of why a subscription ended.
const reasonMax = 1 << 10

// subscribe asks for a subscription with the framework id from the log.
func (m *Machine) subscribe() {
	id := m.state.Launcher.FrameworkID
	if m.cfg.RegisterAnew && id == m.removed {
		id = ""
	}
	m.session++
	m.asking, m.epoch = true, m.state.Launcher.Epoch
	m.do(Subscribe{Session: m.session, FrameworkID: id})
}

func (m *Machine) subscribed(in Subscribed) {
	if in.Session != m.session {
		m.do(Close{Session: in.Session})
		return
	}
	m.asking = false
	if m.phase != Subscribing || m.state.Launcher.Epoch != m.epoch {
		m.do(Close{Session: in.Session})
		return
	}
	m.phase, m.opening, m.retryAt = Opening, in, time.Time{}
}

func (m *Machine) notSubscribed(now time.Time, in NotSubscribed) {
	if in.Session != m.session {
		return
	}
	m.asking = false
	if m.phase != Subscribing {
		return
	}
	wait := m.backOff()
	if m.failingSince.IsZero() {
		m.failingSince = now
	}
	trouble := fmt.Errorf("no subscription to Mesos: %w", in.Err)
	switch {
	case in.Removed:
		wait = m.frameworkRemoved(in.Err)
	case m.held && now.Sub(m.failingSince) >= yieldAfter:
		m.note(machine.Warn, "not subscribed for long; leaving it to any launcher that can", in.Err)
		m.standDown(now)
		m.trouble = trouble
		return
	default:
		m.note(machine.Warn, "not subscribed", in.Err, machine.Field{Key: "again_in", Value: wait})
	}
	m.trouble, m.retryAt = trouble, now.Add(wait)
}

// frameworkRemoved returns how long to wait.
func (m *Machine) frameworkRemoved(err error) time.Duration {
	m.removed = m.state.Launcher.FrameworkID
	id := machine.Field{Key: "framework", Value: m.removed}
	if m.cfg.RegisterAnew {
		m.note(machine.Error, "Mesos has removed the framework: all its tasks are dead. Registering anew", err, id)
		return retryFirst
	}
	m.note(machine.Error, "Mesos has removed the framework: all its tasks are dead. An operator must decide; see docs/operating.md", err, id)
	return removedWait
}

// backOff returns how long to wait after one more failure.
func (m *Machine) backOff() time.Duration {
	m.failures++
	return backoff.Wait{First: retryFirst, Max: retryMax}.After(m.failures)
}

// open writes the subscription down. Nothing that comes from it is looked at
// before that was folded.
func (m *Machine) open(now time.Time) {
	l := m.state.Launcher
	opened := events.SubscriptionOpened{
		FrameworkID: m.opening.FrameworkID, StreamID: m.opening.StreamID, Master: m.opening.Master, MasterID: m.opening.MasterID,
	}
	env := m.envelope(now, fmt.Sprintf("%s@%d/%d", m.subject(), l.Last, l.Epoch), l.Epoch)
	if l.FrameworkID != m.opening.FrameworkID {
		m.write(l.Last, env, events.FrameworkRegistered{FrameworkID: m.opening.FrameworkID}, opened)
		return
	}
	m.write(l.Last, env, opened)
}

// opened listens to the subscription once its opening was folded.
func (m *Machine) opened(now time.Time) {
	l := m.state.Launcher
	if m.phase != Opening || l.Epoch != m.epoch || l.Subscription.StreamID != m.opening.StreamID {
		return
	}
	m.unclosed = ""
	m.phase, m.openedAt, m.failingSince, m.retryAt, m.trouble = Active, now, time.Time{}, time.Time{}, nil
	m.note(machine.Info, "subscribed", nil, machine.Field{Key: "epoch", Value: l.Epoch},
		machine.Field{Key: "framework", Value: l.FrameworkID}, machine.Field{Key: "master", Value: l.Subscription.Master})
	m.do(Listen{Session: m.session})
}

// disputed reports whether the log says of the subscription that is listened to what
// this launcher did not write: somebody has its key. Kills would go nowhere, and the
// next subscription would be another framework's.
func (m *Machine) disputed() bool {
	l := m.state.Launcher
	s := l.Subscription
	return m.phase == Active && (s.Closed || l.FrameworkID != m.opening.FrameworkID ||
		s.StreamID != m.opening.StreamID || s.Master != m.opening.Master)
}

// dispute has it written down again.
func (m *Machine) dispute(now time.Time, r *cluster.Record) {
	if !m.disputed() {
		return
	}
	m.note(machine.Warn, "somebody else wrote about the subscription as this launcher; writing it down again", nil,
		machine.Field{Key: "source", Value: r.Envelope.Source})
	m.retryAt = now.Add(retryFirst)
}

// ended follows the end of the subscription. Whoever leads by the log subscribes
// again; a launcher that Mesos cut because another one subscribed gives the fold
// time to say who that is. One that did not last is as good as refused: two
// frameworks of one id would cut each other for ever.
func (m *Machine) ended(now time.Time, in Ended) {
	if in.Session != m.session || m.phase != Active {
		return
	}
	m.note(machine.Warn, "subscription ended", in.Err, machine.Field{Key: "epoch", Value: m.state.Launcher.Epoch})
	if now.Sub(m.openedAt) >= retryMax {
		m.failures = 0
	}
	reason := "subscription ended"
	if in.Err != nil {
		reason = clip(in.Err.Error())
	}
	m.trouble = fmt.Errorf("no subscription to Mesos: %s", reason)
	m.close(now, reason)
	m.drop()
	m.phase = Subscribing
	wait := m.backOff()
	if in.FailedOver {
		wait = max(wait, failedOverWait)
	}
	m.retryAt = now.Add(wait)
}

// close writes down that the subscription has ended, so that nobody counts time in which
// nothing is heard.
func (m *Machine) close(now time.Time, reason string) {
	l := m.state.Launcher
	env := m.envelope(now, fmt.Sprintf("%s@%d/%d", m.subject(), l.Last, l.Epoch), l.Subscription.Sequence)
	m.write(l.Last, env, events.SubscriptionClosed{StreamID: m.opening.StreamID, Reason: reason})
	m.closing, m.unclosed = m.append, reason
}

// closeAgain writes it down once more where it was not stored: with the log away, or when
// the launcher's subject had moved.
func (m *Machine) closeAgain(now time.Time) {
	l := m.state.Launcher
	if m.unclosed != "" && l.Epoch == m.epoch && l.Subscription.StreamID == m.opening.StreamID && !l.Subscription.Closed {
		m.close(now, m.unclosed)
	}
}

// clip cuts what is too long, and says so.
func clip(text string) string {
	const cut = " [cut]"
	if len(text) <= reasonMax {
		return text
	}
	return strings.ToValidUTF8(text[:reasonMax-len(cut)], "") + cut
}
