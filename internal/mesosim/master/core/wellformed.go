package core

import (
	"strings"
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
	if op.Type == mesos.Offer_Operation_LAUNCH || op.Type == mesos.Offer_Operation_LAUNCH_GROUP {
		if why := faultOfAny(op); why != "" || op.ID == nil {
			return why
		}
		return "The `id` field cannot be set on " + op.Type.String() + " operations"
	}
	why := missing(op)
	if why == "" {
		why = faultOfAny(op)
	}
	if why == "" && len(op.GetReserve().GetSource()) > 0 {
		why = "Reservation updates are not yet implemented for the scheduler API."
	}
	if why == "" {
		return ""
	}
	return "Operation attempted with invalid resources: " + why
}

// missing says that an operation lacks the part that its type is for. Mesos'
// texts do not all end alike.
func missing(op *mesos.Offer_Operation) string {
	start, end, lacks := "A ", " field set.", false
	switch op.Type {
	case mesos.Offer_Operation_RESERVE:
		lacks = op.Reserve == nil
	case mesos.Offer_Operation_UNRESERVE:
		start, lacks = "An ", op.Unreserve == nil
	case mesos.Offer_Operation_CREATE:
		lacks = op.Create == nil
	case mesos.Offer_Operation_DESTROY:
		lacks = op.Destroy == nil
	case mesos.Offer_Operation_GROW_VOLUME:
		if op.GrowVolume == nil {
			return "A GROW_VOLUME operation must have the Offer.Operation.grow_volume field set"
		}
	case mesos.Offer_Operation_SHRINK_VOLUME:
		end, lacks = " field set", op.ShrinkVolume == nil
	case mesos.Offer_Operation_CREATE_DISK:
		lacks = op.CreateDisk == nil
	case mesos.Offer_Operation_DESTROY_DISK:
		lacks = op.DestroyDisk == nil
	case mesos.Offer_Operation_LAUNCH, mesos.Offer_Operation_LAUNCH_GROUP, mesos.Offer_Operation_UNKNOWN:
	}
	if !lacks {
		return ""
	}
	name := op.Type.String()
	return start + name + " offer operation must have the Offer.Operation." + strings.ToLower(name) + end
}

func faultOfAny(op *mesos.Offer_Operation) string {
	for _, rs := range resourcesOf(op) {
		if why := resource.Fault(rs); why != "" {
			return why
		}
	}
	return ""
}

// resourcesOf are the lists of resources that an operation names.
func resourcesOf(op *mesos.Offer_Operation) [][]mesos.Resource {
	switch op.Type {
	case mesos.Offer_Operation_LAUNCH:
		return resourcesOfTasks(op.GetLaunch().GetTaskInfos())
	case mesos.Offer_Operation_LAUNCH_GROUP:
		executor := op.GetLaunchGroup().GetExecutor()
		return append([][]mesos.Resource{executor.Resources}, resourcesOfTasks(op.GetLaunchGroup().GetTaskGroup().Tasks)...)
	case mesos.Offer_Operation_RESERVE:
		return [][]mesos.Resource{op.GetReserve().GetResources(), op.GetReserve().GetSource()}
	case mesos.Offer_Operation_UNRESERVE:
		return [][]mesos.Resource{op.GetUnreserve().GetResources()}
	case mesos.Offer_Operation_CREATE:
		return [][]mesos.Resource{op.GetCreate().GetVolumes()}
	case mesos.Offer_Operation_DESTROY:
		return [][]mesos.Resource{op.GetDestroy().GetVolumes()}
	case mesos.Offer_Operation_GROW_VOLUME:
		return [][]mesos.Resource{{op.GrowVolume.Volume, op.GrowVolume.Addition}}
	case mesos.Offer_Operation_SHRINK_VOLUME:
		return [][]mesos.Resource{{op.ShrinkVolume.Volume}}
	case mesos.Offer_Operation_CREATE_DISK:
		return [][]mesos.Resource{{op.CreateDisk.Source}}
	case mesos.Offer_Operation_DESTROY_DISK:
		return [][]mesos.Resource{{op.DestroyDisk.Source}}
	case mesos.Offer_Operation_UNKNOWN:
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
