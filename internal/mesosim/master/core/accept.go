package core

import (
	"fmt"
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

// pool is the resources of the accepted offers while operations run on them.
type pool struct {
	framework *framework
	agent     *agent
	role      string
	left      resource.Set
}

// Accept is ACCEPT (2.4).
func (m *Master) Accept(now time.Time, s Subscriber, call *scheduler.Call_Accept) {
	f := s.framework
	offers, why := m.accepted(f, call.OfferIDs)
	for _, o := range offers {
		m.take(o)
	}
	if why != "" {
		m.refuseOperations(now, f, call.Operations, why)
		return
	}
	f.counts.accepted += len(offers)
	for _, op := range call.Operations {
		f.counts.operations[op.Type]++
	}
	p := &pool{framework: f, agent: offers[0].agent, role: offers[0].role}
	for _, o := range offers {
		p.left = p.left.Plus(o.set)
	}
	offered := p.left
	for _, op := range m.wellFormed(now, f, call.Operations) {
		m.operate(now, p, op)
	}
	converted := p.left.Minus(offered) // goes back without filter
	m.addFilter(now, f, p.role, p.agent.id, p.left.Minus(converted), call.Filters)
}

// accepted returns the offers that are still valid, and why the call is not.
func (m *Master) accepted(f *framework, ids []mesos.OfferID) ([]*offer, string) {
	var offers []*offer
	for _, id := range ids {
		if o := m.offers[id.Value]; o != nil && !slices.Contains(offers, o) {
			offers = append(offers, o)
		}
	}
	for _, check := range []func(*framework, []mesos.OfferID) string{m.unique, m.valid, m.sameRole, m.sameAgent} {
		if why := check(f, ids); why != "" {
			return offers, why
		}
	}
	return offers, ""
}

func (m *Master) unique(_ *framework, ids []mesos.OfferID) string {
	if len(ids) == 0 {
		return "No offers specified"
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id.Value] {
			return fmt.Sprintf("Duplicate offer %s in offer list", id.Value)
		}
		seen[id.Value] = true
	}
	return ""
}

func (m *Master) valid(f *framework, ids []mesos.OfferID) string {
	for _, id := range ids {
		if m.offers[id.Value] == nil {
			return fmt.Sprintf("Offer %s is no longer valid", id.Value)
		}
	}
	for _, id := range ids {
		if o := m.offers[id.Value]; o.framework != f {
			return fmt.Sprintf("Offer %s has invalid framework %s while framework %s is expected", id.Value, o.framework.id, f.id)
		}
	}
	return ""
}

func (m *Master) sameRole(_ *framework, ids []mesos.OfferID) string {
	first := m.offers[ids[0].Value].role
	for _, id := range ids {
		if o := m.offers[id.Value]; o.role != first {
			return fmt.Sprintf("Aggregated offers must be allocated to the same role. Offer %s uses role '%s but another is using role '%s", o.id, o.role, first)
		}
	}
	return ""
}

func (m *Master) sameAgent(_ *framework, ids []mesos.OfferID) string {
	first := m.offers[ids[0].Value].agent
	for _, id := range ids {
		if o := m.offers[id.Value]; o.agent != first {
			return fmt.Sprintf("Aggregated offers must belong to one single agent. Offer %s uses agent %s and agent %s", o.id, o.agent.id, first.id)
		}
	}
	return ""
}

// refuseOperations answers an ACCEPT with invalid offers.
func (m *Master) refuseOperations(now time.Time, f *framework, ops []mesos.Offer_Operation, why string) {
	for i := range ops {
		op := &ops[i]
		tasks := op.GetLaunch().GetTaskInfos()
		if op.Type == mesos.Offer_Operation_LAUNCH_GROUP {
			tasks = op.GetLaunchGroup().GetTaskGroup().Tasks
		} else if op.Type != mesos.Offer_Operation_LAUNCH {
			m.operationError(f, op, "Operation attempted with invalid offers: "+why)
			continue
		}
		for _, t := range tasks {
			m.reject(now, f, t, f.either(mesos.TASK_DROPPED), mesos.REASON_INVALID_OFFERS, "Task launched with invalid offers: "+why)
		}
	}
}

