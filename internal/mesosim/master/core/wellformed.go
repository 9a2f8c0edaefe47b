package core

import (
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// wellFormed returns the operations that may be carried out. All others, those
// at the end of the call too, are answered before the first is (2.4, step 3).
func (m *Master) wellFormed(now time.Time, f *framework, ops []mesos.Offer_Operation) []*mesos.Offer_Operation {
	var out []*mesos.Offer_Operation
	for i := range ops {
		op := &ops[i]
		if why := malformed(op); why != "" {
			m.refuseOperation(now, f, op, why)
			continue
		}
		out = append(out, op)
	}
	return out
}

// malformed says what is wrong with an operation as such, whatever it is for.
func malformed(op *mesos.Offer_Operation) string {
	launches := op.Type == mesos.Offer_Operation_LAUNCH || op.Type == mesos.Offer_Operation_LAUNCH_GROUP
	for _, rs := range resourcesOf(op) {
		switch why := resource.Fault(rs); {
		case why == "":
		case launches:
			return why
		default:
			return invalidResources + why
		}
	}
	switch {
	case launches && op.ID != nil:
		return "The `id` field cannot be set on " + op.Type.String() + " operations"
	case len(op.GetReserve().GetSource()) > 0:
		return invalidResources + "Reservation updates are not yet implemented for the scheduler API."
	}
	return ""
}

const invalidResources = "Operation attempted with invalid resources: "

// resourcesOf are the lists of resources that an operation names.
func resourcesOf(op *mesos.Offer_Operation) [][]mesos.Resource {
	switch op.Type { //nolint:exhaustive // The others are not supported.
	case mesos.Offer_Operation_LAUNCH:
		return resourcesOfTasks(op.GetLaunch().GetTaskInfos())
	case mesos.Offer_Operation_LAUNCH_GROUP:
		executor := op.GetLaunchGroup().GetExecutor()
		return append([][]mesos.Resource{executor.Resources}, resourcesOfTasks(op.GetLaunchGroup().GetTaskGroup().Tasks)...)
	case mesos.Offer_Operation_RESERVE:
		return [][]mesos.Resource{op.GetReserve().GetResources(), op.GetReserve().GetSource()}
	case mesos.Offer_Operation_UNRESERVE:
		return [][]mesos.Resource{op.GetUnreserve().GetResources()}
	}
	return nil
}

func resourcesOfTasks(tasks []mesos.TaskInfo) [][]mesos.Resource {
	var out [][]mesos.Resource
	for i := range tasks {
		out = append(out, tasks[i].Resources)
		if x := tasks[i].Executor; x != nil {
			out = append(out, x.Resources)
		}
	}
	return out
}

// refuseOperation answers for an operation that is not carried out.
func (m *Master) refuseOperation(now time.Time, f *framework, op *mesos.Offer_Operation, why string) {
	tasks, reason := op.GetLaunch().GetTaskInfos(), mesos.REASON_TASK_INVALID
	if op.Type == mesos.Offer_Operation_LAUNCH_GROUP {
		tasks, reason = op.GetLaunchGroup().GetTaskGroup().Tasks, mesos.REASON_TASK_GROUP_INVALID
	} else if op.Type != mesos.Offer_Operation_LAUNCH {
		m.operationError(f, op, why)
		return
	}
	for _, t := range tasks {
		m.reject(now, f, t, mesos.TASK_ERROR, reason, why)
	}
}
