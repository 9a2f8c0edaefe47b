package projection

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/reaping"
)

// blocked sums up kills that do not end their tasks.
type blocked struct {
	asked uint32    // the most of a task
	since time.Time // when the first was to end
}

// and takes two together.
func (b blocked) and(o blocked) blocked {
	if b.asked == 0 {
		return o
	}
	if o.asked == 0 {
		return b
	}
	if o.since.Before(b.since) {
		b.since = o.since
	}
	b.asked = max(b.asked, o.asked)
	return b
}

// words say how long the tasks have been killed, and who has not answered.
func (b blocked) words(tasks uint32, now time.Time) string {
	return fmt.Sprintf("killing for %s, asked %d times, the agent has not said that %s ended; see whether Docker hangs there",
		max(now.Sub(b.since), 0).Truncate(time.Second), b.asked, verb(tasks, "it has", "they have"))
}

// blockedOf counts the tasks of a job whose kill is blocked.
func blockedOf(j *cluster.Job) uint32 {
	n := uint32(0)
	for t := range j.Doomed() {
		if reaping.Blocked(t) {
			n++
		}
	}
	return n
}
