package launcher

import "github.com/milosgajdos/taurus/internal/core/cluster"

// watch keeps the tasks that the launcher has something to do about.
type watch struct {
	// waiting have no place yet; withdrawn soon if doomed.
	waiting map[cluster.Key]*cluster.Task
	// doomed are those of them that are to be withdrawn.
	doomed map[cluster.Key]*cluster.Task
	// unconfirmed are staged, and Mesos has not spoken of them.
	unconfirmed map[cluster.Key]*cluster.Task
	// changed says that waiting has changed since it was last matched.
	changed bool
}

func newWatch() *watch {
	return &watch{
		waiting:     map[cluster.Key]*cluster.Task{},
		doomed:      map[cluster.Key]*cluster.Task{},
		unconfirmed: map[cluster.Key]*cluster.Task{},
	}
}

func (w *watch) note(c cluster.Change) {
	for _, t := range c.Tasks {
		k := t.Key()
		if t.State == cluster.Waiting {
			w.waiting[k], w.changed = t, true
		} else if _, was := w.waiting[k]; was {
			delete(w.waiting, k)
			w.changed = true
		}
		if t.State == cluster.Waiting && t.Doom != nil {
			w.doomed[k] = t
		} else {
			delete(w.doomed, k)
		}
		if t.State == cluster.Staged && !t.Confirmed {
			w.unconfirmed[k] = t
		} else {
			delete(w.unconfirmed, k)
		}
	}
}
