package job

import (
	"errors"
	"slices"
	"strings"
)

// AllFaults adds to what Decode found wrong with a document what Validate finds
// wrong with the rest of it, so that a value of a wrong type hides no other
// fault. It takes the results of Decode as they are, and returns err unchanged
// where it is not about types.
func (s *Spec) AllFaults(err error, lim Limits) error {
	var types, values Faults
	if s == nil || !errors.As(err, &types) || !errors.As(s.Validate(lim), &values) {
		return err
	}
	all := slices.Clone(types)
	for _, v := range values {
		// A value that could not be read is missing from the spec.
		follows := func(t Fault) bool { return within(v.Path, t.Path) || within(t.Path, v.Path) }
		if !slices.ContainsFunc(types, follows) {
			all.add(v)
		}
	}
	return all
}

// within reports whether a path is of a field, or of one inside it.
func within(path, field string) bool {
	path, field = inTasks(path), inTasks(field)
	rest, ok := strings.CutPrefix(path, field)
	return ok && (rest == "" || field == "" || rest[0] == '.' || rest[0] == '[')
}

// inTasks is a path as Validate writes it: names in lower case, and a lone task
// as the first of the list.
func inTasks(path string) string {
	path = strings.ToLower(path)
	if rest, ok := strings.CutPrefix(path, "task"); ok && (rest == "" || rest[0] == '.') {
		return index("tasks", 0) + rest
	}
	return path
}
