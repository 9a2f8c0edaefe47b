package cluster

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/pkg/events"
)

// obey takes in a policy that was set.
func (s *State) obey(ev events.PolicySet) { s.Rules = policy.Read(ev.Text) }

// Forbidden says why no task of a version of a job is started anew, whoever asked for it; nil
// if it may be. Before a policy was ever set all may be that was submitted.
func (s *State) Forbidden(j *Job, version uint64) []policy.Violation {
	if s.Rules == nil {
		return nil
	}
	spec := j.SpecOf(version)
	if spec == nil {
		return nil
	}
	return s.Rules.Held(spec)
}

// Admitted says of each group of a job how many of its tasks quotas leave room for; nil where
// there are as many as are wanted.
func (s *State) Admitted(j *Job) []policy.Admitted {
	if s.Rules == nil || j.Spec == nil {
		return nil
	}
	quotas := s.Rules.QuotasOf(j.ID)
	if len(quotas) == 0 {
		return nil
	}
	before := make([]policy.Total, len(quotas))
	for i, q := range quotas {
		before[i] = s.Asked(q, func(other *Job) bool { return other.askedBefore(j) })
	}
	return policy.Admit(j.Spec, quotas, before)
}

// askedUnder is what the job of a record that may change that asks for, if there are quotas.
func (s *State) askedUnder(r *Record) policy.Total {
	if s.Rules == nil || len(s.Rules.Quotas) == 0 || r.Subject.Role != events.RoleJob && r.Subject.Role != events.RolePlan {
		return policy.Total{}
	}
	return s.Jobs[r.Subject.Job].asks()
}

// asks is what a job asks for; nothing if it is over, or a series.
func (j *Job) asks() policy.Total {
	if j == nil || j.Over() || j.Spec == nil || j.Spec.Series() {
		return policy.Total{}
	}
	return policy.TotalOf(j.Spec)
}

// ShareQuota reports whether two jobs count against a quota together.
func (s *State) ShareQuota(one, other string) bool {
	return s.Rules != nil && slices.ContainsFunc(s.Rules.QuotasOf(one), func(q *policy.Quota) bool { return q.Fits(other) })
}

// Asked is what jobs ask for under a quota, those that count.
func (s *State) Asked(q *policy.Quota, counts func(*Job) bool) (sum policy.Total) {
	for id, j := range s.Jobs {
		if !j.Over() && q.Fits(id) && counts(j) {
			sum = sum.Plus(j.asks())
		}
	}
	return sum
}

// askedBefore reports whether a job became as it is wanted before another did.
func (j *Job) askedBefore(o *Job) bool { return j.askedAt() < o.askedAt() }

func (j *Job) askedAt() uint64 {
	if n := len(j.Versions); n > 0 {
		return max(j.Run, j.Versions[n-1].Sequence)
	}
	return j.Run
}
