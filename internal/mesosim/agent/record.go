package agent

import (
	"bytes"
	"cmp"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// taskKey names a task.
type taskKey struct{ framework, task string }

// record is all that an agent knows of a task, and its stream of updates (4.1):
// only the first pending one is sent, until it is acknowledged.
type record struct {
	Run       executor.Run       `json:"run"`
	Kind      Kind               `json:"kind"` // empty: there never was a run, only updates
	Framework link.FrameworkInfo `json:"framework"`
	Info      link.TaskInfo      `json:"info"`
	Group     *link.ExecutorInfo `json:"group,omitempty"`  // of a task of a group
	Parent    string             `json:"parent,omitempty"` // container of that executor
	Role      string             `json:"role"`
	State     mesos.TaskState    `json:"state"` // the latest
	Acked     []link.TaskStatus  `json:"acked,omitempty"`
	Pending   []link.TaskStatus  `json:"pending,omitempty"`
	// PID is the process of the executor, once it is known.
	PID uint32 `json:"pid,omitempty"`
	// Started is the timestamp of the first TASK_RUNNING, in seconds; zero before.
	Started float64 `json:"started,omitempty"`
	// Aborted says that a docker task is being ended because of its check, which
	// real docker executors do not survive (4.2).
	Aborted bool `json:"aborted,omitempty"`
	// Orphan says that the framework is gone: updates are not sent.
	Orphan bool `json:"orphan,omitempty"`
	// Drained says that the kill is that of a drain; Gone that it ends with the
	// agent marked gone (5.3).
	Drained bool `json:"drained,omitempty"`
	Gone    bool `json:"gone,omitempty"`

	schedule // of the head
}

func (r *record) key() taskKey {
	return taskKey{r.Run.FrameworkID, r.Info.Value.TaskID.Value}
}

// task is what an executor is told; the lock is held.
func (r *record) task() executor.Task {
	t := executor.Task{Run: r.Run, Info: r.Info.Value, Role: r.Role}
	if r.Started > 0 {
		t.Started = time.UnixMicro(int64(r.Started * 1e6))
	}
	for _, list := range [][]link.TaskStatus{r.Acked, r.Pending} {
		for _, s := range list {
			t.Healthy, t.Check = cmp.Or(s.Value.Healthy, t.Healthy), cmp.Or(s.Value.CheckStatus, t.Check)
		}
	}
	for _, c := range r.Framework.Value.Capabilities {
		t.KillingState = t.KillingState || c.Type == mesos.FrameworkInfo_Capability_TASK_KILLING_STATE
	}
	return t
}

func (r *record) partitionAware() bool {
	for _, c := range r.Framework.Value.Capabilities {
		if c.Type == mesos.FrameworkInfo_Capability_PARTITION_AWARE {
			return true
		}
	}
	return false
}

// push adds a state; it is the one to be sent when nothing else is pending.
func (r *record) push(s mesos.TaskStatus) {
	if !executor.Terminal(r.State) {
		r.State = s.GetState()
	}
	if s.GetState() == mesos.TASK_RUNNING && r.Started == 0 {
		r.Started = s.GetTimestamp()
	}
	r.Pending = append(r.Pending, link.TaskStatus{Value: s})
}

// head returns the update to be sent now, and when it is due again.
func (r *record) head(now time.Time) *link.Update {
	r.sent(now)
	return &link.Update{FrameworkID: r.Run.FrameworkID, Status: r.Pending[0], Latest: r.State}
}

// acknowledge takes the head away if uuid is its own. done says that nothing is
// left of the task.
func (r *record) acknowledge(uuid []byte) (ok, done bool) {
	if len(r.Pending) == 0 || !bytes.Equal(r.Pending[0].Value.UUID, uuid) {
		return false, false
	}
	s := r.Pending[0]
	r.Pending = r.Pending[1:]
	r.resetBackoff()
	s.Value.Data = nil
	if n := len(r.Acked); n > 0 && r.Acked[n-1].Value.GetState() == s.Value.GetState() {
		r.Acked[n-1] = s
	} else {
		r.Acked = append(r.Acked, s)
	}
	return true, executor.Terminal(s.Value.GetState())
}

// report is the task as the master is told at registration.
func (r *record) report() link.Task {
	t := link.Task{FrameworkID: r.Run.FrameworkID, Info: r.Info, Group: r.Group, State: r.State}
	t.Statuses = append(t.Statuses, r.Acked...)
	if len(r.Pending) > 0 {
		s := r.Pending[0]
		s.Value.Data = nil
		t.Statuses = append(t.Statuses, s)
	}
	return t
}
