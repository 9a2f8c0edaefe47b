package resource

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// Fault checks the form of resources and returns the first fault in Mesos'
// words: "Resource 'cpus:-1' is invalid: ..." (mesos-v1, section 3), or "".
func Fault(rs []mesos.Resource) string {
	for _, r := range rs {
		if why := fault(r); why != "" {
			return fmt.Sprintf("Resource '%s' is invalid: %s", Text(r), why)
		}
	}
	return ""
}

func fault(r mesos.Resource) string {
	if r.Name == "" {
		return "Empty resource name"
	}
	var why string
	switch r.GetType() {
	case mesos.SCALAR:
		why = scalarFault(r)
	case mesos.RANGES:
		why = rangesFault(r)
	case mesos.SET:
		why = setFault(r)
	default:
		why = "Unsupported resource type"
	}
	if why != "" {
		return why
	}
	return cmp.Or(diskFault(r), reservationFault(r), sharedFault(r))
}

// diskFault checks what says more of a disk than its size.
func diskFault(r mesos.Resource) string {
	if r.Disk == nil {
		return ""
	}
	if r.Name != "disk" {
		return "DiskInfo should not be set for " + r.Name + " resource"
	}
	source := r.Disk.Source
	if source == nil {
		return ""
	}
	switch source.Type {
	case mesos.Resource_DiskInfo_Source_BLOCK, mesos.Resource_DiskInfo_Source_RAW:
		if source.Mount != nil {
			return "Mount should not be set for " + source.Type.String() + " disk source"
		}
		if source.Path != nil {
			return "Path should not be set for " + source.Type.String() + " disk source"
		}
	case mesos.Resource_DiskInfo_Source_UNKNOWN:
		return "Unsupported 'DiskInfo.Source.Type' in 'UNKNOWN'"
	case mesos.Resource_DiskInfo_Source_PATH, mesos.Resource_DiskInfo_Source_MOUNT:
	}
	return ""
}

func sharedFault(r mesos.Resource) string {
	switch {
	case r.Shared == nil:
	case r.Name != "disk":
		return "Resource " + r.Name + " cannot be shared"
	case r.GetDisk().GetPersistence() == nil:
		return "Only persistent volumes can be shared"
	}
	return ""
}

func scalarFault(r mesos.Resource) string {
	if r.Scalar == nil || r.Ranges != nil || r.Set != nil {
		return "Invalid scalar resource"
	}
	v := r.Scalar.Value
	if v < 0 || (v != 0 && ToMilli(v) <= 0) {
		return "Invalid scalar resource: value <= 0"
	}
	return ""
}

func rangesFault(r mesos.Resource) string {
	if r.Ranges == nil || r.Scalar != nil || r.Set != nil {
		return "Invalid ranges resource"
	}
	ranges := slices.Clone(r.Ranges.Range)
	for _, g := range ranges {
		if g.Begin > g.End {
			return "Invalid ranges resource: begin > end"
		}
	}
	// As in Mesos, a range that overlaps the begin of an earlier one goes unseen.
	for i, a := range ranges {
		for _, b := range ranges[i+1:] {
			if a.Begin <= b.Begin && b.Begin <= a.End {
				return "Invalid ranges resource: overlapping ranges"
			}
		}
	}
	return ""
}

func setFault(r mesos.Resource) string {
	if r.Set == nil || r.Scalar != nil || r.Ranges != nil {
		return "Invalid set resource"
	}
	items := slices.Sorted(slices.Values(r.Set.Item))
	if len(slices.Compact(items)) != len(r.Set.Item) {
		return "Invalid set resource: duplicated elements"
	}
	return ""
}

// RoleFault checks the form of a role name (src/common/roles.cpp) and returns
// what is wrong with it, or "".
func RoleFault(role string) string {
	switch {
	case role == "*":
		return ""
	case role == "":
		return "Role names cannot be the empty string"
	case strings.HasPrefix(role, "/"):
		return fmt.Sprintf("Role '%s' cannot start with a slash", role)
	case strings.HasSuffix(role, "/"):
		return fmt.Sprintf("Role '%s' cannot end with a slash", role)
	case strings.Contains(role, "//"):
		return fmt.Sprintf("Role '%s' cannot contain two adjacent slashes", role)
	}
	for part := range strings.SplitSeq(role, "/") {
		switch {
		case part == "." || part == ".." || part == "*":
			return fmt.Sprintf("Role '%s' cannot include '%s' as a component", role, part)
		case strings.HasPrefix(part, "-"):
			return fmt.Sprintf("Role component '%s' is invalid because it starts with a dash", part)
		case strings.ContainsAny(part, "\t\n\v\f\r \x7f"):
			return fmt.Sprintf("Role component '%s' is invalid because it contains backspace or whitespace", part)
		}
	}
	return ""
}
