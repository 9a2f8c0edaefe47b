package cluster

import (
	"time"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// expire leaves a job out of the lists, as a user does who deletes it. Nobody has decided
// that for a task which came back meanwhile: it has to be over first, where users see it.
func (s *State) expire(j *Job, ev events.JobExpired, r *Record) Change {
	if ev.Run != j.Run || j.Deleted || !j.Over() || j.Live() > 0 {
		return Change{Judgement: Outranked, Job: j}
	}
	j.Deleted, j.ChangedAt = true, r.Time
	s.forget(j)
	return Change{Job: j}
}

// EndedAt is when the job's run was over and its last task had ended; zero while that is
// not so.
func (j *Job) EndedAt() time.Time {
	if !j.Over() || j.Live() > 0 {
		return time.Time{}
	}
	ended := j.OutcomeAt
	if j.StoppedAt.After(ended) {
		ended = j.StoppedAt
	}
	if packed, _ := j.packedEnd(); packed.After(ended) {
		ended = packed
	}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.EndedAt.After(ended) {
				ended = t.EndedAt
			}
		}
	}
	return ended
}

// ExpiresAt is when a job leaves the lists by itself; zero if it does not, or is not over
// yet.
func (j *Job) ExpiresAt() time.Time {
	if j.Spec == nil || j.Spec.Kind != job.KindBatch || j.Spec.KeepFor == 0 || j.isSeries() {
		return time.Time{}
	}
	ended := j.EndedAt()
	if ended.IsZero() {
		return time.Time{}
	}
	return ended.Add(time.Duration(j.Spec.KeepFor))
}

// Deadline is when a job fails for the time that it takes; zero for never.
func (j *Job) Deadline() time.Time {
	if j.Over() || j.Spec == nil || j.Spec.Kind != job.KindBatch || j.Spec.TimeLimit == 0 || j.isSeries() {
		return time.Time{}
	}
	return j.SubmittedAt.Add(time.Duration(j.Spec.TimeLimit))
}
