package projection

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// CrashLoop is what is told of tasks of a slot that fail again and again.
type CrashLoop struct {
	// Failures in a row, none of whose runs was as long as reset_after.
	Failures uint32 `json:"failures"`
	// Since is when the first of them was, Last when the last.
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
}

// crashLoop tells of the crash loop that a task is to end, nil if it is in none. One that
// runs may have ended it.
func crashLoop(j *cluster.Job, slot *cluster.Slot, t *cluster.Task) *CrashLoop {
	if !looping(j, slot, t) || slot.LastEnd == nil {
		return nil
	}
	return &CrashLoop{Failures: slot.Crashes, Since: slot.Crashing, Last: slot.LastEnd.EndedAt}
}

// looping reports whether a task is the next after failures in a row, and does not run
// yet.
func looping(j *cluster.Job, slot *cluster.Slot, t *cluster.Task) bool {
	return !j.Over() && t.State < cluster.Running && t == slot.Newest() && t.Run == j.Run && t.Doom == nil && slot.Looping()
}

// loopingDetail says in a list what is wrong with a job that is crash looping.
func loopingDetail(j *cluster.Job, c Counts) string {
	text := fmt.Sprintf("%s %s again and again", tasks(c.CrashLooping), verb(c.CrashLooping, "fails", "fail"))
	var first *cluster.Slot
	for _, slot := range j.Slots {
		if t := slot.Newest(); t != nil && looping(j, slot, t) && (first == nil || slot.Number < first.Number) {
			first = slot
		}
	}
	if first == nil {
		return text
	}
	text += fmt.Sprintf("; slot %d %s", first.Number, loop{}.with(first))
	if until := first.Newest().NotBefore; !until.IsZero() {
		text += ", next at " + until.UTC().Format(time.RFC3339)
	}
	return text
}

// loop sums up the failures of slots that crash again and again.
type loop struct {
	failures    uint32 // the most of a slot
	first, last time.Time
}

func (l loop) with(slot *cluster.Slot) loop {
	l.failures = max(l.failures, slot.Crashes)
	if l.first.IsZero() || slot.Crashing.Before(l.first) {
		l.first = slot.Crashing
	}
	if end := slot.LastEnd; end != nil && end.EndedAt.After(l.last) {
		l.last = end.EndedAt
	}
	return l
}

// and takes two together.
func (l loop) and(o loop) loop {
	if l == (loop{}) {
		return o
	}
	if o == (loop{}) {
		return l
	}
	l.failures = max(l.failures, o.failures)
	if o.first.Before(l.first) {
		l.first = o.first
	}
	if o.last.After(l.last) {
		l.last = o.last
	}
	return l
}

// String says "failed 5 times within 31s".
func (l loop) String() string {
	return fmt.Sprintf("failed %d times within %s", l.failures, max(l.last.Sub(l.first), 0).Round(time.Second))
}
