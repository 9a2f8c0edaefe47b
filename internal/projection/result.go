package projection

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Result is what stands of a job once an event about it is folded, whether or
// not the event counted. Of a deleted job it says how it ended.
type Result struct {
	// Run is the job's newest; 0 if nobody submitted it.
	Run   uint64   `json:"run"`
	State JobState `json:"state"`
	Tasks Counts   `json:"tasks"`
	// Touched are the tasks that the event is about, as they are now. Of one that
	// did not count they are those that stand against it.
	Touched []Touched `json:"touched,omitempty"`
	// Untold are how many more tasks it is about, where there are more than TouchedMax
	// ranges of them.
	Untold uint32 `json:"untold,omitzero"`
}

// Touched are attempts of one or more slots in a row that are alike.
type Touched struct {
	From    uint32 `json:"from"`
	To      uint32 `json:"to"`
	Attempt uint32 `json:"attempt"`
	// Run is that of the attempts, which may be an earlier one.
	Run uint64 `json:"run"`
	// State is Mesos' word without TASK_, or PENDING.
	State       string `json:"state"`
	Unreachable bool   `json:"unreachable,omitzero"`
	// Doomed reports whether they should end.
	Doomed bool `json:"doomed,omitzero"`
	// Changed reports whether the event brought them into this state, or into or
	// out of reach.
	Changed bool `json:"changed,omitzero"`
	// Class is why they ended, or are being killed, in one word.
	Class string `json:"class,omitzero"`
	// Signal is the name of the one that ended the task, in events about one.
	Signal string `json:"signal,omitzero"`
	// TaskID and Host are there for events about one task, once they are known.
	TaskID string `json:"task_id,omitzero"`
	Host   string `json:"host,omitzero"`
}

// taskID is Mesos' name of the task that an event is about.
func taskID(ev events.Event) string {
	switch ev := ev.(type) {
	case events.TaskStaged:
		return ev.TaskID
	case events.TaskWithdrawn:
		return ev.TaskID
	case events.TaskAdopted:
		return ev.TaskID
	case events.TaskStatusChanged:
		return ev.TaskID
	default:
		return ""
	}
}

// signal is the name of the signal by which a task ended, as an event tells it.
func signal(ev events.Event) string {
	status, ok := ev.(events.TaskStatusChanged)
	if !ok || !cluster.Meaning(status.State).Terminal() {
		return ""
	}
	return restart.End{Exit: status.Exit, Message: status.Message}.Signal()
}
