package watch

import (
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/projection"
)

// Up watches one run of a service come up, by the events of its job in order.
type Up struct {
	Run uint64
	// finished is how many tasks had ended well for good at the last event.
	finished uint32
}

// Standing is what an event makes of it.
type Standing uint8

// What may be said of a service that comes up.
const (
	Coming  Standing = iota // some tasks do not run yet, or are not known to be healthy
	There                   // all run, and are healthy where that is checked
	Broken                  // a task ended by its own fault, or is to run again
	Settled                 // the run is over, or there is a newer one: look at the job
)

// See goes on by an event. Of a Broken one it names the task.
func (u *Up) See(e projection.Event) (Standing, projection.Touched) {
	r := e.Result
	if r.Run != u.Run {
		return Settled, projection.Touched{}
	}
	again := r.Tasks.Finished <= u.finished
	u.finished = r.Tasks.Finished
	for _, t := range r.Touched {
		if t.Changed && t.Run == u.Run && broke(t, again) {
			return Broken, t
		}
	}
	switch r.State {
	case projection.StateRunning:
		if r.Tasks.Unchecked == 0 {
			return There, projection.Touched{}
		}
	case projection.StateStopped, projection.StateCompleted, projection.StateFailed:
		return Settled, projection.Touched{}
	case projection.StatePending, projection.StateStopping, projection.StateAhead, projection.StateUnhealthy, projection.StateCrashLooping,
		projection.StateScheduled, projection.StatePaused, projection.StateDispatchable:
	}
	return Coming, projection.Touched{}
}

// broke reports whether a task has ended as none should that is to stay up. What nobody
// is to blame for is tried again and says nothing; one that ended well is done for good,
// unless it is to run again.
func broke(t projection.Touched, again bool) bool {
	switch t.State {
	case "FINISHED":
		return again
	case "FAILED", "KILLED", "ERROR":
		return !t.Doomed && !restart.Class(t.Class).Blameless()
	}
	return false
}
