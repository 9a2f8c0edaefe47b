package watch

import (
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Change is a task that came into another state.
type Change struct {
	Sequence uint64
	Time     time.Time
	Job      string
	Slot     uint32
	Attempt  uint32
	// State is the one it came into, From the one before, empty for a new task.
	State, From string
	// Host is where it is or was, once it is known.
	Host string
	// Detail says more: why it ended, or what the agent said.
	Detail string
	Exit   *int
}

// Tasks are the tasks of one job, as far as events told.
type Tasks struct {
	run   uint64 // 0 until the submission was seen
	slots map[uint32]*task
}

type task struct {
	attempt     uint32
	state, host string
}

// New returns the tasks of a job before its first event.
func New() *Tasks { return &Tasks{slots: map[uint32]*task{}} }

// States counts the newest attempts by state.
func (t *Tasks) States() map[string]int {
	n := map[string]int{}
	for _, s := range t.slots {
		n[s.state]++
	}
	return n
}

// Live counts the tasks that have not ended.
func (t *Tasks) Live() int {
	n := 0
	for _, s := range t.slots {
		if !ended(s.state) {
			n++
		}
	}
	return n
}

// Apply returns what an event changes. A new submission of the job begins from
// nothing; what comes from tasks of an earlier one is left out.
func (t *Tasks) Apply(e projection.Event) []Change {
	decoded := story.Decode(e)
	if run := runOf(decoded); run != 0 && t.run != 0 && run != t.run {
		return nil
	}
	switch ev := decoded.(type) {
	case events.JobSubmitted:
		*t = Tasks{run: e.Sequence, slots: map[uint32]*task{}}
	case events.TasksPlanned:
		var changes []Change
		for _, r := range ev.Slots {
			for slot := uint64(r.From); slot <= uint64(r.To); slot++ {
				changes = append(changes, t.plan(e, uint32(slot), r.Attempt, ev.Reason)...)
			}
		}
		return changes
	case events.TaskStaged:
		return t.move(e, ev.Slot, ev.Attempt, "STAGING", ev.Hostname, "", nil)
	case events.TaskAdopted:
		return t.move(e, ev.Slot, ev.Attempt, strings.TrimPrefix(ev.State, "TASK_"), "", "found running in Mesos", nil)
	case events.TaskWithdrawn:
		return t.move(e, ev.Slot, ev.Attempt, "WITHDRAWN", "", ev.Reason, nil)
	case events.TaskStatusChanged:
		return t.move(e, ev.Slot, ev.Attempt, strings.TrimPrefix(ev.State, "TASK_"), "", ev.Message, ev.Exit)
	default: // Not about a task.
	}
	return nil
}

// runOf is the run that an event about a task belongs to, 0 for any other event.
func runOf(ev events.Event) uint64 {
	switch ev := ev.(type) {
	case events.TasksPlanned:
		return ev.Run
	case events.TaskStaged:
		return ev.Run
	case events.TaskAdopted:
		return ev.Run
	case events.TaskWithdrawn:
		return ev.Run
	case events.TaskStatusChanged:
		return ev.Run
	default:
		return 0
	}
}

// plan begins a new attempt, which only a planner does.
func (t *Tasks) plan(e projection.Event, slot, attempt uint32, reason string) []Change {
	if s := t.slots[slot]; s != nil && s.attempt >= attempt {
		return nil
	}
	t.slots[slot] = &task{attempt: attempt}
	return t.move(e, slot, attempt, "PENDING", "", reason, nil)
}

func (t *Tasks) move(e projection.Event, slot, attempt uint32, state, host, detail string, exit *int) []Change {
	s := t.slots[slot]
	switch {
	case s == nil:
		s = &task{attempt: attempt}
		t.slots[slot] = s
	case attempt < s.attempt || ended(s.state):
		return nil // An older attempt, or a repeat.
	case attempt > s.attempt:
		*s = task{attempt: attempt}
	}
	if host != "" {
		s.host = host
	}
	if s.state == state {
		return nil
	}
	change := Change{
		Sequence: e.Sequence, Time: e.Time, Job: e.Job, Slot: slot, Attempt: attempt,
		State: state, From: s.state, Host: s.host, Detail: detail, Exit: exit,
	}
	s.state = state
	return []Change{change}
}

// ended tells whether a state is an end.
func ended(state string) bool {
	switch state {
	case "FINISHED", "FAILED", "KILLED", "ERROR", "LOST", "DROPPED", "GONE", "GONE_BY_OPERATOR", "UNKNOWN", "WITHDRAWN":
		return true
	}
	return false
}
