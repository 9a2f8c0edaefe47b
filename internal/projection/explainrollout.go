package projection

import (
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
