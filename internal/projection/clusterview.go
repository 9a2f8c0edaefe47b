package projection

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Cluster is what users see of the whole.
type Cluster struct {
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time,omitzero"`
	Launcher Launcher  `json:"launcher"`
	// Jobs counts jobs per state, Tasks live tasks per state.
	Jobs  map[JobState]uint32 `json:"jobs"`
	Tasks map[string]uint32   `json:"tasks"`
	// Unreachable counts live tasks on agents that are cut off.
	Unreachable uint32 `json:"unreachable"`
	// Blocked counts live tasks that were told to end again and again.
	Blocked uint32 `json:"blocked"`
	// Skipped counts events of types this program does not know.
	Skipped uint64 `json:"skipped"`
	// Rejected counts events that no program of taurus' writes, Rejections tells of
	// the newest.
	Rejected   uint64      `json:"rejected"`
	Rejections []Rejection `json:"rejections,omitempty"`
}

// Rejection is an event that was rejected.
type Rejection struct {
	Sequence uint64 `json:"sequence"`
	Subject  string `json:"subject"`
	Reason   string `json:"reason"`
}

// Launcher is what users see of the launcher. The stream id is left out: whoever
// has it can speak to Mesos in the framework's name.
type Launcher struct {
	Epoch        uint64        `json:"epoch"`
	Instance     string        `json:"instance,omitzero"`
	FrameworkID  string        `json:"framework_id,omitzero"`
	Subscription *Subscription `json:"subscription,omitzero"`
}

// Subscription is the newest subscription to a Mesos master.
type Subscription struct {
	Open     bool      `json:"open"`
	Master   string    `json:"master"`
	MasterID string    `json:"master_id,omitzero"`
	Epoch    uint64    `json:"epoch"`
	OpenedAt time.Time `json:"opened_at"`
	Reason   string    `json:"close_reason,omitzero"`
}

// rejectedOf is the job that a subject is of, empty for none.
func rejectedOf(subject string) string {
	s, err := events.ParseSubject(subject)
	if err != nil {
		return ""
	}
	return s.Job
}

// Cluster returns the view of the whole, or of the jobs that sees chooses and of what is
// about no job; nil is all.
func (m *Model) Cluster(sees func(id string) bool) Cluster {
	l := m.state.Launcher
	v := Cluster{
		Sequence: m.state.Sequence, Time: m.state.Time, Skipped: m.state.Skipped,
		Rejected: m.state.Rejections.Count,
		Launcher: Launcher{Epoch: l.Epoch, Instance: l.Instance, FrameworkID: l.FrameworkID},
		Jobs:     map[JobState]uint32{}, Tasks: map[string]uint32{},
	}
	if s := l.Subscription; s.Sequence != 0 {
		v.Launcher.Subscription = &Subscription{
			Open: !s.Closed, Master: s.Master, MasterID: s.MasterID, Epoch: s.Epoch,
			OpenedAt: s.OpenedAt, Reason: s.CloseReason,
		}
	}
	for _, r := range m.state.Rejections.Newest {
		if sees == nil || sees(rejectedOf(r.Subject)) {
			v.Rejections = append(v.Rejections, Rejection(r))
		}
	}
	if sees != nil && !sees("") {
		v.Rejected = uint64(len(v.Rejections)) // Of the others it is not known whose they are.
	}
	for id := range m.touched {
		if j, ok := m.known(id); ok && (sees == nil || sees(id)) {
			sum := m.summary(j)
			v.Jobs[sum.view.State]++
			v.Unreachable += sum.view.Tasks.Unreachable
			if sum.view.Tasks.Ending > 0 {
				v.Blocked += blockedOf(j)
			}
			for state, n := range sum.live {
				if n > 0 {
					v.Tasks[cluster.TaskState(state).String()] += n
				}
			}
		}
	}
	return v
}
