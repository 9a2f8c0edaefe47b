package restart

import (
	"github.com/milosgajdos/taurus/internal/core/taskstate"
	"github.com/milosgajdos/taurus/internal/job"
)

// Fate is what the newest task of a slot means for it.
type Fate uint8

// The fates of a slot.
const (
	Running Fate = iota // its task has not ended
	Again               // it needs another task
	Done                // it has done its work
	Failed              // it has failed too often
)

// String is the fate in a word.
func (f Fate) String() string {
	switch f {
	case Running:
		return "running"
	case Again:
		return "again"
	case Done:
		return "done"
	case Failed:
		return "failed"
	}
	return "invalid"
}

// Fate returns that of a slot by the end of its newest task, which the tally
// counts, and the restart policy of its group. Blameless ends never use up
// attempts, but there are no more than UnluckyMax of them in a row.
func (t Tally) Fate(e End, r *job.Restart) Fate {
	switch {
	case !e.State.Terminal():
		return Running
	case e.State == taskstate.Finished:
		if r.Policy == job.RestartAlways {
			return Again
		}
		return Done
	case e.Blameless():
		if t.Unlucky >= UnluckyMax {
			return Failed
		}
		return Again
	case r.Policy == job.RestartNever, r.Attempts > 0 && t.Failures >= r.Attempts:
		return Failed
	}
	return Again
}
