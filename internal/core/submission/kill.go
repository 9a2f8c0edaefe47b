package submission

import (
	"fmt"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Kill asks for tasks that run to be killed at once; their slots are filled again, unless
// their group is scaled down by them.
type Kill struct {
	// Group is the group whose tasks are meant, empty for those of all.
	Group string
	// Slots are the slots that are meant, none for all.
	Slots  []uint32
	Reason string
	// ScaleDown has the group want as many fewer as slots are named, so that just these go
	// and nothing comes in their place.
	ScaleDown bool
	// Key is the client's idempotency key, empty for none.
	Key string
	// Seen is as that of Scale.
	Seen []Version
	// Limits bound the spec that comes of a scaling down.
	Limits job.Limits
}

func (c Kill) decide(j *cluster.Job) (events.Event, error) {
	kind := cluster.RequestKill
	if c.ScaleDown {
		kind = cluster.RequestScaleDown
	}
	if again, err := repeats(j, c.Key, kind, c.Group, c.Slots); again || err != nil {
		return nil, err
	}
	if err := changeable(j, c.Seen); err != nil {
		return nil, err
	}
	if j.Spec.Series() {
		return nil, ErrSeries
	}
	if c.Group != "" && j.Group(c.Group) == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoGroup, c.Group)
	}
	if len(c.Slots) > SlotsMax {
		return nil, job.Faults{{Path: "slots", Message: fmt.Sprintf("names %d; name at most %d, or a group", len(c.Slots), SlotsMax)}}
	}
	if c.ScaleDown {
		return c.scaleDown(j)
	}
	var named ranges.Builder
	for _, n := range ranges.Distinct(c.Slots) {
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
	return events.KillRequested{
		Run: j.Run, Group: c.Group, Slots: named.Ranges(), Reason: c.Reason, IdempotencyKey: c.Key,
	}, nil
}

// scaleDown has slots of one group gone, and their group want as many fewer.
func (c Kill) scaleDown(j *cluster.Job) (events.Event, error) {
	slots := ranges.Distinct(c.Slots)
	switch {
	case j.Spec.Kind != job.KindService:
		return nil, faultOf("scale_down", "is for services, and the job is a %s, whose tasks end by themselves; leave it out, or scale or stop the job", j.Spec.Kind)
	case len(slots) == 0:
		return nil, faultOf("slots", "is missing; name the slots that are to go with scale_down, or scale the group to 0")
	}
	var named ranges.Builder
	group := c.Group
	for _, n := range slots {
		found := goers(j.Slots[n], j.Run)
		if len(found) == 0 {
			return nil, faultOf("slots", "slot %d has no task that could go; see `taurus ps`", n)
		}
		switch of := found[0].Group; {
		case c.Group != "" && of != c.Group:
			return nil, faultOf("slots", "slot %d is of group %q, and not of %q", n, of, c.Group)
		case group == "":
			group = of
		case of != group:
			return nil, faultOf("slots", "names slots of the groups %q and %q; with scale_down name those of one group at a time", group, of)
		}
		for _, t := range found {
			if !named.Add(t.Slot, t.Attempt) {
				return nil, faultOf("slots", "names too many slots that do not lie together; name fewer at a time")
			}
		}
	}
	return c.lowered(j, group, uint32(len(slots)), named.Ranges())
}

// lowered is the event that has slots gone from a group.
func (c Kill) lowered(j *cluster.Job, group string, by uint32, slots []events.SlotRange) (events.Event, error) {
	at := slices.IndexFunc(j.Spec.Tasks, func(g job.Group) bool { return g.Name == group })
	if at < 0 {
		return nil, faultOf("slots", "the job has no group %q any more, so nothing is started again in them; leave scale_down out", group)
	}
	replicas := j.Spec.Tasks[at].Replicas
	if by > replicas {
		return nil, faultOf("slots", "names %d of group %q, and it has %d replicas; name as many at most", by, group, replicas)
	}
	wanted := j.Spec.Clone()
	wanted.Tasks[at].Replicas = replicas - by
	if err := wanted.ValidateStored(c.Limits); err != nil {
		return nil, renamed(err, fmt.Sprintf("tasks[%d].replicas", at), "scale_down")
	}
	return events.KillRequested{
		Run: j.Run, Group: group, Slots: slots, Reason: c.Reason,
		Version: j.NewestVersion() + 1, Replicas: replicas - by, IdempotencyKey: c.Key,
	}, nil
}

// goers are the tasks with which a slot would go: all that live, or are to be followed by
// another, if its group has it and no user wanted it gone before.
func goers(slot *cluster.Slot, run uint64) (found []*cluster.Task) {
	if slot == nil || len(slot.Tasks) == 0 {
		return nil
	}
	newest := slot.Newest()
	if newest.Run != run || slot.Dismissed(newest) != nil || newest.Doom != nil && !newest.Doom.Keep {
		return nil
	}
	for _, t := range slot.Tasks {
		if t.Run == run && t.Group == newest.Group && (t.Live() || t.Doom != nil && t == newest) {
			found = append(found, t)
		}
	}
	return found
}

func faultOf(path, format string, args ...any) error {
	return job.Faults{{Path: path, Message: fmt.Sprintf(format, args...)}}
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
