package after

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
)

// Jobs are the jobs around one, as whoever decides about it sees them.
type Jobs interface {
	// Job returns a job, nil if the log has none of that id.
	Job(id string) *cluster.Job
}

// Unmet is a dependency that is not met.
type Unmet struct {
	// Job is another job, Group one of the job itself; one of them is empty.
	Job, Group string
	// Why says what is missing: "1 of 3 tasks are up".
	Why string
}

// String is for users.
func (u Unmet) String() string {
	if u.Job != "" {
		return fmt.Sprintf("it starts after job %s: %s", u.Job, u.Why)
	}
	return fmt.Sprintf("it starts after group %s: %s", u.Group, u.Why)
}

// Group returns the first dependency that keeps a group from starting; false if none does.
func Group(j *cluster.Job, g *job.Group) (Unmet, bool) {
	for _, name := range g.After {
		of := j.Group(name)
		if of == nil {
			continue // No such spec is taken.
		}
		if why := groupUnmet(j, of); why != "" {
			return Unmet{Group: name, Why: why}, true
		}
	}
	return Unmet{}, false
}

// Job returns the first dependency that keeps a job from starting; false if none does.
func Job(j *cluster.Job, around Jobs) (Unmet, bool) {
	if j.Spec == nil || around == nil {
		return Unmet{}, false
	}
	for _, id := range j.Spec.After {
		if why := jobUnmet(around.Job(id)); why != "" {
			return Unmet{Job: id, Why: why}, true
		}
	}
	return Unmet{}, false
}

// jobUnmet is what is missing of a job that others start after, empty if nothing is.
func jobUnmet(j *cluster.Job) string {
	switch {
	case j == nil || j.Deleted || j.Run == 0:
		return "there is no such job; submit it"
	case j.Spec.Series():
		return "it runs when it is due, so it is never up itself; name one of its runs"
	case j.Outcome == cluster.OutcomeCompleted:
		return ""
	case j.Outcome == cluster.OutcomeFailed:
		return "it has failed; submit it again"
	case j.Stopped:
		return "it is stopped; submit it again"
	case j.Spec.Kind == job.KindBatch:
		return "it is not completed yet"
	}
	for i := range j.Spec.Tasks {
		if why := groupUnmet(j, &j.Spec.Tasks[i]); why != "" {
			return why + " of group " + j.Spec.Tasks[i].Name
		}
	}
	return ""
}

// groupUnmet is what is missing of a group that others start after, empty if nothing is.
func groupUnmet(j *cluster.Job, g *job.Group) string {
	good, verb := uint32(0), "up"
	if j.Spec.Kind == job.KindBatch {
		verb = "done"
	}
	for _, slot := range j.Slots {
		if met(j, g, slot) {
			good++
		}
	}
	if good >= g.Replicas {
		return ""
	}
	return fmt.Sprintf("%d of %d tasks are %s", good, g.Replicas, verb)
}

// met reports whether a slot of a group is as those want it who start after the group.
func met(j *cluster.Job, g *job.Group, slot *cluster.Slot) bool {
	for _, t := range slot.Tasks {
		if t.Run != j.Run || t.Group != g.Name || !t.Judged() {
			continue
		}
		if j.Spec.Kind != job.KindBatch {
			if !t.UpSince.IsZero() {
				return true
			}
			continue
		}
		// A batch that may do without some of its tasks goes on without them.
		if fate := slot.Fate(t.End(), g.Restart); fate == restart.Done || fate == restart.Failed {
			return true
		}
	}
	return false
}
