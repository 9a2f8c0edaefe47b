package master

import (
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// metrics are counters by name, without "master/" in front; the lock of the server
// guards them.
type metrics map[string]float64

// counters are those of a master, which are there before they count anything.
const counters = `dropped_messages http_cache_hits invalid_executor_to_framework_messages invalid_framework_to_executor_messages
	invalid_operation_status_update_acknowledgements invalid_operation_status_updates invalid_status_update_acknowledgements
	invalid_status_updates messages_authenticate messages_deactivate_framework messages_decline_offers
	messages_executor_to_framework messages_exited_executor messages_framework_to_executor messages_kill_task messages_launch_tasks
	messages_operation_status_update messages_operation_status_update_acknowledgement messages_reconcile_operations
	messages_reconcile_tasks messages_register_framework messages_register_slave messages_reregister_framework
	messages_reregister_slave messages_resource_request messages_revive_offers messages_status_update
	messages_status_update_acknowledgement messages_suppress_offers messages_unregister_framework messages_unregister_slave
	messages_update_slave recovery_slave_removals slave_registrations slave_removals slave_removals/reason_registered
	slave_removals/reason_unhealthy slave_removals/reason_unregistered slave_reregistrations slave_shutdowns_canceled
	slave_shutdowns_completed slave_shutdowns_scheduled slave_unreachable_canceled slave_unreachable_completed
	slave_unreachable_scheduled valid_executor_to_framework_messages valid_framework_to_executor_messages
	valid_operation_status_update_acknowledgements valid_operation_status_updates valid_status_update_acknowledgements
	valid_status_updates`

func newMetrics() metrics {
	m := metrics{}
	for name := range strings.FieldsSeq(counters) {
		m[name] = 0
	}
	return m
}

// call counts a call by the name of the message that it was once.
func (m metrics) call(c *scheduler.Call) {
	switch c.Type {
	case scheduler.Call_SUBSCRIBE:
		if c.Subscribe.FrameworkInfo.GetID().GetValue() == "" {
			m["messages_register_framework"]++
		} else {
			m["messages_reregister_framework"]++
		}
	case scheduler.Call_ACCEPT:
		m.accept(c.Accept.Operations)
	case scheduler.Call_DECLINE:
		m["messages_decline_offers"]++
	case scheduler.Call_REVIVE:
		m["messages_revive_offers"]++
	case scheduler.Call_SUPPRESS:
		m["messages_suppress_offers"]++
	case scheduler.Call_KILL:
		m["messages_kill_task"]++
	case scheduler.Call_RECONCILE:
		m["messages_reconcile_tasks"]++
	case scheduler.Call_RECONCILE_OPERATIONS:
		m["messages_reconcile_operations"]++
	case scheduler.Call_ACKNOWLEDGE:
		m["messages_status_update_acknowledgement"]++
		m["valid_status_update_acknowledgements"]++
	case scheduler.Call_ACKNOWLEDGE_OPERATION_STATUS:
		m["messages_operation_status_update_acknowledgement"]++
		m["valid_operation_status_update_acknowledgements"]++
	case scheduler.Call_MESSAGE:
		m["messages_framework_to_executor"]++
		m["valid_framework_to_executor_messages"]++
	case scheduler.Call_REQUEST:
		m["messages_resource_request"]++
	case scheduler.Call_UNKNOWN, scheduler.Call_TEARDOWN, scheduler.Call_SHUTDOWN, scheduler.Call_ACCEPT_INVERSE_OFFERS,
		scheduler.Call_DECLINE_INVERSE_OFFERS, scheduler.Call_UPDATE_FRAMEWORK:
	}
}

// accept counts an ACCEPT as the launch of tasks, or as a decline.
func (m metrics) accept(ops []mesos.Offer_Operation) {
	for _, op := range ops {
		if len(op.GetLaunch().GetTaskInfos())+len(op.GetLaunchGroup().GetTaskGroup().Tasks) > 0 {
			m["messages_launch_tasks"]++
			return
		}
	}
	m["messages_decline_offers"]++
}

// message counts what an agent has to say.
func (m metrics) message(msg *link.FromAgent) {
	switch {
	case msg.Unregister:
		m["messages_unregister_slave"]++
		m["slave_removals"]++
		m["slave_removals/reason_unregistered"]++
	case msg.Update != nil:
		m["messages_status_update"]++
		m["valid_status_updates"]++
	case msg.Operation != nil:
		m["messages_operation_status_update"]++
		m["valid_operation_status_updates"]++
	}
}

// register counts a registration.
func (m metrics) register(r *link.Register) {
	if r.Agent.Value.GetID().GetValue() == "" {
		m["messages_register_slave"]++
		m["slave_registrations"]++
		return
	}
	m["messages_reregister_slave"]++
	m["slave_reregistrations"]++
}
