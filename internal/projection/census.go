package projection

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// census counts the tasks of a job as the fold goes on, at the cost of the slots
// that a record touches: a job may have 100,000, and what became of it is told
// with every event.
type census struct {
	// groups are in the order of the spec, without Wanted and Waiting, which
	// follow from the others and the spec.
	groups []Counts
	// stray are the tasks of groups that the spec does not have.
	stray Counts
	// live are by state; the states before Finished are those of live tasks.
	live [cluster.Finished]uint32
}

func newCensus(j *cluster.Job) *census {
	s := &census{}
	if j.Spec != nil {
		s.groups = make([]Counts, len(j.Spec.Tasks))
	}
	for _, slot := range j.Slots {
		s.count(j, slot, 1)
	}
	return s
}

// minus takes back what was counted before; counters wrap around.
const minus = ^uint32(0)

// count counts the tasks of a slot, by 1 or minus.
func (s *census) count(j *cluster.Job, slot *cluster.Slot, by uint32) {
	for _, task := range slot.Tasks {
		s.of(j, task.Group).count(j, slot, task, by)
		if task.Live() {
			s.live[task.State] += by
		}
	}
}

// countRanges counts the slots of ranges, those that are there.
func (s *census) countRanges(j *cluster.Job, list []events.SlotRange, by uint32) {
	for n := range ranges.All(list) {
		if slot := j.Slots[n]; slot != nil {
			s.count(j, slot, by)
		}
	}
}

func (s *census) of(j *cluster.Job, group string) *Counts {
	for i := range s.groups {
		if j.Spec.Tasks[i].Name == group {
			return &s.groups[i]
		}
	}
	return &s.stray
}

// group returns the counts of the group at an index of the spec.
func (s *census) group(j *cluster.Job, i int) Counts {
	c := s.groups[i]
	if !j.Over() && !j.Spec.Series() {
		c.Wanted = j.Spec.Tasks[i].Replicas
	}
	c.wait()
	return c
}

// total returns the counts of the job.
func (s *census) total(j *cluster.Job) Counts {
	c := s.stray
	for i := range s.groups {
		c.sum(s.group(j, i))
	}
	return c
}

// alive is how many tasks live, of any run.
func (s *census) alive() uint32 {
	n := uint32(0)
	for _, tasks := range s.live {
		n += tasks
	}
	return n
}

// ahead is how many tasks are ahead of the log.
func (s *census) ahead() uint32 {
	n := s.stray.Ahead
	for i := range s.groups {
		n += s.groups[i].Ahead
	}
	return n
}

// touchedBy returns the slots of a job whose tasks a record may change, ascending
// and none twice; with all it may be any of them. j and s are the job and its census
// before the record, nil if it is not known.
func touchedBy(r cluster.Record, j *cluster.Job, s *census) (list []events.SlotRange, all bool) {
	switch ev := r.Event.(type) {
	case events.JobSubmitted, events.JobDeleted, events.JobExpired:
		return nil, true
	case events.JobStopped:
		return nil, s != nil && s.ahead() > 0 // What users decide ends that.
	case events.JobUpdated, events.JobRestarted, events.RolloutSteered, events.RolloutReverted:
		return nil, true
	case events.JobScaled:
		return nil, s != nil && (s.ahead() > 0 || ev.Version < j.Version)
	case events.KillRequested:
		return nil, s != nil && (s.ahead() > 0 || ev.Version != 0 && ev.Version < j.Version)
	case events.TasksPlanned:
		list = ev.Slots
	case events.TasksDoomed:
		list = ev.Slots
	case events.TaskStaged, events.TaskWithdrawn, events.TaskAdopted, events.TaskStatusChanged:
		return []events.SlotRange{{From: r.Subject.Slot, To: r.Subject.Slot}}, false
	default:
		return nil, false
	}
	for i := 1; i < len(list); i++ {
		if list[i].From <= list[i-1].To {
			return nil, true // Two attempts of a slot at once are seldom.
		}
	}
	return list, false
}
