package watch

import (
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
	// State is the one it came into; UNREACHABLE if its agent was cut off.
	State string
	// Host is where it is or was, once it is known.
	Host string
	// Detail says more: why it ended, or what the agent said.
	Detail string
	Exit   *int
	// Signal is the name of the one that ended it.
	Signal string
}

// Changes are what an event changed of the tasks of its job's newest run.
func Changes(e projection.Event) []Change {
	var changes []Change
	detail, exit := said(e)
	for _, t := range e.Result.Touched {
		if !t.Changed || t.Run != e.Result.Run {
			continue
		}
		for slot := uint64(t.From); slot <= uint64(t.To); slot++ {
			changes = append(changes, Change{
				Sequence: e.Sequence, Time: e.Time, Job: e.Job, Slot: uint32(slot), Attempt: t.Attempt,
				State: state(t), Host: t.Host, Detail: detail, Exit: exit, Signal: t.Signal,
			})
		}
	}
	return changes
}

func state(t projection.Touched) string {
	if t.Unreachable {
		return "UNREACHABLE"
	}
	return t.State
}

// said is what an event says of a task besides its state.
func said(e projection.Event) (detail string, exit *int) {
	switch ev := story.Decode(e).(type) {
	case events.TasksPlanned:
		return ev.Reason, nil
	case events.TaskAdopted:
		return "found running in Mesos", nil
	case events.TaskWithdrawn:
		return ev.Reason, nil
	case events.TaskStatusChanged:
		return ev.Message, ev.Exit
	default:
		return "", nil
	}
}
