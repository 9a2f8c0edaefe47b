package projection

import (
	"cmp"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// giveUpAt is when an original may no longer come back; zero for never, and for what is none.
func giveUpAt(j *cluster.Job, t *cluster.Task) time.Time {
	if !t.Original() {
		return time.Time{}
	}
	return j.Group(t.Group).Loss().GiveUpAfter.From(t.CutOff)
}

// awaited tells of an original for which another stands until it has come back.
func awaited(j *cluster.Job, t *cluster.Task) obstacle {
	o := obstacle{code: CodeUnreachable, until: giveUpAt(j, t)}
	host, in := cmp.Or(t.Hostname, t.AgentID), "in time"
	if o.until.IsZero() {
		in = "again"
	}
	o.message = "agent " + host + " is unreachable; once the task is up there " + in + " it goes on, and the one in its place ends"
	if !t.Unreachable {
		o.code, o.message = CodeOriginal, "back on "+host+" and not up yet; once it is up "+in+" it goes on, and the one in its place ends"
	}
	return o
}
