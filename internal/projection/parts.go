package projection

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Parts is what is wrong with the parts of taurus that a job may wait for, in a
// sentence each; empty where nothing is, or nothing is known.
type Parts struct {
	Planner, Launcher, Reaper Part
	// Log is that it has no room, Stuck that nothing is stored at all, Room how much
	// room it has.
	Log, Stuck string
	Room       Room
}

// Room is the bytes that the log holds and may hold, 0 for any number, and those that
// are kept for the ends of what lives.
type Room struct {
	Bytes, MaxBytes, Ends uint64
}

// Part is what is wrong with one of them.
type Part struct {
	// Missing says that nobody of it is there, Unable that none of those that are
	// can do its work.
	Missing, Unable string
}

// reason makes one of a part that holds up a job; false if it is as it should be.
func (p Part) reason(code Code, held, start string) (Reason, bool) {
	switch {
	case p.Missing != "":
		return Reason{Code: code, Message: p.Missing + ": " + held + "; start " + start}, true
	case p.Unable != "":
		return Reason{Code: code, Message: p.Unable}, true
	}
	return Reason{}, false
}

// need is which parts a job waits for.
type need struct{ planner, launcher, reaper bool }

func (m *Model) needs(j *cluster.Job, c Counts) need {
	scheduled := j.Series != nil && !j.Over() && j.Spec.Schedule != nil
	n := need{planner: c.Waiting > 0 || scheduled, launcher: c.Waiting > 0 || c.Staging > 0}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			switch {
			case !t.Live():
			case t.Doom == nil && !j.Over():
			case t.Unreachable:
			default:
				n.planner = n.planner || t.Doom == nil
				n.reaper = n.reaper || t.Confirmed
				n.launcher = n.launcher || !t.Confirmed
			}
		}
	}
	return n
}

// parts are the reasons that lie with parts of taurus, what is missing first.
func (m *Model) parts(j *cluster.Job, v Job, p Parts) []Reason {
	large := tooLarge(j, v, p.Room)
	if p.Room = (Room{}); p == (Parts{}) {
		return large
	}
	n := m.needs(j, v.Tasks)
	if p.Stuck != "" && n != (need{}) {
		return []Reason{{Code: CodeLogStuck, Message: "nothing is stored: " + p.Stuck}}
	}
	reasons := append(missing(j, n, p), large...)
	if p.Log != "" && n != (need{}) {
		reasons = append(reasons, Reason{Code: CodeLogFull, Message: p.Log})
	}
	return reasons
}

// missing are the reasons that lie with parts that are not there, or not able.
func missing(j *cluster.Job, n need, p Parts) []Reason {
	stop := "tasks that should end go on"
	if j.Over() {
		stop = "the stop waits"
	}
	var reasons []Reason
	add := func(needed bool, part Part, code Code, held, start string) {
		if r, wrong := part.reason(code, held, start); needed && wrong {
			reasons = append(reasons, r)
		}
	}
	planned := "nothing new is planned"
	if j.Over() {
		planned = stop
	}
	add(n.reaper, p.Reaper, CodeNoReaper, stop, "taurus-reaper")
	add(n.planner, p.Planner, CodeNoPlanner, planned, "taurus-planner")
	add(n.launcher, p.Launcher, CodeNoLauncher, "nothing is launched", "taurus-launcher")
	return reasons
}

// WaitsFor says which part of taurus a job waits for; empty if for none.
func (m *Model) WaitsFor(id string, p Parts) string {
	j, ok := m.known(id)
	if !ok || p == (Parts{}) {
		return ""
	}
	if reasons := m.parts(j, m.view(j), p); len(reasons) > 0 {
		return reasons[0].Message
	}
	return ""
}

// blame puts the reasons that lie with parts of taurus before the others. What the
// log says of a launcher is told only if nothing is known of those that are there.
func (e *Explanation) blame(reasons []Reason) {
	if slices.ContainsFunc(reasons, func(r Reason) bool { return r.Code == CodeNoLauncher }) {
		e.Reasons = slices.DeleteFunc(e.Reasons, func(r Reason) bool {
			return r.Code == CodeNoLauncher || r.Code == CodeNoSubscription
		})
	}
	e.Reasons = slices.Concat(reasons, e.Reasons)
}
