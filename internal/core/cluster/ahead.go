package cluster

import "slices"

// Ahead reports whether a task is ahead of the log: Mesos runs it, and it is of a run
// or a version of its job that the log does not hold. A submission or a change was
// lost with a part of the log, and the task is all that is left of it; so nobody but
// a user may end it.
//
// A run is the sequence of its submission. It is lost if it is newer than what users
// have decided about the job since, as far as the log goes.
func (j *Job) Ahead(t *Task) bool {
	switch {
	case t.Doom != nil || !t.Live():
		return false
	case j.Run == 0 && j.Settled == 0:
		return true // Of the job itself the log holds nothing.
	case t.Run == j.Run:
		return t.Version > j.Version && !j.Stopped && !j.Deleted
	}
	return t.Run > max(j.Run, j.Settled)
}

// Behind reports whether any task of the job is ahead of the log.
func (j *Job) Behind() bool {
	for _, slot := range j.Slots {
		if slices.ContainsFunc(slot.Tasks, j.Ahead) {
			return true
		}
	}
	return false
}

// settle follows a decision of a user at a sequence. It is newer than any run that
// was lost before it. Where the log lost its end, and sequences were given out a
// second time, the runs of the tasks that are there tell what was before it.
func (j *Job) settle(sequence uint64) {
	j.Settled = max(j.Settled, sequence)
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			j.Settled = max(j.Settled, t.Run)
		}
	}
}

// NewestVersion is the newest of the job's run, be it that only a task tells of it. A
// task that no change could follow tells of none.
func (j *Job) NewestVersion() uint64 {
	newest := j.Version
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Run == j.Run && t.Version < j.Version+versionStep {
				newest = max(newest, t.Version)
			}
		}
	}
	return newest
}
