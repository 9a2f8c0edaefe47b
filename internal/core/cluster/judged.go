package cluster

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/restart"
)

// Judged reports whether the end of the task says something of it: nobody told it to end,
// or it took longer than it may.
func (t *Task) Judged() bool { return t.Doom == nil || t.Doom.Class == string(restart.TimeLimit) }

// Overdue is when the task has run for as long as its group lets an attempt run; zero for
// one that is not running, and where that may be for ever.
func (j *Job) Overdue(t *Task) time.Time {
	if !t.Live() || t.State < Running || t.Run != j.Run {
		return time.Time{}
	}
	g := j.GroupOf(t)
	if g == nil || g.TimeLimit == 0 {
		return time.Time{}
	}
	began := t.RunningAt
	if began.IsZero() { // It was adopted: nobody knows since when it runs.
		began = t.PlannedAt
	}
	return began.Add(time.Duration(g.TimeLimit))
}
