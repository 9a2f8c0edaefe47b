package validate

import (
	"fmt"
	"slices"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// Reserve checks the resources of a RESERVE of a framework, from offers of a
// role.
func Reserve(rs []mesos.Resource, info *mesos.FrameworkInfo, role string) string {
	if why := operationFault(rs, role); why != "" {
		return why
	}
	for _, r := range rs {
		if !dynamic(r) {
			return "Resource " + allocated(r, role) + " is not dynamically reserved"
		}
		if why := principalFault(r, info); why != "" {
			return why
		}
		if why := reservedRoleFault(r, info, role); why != "" {
			return why
		}
	}
	if why := rolesFault(rs, role); why != "" {
		return "Invalid reservation resources: " + why
	}
	return ""
}

// Unreserve checks the resources of an UNRESERVE, from offers of a role.
func Unreserve(rs []mesos.Resource, role string) string {
	if why := operationFault(rs, role); why != "" {
		return why
	}
	for _, r := range rs {
		if !dynamic(r) {
			return "Resource " + allocated(r, role) + " is not dynamically reserved"
		}
		if r.GetDisk().GetPersistence() != nil {
			return "A dynamically reserved persistent volume " + allocated(r, role) +
				" cannot be unreserved directly. Please destroy the persistent volume first then unreserve the resource"
		}
	}
	return ""
}

func operationFault(rs []mesos.Resource, role string) string {
	if why := formFault(rs, role); why != "" {
		return "Invalid resources: " + why
	}
	var ids []string
	own := 0
	for _, r := range rs {
		id := r.GetProviderID().GetValue()
		if id == "" {
			own++
		} else if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	switch {
	case own > 0 && len(ids) > 0:
		return "Invalid resources: Some resources have a resource provider and some do not"
	case own == 0 && len(ids) != 1: // None, if there are no resources.
		return "Invalid resources: The resources have multiple resource providers: " + strings.Join(ids, ", ")
	}
	return ""
}

func principalFault(r mesos.Resource, info *mesos.FrameworkInfo) string {
	if info.Principal == nil {
		return ""
	}
	by, last := info.GetPrincipal(), lastReservation(r)
	switch {
	case last.Principal == nil:
		return fmt.Sprintf("A reserve operation was attempted by principal '%s', but there is a reserved resource in the request with no principal set", by)
	case last.GetPrincipal() != by:
		return fmt.Sprintf("A reserve operation was attempted by authenticated principal '%s', which does not match a reserved resource"+
			" in the request with principal '%s'", by, last.GetPrincipal())
	}
	return ""
}

func reservedRoleFault(r mesos.Resource, info *mesos.FrameworkInfo, role string) string {
	to, roles := allocationRole(r, role), Roles(info)
	switch {
	case to != reservedTo(r):
		return fmt.Sprintf("A reserve operation was attempted for a resource with role '%s', but the resource was allocated to role '%s'",
			reservedTo(r), to)
	case !slices.Contains(roles, to):
		return fmt.Sprintf("A reserve operation was attempted for a resource allocated to role '%s', but the framework only has roles '%s'",
			to, textOf(roles))
	}
	return ""
}

// textOf is a set of names as Mesos writes it.
func textOf(names []string) string { return "{ " + strings.Join(names, ", ") + " }" }
