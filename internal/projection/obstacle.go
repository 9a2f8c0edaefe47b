package projection

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/restart"
)

// obstacle is what keeps a task from running, or from ending.
type obstacle struct {
	code Code
	// message is the same of all tasks that are told of together.
	message string
	// until is when time alone will change it.
	until time.Time
	// looping tells of the crash loop that it is, and seen is the end before, of which more is
	// to be seen.
	looping loop
	seen    *cluster.Task
	// blocked tells of the kill that does not end it.
	blocked blocked
}

// told are the tasks of a group that have one obstacle.
type told struct {
	Reason
	looping loop
	blocked blocked
	slot    *cluster.Slot // the first
	seen    *cluster.Task
}

// obstacles groups the tasks that are not as they should be by what is in the way.
func (e *Explanation) obstacles(around planning.Around, j *cluster.Job, now time.Time) {
	type key struct {
		code    Code
		group   string
		message string
	}
	found := map[key]*told{}
	var order []key
	for _, n := range slices.Sorted(maps.Keys(j.Slots)) {
		for _, t := range j.Slots[n].Tasks {
			o := forbiddenTask(around, j, t)
			if o.code == "" {
				o = obstacleOf(j, j.Slots[n], t, now)
			}
			if o.code == "" {
				continue
			}
			k := key{o.code, t.Group, o.message}
			if found[k] == nil {
				found[k] = &told{
					Reason: Reason{Code: o.code, Group: t.Group, Until: o.until, Message: o.message},
					slot:   j.Slots[n], seen: o.seen,
				}
				order = append(order, k)
			}
			found[k].add(n)
			found[k].looping = found[k].looping.and(o.looping)
			found[k].blocked = found[k].blocked.and(o.blocked)
			if o.until.Before(found[k].Until) {
				found[k].Until = o.until
			}
		}
	}
	slices.SortStableFunc(order, func(a, b key) int { return cmp.Compare(found[b].Tasks, found[a].Tasks) })
	for _, k := range order {
		e.Reasons = append(e.Reasons, found[k].reason(j, now))
	}
}

// reason words what was found.
func (f *told) reason(j *cluster.Job, now time.Time) Reason {
	r := f.Reason
	switch {
	case f.looping != (loop{}):
		r.Message = fmt.Sprintf("%s: crash looping, %s: %s", tasks(r.Tasks), f.looping, r.Message)
	case r.Code == CodeBlocked:
		r.Message = fmt.Sprintf("%s: %s, %s", spans(r.Slots), r.Message, f.blocked.words(r.Tasks, now))
	case r.Code == CodeKilled:
		r.Message = fmt.Sprintf("%s %s ending: %s", spans(r.Slots), verb(r.Tasks, "is", "are"), r.Message)
	default:
		r.Message = fmt.Sprintf("%s: %s", tasks(r.Tasks), r.Message)
	}
	if f.seen != nil {
		r.Message += see(j, f.slot.Number, endView(j, f.seen))
	}
	return r
}

// obstacleOf is that of a task; its code is empty if the task is as it should be.
func obstacleOf(j *cluster.Job, slot *cluster.Slot, t *cluster.Task, now time.Time) obstacle {
	switch {
	case !t.Live():
		return obstacle{}
	case t.Original():
		return awaited(j, t)
	case t.Unreachable:
		return obstacle{code: CodeUnreachable, message: "agent " + cmp.Or(t.Hostname, t.AgentID) + " is unreachable"}
	case reaping.Blocked(t):
		return obstacle{
			code: CodeBlocked, message: "should end (" + t.Doom.Reason + ") and has not on " + cmp.Or(t.Hostname, t.AgentID),
			blocked: blocked{asked: t.Kills, since: t.Doom.At},
		}
	case t.Doom != nil:
		return obstacle{code: CodeEnding, message: "should end (" + t.Doom.Reason + ") and has not ended yet"}
	case t.State == cluster.Killing:
		return obstacle{code: CodeKilled, message: whyKilled(j, t)}
	case t.State == cluster.Waiting && now.Before(t.NotBefore):
		return backingOff(j, slot, t)
	case t.State == cluster.Waiting && !j.Over():
		return obstacle{code: CodeUndecided, message: "planned, and no offer was taken for it yet"}
	case t.State == cluster.Staged && !t.Confirmed:
		return obstacle{code: CodeUnconfirmed, message: "launched on " + t.Hostname + ", Mesos has not spoken of it yet"}
	case t.State == cluster.Staged || t.State == cluster.Starting:
		return obstacle{code: CodeStarting, message: "starting on " + t.Hostname}
	}
	return obstacle{}
}

// ending reports whether a task is being killed that nobody of us wants to end: by its
// health check, or from outside.
func ending(t *cluster.Task) bool {
	return t.State == cluster.Killing && t.Doom == nil && !t.Unreachable
}

// whyKilled says why a task is killed that nobody of us wants to end.
func whyKilled(j *cluster.Job, t *cluster.Task) string {
	end, setting := t.Ending(), t.Setting(j.GroupOf(t))
	if end.Class() == restart.Unhealthy {
		return setting.Unhealthy()
	}
	return strings.TrimPrefix(end.Words(setting), "was ")
}

// backingOff is told of a task that waits for the end of its back-off.
func backingOff(j *cluster.Job, slot *cluster.Slot, t *cluster.Task) obstacle {
	end := slot.LastEnd
	o := obstacle{code: CodeBackoff, message: "backing off", until: t.NotBefore}
	if end == nil {
		return o
	}
	o.seen = end
	if looping(j, slot, t) {
		o.code, o.looping = CodeCrashLoop, loop{}.with(slot)
		o.message = "it " + words(j, end)
		return o
	}
	o.message += fmt.Sprintf(", as attempt %d %s", end.Attempt, words(j, end))
	return o
}

// spans names runs of slots: "slot 0", "slots 0-3, 7".
func spans(list []Span) string {
	word := "slot "
	if len(list) > 1 || len(list) == 1 && list[0].From != list[0].To {
		word = "slots "
	}
	parts := make([]string, 0, len(list))
	for _, s := range list {
		part := fmt.Sprint(s.From)
		if s.To != s.From {
			part += fmt.Sprintf("-%d", s.To)
		}
		parts = append(parts, part)
	}
	return word + strings.Join(parts, ", ")
}
