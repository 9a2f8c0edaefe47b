package validate

import (
	"fmt"
	"strings"
)

// maxID is the longest id, in bytes: it becomes a directory name.
const maxID = 255

// ID checks an id of a framework, a task or an executor.
func ID(id string) string {
	switch {
	case id == "":
		return "ID must not be empty"
	case len(id) > maxID:
		return "ID must not be greater than 255 characters"
	case id == "." || id == "..":
		return fmt.Sprintf("'%s' is disallowed", id)
	case strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\\' }):
		return fmt.Sprintf("'%s' contains invalid characters", id)
	}
	return ""
}

// UUID reports whether b is a UUID as Mesos takes it: 16 bytes of a known version, of
// whatever variant.
func UUID(b []byte) bool {
	const size = 16
	if len(b) != size {
		return false
	}
	version := b[6] >> 4
	return version >= 1 && version <= 5
}
