package link

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/gogo/protobuf/proto"
	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// The paths on the master's port.
const (
	PathRegister = "/mesosim/link/register"
	PathMessages = "/mesosim/link/messages"
	// HeaderSession names the session of a request to PathMessages.
	HeaderSession = "Mesosim-Session"
)

// Proto carries a protobuf message inside a JSON text as its serialized bytes.
type Proto[T any, P interface {
	*T
	proto.Message
}] struct{ Value T }

// MarshalJSON writes the serialized message as base64.
func (p Proto[T, P]) MarshalJSON() ([]byte, error) {
	b, err := proto.Marshal(P(&p.Value))
	if err != nil {
		return nil, err
	}
	return json.Marshal(b)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Proto[T, P]) UnmarshalJSON(data []byte) error {
	var b []byte
	if err := json.Unmarshal(data, &b); err != nil {
		return err
	}
	if err := proto.Unmarshal(b, P(&p.Value)); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return nil
}

// FrameworkInfo is a framework's own description.
type FrameworkInfo = Proto[mesos.FrameworkInfo, *mesos.FrameworkInfo]

// TaskInfo is what a framework asked to run.
type TaskInfo = Proto[mesos.TaskInfo, *mesos.TaskInfo]

// TaskStatus is one state of a task.
type TaskStatus = Proto[mesos.TaskStatus, *mesos.TaskStatus]

// AgentInfo is an agent's description.
type AgentInfo = Proto[mesos.AgentInfo, *mesos.AgentInfo]

// ExecutorInfo is what runs the tasks of a group.
type ExecutorInfo = Proto[mesos.ExecutorInfo, *mesos.ExecutorInfo]

// Resource is a part of an agent.
type Resource = Proto[mesos.Resource, *mesos.Resource]

// Register opens a session.
type Register struct {
	Agent AgentInfo `json:"agent"` // with its id when it registers again
	IP    string    `json:"ip"`
	// Resources are the agent's after the operations it applied; empty means
	// those of Agent.
	Resources  []Resource      `json:"resources,omitempty"`
	Frameworks []FrameworkInfo `json:"frameworks,omitempty"`
	Tasks      []Task          `json:"tasks,omitempty"`
}

// Task is a task as its agent knows it.
type Task struct {
	FrameworkID string          `json:"framework_id"`
	Info        TaskInfo        `json:"info"`
	Group       *ExecutorInfo   `json:"group,omitempty"` // of a task of a group
	State       mesos.TaskState `json:"state"`           // the latest
	// Statuses are those that were forwarded, oldest first, without data.
	Statuses []TaskStatus `json:"statuses,omitempty"`
}

// FromAgent is one message of an agent; exactly one field is set.
type FromAgent struct {
	Pong       bool      `json:"pong,omitempty"`
	Unregister bool      `json:"unregister,omitempty"`
	Update     *Update   `json:"update,omitempty"`
	Operation  *Feedback `json:"operation,omitempty"`
}

// Update is a status update that the agent sends until it is acknowledged.
type Update struct {
	FrameworkID string          `json:"framework_id"`
	Status      TaskStatus      `json:"status"`
	Latest      mesos.TaskState `json:"latest"` // may be ahead of Status
}

// Feedback is the end of an operation with an id.
type Feedback struct {
	FrameworkID string `json:"framework_id"`
	OperationID string `json:"operation_id"`
	UUID        []byte `json:"uuid"`
}

// ToAgent is one message of the master; exactly one field is set.
type ToAgent struct {
	Registered        *Registered        `json:"registered,omitempty"`
	Refused           *Refused           `json:"refused,omitempty"`
	Ping              bool               `json:"ping,omitempty"`
	Launch            *Launch            `json:"launch,omitempty"`
	Kill              *Kill              `json:"kill,omitempty"`
	Acknowledge       *Acknowledge       `json:"acknowledge,omitempty"`
	ShutdownFramework *ShutdownFramework `json:"shutdown_framework,omitempty"`
	ShutdownExecutor  *ShutdownExecutor  `json:"shutdown_executor,omitempty"`
	UpdateFramework   *UpdateFramework   `json:"update_framework,omitempty"`
	Drain             *Drain             `json:"drain,omitempty"`
	Apply             *Apply             `json:"apply,omitempty"`
	AckOperation      *AckOperation      `json:"ack_operation,omitempty"`
	Shutdown          *Shutdown          `json:"shutdown,omitempty"`
}

// Registered opens the stream.
type Registered struct {
	AgentID string `json:"agent_id"`
	Session string `json:"session"`
	// PingTimeout times MaxPingTimeouts is how long an agent waits for a ping
	// before it takes the link for broken.
	PingTimeout     time.Duration `json:"ping_timeout"`
	MaxPingTimeouts int           `json:"max_ping_timeouts"`
	// Expected are the tasks that the master thinks the agent has.
	Expected []TaskKey `json:"expected,omitempty"`
}

// TaskKey names a task.
type TaskKey struct {
	FrameworkID string `json:"framework_id"`
	TaskID      string `json:"task_id"`
	// PartitionAware reports whether its framework has that capability.
	PartitionAware bool `json:"partition_aware"`
}

// Refused ends a registration for good: the agent was marked gone, or its id
// belongs to an agent that was removed.
type Refused struct {
	Reason string `json:"reason"`
}

// Launch starts a task.
type Launch struct {
	Framework FrameworkInfo `json:"framework"`
	Task      TaskInfo      `json:"task"`
	Group     *ExecutorInfo `json:"group,omitempty"` // for a task of a group
	Role      string        `json:"role"`
}

// Kill ends a task. Grace is that of the call, negative when it has none.
type Kill struct {
	FrameworkID    string        `json:"framework_id"`
	TaskID         string        `json:"task_id"`
	Grace          time.Duration `json:"grace"`
	PartitionAware bool          `json:"partition_aware"`
}

// Acknowledge ends the resending of an update.
type Acknowledge struct {
	FrameworkID string `json:"framework_id"`
	TaskID      string `json:"task_id"`
	UUID        []byte `json:"uuid"`
}

// ShutdownFramework ends all tasks of a framework that was removed; nobody
// will acknowledge their updates.
type ShutdownFramework struct {
	FrameworkID string `json:"framework_id"`
}

// ShutdownExecutor ends an executor, whose id is that of its task for docker
// and command tasks.
type ShutdownExecutor struct {
	FrameworkID string `json:"framework_id"`
	ExecutorID  string `json:"executor_id"`
}

// UpdateFramework says that a framework subscribed again or changed: all
// pending updates are resent at once.
type UpdateFramework struct {
	Framework FrameworkInfo `json:"framework"`
}

// Drain ends all tasks. MaxGrace is negative when there is no limit.
type Drain struct {
	MaxGrace time.Duration `json:"max_grace"`
	MarkGone bool          `json:"mark_gone"`
	Stop     bool          `json:"stop"` // the drain was cancelled
}

// Apply changes the agent's resources by a RESERVE or the like.
type Apply struct {
	Resources []Resource `json:"resources"` // all, after the operation
	// FrameworkID and OperationID ask for Feedback when they are set.
	FrameworkID string `json:"framework_id,omitempty"`
	OperationID string `json:"operation_id,omitempty"`
}

// AckOperation ends the resending of a Feedback.
type AckOperation struct {
	OperationID string `json:"operation_id"`
	UUID        []byte `json:"uuid"`
}

// Shutdown ends the agent with all its tasks.
type Shutdown struct {
	Reason string `json:"reason"`
}
