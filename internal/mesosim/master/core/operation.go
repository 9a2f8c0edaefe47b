package core

import (
	"bytes"
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

type operationKey struct{ framework, operation string }

// operation is one that its framework gave an id.
type operation struct {
	agentID string
	state   mesos.OperationState
	uuid    []byte // of the feedback to be acknowledged
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

// reserve is RESERVE and UNRESERVE (2.4): resources of the agent change kind.
func (m *Master) reserve(p *pool, op *mesos.Offer_Operation) {
	var why string
	if op.Type == mesos.Offer_Operation_RESERVE {
		why = validate.Reserve(op.GetReserve().GetResources(), &p.framework.info, p.role)
	} else {
		why = validate.Unreserve(op.GetUnreserve().GetResources(), p.role)
	}
	if why != "" {
		a := p.agent
		m.operationError(p.framework, op, why+"; on agent "+a.id+" at "+a.pid()+" ("+a.info.Hostname+")")
		return
	}
	left, total := p.left, p.agent.total
	for _, c := range conversions(op) {
		if !left.Contains(c.from) {
			m.operationError(p.framework, op, left.Text(p.role)+" does not contain "+c.from.Text(p.role))
			return
		}
		left, total = left.Minus(c.from).Plus(c.to), total.Minus(c.from).Plus(c.to)
	}
	p.left, p.agent.total = left, total
	p.agent.touch()
	m.apply(p, op)
}

type conversion struct{ from, to resource.Set }

// conversions are what an operation makes of what: all at once when resources
// are reserved, one after the other when they are unreserved.
func conversions(op *mesos.Offer_Operation) []conversion {
	if op.Type == mesos.Offer_Operation_RESERVE {
		reserved := resource.New(op.GetReserve().GetResources())
		return []conversion{{reserved.Popped(), reserved}}
	}
	var out []conversion
	for _, r := range op.GetUnreserve().GetResources() {
		reserved := resource.New([]mesos.Resource{r})
		out = append(out, conversion{reserved, reserved.Popped()})
	}
	return out
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

// OperationEnded is an agent's feedback, resent until it is acknowledged.
func (m *Master) OperationEnded(session string, fb *link.Feedback) {
	a, f := m.bySession(session), m.frameworks[fb.FrameworkID]
	if a == nil {
		return
	}
	if f == nil {
		if m.isCompleted(fb.FrameworkID) { // Nobody else will.
			m.tell(a, link.ToAgent{AckOperation: &link.AckOperation{OperationID: fb.OperationID, UUID: fb.UUID}})
		}
		return
	}
	if op := m.operations[operationKey{f.id, fb.OperationID}]; op != nil {
		op.state, op.uuid = mesos.OPERATION_FINISHED, fb.UUID
	}
	m.operationStatus(f, mesos.OperationStatus{
		OperationID: &mesos.OperationID{Value: fb.OperationID}, State: mesos.OPERATION_FINISHED,
		UUID: &mesos.UUID{Value: fb.UUID}, AgentID: &mesos.AgentID{Value: a.id},
	})
}

// AcknowledgeOperation is ACKNOWLEDGE_OPERATION_STATUS (1.5). What is not known,
// or not to be told now, is dropped: the agent sends its feedback again.
func (m *Master) AcknowledgeOperation(now time.Time, s Subscriber, call *scheduler.Call_AcknowledgeOperationStatus) {
	a, key := m.agents[call.GetAgentID().GetValue()], operationKey{s.framework.id, call.OperationID.Value}
	if a == nil || !a.connected {
		return
	}
	if op := m.operations[key]; op != nil {
		if !bytes.Equal(op.uuid, call.UUID) {
			return
		}
		delete(m.operations, key)
	}
	m.tell(a, link.ToAgent{AckOperation: &link.AckOperation{OperationID: call.OperationID.Value, UUID: call.UUID}})
	m.drained(now, a)
}

// ReconcileOperations is RECONCILE_OPERATIONS (1.5).
func (m *Master) ReconcileOperations(s Subscriber, call *scheduler.Call_ReconcileOperations) {
	f := s.framework
	if len(call.Operations) == 0 {
		for _, key := range m.operationsOf(f) {
			m.operationStatus(f, m.operations[key].status(key))
		}
		return
	}
	for _, o := range call.Operations {
		m.operationStatus(f, m.reconcileOperation(f, o))
	}
}

// operationsOf are the operations of a framework that it did not acknowledge.
func (m *Master) operationsOf(f *framework) []operationKey {
	var out []operationKey
	for key := range m.operations {
		if key.framework == f.id {
			out = append(out, key)
		}
	}
	slices.SortFunc(out, func(a, b operationKey) int { return compare(a.operation, b.operation) })
	return out
}

// status is the latest one, without the uuid of what has to be acknowledged.
func (op *operation) status(key operationKey) mesos.OperationStatus {
	return mesos.OperationStatus{
		OperationID: &mesos.OperationID{Value: key.operation}, State: op.state, AgentID: &mesos.AgentID{Value: op.agentID},
	}
}

func (m *Master) reconcileOperation(f *framework, o scheduler.Call_ReconcileOperations_Operation) mesos.OperationStatus {
	id := o.OperationID
	status := func(state mesos.OperationState, message string) mesos.OperationStatus {
		return mesos.OperationStatus{OperationID: &id, State: state, Message: &message, AgentID: o.AgentID}
	}
	key := operationKey{f.id, id.Value}
	if op := m.operations[key]; op != nil {
		return op.status(key)
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
