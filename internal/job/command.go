package job

import (
	"bytes"

	"github.com/go-json-experiment/json"
)

// Command is either an argument list, given as a JSON list, or a shell line,
// given as a JSON string. At most one of its fields is set.
type Command struct {
	// Args is the whole argument list, the program first.
	Args []string
	// Shell is a line for /bin/sh -c.
	Shell string
}

// IsZero reports whether the image's own command is left in place.
func (c Command) IsZero() bool { return len(c.Args) == 0 && c.Shell == "" }

// MarshalJSON writes a list for arguments and a string for a shell line.
func (c Command) MarshalJSON() ([]byte, error) {
	if c.Shell != "" {
		return json.Marshal(c.Shell)
	}
	return json.Marshal(c.Args)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Command) UnmarshalJSON(data []byte) error {
	*c = Command{}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) {
		return json.Unmarshal(data, &c.Shell)
	}
	return json.Unmarshal(data, &c.Args)
}