// reject answers for a task that never became one: with the agent id of its
// TaskInfo, without a uuid (2.4, 3).
func (m *Master) reject(now time.Time, f *framework, t mesos.TaskInfo, state mesos.TaskState, reason mesos.TaskStatus_Reason, message string) {
	s := statusByMaster(now, t.TaskID, state, reason, message)
	s.AgentID = &mesos.AgentID{Value: t.AgentID.Value}
	m.end(f, state)
	m.send(f, update(s))
}

func (m *Master) operate(now time.Time, p *pool, op *mesos.Offer_Operation) {
	switch op.Type {
	case mesos.Offer_Operation_LAUNCH:
		m.launchAll(now, p, op)
	case mesos.Offer_Operation_LAUNCH_GROUP:
		m.launchGroup(now, p, op)
	case mesos.Offer_Operation_RESERVE, mesos.Offer_Operation_UNRESERVE:
		m.reserve(p, op)
	case mesos.Offer_Operation_UNKNOWN:
	case mesos.Offer_Operation_CREATE, mesos.Offer_Operation_DESTROY, mesos.Offer_Operation_GROW_VOLUME,
		mesos.Offer_Operation_SHRINK_VOLUME, mesos.Offer_Operation_CREATE_DISK, mesos.Offer_Operation_DESTROY_DISK:
		m.operationError(p.framework, op, "Operation "+op.Type.String()+" is not supported")
	}
}

func (m *Master) launchAll(now time.Time, p *pool, op *mesos.Offer_Operation) {
	for _, t := range op.GetLaunch().GetTaskInfos() {
		if x := t.Executor; x != nil && x.FrameworkID == nil {
			// As in Mesos, a launch may leave that to the master.
			own := *x
			own.FrameworkID = &mesos.FrameworkID{Value: p.framework.id}
			t.Executor = &own
		}
		if why := validate.Task(&t, m.against(p)); why != "" {
			m.reject(now, p.framework, t, mesos.TASK_ERROR, mesos.REASON_TASK_INVALID, why)
			continue
		}
		m.launch(p, t, nil)
	}
}

func (m *Master) against(p *pool) validate.Launch {
	return validate.Launch{
		FrameworkID: p.framework.id, AgentID: p.agent.id, Role: p.role, Available: p.left, Limits: true,
		Live: func(id string) bool { return p.framework.tasks[id] != nil },
		Unreachable: func(id string) bool {
			return slices.ContainsFunc(p.framework.unreachable, func(t *task) bool { return t.id() == id })
		},
		Executor: func(id mesos.ExecutorID) *mesos.ExecutorInfo { return p.agent.executor(p.framework, id) },
		Siblings: func(id mesos.ExecutorID) []mesos.TaskInfo { return p.agent.siblings(p.framework, id) },
	}
}

// launch makes a task and sends it to its agent. group is the executor of a
// task of a group. The first task of an executor is charged for it.
func (m *Master) launch(p *pool, info mesos.TaskInfo, group *mesos.ExecutorInfo) {
	info.Resources = resource.New(info.Resources).Messages(resource.Format{Allocation: p.role, Refined: true})
	t := newTask(p.framework, p.agent.id, info, p.role)
	t.group = group
	if x := t.executor(); x != nil && p.agent.executor(p.framework, x.ExecutorID) == nil {
		t.set = t.set.Plus(resource.New(x.Resources))
	}
	p.left = p.left.Minus(t.set)
	m.hold(t)
	msg := &link.Launch{Framework: link.FrameworkInfo{Value: p.framework.info}, Task: link.TaskInfo{Value: info}, Role: p.role}
	if group != nil {
		msg.Group = &link.ExecutorInfo{Value: *group}
	}
	m.tell(p.agent, link.ToAgent{Launch: msg})
}
