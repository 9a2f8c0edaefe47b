package resource

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

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
	if role := r.GetRole(); role != "*" {
		return RoleFault(role)
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
	for i, a := range ranges {
		for _, b := range ranges[i+1:] {
			if a.Begin <= b.End && b.Begin <= a.End {
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
		case strings.ContainsFunc(part, func(r rune) bool { return unicode.IsSpace(r) || r == '\b' || r == 0x7f }):
			return fmt.Sprintf("Role component '%s' is invalid because it contains backspace or whitespace", part)
		}
	}
	return ""
}
