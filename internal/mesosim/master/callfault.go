package master

import (
	"strings"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

// callFault is check 12 of 1.1. present reports whether the type was given.
func callFault(c *scheduler.Call, present bool, principal string) string {
	if !present {
		return "Expecting 'type' to be present"
	}
	if c.Type == scheduler.Call_SUBSCRIBE {
		return subscribeFault(c, principal)
	}
	if c.FrameworkID == nil {
		return "Expecting 'framework_id' to be present"
	}
	if !hasBody(c) {
		return "Expecting '" + strings.ToLower(c.Type.String()) + "' to be present"
	}
	switch c.Type { //nolint:exhaustive // The calls with more to check.
	case scheduler.Call_ACKNOWLEDGE:
		if !validate.UUID(c.Acknowledge.UUID) {
			return "Not a valid UUID"
		}
	case scheduler.Call_ACKNOWLEDGE_OPERATION_STATUS:
		if !validate.UUID(c.AcknowledgeOperationStatus.UUID) {
			return "Not a valid UUID"
		}
		if c.AcknowledgeOperationStatus.AgentID == nil {
			return "Expecting 'agent_id' to be present"
		}
	case scheduler.Call_UPDATE_FRAMEWORK:
		if c.UpdateFramework.FrameworkInfo.GetID().GetValue() != c.FrameworkID.Value {
			return "'framework_id' differs from 'update_framework.framework_info.id'"
		}
	}
	return ""
}

func subscribeFault(c *scheduler.Call, principal string) string {
	if c.Subscribe == nil {
		return "Expecting 'subscribe' to be present"
	}
	info := c.Subscribe.FrameworkInfo
	if c.GetFrameworkID().GetValue() != info.GetID().GetValue() {
		return "'framework_id' differs from 'subscribe.framework_info.id'"
	}
	if principal != "" && info.Principal != nil && info.GetPrincipal() != principal {
		return "Authenticated principal '" + principal + "' does not match principal '" + info.GetPrincipal() + "' set in `FrameworkInfo`"
	}
	return ""
}

// hasBody reports whether the part of the call that its type names is there. Those
// of REVIVE, SUPPRESS and TEARDOWN are optional.
func hasBody(c *scheduler.Call) bool {
	switch c.Type {
	case scheduler.Call_SUBSCRIBE:
		return c.Subscribe != nil
	case scheduler.Call_ACCEPT:
		return c.Accept != nil
	case scheduler.Call_DECLINE:
		return c.Decline != nil
	case scheduler.Call_ACCEPT_INVERSE_OFFERS:
		return c.AcceptInverseOffers != nil
	case scheduler.Call_DECLINE_INVERSE_OFFERS:
		return c.DeclineInverseOffers != nil
	case scheduler.Call_KILL:
		return c.Kill != nil
	case scheduler.Call_SHUTDOWN:
		return c.Shutdown != nil
	case scheduler.Call_ACKNOWLEDGE:
		return c.Acknowledge != nil
	case scheduler.Call_ACKNOWLEDGE_OPERATION_STATUS:
		return c.AcknowledgeOperationStatus != nil
	case scheduler.Call_RECONCILE:
		return c.Reconcile != nil
	case scheduler.Call_RECONCILE_OPERATIONS:
		return c.ReconcileOperations != nil
	case scheduler.Call_MESSAGE:
		return c.Message != nil
	case scheduler.Call_REQUEST:
		return c.Request != nil
	case scheduler.Call_UPDATE_FRAMEWORK:
		return c.UpdateFramework != nil
	case scheduler.Call_UNKNOWN, scheduler.Call_TEARDOWN, scheduler.Call_REVIVE, scheduler.Call_SUPPRESS:
	}
	return true
}
