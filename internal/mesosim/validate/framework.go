package validate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// Has reports whether a framework has a capability.
func Has(info *mesos.FrameworkInfo, c mesos.FrameworkInfo_Capability_Type) bool {
	return slices.ContainsFunc(info.Capabilities, func(have mesos.FrameworkInfo_Capability) bool { return have.Type == c })
}

// Roles returns the roles that a framework subscribes with.
func Roles(info *mesos.FrameworkInfo) []string {
	if Has(info, mesos.FrameworkInfo_Capability_MULTI_ROLE) {
		return info.Roles
	}
	return []string{info.GetRole()}
}

// Framework checks a FrameworkInfo.
func Framework(info *mesos.FrameworkInfo) string {
	if why := roles(info); why != "" {
		return why
	}
	if info.ID != nil && info.ID.Value != "" {
		if why := ID(info.ID.Value); why != "" {
			return why
		}
	}
	if why := offerFilters(info); why != "" {
		return why
	}
	if t := info.GetFailoverTimeout(); math.IsNaN(t) || math.Abs(t) > math.MaxInt64/1e9 {
		return fmt.Sprintf("The framework failover_timeout (%s) is invalid", strconv.FormatFloat(t, 'g', 6, 64))
	}
	return ""
}

// offerFilters checks the least amounts that roles want to be offered.
func offerFilters(info *mesos.FrameworkInfo) string {
	for _, role := range slices.Sorted(maps.Keys(info.OfferFilters)) {
		least := info.OfferFilters[role].MinAllocatableResources
		for _, q := range least.GetQuantities() {
			if len(q.Quantities) == 0 {
				return "Resource quantities must contain at least one quantity"
			}
			for _, name := range slices.Sorted(maps.Keys(q.Quantities)) {
				if why := quantityFault(q.Quantities[name].Value); why != "" {
					return fmt.Sprintf("Invalid resource quantity for '%s': %s", name, why)
				}
			}
		}
	}
	return ""
}

func quantityFault(v float64) string {
	const smallestNormal = 0x1p-1022
	switch {
	case math.IsInf(v, 0):
		return "Infinite values not supported"
	case math.IsNaN(v):
		return "NaN not supported"
	case v != 0 && math.Abs(v) < smallestNormal:
		return "Subnormal values not supported"
	case v < 0:
		return "Negative values not supported"
	}
	return ""
}

// Suppressed checks that roles to be suppressed are the framework's.
func Suppressed(info *mesos.FrameworkInfo, suppressed []string) string {
	mine := Roles(info)
	var foreign []string
	for _, r := range suppressed {
		if !slices.Contains(mine, r) && !slices.Contains(foreign, r) {
			foreign = append(foreign, r)
		}
	}
	if len(foreign) == 0 {
		return ""
	}
	slices.Sort(foreign)
	return "Suppressed roles " + textOf(foreign) + " are not contained in the set of roles"
}

func roles(info *mesos.FrameworkInfo) string {
	if !Has(info, mesos.FrameworkInfo_Capability_MULTI_ROLE) {
		if len(info.Roles) > 0 {
			return "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"
		}
		if why := resource.RoleFault(info.GetRole()); why != "" {
			return "'FrameworkInfo.role' is not a valid role: " + why
		}
		return ""
	}
	if info.Role != nil {
		return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"
	}
	seen, twice := map[string]bool{}, []string{}
	for _, r := range info.Roles {
		if seen[r] && !slices.Contains(twice, r) {
			twice = append(twice, r)
		}
		seen[r] = true
	}
	if len(twice) > 0 {
		return "'FrameworkInfo.roles' contains duplicate items: " + textOf(twice)
	}
	for _, r := range info.Roles {
		if why := resource.RoleFault(r); why != "" {
			return "'FrameworkInfo.roles' contains invalid role: " + why
		}
	}
	return ""
}

// Principal checks that a framework keeps its principal, or keeps having none.
func Principal(from, to *mesos.FrameworkInfo) string {
	if (from.Principal == nil) != (to.Principal == nil) || from.GetPrincipal() != to.GetPrincipal() {
		return "Changing framework's principal is not allowed."
	}
	return ""
}

// FrameworkUpdate checks what UPDATE_FRAMEWORK may not change.
func FrameworkUpdate(from, to *mesos.FrameworkInfo) string {
	if why := Principal(from, to); why != "" {
		return why
	}
	if from.User != to.User {
		return fmt.Sprintf("Updating 'FrameworkInfo.user' is unsupported; attempted to update from '%s' to '%s'", from.User, to.User)
	}
	if from.GetCheckpoint() != to.GetCheckpoint() {
		return fmt.Sprintf("Updating 'FrameworkInfo.checkpoint' is unsupported; attempted to update from '%t' to '%t'",
			from.GetCheckpoint(), to.GetCheckpoint())
	}
	return ""
}

// SameFramework reports whether two infos say the same: the order of roles and of
// capabilities says nothing.
func SameFramework(a, b *mesos.FrameworkInfo) bool { return inOrder(a).Equal(inOrder(b)) }

func inOrder(info *mesos.FrameworkInfo) *mesos.FrameworkInfo {
	out := *info
	out.Roles = slices.Sorted(slices.Values(info.Roles))
	out.Capabilities = slices.SortedFunc(slices.Values(info.Capabilities), func(x, y mesos.FrameworkInfo_Capability) int {
		return int(x.Type) - int(y.Type)
	})
	return &out
}
