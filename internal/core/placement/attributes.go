package placement

import (
	"maps"
	"slices"

	"github.com/milosgajdos/taurus/internal/job"
)

const (
	// notedMost is how many attributes of an agent are noted with a task, beside those
	// that its group speaks of.
	notedMost = 32
	// notedBytes is how long a value may be that is noted though the group does not
	// speak of the attribute.
	notedBytes = 256
)

// noted are the attributes of the agent that are noted with a task of a group that
// speaks of some: all of them within bounds, since who is started later may want to be
// near the task, or far from it, by any. The host name is kept anyway.
func (v *vacancy) noted(spoken []string) map[string]string {
	v.share()
	missing := false
	for _, name := range spoken {
		_, has := v.attributes[name]
		_, shared := v.shared[name]
		missing = missing || has && !shared && name != job.AttributeHostname
	}
	if !missing {
		return v.shared
	}
	own := map[string]string{}
	maps.Copy(own, v.shared)
	for _, name := range spoken {
		if value, has := v.attributes[name]; has && name != job.AttributeHostname {
			own[name] = value
		}
	}
	return own
}

// share makes what is noted whatever the group, once.
func (v *vacancy) share() {
	if v.shared != nil || len(v.attributes) == 1 {
		return
	}
	v.shared = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(v.attributes)) {
		value := v.attributes[name]
		if name != job.AttributeHostname && len(name)+len(value) <= notedBytes && len(v.shared) < notedMost {
			v.shared[name] = value
		}
	}
}
