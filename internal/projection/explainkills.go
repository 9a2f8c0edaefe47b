package projection

import (
	"fmt"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
)

// killBound tells of tasks that are to end, and wait since as many were ended in the last
// minute as may be without being asked to.
func (e *Explanation) killBound(s *cluster.State, j *cluster.Job, now time.Time) {
	held, ok := planning.HeldKills(s, j, now)
	if !ok {
		return
	}
	e.Reasons = append(e.Reasons, Reason{
		Code: CodeKillBound, Tasks: uint32(held.Tasks), Until: held.Next,
		Message: fmt.Sprintf("%s to end (%s) %s held by the bound on automatic kills: %d in the last minute, next at %s",
			tasks(uint32(held.Tasks)), strings.ReplaceAll(held.Class, "_", " "), verb(uint32(held.Tasks), "is", "are"), s.AutomaticKills.Within(now), held.Next.Format(time.RFC3339)),
	})
}
