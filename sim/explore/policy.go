package explore

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// The policies of a scope: one that lets no image be started, and one that lets all be.
const (
	shut = "rules: [{name: shut, images: []}]"
	open = "rules: [{name: open}]"
)

// isShut reports whether nothing may be started anew by what was folded.
func isShut(s *cluster.State) bool { return s.Access.Policy.Text == shut }

// setPolicy carries out what an operator wants, as the api does.
func (w *World) setPolicy(text string) {
	w.store([]machine.Draft{machine.Decision(
		events.AccessSubject, w.log.last(events.AccessSubject), events.Envelope{ID: "operator"}, events.PolicySet{Hash: text, Text: text},
	)})
}

// checkPermit: nothing is planned or put anywhere that the policy forbids, as far as who
// does it has folded; and the policy ends nothing that runs.
func (w *World) checkPermit(i int, ev events.Event) {
	if !isShut(w.procs[i].state) {
		return
	}
	switch ev := ev.(type) {
	case events.TasksPlanned:
		w.violate("nothing is planned that the policy forbids", fmt.Sprint(ev.Slots))
	case events.TaskStaged:
		w.violate("nothing is placed that the policy forbids", ev.TaskID)
	case events.TasksDoomed:
		if j := w.log.job(); !j.Over() && ev.Reason != "" && w.scaled == 0 && w.updated == 0 && !w.lostTouch() {
			w.violate("what runs goes on under a stricter policy", ev.Reason)
		}
	default:
	}
}

// missingWhileShut is missingOfJob under a policy that lets nothing be started: what runs
// does so, and what is planned waits.
func missingWhileShut(j *cluster.Job, running, wanted int) string {
	waiting := 0
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.State == cluster.Waiting {
				waiting++
			}
		}
	}
	switch {
	case running > wanted:
		return "more runs than is wanted of " + j.ID
	case j.Live() != running+waiting:
		return "the log believes in tasks of " + j.ID + " that are not there"
	}
	return ""
}

// lostTouch reports whether an agent was, or is, away, for which tasks may be given up.
func (w *World) lostTouch() bool {
	return w.scope.Most[Away]+w.scope.Most[Forgotten] > 0 && w.left.each[Away] < int8(w.scope.Most[Away])
}
