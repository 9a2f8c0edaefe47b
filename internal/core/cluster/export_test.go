package cluster

import "time"

// Index is the index of tasks by their Mesos ids.
func (s *State) Index() map[string]*Task { return s.byID }

// Add counts kills as the fold does.
func (w *KillWindow) Add(at time.Time, tasks int, bound uint32) { w.add(at, tasks, bound) }
