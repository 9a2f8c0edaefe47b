package projection

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
)

// Rollout is what users see of how the tasks of a job come to be those of a version.
type Rollout struct {
	// Status is rolling, paused, or how it ended: succeeded, failed, rolled_back,
	// superseded or cancelled.
	Status cluster.RolloutStatus `json:"status"`
	// Cause is what it began with: update, restart, rollback or resume.
	Cause cluster.RolloutCause `json:"cause"`
	// Version is the one that is rolled out, From the one that stood before.
	Version uint64 `json:"version"`
	From    uint64 `json:"from"`
	// Began is the sequence of the event that began it, At its time, By who asked for it.
	Began uint64    `json:"began"`
	At    time.Time `json:"at"`
	By    string    `json:"by,omitzero"`
	// Canary is how many slots get the version before it is promoted.
	Canary   uint32 `json:"canary,omitzero"`
	Promoted bool   `json:"promoted,omitzero"`
	// EndedAt and Reason tell of its end, or of its pause.
	EndedAt time.Time `json:"ended_at,omitzero"`
	Reason  string    `json:"reason,omitzero"`
}

// RolloutDetail is how far the rollout of a job is.
type RolloutDetail struct {
	Job string `json:"job"`
	Run uint64 `json:"run"`
	// Version is the newest of the job, Wanted the one that tasks should be of.
	Version uint64 `json:"version"`
	Wanted  uint64 `json:"wanted"`
	// Rollout is the newest, absent if there never was one in this run.
	Rollout *Rollout `json:"rollout,omitzero"`
	// Detail says in a sentence how far it is, and what it waits for.
	Detail string         `json:"detail"`
	Groups []RolloutGroup `json:"groups"`
	// Past are those before it, the oldest first.
	Past     []Rollout `json:"past"`
	Sequence uint64    `json:"sequence"`
}

// RolloutGroup is how far the rollout of a group is.
type RolloutGroup struct {
	Name   string `json:"name"`
	Wanted uint32 `json:"wanted"`
	// Updated live and get what they should, Up are those of them that are up; Old live
	// and are to be replaced. Those that should end are not counted.
	Updated uint32 `json:"updated"`
	Up      uint32 `json:"up"`
	Old     uint32 `json:"old"`
	// MaxSurge is how many there may be beyond those wanted, MaxUnavailable how many of
	// those may be down.
	MaxSurge       uint32 `json:"max_surge"`
	MaxUnavailable uint32 `json:"max_unavailable"`
}

// rolloutView is that of the newest rollout, nil if there never was one in this run.
func rolloutView(j *cluster.Job) *Rollout {
	if j.Rollout.Began == 0 {
		return nil
	}
	v := viewRollout(&j.Rollout)
	if j.Spec != nil && j.Spec.Rollout != nil {
		v.Canary = j.Spec.Rollout.Canary
	}
	return &v
}

func viewRollout(o *cluster.Rollout) Rollout {
	return Rollout{
		Status: o.Status, Cause: o.Cause, Version: o.Version, From: o.From, Began: o.Began, At: o.At, By: o.By, Promoted: o.Promoted,
		EndedAt: o.EndedAt, Reason: o.Reason,
	}
}

// Rollout tells how far the rollout of a job is. It is false if users see no such job.
func (m *Model) Rollout(id string) (RolloutDetail, bool) {
	j, ok := m.known(id)
	if !ok {
		return RolloutDetail{}, false
	}
	v := RolloutDetail{
		Job: j.ID, Run: j.Run, Version: j.Version, Wanted: j.Target, Rollout: rolloutView(j), Groups: rolloutGroups(j),
		Past: []Rollout{}, Sequence: m.touched[id],
	}
	for i := range j.PastRollouts {
		v.Past = append(v.Past, viewRollout(&j.PastRollouts[i]))
	}
	v.Detail = unrolled(j.Spec)
	if v.Detail == "" {
		v.Detail = v.detail(planning.HoldupOf(m.state, j, m.state.Time))
	}
	return v, true
}

// rolloutGroups are those that are wanted, in the order of the spec.
func rolloutGroups(j *cluster.Job) []RolloutGroup {
	if j.Spec == nil {
		return []RolloutGroup{}
	}
	policy := j.Spec.RolloutPolicy()
	list := make([]RolloutGroup, len(j.Spec.Tasks))
	for i := range j.Spec.Tasks {
		g := &j.Spec.Tasks[i]
		list[i].Name = g.Name
		if !j.Over() {
			list[i].Wanted = g.Replicas
		}
		list[i].MaxSurge, list[i].MaxUnavailable = policy.Bounds(g)
	}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			at := slices.IndexFunc(j.Spec.Tasks, func(g job.Group) bool { return g.Name == t.Group })
			if at >= 0 && t.Run == j.Run && t.Live() && t.Doom == nil {
				list[at].count(j, t)
			}
		}
	}
	return list
}

func (g *RolloutGroup) count(j *cluster.Job, t *cluster.Task) {
	if j.Outdated(t) {
		g.Old++
		return
	}
	g.Updated++
	if !t.UpSince.IsZero() {
		g.Up++
	}
}

// unrolled says why an update of a job replaces nothing; empty for a service.
func unrolled(s *job.Spec) string {
	switch {
	case s == nil || s.Kind == job.KindService:
		return ""
	case s.Series():
		return "nothing of it runs itself: an update holds for the runs from then on"
	}
	return "a batch job is not rolled out: an update holds for the attempts from then on"
}

// detail says how far a rollout is.
func (v *RolloutDetail) detail(h planning.Holdup) string {
	o := v.Rollout
	if o == nil {
		return "no rollout yet: the tasks are those of the first version"
	}
	var wanted, up uint32
	for i := range v.Groups {
		wanted, up = wanted+v.Groups[i].Wanted, up+v.Groups[i].Up
	}
	what := fmt.Sprintf("version %d", o.Version)
	if o.Cause == cluster.CauseRestart {
		what = "the restart"
	}
	far := fmt.Sprintf("%d of %s up with %s", up, tasks(wanted), what)
	switch {
	case o.Status == cluster.RolloutPaused:
		return far + "; it is paused" + because(o.Reason) + ", and goes on when it is resumed"
	case h.Kind == planning.HoldupUnpromoted:
		return fmt.Sprintf("%s; the canary of %d is up, and the others wait until it is promoted", far, o.Canary)
	case o.Status == cluster.RolloutRolling && h.Kind != planning.HoldupNone:
		return far + "; " + h.Message
	case o.Status == cluster.RolloutRolling:
		return far
	}
	return fmt.Sprintf("%s %s%s; %s", what, endWord(o.Status), because(o.Reason), far)
}

func endWord(s cluster.RolloutStatus) string {
	if s == cluster.RolloutRolledBack {
		return "was rolled back"
	}
	if s == cluster.RolloutSuperseded || s == cluster.RolloutCancelled {
		return "was " + string(s)
	}
	return string(s)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}
