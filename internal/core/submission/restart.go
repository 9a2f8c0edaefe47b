package submission

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// SlotsMax is how many slots a restart may name; one of more names groups.
const SlotsMax = 1000

// Restart asks for tasks of a service to be replaced, by the steps of its rollout, though
// nothing of what they run has changed.
type Restart struct {
	// Group is the group whose tasks are meant, empty for those of all.
	Group string
	// Slots are the slots that are meant, none for all.
	Slots  []uint32
	Reason string
	// Key is the client's idempotency key, empty for none.
	Key string
	// Seen is as that of Scale.
	Seen []Version
}

func (c Restart) decide(j *cluster.Job) (events.Event, error) {
	if again, err := repeats(j, c.Key, cluster.RequestRestart, c.Group, c.Slots); again || err != nil {
		return nil, err
	}
	if err := changeable(j, c.Seen); err != nil {
		return nil, err
	}
	if j.Spec.Kind != job.KindService {
		return nil, ErrNotRolled
	}
	if c.Group != "" && j.Group(c.Group) == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoGroup, c.Group)
	}
	if len(c.Slots) > SlotsMax {
		return nil, job.Faults{{Path: "slots", Message: fmt.Sprintf("names %d; name at most %d, or a group", len(c.Slots), SlotsMax)}}
	}
	slots := ranges.Distinct(c.Slots)
	for _, n := range slots {
		if why := c.unfit(j, n); why != "" {
			return nil, job.Faults{{Path: "slots", Message: fmt.Sprintf("slot %d %s", n, why)}}
		}
	}
	return events.JobRestarted{
		Run: j.Run, Version: j.Version, Group: c.Group, Slots: inRanges(slots), Reason: c.Reason, IdempotencyKey: c.Key,
	}, nil
}

// unfit says why a slot cannot be restarted, empty if it can.
func (c Restart) unfit(j *cluster.Job, n uint32) string {
	slot := j.Slots[n]
	if slot == nil || len(slot.Tasks) == 0 {
		return "is none of the job's; see `taurus ps`"
	}
	for _, t := range slot.Tasks {
		if t.Run == j.Run && (c.Group == "" || t.Group == c.Group) {
			return ""
		}
	}
	return fmt.Sprintf("is not of group %q", c.Group)
}

// inRanges names slots in order by ranges of them.
func inRanges(slots []uint32) (list []events.SlotRange) {
	for _, n := range slots {
		if last := len(list) - 1; last >= 0 && list[last].To+1 == n {
			list[last].To = n
			continue
		}
		list = append(list, events.SlotRange{From: n, To: n})
	}
	return list
}
