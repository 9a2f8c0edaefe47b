package resource

import (
	"fmt"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// reservationFault checks the role and the reservations of a resource, in the
// format of frameworks with RESERVATION_REFINEMENT and in that of the others.
func reservationFault(r mesos.Resource) string {
	switch len(r.Reservations) {
	case 0:
		return plainFault(r)
	case 1:
		if why := stackFault(r.Reservations); why != "" {
			return why
		}
		return bothFormatsFault(r, r.Reservations[0])
	}
	if why := stackFault(r.Reservations); why != "" {
		return why
	}
	const format = "Invalid resource format: 'Resource.%s' must not be set if there is more than one reservation in 'Resource.reservations'"
	switch {
	case r.Role != nil:
		return fmt.Sprintf(format, "role")
	case r.Reservation != nil:
		return fmt.Sprintf(format, "reservation")
	}
	return ""
}

// plainFault is for role and reservation.
func plainFault(r mesos.Resource) string {
	if why := RoleFault(r.GetRole()); why != "" || r.Reservation == nil {
		return why
	}
	switch {
	case r.Reservation.Type != nil:
		return "'Resource.ReservationInfo.type' must not be set for the 'Resource.reservation' field"
	case r.Reservation.Role != nil:
		return "'Resource.ReservationInfo.role' must not be set for the 'Resource.reservation' field"
	case r.GetRole() == "*":
		return `Invalid reservation: role "*" cannot be dynamically reserved`
	}
	return ""
}

// stackFault is for reservations, each of which refines the one before it.
func stackFault(stack []mesos.Resource_ReservationInfo) string {
	for _, info := range stack {
		switch {
		case info.Type == nil:
			return "Invalid reservation: 'Resource.ReservationInfo.type' field must be set."
		case info.Role == nil:
			return "Invalid reservation: 'Resource.ReservationInfo.role' field must be set."
		}
		if why := RoleFault(info.GetRole()); why != "" {
			return why
		}
		if info.GetRole() == "*" {
			return `Invalid reservation: role "*" cannot be reserved`
		}
	}
	for i, info := range stack[1:] {
		if info.GetType() == mesos.Resource_ReservationInfo_STATIC {
			return "Invalid refined reservation: A refined reservation cannot be STATIC"
		}
		if ancestor := stack[i].GetRole(); !strings.HasPrefix(info.GetRole(), ancestor+"/") {
			return fmt.Sprintf("Invalid refined reservation: role '%s' is not a refinement of '%s'", info.GetRole(), ancestor)
		}
	}
	return ""
}

// bothFormatsFault is for a resource that says its only reservation twice.
func bothFormatsFault(r mesos.Resource, info mesos.Resource_ReservationInfo) string {
	if r.Role != nil && r.GetRole() != info.GetRole() {
		return fmt.Sprintf("Invalid resource format: 'Resource.role' field with '%s' does not match the role '%s' in 'Resource.reservations'",
			r.GetRole(), info.GetRole())
	}
	switch info.GetType() {
	case mesos.Resource_ReservationInfo_STATIC:
		if r.Reservation != nil {
			return "Invalid resource format: 'Resource.reservation' must not be set" +
				" if the single reservation in 'Resource.reservations' is STATIC"
		}
	case mesos.Resource_ReservationInfo_DYNAMIC:
		return bothDynamicFault(r, info)
	case mesos.Resource_ReservationInfo_UNKNOWN:
		return "Unsupported 'Resource.ReservationInfo.Type'"
	}
	return ""
}

func bothDynamicFault(r mesos.Resource, info mesos.Resource_ReservationInfo) string {
	switch {
	case (r.Role != nil) != (r.Reservation != nil):
		return "Invalid resource format: 'Resource.role' and 'Resource.reservation' must either be both set or both not set" +
			" if the single reservation in 'Resource.reservations' is DYNAMIC"
	case r.Reservation == nil:
	case r.Reservation.GetPrincipal() != info.GetPrincipal():
		return fmt.Sprintf("Invalid resource format: 'Resource.reservation.principal' field with '%s' does not match the principal '%s'"+
			" in 'Resource.reservations'", r.Reservation.GetPrincipal(), info.GetPrincipal())
	case !r.Reservation.Labels.Equal(info.Labels):
		return fmt.Sprintf("Invalid resource format: 'Resource.reservation.labels' field with '%s' does not match the labels '%s'"+
			" in 'Resource.reservations'", labelsText(r.Reservation.Labels), labelsText(info.Labels))
	}
	return ""
}
