package submission

import (
	"fmt"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Kill asks for tasks that run to be killed at once; their slots are filled again.
type Kill struct {
	// Group is the group whose tasks are meant, empty for those of all.
	Group string
	// Slots are the slots that are meant, none for all.
	Slots  []uint32
	Reason string
	// Seen is as that of Scale.
	Seen []Version
}

func (c Kill) decide(j *cluster.Job) (events.Event, error) {
	if err := changeable(j, c.Seen); err != nil {
		return nil, err
	}
	if c.Group != "" && j.Group(c.Group) == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoGroup, c.Group)
	}
	if len(c.Slots) > SlotsMax {
		return nil, job.Faults{{Path: "slots", Message: fmt.Sprintf("names %d; name at most %d, or a group", len(c.Slots), SlotsMax)}}
	}
	var named ranges.Builder
	for _, n := range slices.Compact(slices.Sorted(slices.Values(c.Slots))) {
		found := c.meant(j, n)
		if len(found) == 0 {
			return nil, job.Faults{{Path: "slots", Message: fmt.Sprintf("slot %d has no task that could be killed; see `taurus ps`", n)}}
		}
		for _, t := range found {
			named.Add(t.Slot, t.Attempt)
		}
	}
	if len(c.Slots) == 0 && !c.any(j) {
		return nil, nil
	}
	return events.KillRequested{Run: j.Run, Group: c.Group, Slots: named.Ranges(), Reason: c.Reason}, nil
}

// meant are the tasks of a slot that are to be killed.
func (c Kill) meant(j *cluster.Job, n uint32) (found []*cluster.Task) {
	if slot := j.Slots[n]; slot != nil {
		for _, t := range slot.Tasks {
			if t.Killable(j.Run) && (c.Group == "" || t.Group == c.Group) {
				found = append(found, t)
			}
		}
	}
	return found
}

func (c Kill) any(j *cluster.Job) bool {
	for n := range j.Slots {
		if len(c.meant(j, n)) > 0 {
			return true
		}
	}
	return false
}
