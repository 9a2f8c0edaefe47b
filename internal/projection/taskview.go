package projection

import (
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Task is what users see of one attempt of a slot.
type Task struct {
	Job     string `json:"job"`
	Group   string `json:"group"`
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"`
	// Index numbers it within its group; what the task reads as TAURUS_INDEX.
	Index uint32 `json:"index"`
	// TaskID is Mesos' name of the task, there once it is staged.
	TaskID string `json:"task_id,omitzero"`
	// State is Mesos' word without TASK_, or PENDING.
	State       string `json:"state"`
	Live        bool   `json:"live"`
	Unreachable bool   `json:"unreachable,omitzero"`
	// Original reports whether another was planned in its place while its agent was cut off,
	// and it may come back and go on instead, until GiveUpAt if that is there.
	Original bool      `json:"original,omitzero"`
	GiveUpAt time.Time `json:"give_up_at,omitzero"`
	// Since is when it came into this state.
	Since time.Time `json:"since,omitzero"`
	// AgeMillis is the time since then.
	AgeMillis int64 `json:"age_ms"`
	// Deadline is when a batch task is ended for the time that it runs.
	Deadline time.Time `json:"deadline,omitzero"`
	// NotBefore is the end of the back-off of a task that waits.
	NotBefore time.Time `json:"not_before,omitzero"`
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`

	Host        string   `json:"host,omitzero"`
	AgentID     string   `json:"agent_id,omitzero"`
	AgentURL    string   `json:"agent_url,omitzero"`
	Addresses   []string `json:"addresses,omitempty"`
	Ports       []Port   `json:"ports,omitempty"`
	ContainerID string   `json:"container_id,omitzero"`
	// Healthy is what its health check says; absent if it has none, or that has said
	// nothing yet.
	Healthy *bool `json:"healthy,omitzero"`
	// Unchecked reports whether it runs and its health check has said nothing yet.
	Unchecked bool `json:"unchecked,omitzero"`
	// ChecksFailed is how often in a row its health check has failed.
	ChecksFailed uint32           `json:"checks_failed,omitzero"`
	Resources    events.Resources `json:"resources,omitzero"`
	Adopted      bool             `json:"adopted,omitzero"`
	// Ahead reports whether it is of a run or a version that the log has lost.
	Ahead bool `json:"ahead,omitzero"`
	// Doom is why it should end, nil while it is wanted.
	Doom *Doom `json:"doom,omitzero"`
	// Status is what Mesos said last.
	Status *Status `json:"status,omitzero"`
	// LastFailure is how the slot's last attempt ended, if not well.
	LastFailure *End `json:"last_failure,omitzero"`
	// Failures counts ends in a row that the task is to blame for.
	Failures uint32 `json:"failures,omitzero"`
	// CrashLoop is there while the slot's tasks fail again and again.
	CrashLoop *CrashLoop `json:"crash_loop,omitzero"`
	Sequence  uint64     `json:"sequence"`
}

// Port is a port of a task and where it is reached.
type Port struct {
	Name      string `json:"name,omitzero"`
	Container uint32 `json:"container,omitzero"`
	Host      uint32 `json:"host"`
	Protocol  string `json:"protocol,omitzero"`
}

// Doom is the decision that a task should end.
type Doom struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Kills  uint32    `json:"kills"`
	// Blocked reports whether the kills should have ended it by now.
	Blocked bool `json:"blocked,omitzero"`
}

// Status is what Mesos said of a task.
type Status struct {
	// Class is why it ended, or is being killed, in one word.
	Class   string `json:"class,omitzero"`
	Reason  string `json:"reason,omitzero"`
	Message string `json:"message,omitzero"`
	Source  string `json:"source,omitzero"`
	Exit    *int   `json:"exit,omitzero"`
	// Signal is the name of the one that ended it, SIGKILL.
	Signal string `json:"signal,omitzero"`
}

// End is how an attempt ended.
type End struct {
	Attempt uint32    `json:"attempt"`
	State   string    `json:"state"`
	At      time.Time `json:"at"`
	Host    string    `json:"host,omitzero"`
	// Summary says how and why, for people.
	Summary string `json:"summary,omitzero"`
	Status
}

// Tasks returns the tasks of a job by slot and attempt, at most limit of those
// in slots from from on (0 is all); next is the slot to go on with, nil at the
// end. It is false if users see no such job.
func (m *Model) Tasks(id string, from uint32, limit int, now time.Time) (tasks []Task, next *uint32, ok bool) {
	j, ok := m.known(id)
	if !ok {
		return nil, nil, false
	}
	tasks = []Task{}
	for _, n := range slices.Sorted(maps.Keys(j.Slots)) {
		if n < from {
			continue
		}
		if limit > 0 && len(tasks) >= limit {
			return tasks, &n, true
		}
		tasks = append(tasks, slotView(j, j.Slots[n], now)...)
	}
	return tasks, nil, true
}

// Slot returns the attempts of one slot, the newest last.
func (m *Model) Slot(id string, slot uint32, now time.Time) ([]Task, bool) {
	j, ok := m.known(id)
	if !ok || j.Slots[slot] == nil {
		return nil, false
	}
	tasks := slotView(j, j.Slots[slot], now)
	return tasks, len(tasks) > 0
}

// LastEnd returns the attempt of a slot that ended last. Slot no longer shows it
// once a newer one is planned, but its output is what tells why it ended.
func (m *Model) LastEnd(id string, slot uint32, now time.Time) (Task, bool) {
	j, ok := m.known(id)
	if !ok || j.Slots[slot] == nil || j.Slots[slot].LastEnd == nil {
		return Task{}, false
	}
	return taskView(j, j.Slots[slot], j.Slots[slot].LastEnd, now), true
}

// slotView leaves out what earlier runs left behind.
func slotView(j *cluster.Job, slot *cluster.Slot, now time.Time) []Task {
	var tasks []Task
	for _, t := range slot.Tasks {
		if t.Run == j.Run || t.Live() {
			tasks = append(tasks, taskView(j, slot, t, now))
		}
	}
	return tasks
}

func taskView(j *cluster.Job, slot *cluster.Slot, t *cluster.Task, now time.Time) Task {
	v := Task{
		Job: j.ID, Group: t.Group, Slot: t.Slot, Index: t.Index, Attempt: t.Attempt, Run: t.Run, Version: t.Version,
		TaskID: t.ID, State: t.State.String(), Live: t.Live(), Unreachable: t.Unreachable, Since: since(t),
		StartedAt: t.StartedAt, EndedAt: t.EndedAt, Host: t.Hostname, AgentID: t.AgentID, AgentURL: t.AgentURL,
		Addresses: slices.Clone(t.Addresses), Ports: ports(j.GroupOf(t), t.HostPorts), ContainerID: t.ContainerID,
		Healthy: t.Healthy, ChecksFailed: t.ChecksFailed, CrashLoop: crashLoop(j, slot, t),
		Resources: t.Resources, Adopted: t.Adopted, Ahead: j.Ahead(t), Failures: slot.Failures, Sequence: t.Sequence,
	}
	v.Unchecked = unchecked(j.GroupOf(t), t)
	v.Deadline = j.Overdue(t)
	v.Original, v.GiveUpAt = t.Original(), giveUpAt(j, t)
	if t.State == cluster.Waiting {
		v.NotBefore = t.NotBefore
	}
	if !v.Since.IsZero() {
		v.AgeMillis = max(now.Sub(v.Since), 0).Milliseconds()
	}
	if t.Doom != nil {
		v.Doom = &Doom{At: t.Doom.At, Reason: t.Doom.Reason, Kills: t.Kills, Blocked: reaping.Blocked(t)}
	}
	if t.Status.State != "" || t.Status.Message != "" {
		status := statusView(t)
		v.Status = &status
	}
	if end := slot.LastEnd; end != nil && isFailure(end) {
		failure := endView(j, end)
		v.LastFailure = &failure
	}
	return v
}

// since is when a task came into the state it is in.
func since(t *cluster.Task) time.Time {
	if t.Unreachable {
		return t.UnreachableSince
	}
	switch t.State {
	case cluster.Waiting:
		return t.PlannedAt
	case cluster.Staged:
		return t.StagedAt
	case cluster.Starting:
		return t.StartedAt
	case cluster.Running:
		return t.RunningAt
	case cluster.Killing:
		return t.KilledAt
	case cluster.Finished, cluster.Failed, cluster.Killed, cluster.Error, cluster.Lost, cluster.Dropped,
		cluster.Gone, cluster.GoneByOperator, cluster.Vanished, cluster.Withdrawn:
		return t.EndedAt
	}
	return time.Time{}
}

// ports pairs the ports taken from the offer with those of the group, whose
// order they have.
func ports(g *job.Group, host []uint32) []Port {
	var pairs []Port
	for i, taken := range host {
		p := Port{Host: taken}
		if g != nil && i < len(g.Ports) {
			p.Name, p.Container, p.Protocol = g.Ports[i].Name, g.Ports[i].Container, g.Ports[i].Protocol
			if p.Container == 0 {
				p.Container = taken
			}
		}
		pairs = append(pairs, p)
	}
	return pairs
}
