package cluster

// Index is the index of tasks by their Mesos ids.
func (s *State) Index() map[string]*Task { return s.byID }
