package events

import "time"

// The actions of ScheduleSteered.
const (
	SchedulePause  = "pause"
	ScheduleResume = "resume"
)

// ScheduleSteered says that a user wants the schedule of a periodic job to wait, or to
// go on.
type ScheduleSteered struct {
	Run    uint64 `json:"run"`
	Action string `json:"action"`
	Reason string `json:"reason,omitempty"`
	Additive
}

// RunRequested says that a user wants a run of a series now. Whoever folds it makes a
// job of it: <id>@<time of the record>-<number>.
type RunRequested struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // of the series' spec
	// Number counts the runs that were asked for.
	Number uint64 `json:"number"`
	// Parameters are those of the run, by name.
	Parameters map[string]string `json:"parameters,omitempty"`
	// IdempotencyKey is as that of JobSubmitted.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Reason         string `json:"reason,omitempty"`
	Additive
}

// The outcomes of RunDue.
const (
	// RunStarted: whoever folds it makes a job of it, <id>@<at>.
	RunStarted = "started"
	// RunSkipped: one before it goes on.
	RunSkipped = "skipped"
	// RunMissed: it could not begin in time.
	RunMissed = "missed"
	// RunHeld: the schedule was paused.
	RunHeld = "held"
)

// RunDue says what became of a time of a periodic job's schedule, or of several in a
// row. The time is what a run is known by: of one time only the first counts.
type RunDue struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // of the spec that the run has
	// At is the time, the last one of several.
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"`
	// Count is how many times it stands for where they are several, From the first.
	Count uint32    `json:"count,omitzero"`
	From  time.Time `json:"from,omitzero"`
	// Replaces stops the runs that go on; this one begins its tasks when they are over.
	Replaces bool   `json:"replaces,omitzero"`
	Reason   string `json:"reason,omitempty"`
	Additive
}
