package projection

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// CodeLeaving says that tasks are to leave their agents, and have not yet.
const CodeLeaving Code = "leaving_agent"

// leaving tells of the tasks that are to leave their agents.
func (e *Explanation) leaving(a *cluster.Agents, j *cluster.Job, now time.Time) {
	if !a.Leaving() || j.Over() || j.Spec == nil {
		return
	}
	type key struct {
		group string
		leave cluster.Leave
	}
	found := map[key]*Reason{}
	var order []key
	for _, n := range slices.Sorted(maps.Keys(j.Slots)) {
		for _, t := range j.Slots[n].Tasks {
			if t.Run != j.Run || !t.Live() || t.Doom != nil || t.AgentID == "" {
				continue
			}
			l, leaves := a.Leave(t.AgentID, t.Hostname, now)
			if !leaves {
				continue
			}
			k := key{t.Group, l}
			if found[k] == nil {
				found[k] = &Reason{Code: CodeLeaving, Group: t.Group, Until: l.Deadline, Message: leavingMessage(j, t, l)}
				order = append(order, k)
			}
			found[k].add(n)
		}
	}
	for _, k := range order {
		r := found[k]
		r.Message = fmt.Sprintf("%s: %s", tasks(r.Tasks), r.Message)
		e.Reasons = append(e.Reasons, *r)
	}
}

// leavingMessage says what is waited for.
func leavingMessage(j *cluster.Job, t *cluster.Task, l cluster.Leave) string {
	text := "to leave " + cmp.Or(t.Hostname, t.AgentID) + " (" + l.Reason + "), "
	if j.Spec.Kind == job.KindBatch {
		text += "and left to end by itself"
	} else {
		text += "within the bounds of the job's rollouts"
	}
	if !l.Deadline.IsZero() {
		text += ", at " + l.Deadline.UTC().Format(time.RFC3339) + " at the latest"
	}
	return text
}
