package projection

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/after"
	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// waits tells what a group waits for that is not started yet; false if it does not wait.
func (e *Explanation) waits(j *cluster.Job, g Group, n uint32, around after.Jobs) bool {
	spec := j.Group(g.Name)
	if spec == nil || n < spec.Replicas {
		return false // It was started.
	}
	unmet, waits := after.Group(j, spec)
	if !waits {
		unmet, waits = after.Job(j, around)
	}
	if waits {
		reason := Reason{Code: CodeAfter, Group: g.Name, Tasks: n, Message: fmt.Sprintf("group %s is not started yet: %s", g.Name, unmet)}
		if unmet.Job != "" {
			reason.veiled = fmt.Sprintf("group %s is not started yet: it starts after job %s, of which you may not be told", g.Name, unmet.Job)
			reason.others = append([]string{unmet.Job}, after.Cycle(j.ID, j.Spec.After, around)...)
			if len(reason.others) > 1 {
				reason.Message += "; it never will be, as that goes in a circle: " + strings.Join(reason.others[1:], " after ")
			}
		}
		e.Reasons = append(e.Reasons, reason)
	}
	return waits
}

// held tells of the tasks of a job that is over which are ended only after others.
func (e *Explanation) held(j *cluster.Job, now time.Time) {
	holds := after.Holds(j, now)
	for _, group := range slices.Sorted(maps.Keys(holds)) {
		n := uint32(0)
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				if t.Run == j.Run && t.Group == group && t.Live() && t.Doom == nil {
					n++
				}
			}
		}
		if n > 0 {
			e.Reasons = append(e.Reasons, Reason{
				Code: CodeHeld, Group: group, Tasks: n, Until: holds[group],
				Message: fmt.Sprintf("%s of group %s %s over", tasks(n), group, endsLater(n)),
			})
		}
	}
}

func endsLater(n uint32) string {
	if n == 1 {
		return "ends once those that start after it are"
	}
	return "end once those that start after them are"
}

// dependants warns of jobs that were started after one that is over, and run on.
func (e *Explanation) dependants(j *cluster.Job, s *cluster.State) {
	if !j.Over() || j.Outcome == cluster.OutcomeCompleted {
		return
	}
	for _, id := range s.Dependants(j.ID) {
		message := fmt.Sprintf("job %s starts after this one, and waits", id)
		if other := s.Job(id); other != nil && other.Live() > 0 {
			message = fmt.Sprintf("job %s was started after this one, and runs on without it", id)
		}
		e.Reasons = append(e.Reasons, Reason{Code: CodeDependant, Message: message, others: []string{id}})
	}
}
