package events

// The actions of RolloutSteered.
const (
	RolloutPause    = "pause"
	RolloutResume   = "resume"
	RolloutPromote  = "promote"
	RolloutCancel   = "cancel"
	RolloutRollback = "rollback"
)

// RolloutSteered says that a user wants a rollout to wait, to go on, to go beyond its
// canary, to end where it is, or to go back.
type RolloutSteered struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // that is being rolled out
	// Action is pause, resume, promote, cancel or rollback.
	Action string `json:"action"`
	// To is the version to go back to; 0 is the one that stood before.
	To     uint64 `json:"to,omitzero"`
	Reason string `json:"reason,omitempty"`
	Additive
}

// The outcomes of RolloutEnded.
const (
	RolloutSucceeded = "succeeded"
	RolloutFailed    = "failed"
)

// RolloutEnded says that a rollout is over: every task that is wanted has come up with
// the version, or they did not come up in time.
type RolloutEnded struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // that was rolled out
	// Began is the sequence of the event that began the rollout.
	Began uint64 `json:"began"`
	// Outcome is succeeded or failed.
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
	Additive
}

// RolloutReverted says that a rollout has failed and that the job goes back to the
// version that stood before, which begins a rollout of its own.
type RolloutReverted struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // that was rolled out
	// Began is the sequence of the event that began the rollout.
	Began  uint64 `json:"began"`
	To     uint64 `json:"to"`
	Reason string `json:"reason"`
	Additive
}
