package core

import (
	"slices"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

type operationKey struct{ framework, operation string }

// operation is one that its framework gave an id.
type operation struct {
	agentID string
	state   mesos.OperationState
}

func (m *Master) operationStatus(f *framework, s mesos.OperationStatus) {
	m.send(f, &scheduler.Event{
		Type: scheduler.Event_UPDATE_OPERATION_STATUS, UpdateOperationStatus: &scheduler.Event_UpdateOperationStatus{Status: s},
	})
}

func (m *Master) operationError(f *framework, op *mesos.Offer_Operation, message string) {
	if op.ID != nil {
		m.operationStatus(f, mesos.OperationStatus{OperationID: op.ID, State: mesos.OPERATION_ERROR, Message: &message})
	}
}

// reserve is RESERVE and UNRESERVE (2.4): the agent's resources change kind.
func (m *Master) reserve(p *pool, op *mesos.Offer_Operation) {
	rs := op.GetReserve().GetResources()
	if op.Type == mesos.Offer_Operation_UNRESERVE {
		rs = op.GetUnreserve().GetResources()
	}
	if why := reservationFault(rs); why != "" {
		m.operationError(p.framework, op, why)
		return
	}
	reserved := resource.New(rs)
	plain := reserved.Popped()
	from, to := plain, reserved
	if op.Type == mesos.Offer_Operation_UNRESERVE {
		from, to = reserved, plain
	}
	if !p.left.Contains(from) {
		m.operationError(p.framework, op, "Invalid "+op.Type.String()+" Operation: "+p.left.Text(p.role)+" does not contain "+from.Text(p.role))
		return
	}
	p.left = p.left.Minus(from).Plus(to)
	p.converted = p.converted.Minus(from).Plus(to)
	a := p.agent
	a.total = a.total.Minus(from).Plus(to)
	a.touch()
	m.apply(p, op)
}

func reservationFault(rs []mesos.Resource) string {
	for _, r := range rs {
		up := resource.Upgrade(r)
		n := len(up.Reservations)
		if n == 0 {
			return "Resource " + resource.Text(r) + " is not reserved"
		}
		if up.Reservations[n-1].GetType() != mesos.Resource_ReservationInfo_DYNAMIC {
			return "Resource " + resource.Text(r) + " is not dynamically reserved"
		}
	}
	return ""
}

// apply tells the agent its new resources; it answers when there is an id.
func (m *Master) apply(p *pool, op *mesos.Offer_Operation) {
	msg := &link.Apply{}
	for _, r := range p.agent.total.Messages(resource.Format{Refined: true}) {
		msg.Resources = append(msg.Resources, link.Resource{Value: r})
	}
	if op.ID != nil {
		msg.FrameworkID, msg.OperationID = p.framework.id, op.ID.Value
		m.operations[operationKey{p.framework.id, op.ID.Value}] = &operation{agentID: p.agent.id, state: mesos.OPERATION_PENDING}
	}
	m.tell(p.agent, link.ToAgent{Apply: msg})
}

// operationsOn are a framework's operations on an agent that it did not
// acknowledge.
func (m *Master) operationsOn(f *framework, agentID string) []string {
	var out []string
	for key, op := range m.operations {
		if key.framework == f.id && op.agentID == agentID {
			out = append(out, key.operation)
		}
	}
	slices.Sort(out)
	return out
}

// OperationEnded is an agent's feedback, resent until it is acknowledged.
func (m *Master) OperationEnded(session string, fb *link.Feedback) {
	a, f := m.bySession(session), m.frameworks[fb.FrameworkID]
	if a == nil || f == nil {
		return
	}
	if op := m.operations[operationKey{f.id, fb.OperationID}]; op != nil {
		op.state = mesos.OPERATION_FINISHED
	}
	m.operationStatus(f, mesos.OperationStatus{
		OperationID: &mesos.OperationID{Value: fb.OperationID}, State: mesos.OPERATION_FINISHED,
		UUID: &mesos.UUID{Value: fb.UUID}, AgentID: &mesos.AgentID{Value: a.id},
	})
}

// AcknowledgeOperation is ACKNOWLEDGE_OPERATION_STATUS.
func (m *Master) AcknowledgeOperation(s Subscriber, call *scheduler.Call_AcknowledgeOperationStatus) {
	delete(m.operations, operationKey{s.framework.id, call.OperationID.Value})
	if a := m.agents[call.GetAgentID().GetValue()]; a != nil {
		m.tell(a, link.ToAgent{AckOperation: &link.AckOperation{OperationID: call.OperationID.Value, UUID: call.UUID}})
	}
}

// ReconcileOperations is RECONCILE_OPERATIONS (1.5).
func (m *Master) ReconcileOperations(s Subscriber, call *scheduler.Call_ReconcileOperations) {
	f := s.framework
	if len(call.Operations) == 0 {
		for key, op := range m.operations {
			if key.framework == f.id {
				m.operationStatus(f, mesos.OperationStatus{
					OperationID: &mesos.OperationID{Value: key.operation}, State: op.state, AgentID: &mesos.AgentID{Value: op.agentID},
				})
			}
		}
		return
	}
	for _, o := range call.Operations {
		m.operationStatus(f, m.reconcileOperation(f, o))
	}
}

func (m *Master) reconcileOperation(f *framework, o scheduler.Call_ReconcileOperations_Operation) mesos.OperationStatus {
	id := o.OperationID
	status := func(state mesos.OperationState, message string) mesos.OperationStatus {
		return mesos.OperationStatus{OperationID: &id, State: state, Message: &message, AgentID: o.AgentID}
	}
	if op := m.operations[operationKey{f.id, id.Value}]; op != nil {
		s := status(op.state, "Reconciliation: Latest operation state")
		s.AgentID = &mesos.AgentID{Value: op.agentID}
		return s
	}
	if o.AgentID == nil {
		return status(mesos.OPERATION_UNKNOWN, "Reconciliation: Operation is unknown and no 'agent_id' was provided")
	}
	agentID := o.AgentID.Value
	_, unreachable := m.registry.Unreachable[agentID]
	_, gone := m.registry.Gone[agentID]
	switch {
	case m.agents[agentID] != nil:
		return status(mesos.OPERATION_UNKNOWN, "Reconciliation: Operation is unknown")
	case m.isRecovered(agentID):
		return status(mesos.OPERATION_RECOVERING, "Reconciliation: Agent is recovered but has not re-registered")
	case unreachable:
		return status(mesos.OPERATION_UNREACHABLE, "Reconciliation: Agent is unreachable")
	case gone:
		return status(mesos.OPERATION_GONE_BY_OPERATOR, "Reconciliation: Agent marked gone by operator")
	}
	return status(mesos.OPERATION_UNKNOWN, "Reconciliation: Both operation and agent are unknown")
}
