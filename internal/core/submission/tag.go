package submission

import (
	"fmt"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/visible"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TagMax bounds a tag, in bytes.
const TagMax = 63

// Tag asks for a version of a job to have a name, and no other to have it; an empty one
// takes its name away.
type Tag struct {
	Version uint64
	Name    string
}

func (c Tag) decide(j *cluster.Job) (events.Event, error) {
	if err := there(j, nil); err != nil {
		return nil, err
	}
	v := j.VersionOf(c.Version)
	switch why := misnamed(c.Name); {
	case v == nil:
		return nil, ErrNoVersion
	case why != "":
		return nil, job.Faults{{Path: "tag", Message: why}}
	case v.Tag == c.Name:
		return nil, nil
	}
	return events.VersionTagged{Run: j.Run, Version: c.Version, Tag: c.Name}, nil
}

// misnamed says why a name is no tag, empty if it is one. It must not read as a
// number, which names a version, too.
func misnamed(name string) string {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	hidden := visible.Fault(name)
	switch {
	case name == "":
		return ""
	case hidden != "":
		return hidden
	case len(name) > TagMax:
		return fmt.Sprintf("is %d bytes; make it at most %d", len(name), TagMax)
	case strings.Trim(name, allowed) != "":
		return "must consist of letters, digits and . _ -"
	case strings.Trim(name, "0123456789") == "":
		return "must not be a number, which names a version"
	}
	return ""
}
