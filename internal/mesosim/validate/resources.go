package validate

import (
	"fmt"
	"slices"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// resourcesFault checks the resources of who, "Task" or "Executor". Those that
// do not say which role they are allocated to are the offers' role's.
func resourcesFault(who string, rs []mesos.Resource, role string) string {
	if why := formFault(rs, role); why != "" {
		return who + " uses invalid resources: " + why
	}
	if why := persistenceFault(rs); why != "" {
		return who + " uses duplicate persistence ID: " + why
	}
	if why := rolesFault(rs, role); why != "" {
		return "Invalid " + strings.ToLower(who) + " resources: " + why
	}
	if why := revocableFault(rs); why != "" {
		return who + " mixes revocable and non-revocable resources: " + why
	}
	return ""
}

func formFault(rs []mesos.Resource, role string) string {
	if why := resource.Fault(rs); why != "" {
		return "Invalid resources: " + why
	}
	if resource.New(rs).Scalar("gpus")%1000 != 0 {
		return "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer"
	}
	for _, r := range rs {
		if why := diskFault(r); why != "" {
			return "Invalid DiskInfo: " + why
		}
	}
	for _, r := range rs {
		if dynamic(r) && r.Revocable != nil {
			return "Invalid ReservationInfo: Dynamically reserved resource " + allocated(r, role) + " cannot be created from revocable resources"
		}
	}
	return ""
}

// allocated is the text of a resource with the role it is allocated to.
func allocated(r mesos.Resource, role string) string {
	r = resource.Upgrade(r)
	if r.AllocationInfo == nil {
		r.AllocationInfo = &mesos.Resource_AllocationInfo{Role: &role}
	}
	return resource.Text(r)
}

// lastReservation is the one that counts, nil without any.
func lastReservation(r mesos.Resource) *mesos.Resource_ReservationInfo {
	stack := resource.Upgrade(r).Reservations
	if len(stack) == 0 {
		return nil
	}
	return &stack[len(stack)-1]
}

func dynamic(r mesos.Resource) bool {
	return lastReservation(r).GetType() == mesos.Resource_ReservationInfo_DYNAMIC
}

// reservedTo is the role that a resource is reserved to, "*" if it is not.
func reservedTo(r mesos.Resource) string {
	if last := lastReservation(r); last != nil {
		return last.GetRole()
	}
	return "*"
}

// allocationRole is the role that a resource is allocated to: that of the offers
// unless it says so itself.
func allocationRole(r mesos.Resource, role string) string {
	if r.AllocationInfo != nil {
		return r.AllocationInfo.GetRole()
	}
	return role
}

// elsewhere is the role of the first resource that is allocated to another role
// than that of the offers, or that.
func elsewhere(rs []mesos.Resource, role string) string {
	for _, r := range rs {
		if to := allocationRole(r, role); to != role {
			return to
		}
	}
	return role
}

func diskFault(r mesos.Resource) string {
	if r.Disk == nil {
		return ""
	}
	if r.Disk.Persistence == nil {
		switch {
		case r.Disk.Volume != nil:
			return "Non-persistent volume not supported"
		case r.Disk.Source == nil:
			return "DiskInfo is set but empty"
		}
		return ""
	}
	switch {
	case r.Revocable != nil:
		return "Persistent volumes cannot be created from revocable resources"
	case reservedTo(r) == "*":
		return "Persistent volumes cannot be created from unreserved resources"
	case r.Disk.Volume == nil:
		return "Expecting 'volume' to be set for persistent volume"
	case r.Disk.Volume.HostPath != nil:
		return "Expecting 'host_path' to be unset for persistent volume"
	}
	if why := ID(r.Disk.Persistence.ID); why != "" {
		return "Invalid persistence ID for persistent volume: " + why
	}
	return ""
}

func persistenceFault(rs []mesos.Resource) string {
	type volume struct{ role, id string }
	seen := map[volume]bool{}
	for _, r := range rs {
		p := r.GetDisk().GetPersistence()
		if p == nil {
			continue
		}
		v := volume{reservedTo(r), p.ID}
		if seen[v] {
			return fmt.Sprintf("Persistence ID '%s' is not unique", p.ID)
		}
		seen[v] = true
	}
	return ""
}

func rolesFault(rs []mesos.Resource, role string) string {
	first := ""
	for i, r := range rs {
		have := allocationRole(r, role)
		if i == 0 {
			first = have
		}
		if have != first {
			return fmt.Sprintf("The resources have multiple allocation roles ('%s' and '%s') but only one allocation role is allowed", have, first)
		}
	}
	return ""
}

func revocableFault(rs []mesos.Resource) string {
	revocable, fixed := map[string]bool{}, map[string]bool{}
	var names []string
	for _, r := range rs {
		names = append(names, r.Name)
		switch {
		case resource.New([]mesos.Resource{r}).Empty():
		case r.Revocable != nil:
			revocable[r.Name] = true
		default:
			fixed[r.Name] = true
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if revocable[name] && fixed[name] {
			return fmt.Sprintf("Cannot use both revocable and non-revocable '%s' at the same time", name)
		}
	}
	return ""
}

// overlap reports whether two of the lists name the same port or item.
func overlap(lists ...[]mesos.Resource) bool {
	var all resource.Set
	for _, rs := range lists {
		set := resource.New(rs)
		if all.Overlaps(set) {
			return true
		}
		all = all.Plus(set)
	}
	return false
}
