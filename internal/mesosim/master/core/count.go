package core

import (
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// counts are what a framework did, and what was done to it, since it was first
// seen: its metrics (7.1).
type counts struct {
	calls                               map[scheduler.Call_Type]int
	events                              map[scheduler.Event_Type]int
	sent, accepted, declined, rescinded int // offers
	operations                          map[mesos.Offer_Operation_Type]int
	ended                               map[mesos.TaskState]int
}

func newCounts() counts {
	return counts{calls: map[scheduler.Call_Type]int{}, events: map[scheduler.Event_Type]int{}, ended: map[mesos.TaskState]int{}, operations: map[mesos.Offer_Operation_Type]int{}}
}

// Called counts a call.
func (s Subscriber) Called(t scheduler.Call_Type) { s.framework.counts.calls[t]++ }

// end counts a task that reached a terminal state, or never became one.
func (m *Master) end(f *framework, s mesos.TaskState) {
	f.counts.ended[s]++
	m.ended[s]++
}

// FrameworkCounts are the metrics of one framework.
type FrameworkCounts struct {
	ID, Name                            string
	Subscribed                          bool
	Calls                               map[scheduler.Call_Type]int
	Events                              map[scheduler.Event_Type]int
	Sent, Accepted, Declined, Rescinded int // offers
	Operations                          map[mesos.Offer_Operation_Type]int
	Active, Ended                       map[mesos.TaskState]int // tasks
}

// Counts returns the metrics of all frameworks that are not completed. The maps
// are the master's own.
func (m *Master) Counts() []FrameworkCounts {
	var out []FrameworkCounts
	for _, f := range m.sortedFrameworks() {
		active := map[mesos.TaskState]int{}
		for _, t := range f.tasks {
			if !terminal(t.state) {
				active[t.state]++
			}
		}
		active[mesos.TASK_UNREACHABLE] += len(f.unreachable)
		c := f.counts
		out = append(out, FrameworkCounts{
			ID: f.id, Name: f.info.Name, Subscribed: f.connected, Calls: c.calls, Events: c.events, Sent: c.sent, Accepted: c.accepted,
			Declined: c.declined, Rescinded: c.rescinded, Operations: c.operations, Active: active, Ended: c.ended,
		})
	}
	return out
}

// Ended is how many tasks of all frameworks reached a terminal state. The map is
// the master's own.
func (m *Master) Ended() map[mesos.TaskState]int { return m.ended }

// OutstandingOffers is how many offers are not answered yet.
func (m *Master) OutstandingOffers() int { return len(m.offers) }

// Terminal reports whether a state is the end of a task.
func Terminal(s mesos.TaskState) bool { return terminal(s) }
