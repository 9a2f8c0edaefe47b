package commanding

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// brings reports whether an event brings a spec, so that the log is asked how full it is.
func brings(ev events.Event) bool {
	switch ev.(type) {
	case events.JobSubmitted, events.JobUpdated, events.RunRequested:
		return true
	default:
		return false
	}
}

// begun reports whether an event begins something, and what that will need until its
// end.
func begun(j *cluster.Job, ev events.Event) (needs func() uint64, begins bool) {
	tasks := func(n uint64) (func() uint64, bool) { return func() uint64 { return n * reserve.OfNew(j.ID) }, n > 0 }
	switch ev := ev.(type) {
	case events.JobSubmitted:
		return func() uint64 {
			spec, err := job.Parse(ev.Spec)
			if err != nil {
				return 0 // Nothing will come of it.
			}
			return reserve.OfSubmission(spec)
		}, true
	case events.JobScaled:
		return tasks(more(j.Group(ev.Group), ev.Replicas))
	case events.JobUpdated:
		return tasks(updated(j, ev))
	case events.JobRestarted:
		return tasks(restarted(j, ev))
	case events.RunRequested:
		return func() uint64 { return reserve.OfRequest(j) }, true
	case events.TokenCreated:
		return func() uint64 { return reserve.OfRevocation }, true
	default: // It ends something, steers what was begun, or takes it out of sight.
		return func() uint64 { return 0 }, false // It may be about agents, and no job.
	}
}

// more is how many tasks a group gets beyond those that it has.
func more(g *job.Group, replicas uint32) uint64 {
	if g == nil || replicas <= g.Replicas {
		return 0
	}
	return uint64(replicas - g.Replicas)
}

// updated is how many tasks an update begins: those of groups whose tasks it replaces,
// and those that are added.
func updated(j *cluster.Job, ev events.JobUpdated) (n uint64) {
	spec, err := job.Stored(ev.Spec, job.DefaultLimits())
	if err != nil {
		return 0 // Nothing will come of it.
	}
	for i := range spec.Tasks {
		g := &spec.Tasks[i]
		if was := j.Group(g.Name); was != nil && (spec.Kind != job.KindService || job.Template(*was) == job.Template(*g)) {
			n += more(was, g.Replicas)
			continue
		}
		n += uint64(g.Replicas)
	}
	return n
}

// restarted is how many tasks a restart begins.
func restarted(j *cluster.Job, ev events.JobRestarted) (n uint64) {
	if len(ev.Slots) > 0 {
		return uint64(ranges.Count(ev.Slots))
	}
	for i := range j.Spec.Tasks {
		if g := &j.Spec.Tasks[i]; ev.Group == "" || g.Name == ev.Group {
			n += uint64(g.Replicas)
		}
	}
	return n
}
