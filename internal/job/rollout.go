package job

import (
	"cmp"
	"time"
)

// Rollout says how the tasks of a service come to be those of another version.
type Rollout struct {
	// MaxSurge is how many tasks of a group there may be beyond its replicas: new
	// ones beside those that serve. A share of the replicas is rounded up.
	MaxSurge *Amount `json:"max_surge,omitzero"`
	// MaxUnavailable is how many of a group's replicas may be down for the rollout.
	// A share is rounded down.
	MaxUnavailable *Amount `json:"max_unavailable,omitzero"`
	// MinHealthy is how long a new task runs, and is healthy if that is checked,
	// before it counts as up.
	MinHealthy Duration `json:"min_healthy,omitzero"`
	// ProgressDeadline is how long no slot may come up before the rollout has failed.
	ProgressDeadline Duration `json:"progress_deadline,omitzero"`
	// Order names the groups that go first, one after the other.
	Order []string `json:"order,omitempty"`
	// AutoRollback returns to the version that stood when the rollout fails.
	AutoRollback bool `json:"auto_rollback,omitzero"`
	// Canary is how many slots of the job get the new version before a user says that
	// the others may; 0 for all at once.
	Canary uint32 `json:"canary,omitzero"`
}

// The defaults of a rollout.
const (
	// DefaultMinHealthy is longer than what most failing starts take.
	DefaultMinHealthy = Duration(10 * time.Second)
	// DefaultProgressDeadline is that of one slot, pulls included; where MinHealthy is as
	// long, it is added.
	DefaultProgressDeadline = Duration(10 * time.Minute)
	// DefaultShare is of the replicas, for surge and for unavailable, in percent.
	DefaultShare = 25
)

// normalise fills in what is the same for all groups: MaxSurge and MaxUnavailable
// depend on the group, see Bounds.
func (r *Rollout) normalise() {
	r.MinHealthy = cmp.Or(r.MinHealthy, DefaultMinHealthy)
	if r.ProgressDeadline == 0 {
		r.ProgressDeadline = DefaultProgressDeadline
		if r.MinHealthy >= DefaultProgressDeadline {
			r.ProgressDeadline += r.MinHealthy
		}
	}
	r.Order = orNilSlice(r.Order)
}

// RolloutPolicy is how s is rolled out: what it says, and the defaults for what it
// does not. A spec that says nothing keeps saying nothing when it is normalised, so
// that one of before is the same to whoever compares it.
func (s *Spec) RolloutPolicy() Rollout {
	var r Rollout
	if s.Rollout != nil {
		r = *s.Rollout
	}
	r.normalise()
	return r
}

// Bounds are how many tasks of a group there may be beyond its replicas, and how many
// of those may be down. Both are 0 only for a group without replicas: where the spec
// leaves no way, as it may after a scaling, one may be down.
//
// By default a quarter of the replicas surges, so that a lone task is replaced without
// a gap, and a quarter, rounded down, may be down. A group of which no task can begin
// beside the one that it replaces has no surge, and at least one that may be down.
func (r *Rollout) Bounds(g *Group) (surge, unavailable uint32) {
	surge, unavailable = r.bounds(g)
	if surge == 0 && unavailable == 0 && g.Replicas > 0 {
		unavailable = 1
	}
	return surge, unavailable
}

// bounds are Bounds as they are written.
func (r *Rollout) bounds(g *Group) (surge, unavailable uint32) {
	share := Amount{Number: DefaultShare, Percent: true}
	alone := g.needsItsPlace() != ""
	switch {
	case r.MaxSurge != nil:
		surge = r.MaxSurge.RoundedUp(g.Replicas)
	case !alone:
		surge = share.RoundedUp(g.Replicas)
	}
	switch {
	case r.MaxUnavailable != nil:
		unavailable = r.MaxUnavailable.RoundedDown(g.Replicas)
	default:
		unavailable = share.RoundedDown(g.Replicas)
		if alone || surge == 0 {
			unavailable = min(max(unavailable, 1), g.Replicas)
		}
	}
	return surge, unavailable
}

// needsItsPlace says why a task of g may need the place of the one that it
// replaces; empty if it does not.
func (g *Group) needsItsPlace() string {
	for i := range g.Ports {
		if p := &g.Ports[i]; p.Host != 0 {
			return "has the fixed host port " + Amount{Number: p.Host}.String()
		}
	}
	for i := range g.Constraints {
		switch c := &g.Constraints[i]; c.Operator {
		case OpUnique:
			return "has at most one task per " + excerpt(c.Attribute) + " (" + OpUnique + ")"
		case OpMaxPer:
			return "has at most " + excerpt(c.Value) + " tasks per " + excerpt(c.Attribute) + " (" + OpMaxPer + ")"
		}
	}
	return ""
}
