package mesos

import (
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// Framework is how taurus introduces itself. Mesos never lets principal, user
// and checkpoint of a known framework change.
type Framework struct {
	// ID is empty for a framework that Mesos has not seen yet.
	ID string
	// Name and User are required; User owns sandboxes and must exist on the agents.
	Name, User string
	// Hostname and WebUIURL are shown to people.
	Hostname, WebUIURL string
	// Principal is Config.Principal if empty.
	Principal string
	// Roles are those that offers are wanted for.
	Roles []string
	// SuppressedRoles start without offers, until Revive.
	SuppressedRoles []string
	// FailoverTimeout is how long Mesos keeps the tasks of a framework that is
	// not subscribed; 0 kills them at once.
	FailoverTimeout time.Duration
	// Checkpoint lets tasks outlive the restart of their agent.
	Checkpoint bool
	// GPUs asks for the offers of agents that have GPUs too: Mesos keeps them, as
	// a whole, from frameworks that do not.
	GPUs bool
}

// validate refuses what the master would, where that can be told.
func (f Framework) validate() error {
	switch {
	case f.Name == "":
		return &ConfigError{Field: "framework.name", Reason: "missing"}
	case f.User == "":
		return &ConfigError{Field: "framework.user", Reason: "missing; name a user that exists on the agents"}
	case f.FailoverTimeout < 0:
		return &ConfigError{Field: "framework.failover_timeout", Reason: "negative"}
	}
	return nil
}

func (f Framework) info(principal string) *mesos.FrameworkInfo {
	if f.Principal != "" {
		principal = f.Principal
	}
	failover := f.FailoverTimeout.Seconds()
	info := &mesos.FrameworkInfo{
		User:            f.User,
		Name:            f.Name,
		FailoverTimeout: &failover,
		Checkpoint:      &f.Checkpoint,
		Roles:           f.Roles,
		Hostname:        optional(f.Hostname),
		Principal:       optional(principal),
		WebUiURL:        optional(f.WebUIURL),
		Capabilities: []mesos.FrameworkInfo_Capability{
			{Type: mesos.FrameworkInfo_Capability_PARTITION_AWARE},
			{Type: mesos.FrameworkInfo_Capability_TASK_KILLING_STATE},
			{Type: mesos.FrameworkInfo_Capability_MULTI_ROLE},
			{Type: mesos.FrameworkInfo_Capability_RESERVATION_REFINEMENT},
			{Type: mesos.FrameworkInfo_Capability_REGION_AWARE},
		},
	}
	if f.GPUs {
		info.Capabilities = append(info.Capabilities, mesos.FrameworkInfo_Capability{Type: mesos.FrameworkInfo_Capability_GPU_RESOURCES})
	}
	if f.ID != "" {
		info.ID = &mesos.FrameworkID{Value: f.ID}
	}
	return info
}

// optional is nil for an empty string, as proto2 tells absent from empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
