package projection

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/pkg/events"
)

// left is what may begin, in bytes.
func (r Room) left() uint64 {
	return r.MaxBytes - min(r.MaxBytes, r.Bytes+r.Ends)
}

// wanted is the limit with which there is room for so many bytes more, in MiB.
func (r Room) wanted(need uint64) uint64 {
	limit := max(r.Bytes+r.Ends+need, uint64(float64(r.Bytes)/planning.PlanShare)+1)
	return (limit + 1<<20 - 1) >> 20
}

// tooLarge are the groups that the planner does not plan since the log has no room
// for all that their tasks will write: it plans those of a group that are missing all
// at once.
func tooLarge(j *cluster.Job, v Job, room Room) []Reason {
	if room.MaxBytes == 0 || j.Over() || planNeed(j.ID, v.Tasks.Waiting) <= room.left() {
		return nil // So it is with nearly all, and their tasks are not looked at.
	}
	var reasons []Reason
	for _, g := range v.Groups {
		n := unplanned(j, g)
		needs := planNeed(j.ID, n)
		if needs <= room.left() {
			continue
		}
		reasons = append(reasons, Reason{Code: CodeLogFull, Group: g.Name, Tasks: n, Message: fmt.Sprintf(
			"%s of group %s cannot be planned for want of space in the log: %s are needed until they have ended, %s of its %s are neither used nor reserved, %s are missing; raise its limit: taurus log resize --max-bytes %dMiB",
			tasks(n), g.Name, sizeText(needs), sizeText(room.left()), sizeText(room.MaxBytes), sizeText(needs-room.left()), room.wanted(needs))})
	}
	return reasons
}

// planNeed is what so many tasks of a job need that are planned at once.
func planNeed(id string, n uint32) uint64 {
	if n == 0 {
		return 0
	}
	return reserve.OfPlan(id, []events.SlotRange{{From: 0, To: n - 1}})
}

func sizeText(bytes uint64) string {
	const kib, mib = 1 << 10, 1 << 20
	if bytes < mib {
		return fmt.Sprintf("%.1f KiB", float64(bytes)/kib)
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/mib)
}
