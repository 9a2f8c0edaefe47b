package commanding

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// ForbiddenError says what the policy forbids of what somebody asks for: all of it. It is an
// ErrForbidden, and has job.Faults.
type ForbiddenError struct {
	Violations []policy.Violation
}

// Error says what is forbidden, and by which rules.
func (e *ForbiddenError) Error() string { return fmt.Sprintf("%v: %v", ErrForbidden, e.faults()) }

// Detail is what users are told beside the faults.
func (e *ForbiddenError) Detail() string {
	return fmt.Sprintf("See faults: they name the rules of the policy (taurus policy show). The first: %s. Nothing was stored.", e.faults()[0])
}

// Unwrap returns ErrForbidden and the faults.
func (e *ForbiddenError) Unwrap() []error { return []error{ErrForbidden, e.faults()} }

func (e *ForbiddenError) faults() job.Faults { return policy.Faults(e.Violations) }

// Rules are what jobs may ask for, as somebody does.
type Rules struct {
	// Who asks.
	Who access.Principal
	// Unset is what holds while the log has no policy; nil is policy.Default.
	Unset *policy.Policy
}

// forbids returns a ForbiddenError of what an event would start and the policy forbids. Beside
// is what of quotas is taken by what is under way.
func (r Rules) forbids(s *cluster.State, j *cluster.Job, ev events.Event, beside func(*policy.Quota) policy.Total) error {
	spec, err := started(j, ev)
	if spec == nil || err != nil {
		return err
	}
	if s.Rules == nil && !fresh(ev) {
		return nil // It was let through when it came, and no policy was set since.
	}
	rules := r.in(s)
	all := append(rules.Check(r.Who, spec), exceeded(s, rules, asked(j, ev, spec), beside)...)
	if len(all) > 0 {
		return &ForbiddenError{all}
	}
	return nil
}

// fresh reports whether an event brings a spec that nobody has let through before.
func fresh(ev events.Event) bool {
	switch ev := ev.(type) {
	case events.JobSubmitted:
		return true
	case events.JobUpdated:
		return ev.RevertOf == 0
	default:
		return false
	}
}

// started is the spec by which tasks are started if an event is stored, nil if none are that
// would not be anyway.
func started(j *cluster.Job, ev events.Event) (*job.Spec, error) {
	switch ev := ev.(type) {
	case events.JobSubmitted:
		return job.Stored(ev.Spec, job.DefaultLimits())
	case events.JobUpdated:
		return job.Stored(ev.Spec, job.DefaultLimits())
	case events.JobScaled:
		g := j.Group(ev.Group)
		if more(g, ev.Replicas) == 0 {
			return nil, nil
		}
		spec := j.Spec.Clone()
		for i := range spec.Tasks {
			if spec.Tasks[i].Name == ev.Group {
				spec.Tasks[i].Replicas = ev.Replicas
			}
		}
		return spec, nil
	case events.RunRequested:
		return j.SpecOf(ev.Version), nil
	case events.JobRestarted:
		return j.Spec, nil
	case events.RolloutSteered:
		switch ev.Action {
		case events.RolloutRollback:
			return j.SpecOf(ev.To), nil
		case events.RolloutResume, events.RolloutPromote:
			return j.Spec, nil
		}
	case events.ScheduleSteered:
		if ev.Action == events.ScheduleResume {
			return j.Spec, nil
		}
	default:
	}
	return nil, nil
}

// asks is what a command asks for beyond what its job has asked for already.
type asks struct {
	job  string
	more policy.Total
}

// asked is what an event asks for more than its job does.
func asked(j *cluster.Job, ev events.Event, spec *job.Spec) asks {
	a := asks{job: spec.ID, more: policy.TotalOf(spec)}
	_, runs := ev.(events.RunRequested)
	switch {
	case spec.Series() && !runs:
		a.more = policy.Total{}
	case !runs && j != nil && j.Spec != nil && !j.Over():
		a.more = a.more.Beyond(policy.TotalOf(j.Spec))
	}
	return a
}

// asks is what an event asks for under quotas, nothing where there are none.
func (m *Machine) asks(j *cluster.Job, ev events.Event) asks {
	if m.state.Rules == nil || len(m.state.Rules.Quotas) == 0 {
		return asks{}
	}
	spec, err := started(j, ev)
	if spec == nil || err != nil {
		return asks{}
	}
	return asked(j, ev, spec)
}

// beside is what commands that are under way ask for under a quota, and nobody has folded yet:
// two that come at once cannot both have the last place.
func (m *Machine) beside(but *command) func(*policy.Quota) policy.Total {
	return func(q *policy.Quota) (sum policy.Total) {
		for _, c := range m.commands {
			if c != but && c.underWay() && c.asks.job != "" && q.Fits(c.asks.job) {
				sum = sum.Plus(c.asks.more)
			}
		}
		return sum
	}
}

func nothingBeside(*policy.Quota) policy.Total { return policy.Total{} }

// Check says which rule decides about a job as somebody would submit or update it, and all
// that it forbids.
func (r Rules) Check(s *cluster.State, spec *job.Spec) (rule string, all []policy.Violation) {
	rules := r.in(s)
	all = rules.Check(r.Who, spec)
	asks := asked(s.Jobs[spec.ID], events.JobUpdated{}, spec)
	return rules.RuleFor(r.Who, spec.ID), append(all, exceeded(s, rules, asks, nothingBeside)...)
}

// in are the rules that hold in a state.
func (r Rules) in(s *cluster.State) *policy.Policy {
	switch {
	case s.Rules != nil:
		return s.Rules
	case r.Unset != nil:
		return r.Unset
	}
	return policy.Default()
}

// exceeded are the quotas that have no room for what is asked for.
func exceeded(s *cluster.State, rules *policy.Policy, asks asks, beside func(*policy.Quota) policy.Total) (all []policy.Violation) {
	if asks.more == (policy.Total{}) {
		return nil
	}
	for _, q := range rules.QuotasOf(asks.job) {
		others := s.Asked(q, func(*cluster.Job) bool { return true }).Plus(beside(q))
		all = append(all, q.Exceeded(others, asks.more)...)
	}
	return all
}
