package core

import (
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// Effect is something the shell must do, in the order of the effects.
type Effect interface{ effect() }

// Send writes an event to a subscription.
type Send struct {
	Stream string
	Event  *scheduler.Event
}

// Close ends a subscription.
type Close struct{ Stream string }

// Tell sends a message to an agent's session.
type Tell struct {
	Session string
	Message link.ToAgent
}

// HangUp ends an agent's session.
type HangUp struct{ Session string }

// Announce writes an event to all operators that subscribed.
type Announce struct{ Event *master.Event }

// SaveRegistry stores the registry before any later effect.
type SaveRegistry struct{}

func (Send) effect()         {}
func (Close) effect()        {}
func (Tell) effect()         {}
func (HangUp) effect()       {}
func (Announce) effect()     {}
func (SaveRegistry) effect() {}

// Effects returns what is queued and empties the queue.
func (m *Master) Effects() []Effect {
	out := m.effects
	m.effects = nil
	return out
}

func (m *Master) queue(e Effect) { m.effects = append(m.effects, e) }

// send queues an event for a framework, which is lost when it is away.
func (m *Master) send(f *framework, e *scheduler.Event) {
	if f.connected {
		f.counts.events[e.Type]++
		m.queue(Send{Stream: f.stream, Event: e})
	}
}

func (m *Master) tell(a *agent, msg link.ToAgent) {
	if a.connected {
		m.queue(Tell{Session: a.session, Message: msg})
	}
}

func (m *Master) announce(e *master.Event) {
	if m.watched {
		m.queue(Announce{Event: e})
	}
}

// Watch reports whether any operator is subscribed; without one there are no
// Announce effects.
func (m *Master) Watch(on bool) { m.watched = on }

func errorEvent(text string) *scheduler.Event {
	return &scheduler.Event{Type: scheduler.Event_ERROR, Error: &scheduler.Event_Error{Message: text}}
}

func heartbeat() *scheduler.Event { return &scheduler.Event{Type: scheduler.Event_HEARTBEAT} }

func update(s mesos.TaskStatus) *scheduler.Event {
	return &scheduler.Event{Type: scheduler.Event_UPDATE, Update: &scheduler.Event_Update{Status: s}}
}

func rescind(id string) *scheduler.Event {
	return &scheduler.Event{Type: scheduler.Event_RESCIND, Rescind: &scheduler.Event_Rescind{OfferID: mesos.OfferID{Value: id}}}
}

func failure(agentID string) *scheduler.Event {
	return &scheduler.Event{
		Type:    scheduler.Event_FAILURE,
		Failure: &scheduler.Event_Failure{AgentID: &mesos.AgentID{Value: agentID}},
	}
}

// seconds is a time as the doubles of Mesos' messages have it.
func seconds(t time.Time) *float64 {
	const perSecond = 1e6
	s := float64(t.UnixMicro()) / perSecond
	return &s
}

func timeInfo(t time.Time) *mesos.TimeInfo { return &mesos.TimeInfo{Nanoseconds: t.UnixNano()} }
