package projection

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
)

// The reasons for which a rollout does not go on, each a kind of planning.Holdup.
const (
	CodeRolloutPaused     Code = "rollout_paused"
	CodeRolloutUnpromoted Code = "rollout_unpromoted"
	CodeRolloutEnding     Code = "rollout_ending"
	CodeRolloutComing     Code = "rollout_coming"
	CodeRolloutOver       Code = "rollout_over"
)

// rollout tells what the rollout of a job waits for.
func (e *Explanation) rollout(around planning.Around, j *cluster.Job, now time.Time) {
	h := planning.HoldupOf(around, j, now)
	if h.Kind == planning.HoldupNone {
		return
	}
	e.Reasons = append(e.Reasons, Reason{
		Code: Code("rollout_" + string(h.Kind)), Group: h.Group, Tasks: uint32(h.Tasks), Until: h.Until, Message: h.Message,
	})
}

// lead puts what makes a rollout wait before it, where that is what the state of the job
// is called by: a new version that crashes, or is unhealthy.
func (e *Explanation) lead(around planning.Around, j *cluster.Job, now time.Time) {
	h := planning.HoldupOf(around, j, now)
	code := map[JobState]Code{StateCrashLooping: CodeCrashLoop, StateUnhealthy: CodeUnhealthy}[e.State]
	if h.Kind != planning.HoldupComing && h.Kind != planning.HoldupOver || code == "" {
		return
	}
	of := func(code Code) int {
		return slices.IndexFunc(e.Reasons, func(r Reason) bool { return r.Code == code })
	}
	rollout, cause := of(Code("rollout_"+string(h.Kind))), of(code)
	if rollout < 0 || cause < rollout {
		return
	}
	r := e.Reasons[cause]
	e.Reasons = slices.Insert(slices.Delete(e.Reasons, cause, cause+1), rollout, r)
}
