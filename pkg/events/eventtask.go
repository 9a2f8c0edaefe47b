package events

import "time"

// SlotRange is a run of slots, both ends included, at one attempt.
type SlotRange struct {
	From    uint32 `json:"from"`
	To      uint32 `json:"to"`
	Attempt uint32 `json:"attempt"`
}

// Resources is what a task uses: cores and MB, with three decimals.
type Resources struct {
	CPUs float64 `json:"cpus"`
	Mem  float64 `json:"mem"`
	Disk float64 `json:"disk,omitzero"`
	GPUs float64 `json:"gpus,omitzero"`
}

// TasksPlanned says that these slots should run, each at the given attempt. One
// event plans many tasks.
type TasksPlanned struct {
	Run     uint64      `json:"run"`
	Version uint64      `json:"version"`
	Group   string      `json:"group"`
	Slots   []SlotRange `json:"slots"`
	// NotBefore is the earliest launch (back-off); the launcher enforces it.
	NotBefore time.Time `json:"not_before,omitzero"`
	Reason    string    `json:"reason,omitempty"`
	// Beside is whether they run beside the task that is in their slot, which ends once
	// they are up. Otherwise they wait for its end.
	Beside bool `json:"beside,omitzero"`
	Additive
}

// TasksDoomed says that these attempts should end.
type TasksDoomed struct {
	Run    uint64      `json:"run"`
	Slots  []SlotRange `json:"slots"`
	Reason string      `json:"reason"`
	// GraceMillis is the time between the gentle and the hard signal.
	GraceMillis int64 `json:"grace_ms,omitzero"`
	// Class is why, as a word for programs: stopped, scaled_down, updated and the like.
	Class string `json:"class,omitempty"`
	// Keep is whether the slots stay with their group: the next attempt follows when
	// this one is over. Otherwise a slot is free then.
	Keep bool `json:"keep,omitzero"`
	// KillBound is how many tasks a minute the planner dooms at most by decisions like
	// this one, of all jobs together; 0 where it bounds none.
	KillBound uint32 `json:"kill_bound,omitzero"`
	Additive
}

// TaskStaged says that the launcher is about to launch a task with these offers.
// It is appended before ACCEPT is sent, and ACCEPT is never sent again for it.
type TaskStaged struct {
	Run      uint64   `json:"run"`
	Version  uint64   `json:"version"`
	Group    string   `json:"group"`
	Slot     uint32   `json:"slot"`
	Attempt  uint32   `json:"attempt"`
	TaskID   string   `json:"task_id"`
	AgentID  string   `json:"agent_id"`
	Hostname string   `json:"hostname"`
	AgentURL string   `json:"agent_url,omitempty"`
	Offers   []string `json:"offers"`
	// HostPorts are the ports taken, in the order of the group's ports.
	HostPorts []uint32  `json:"host_ports,omitempty"`
	Resources Resources `json:"resources"`
	// Attributes are those of the agent, within bounds.
	Attributes map[string]string `json:"attributes,omitempty"`
	// Secrets are the versions of those that the task gets, where they have any, in order of name.
	Secrets []SecretVersion `json:"secrets,omitempty"`
	Additive
}

// SecretVersion is which version of a secret a task gets. Its value is in no event.
type SecretVersion struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// TaskWithdrawn says that the attempt will never run: it was doomed before it was
// launched, or its launch came to nothing and Mesos said so.
type TaskWithdrawn struct {
	Run     uint64 `json:"run"`
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	TaskID  string `json:"task_id,omitempty"`
	Reason  string `json:"reason"`
	Additive
}

// TaskAdopted says that Mesos runs a task of ours that the log did not know as alive.
type TaskAdopted struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"`
	Group   string `json:"group"`
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	TaskID  string `json:"task_id"`
	AgentID string `json:"agent_id"`
	State   string `json:"state"` // Mesos' name, TASK_RUNNING
	// Index is the task's within its group, where its labels tell it.
	Index *uint32 `json:"index,omitempty"`
	Additive
}

// TaskStatusChanged is what Mesos reported of a task. It is a fact: appended
// always, judged by the fold.
type TaskStatusChanged struct {
	Run     uint64 `json:"run"`
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	TaskID  string `json:"task_id"`
	AgentID string `json:"agent_id,omitempty"`
	State   string `json:"state"` // Mesos' name, TASK_RUNNING
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	Source  string `json:"source,omitempty"`
	// UUID is there for statuses of an agent or executor, which are to be acknowledged.
	UUID        []byte   `json:"uuid,omitempty"`
	Healthy     *bool    `json:"healthy,omitempty"`
	Addresses   []string `json:"addresses,omitempty"`
	ContainerID string   `json:"container_id,omitempty"`
	// Exit is the exit status of the task, where it had one.
	Exit *int `json:"exit,omitempty"`
	// At is Mesos' own time of the status.
	At time.Time `json:"at,omitzero"`
	Additive
}

// KillIssued says that the reaper is about to ask Mesos to kill these attempts.
type KillIssued struct {
	Run         uint64      `json:"run"`
	Slots       []SlotRange `json:"slots"`
	GraceMillis int64       `json:"grace_ms,omitzero"`
	Additive
}
