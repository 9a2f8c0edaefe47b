package cluster

import "time"

// Index is the index of tasks by their Mesos ids.
func (s *State) Index() map[string]*Task { return s.byID }

// Add counts kills as the fold does.
func (w *KillWindow) Add(at time.Time, tasks int, bound uint32) { w.add(at, tasks, bound) }

// CloseAfterAgain is CloseAfter, with what is reopened closed again after another time.
func (s *State) CloseAfterAgain(kept, again time.Duration) {
	s.closeBy(closing{bare: kept == 0, after: kept, again: again})
}
