package events

import "github.com/go-json-experiment/json/jsontext"

// JobSubmitted says that a user submitted a job. Its own sequence is the run, which tells
// the tasks of this submission from those of an earlier one under the same id.
type JobSubmitted struct {
	// Spec is the normalised job spec, as docs/jobs.md describes it.
	Spec jsontext.Value `json:"spec"`
	// IdempotencyKey is the client's, so that a retry is answered as the first try.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Additive
}

// JobScaled says that a user changed how many tasks of a group are wanted.
type JobScaled struct {
	Run      uint64 `json:"run"`
	Version  uint64 `json:"version"` // of the spec, after the change
	Group    string `json:"group"`
	Replicas uint32 `json:"replicas"`
	Additive
}

// JobStopped says that a user wants nothing of the job to run.
type JobStopped struct {
	Run    uint64 `json:"run"`
	Reason string `json:"reason,omitempty"`
	// KeepRuns leaves the runs of a series going on; otherwise they are stopped, too.
	KeepRuns bool `json:"keep_runs,omitzero"`
	Additive
}

// JobDeleted says that a user wants a job that is over out of the lists. History
// stays.
type JobDeleted struct {
	Run uint64 `json:"run"`
	Additive
}

// JobUpdated says that a user changed what a job runs. Its tasks come to the new
// version step by step, those whose own part of the spec has changed.
type JobUpdated struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // of the spec, after the change
	// Spec is the whole normalised job spec, as docs/jobs.md describes it.
	Spec jsontext.Value `json:"spec"`
	// RevertOf is the version whose spec this is again, 0 for none.
	RevertOf uint64 `json:"revert_of,omitzero"`
	// IdempotencyKey is the client's, so that a retry is answered as the first try.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Additive
}

// VersionTagged says that a user gave a version of a job a name, or took it away.
type VersionTagged struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"`
	// Tag names one version of the run at most: one that had it has it no more. Empty
	// takes the name of the version away.
	Tag string `json:"tag,omitempty"`
	Additive
}

// KillRequested says that a user wants tasks killed that run now, at once; their slots
// are filled again, unless the group is scaled down by them.
type KillRequested struct {
	Run uint64 `json:"run"`
	// Group is the group whose tasks are meant, empty for those of all.
	Group string `json:"group,omitempty"`
	// Slots are the attempts that are meant, none for all that had a place then.
	Slots  []SlotRange `json:"slots,omitempty"`
	Reason string      `json:"reason,omitempty"`
	// Version is that of the spec after the group was scaled down to Replicas, so that
	// nothing comes into the slots; 0 if it stays as it is.
	Version  uint64 `json:"version,omitzero"`
	Replicas uint32 `json:"replicas,omitzero"`
	// IdempotencyKey is the client's, so that a retry is answered as the first try.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Additive
}

// JobRestarted says that a user wants tasks replaced that were launched before it,
// though nothing of what they run has changed.
type JobRestarted struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // that the job had; it stays
	// Group is the group whose tasks are meant, empty for those of all.
	Group string `json:"group,omitempty"`
	// Slots are the slots that are meant, none for all; of an attempt it says nothing.
	Slots  []SlotRange `json:"slots,omitempty"`
	Reason string      `json:"reason,omitempty"`
	// IdempotencyKey is the client's, so that a retry is answered as the first try.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Additive
}

// JobCompleted says that as many tasks of the job ended well as have to, and none is
// wanted any more.
type JobCompleted struct {
	Run uint64 `json:"run"`
	Additive
}

// JobFailed says that more tasks of the job failed than may, or that it took longer than
// it may.
type JobFailed struct {
	Run uint64 `json:"run"`
	// Slot and Attempt are those of a task that failed for good; Attempt is 0 where none did.
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	Reason  string `json:"reason"`
	// Exit is the exit status of the last attempt, where it had one.
	Exit *int `json:"exit,omitempty"`
	Additive
}

// JobExpired says that a job that is over has been in the lists for as long as it was to
// be, and leaves them. History stays.
type JobExpired struct {
	Run uint64 `json:"run"`
	// KeptMillis is how long it was there after its end, as its spec asks for.
	KeptMillis int64 `json:"kept_ms"`
	Additive
}
