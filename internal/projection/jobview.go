package projection

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
)

// JobState is the state of a job in one word.
type JobState string

// The states of a job.
const (
	// StatePending: other than the wanted tasks run.
	StatePending JobState = "pending"
	// StateRunning: just the wanted tasks run, but for those that are done for good, and
	// no health check says otherwise.
	StateRunning JobState = "running"
	// StateUnhealthy: just the wanted tasks run, and health checks of some fail.
	StateUnhealthy JobState = "unhealthy"
	// StateCrashLooping: some tasks fail again and again, and do not run now.
	StateCrashLooping JobState = "crash_looping"
	// StateAhead: tasks run of a submission or a change that the log has lost.
	StateAhead JobState = "ahead"
	// StateStopping: nothing is wanted any more, but tasks still live.
	StateStopping JobState = "stopping"
	// StateStopped: a user stopped it and nothing lives.
	StateStopped JobState = "stopped"
	// StateCompleted: every task ended well and nothing lives.
	StateCompleted JobState = "completed"
	// StateFailed: a task failed too often and nothing lives.
	StateFailed JobState = "failed"
)

// JobStates are all of them.
func JobStates() []JobState {
	return []JobState{
		StatePending, StateRunning, StateStopping, StateStopped, StateCompleted, StateFailed, StateAhead, StateUnhealthy, StateCrashLooping,
		StateScheduled, StatePaused, StateDispatchable,
	}
}

// Counts are the tasks of a job or a group.
type Counts struct {
	Wanted      uint32 `json:"wanted"`
	Running     uint32 `json:"running"`
	Staging     uint32 `json:"staging"`
	Waiting     uint32 `json:"waiting"`
	Unreachable uint32 `json:"unreachable"`
	// Ending are doomed and still live.
	Ending uint32 `json:"ending"`
	// Finished have ended well and are not started again.
	Finished uint32 `json:"finished"`
	// Ahead are those of the live ones that are of a run or a version that the log has
	// lost.
	Ahead uint32 `json:"ahead,omitzero"`
	// Failed have failed for good and are not started again.
	Failed uint32 `json:"failed,omitzero"`
	// Unhealthy are those of the running ones whose health check failed last, Unchecked
	// those whose check has said nothing yet.
	Unhealthy uint32 `json:"unhealthy,omitzero"`
	Unchecked uint32 `json:"unchecked,omitzero"`
	// CrashLooping are those that failed again and again, and do not run now.
	CrashLooping uint32 `json:"crash_looping,omitzero"`
	// Beside run in the slot of another, the old one or the new, until a rollout has
	// replaced it.
	Beside uint32 `json:"beside,omitzero"`
}

// Job is what users see of a job.
type Job struct {
	ID    string   `json:"id"`
	State JobState `json:"state"`
	// Detail says more about the state where there is more to say.
	Detail string `json:"detail,omitzero"`
	// WaitsFor is the part of taurus that the job waits for, and since when it is
	// missing. It is told of one job as it is now.
	WaitsFor string `json:"waits_for,omitzero"`
	Run      uint64 `json:"run"`
	Version  uint64 `json:"version"`
	// WantedVersion is the one that tasks should be of, where that is not the newest: a
	// rollback went to it.
	WantedVersion uint64            `json:"wanted_version,omitzero"`
	Kind          job.Kind          `json:"kind,omitzero"`
	Labels        map[string]string `json:"labels,omitzero"`
	Tasks         Counts            `json:"tasks"`
	Groups        []Group           `json:"groups"`
	// Spec is the wanted one, left out of lists.
	Spec        *job.Spec `json:"spec,omitzero"`
	SubmittedAt time.Time `json:"submitted_at,omitzero"`
	SubmittedBy string    `json:"submitted_by,omitzero"`
	ChangedAt   time.Time `json:"changed_at,omitzero"`
	Stop        *Stop     `json:"stop,omitzero"`
	Outcome     *Outcome  `json:"outcome,omitzero"`
	// Rollout is the newest, absent if there never was one in this run.
	Rollout *Rollout `json:"rollout,omitzero"`
	// Series is of a job whose runs are jobs of their own, Parent of such a run.
	Series *Series `json:"series,omitzero"`
	Parent *Parent `json:"parent,omitzero"`
	// Deadline is when the job fails if it is not over by then.
	Deadline time.Time `json:"deadline,omitzero"`
	// ExpiresAt is when a job that is over leaves the lists by itself.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Sequence is the last one about the job, or of what the answer is about.
	Sequence uint64 `json:"sequence"`
	// Update is what became of an update. It is in the answer to one only.
	Update *Update `json:"update,omitzero"`
	// Warnings are what the submitted document probably did not mean. They are in
	// the answer to a submission only.
	Warnings []job.Fault `json:"warnings,omitempty"`
}

// Group is what users see of a task group.
type Group struct {
	Name  string `json:"name"`
	Tasks Counts `json:"tasks"`
}

// Update is what an update did, or would do.
type Update struct {
	// Outcome is created, updated or unchanged.
	Outcome UpdateOutcome `json:"outcome"`
	// Version is the one that it made, or that is there.
	Version uint64 `json:"version"`
	// Changes are what differs from what was wanted before.
	Changes []job.Change `json:"changes"`
	// Steps are what becomes of the tasks.
	Steps []job.Step `json:"steps"`
}

// UpdateOutcome is what became of an update.
type UpdateOutcome string

// The outcomes of an update.
const (
	// UpdateCreated: there was no job of this id, or it was over, and it was submitted.
	UpdateCreated UpdateOutcome = "created"
	// UpdateUpdated: the job has another version.
	UpdateUpdated UpdateOutcome = "updated"
	// UpdateUnchanged: the job was so already, and nothing was stored.
	UpdateUnchanged UpdateOutcome = "unchanged"
)

// Stop says who wanted a job to end, and when.
type Stop struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitzero"`
}

// Outcome says how a job ended by itself.
type Outcome struct {
	Word   cluster.Outcome `json:"outcome"`
	At     time.Time       `json:"at"`
	Reason string          `json:"reason,omitzero"`
	Exit   *int            `json:"exit,omitzero"`
	// Task is the end of the task that failed the job, and Slot which slot it is of.
	Slot *uint32 `json:"slot,omitzero"`
	Task *End    `json:"task,omitzero"`
}

// Job returns the view of a job, and reports whether there is one that users see.
func (m *Model) Job(id string) (Job, bool) {
	j, ok := m.known(id)
	if !ok {
		return Job{}, false
	}
	v := m.view(j)
	v.Spec = j.Spec
	return v, true
}

func (m *Model) summarise(j *cluster.Job) *summary {
	t := m.censuses[j.ID]
	v := Job{
		ID: j.ID, Run: j.Run, Version: j.Version,
		SubmittedAt: j.SubmittedAt, SubmittedBy: j.SubmittedBy, ChangedAt: j.ChangedAt,
		Sequence: m.touched[j.ID], Tasks: t.total(j), Groups: []Group{}, Deadline: j.Deadline(), ExpiresAt: j.ExpiresAt(),
	}
	if j.Spec != nil {
		v.Kind, v.Labels = j.Spec.Kind, j.Spec.Labels
		for i := range j.Spec.Tasks {
			v.Groups = append(v.Groups, Group{Name: j.Spec.Tasks[i].Name, Tasks: t.group(j, i)})
		}
	}
	v.Rollout = rolloutView(j)
	if j.Target != j.Version {
		v.WantedVersion = j.Target
	}
	if j.Stopped {
		v.Stop = &Stop{At: j.StoppedAt, Reason: j.StopReason}
	}
	if j.Outcome != cluster.OutcomeNone {
		v.Outcome = outcomeOf(j)
	}
	v.Series, v.Parent = m.seriesOf(j), m.parentOf(j)
	v.State = stateOf(j, t, v.Tasks)
	if v.State == StateStopping && v.Tasks.Unreachable > 0 {
		v.Detail = fmt.Sprintf("waits for tasks on unreachable agents: slots %v", unreachable(j))
	}
	switch {
	case v.State == StateUnhealthy:
		v.Detail = unhealthyDetail(j, v.Tasks)
	case v.State == StateCrashLooping:
		v.Detail = loopingDetail(j, v.Tasks)
	case v.Tasks.Ahead > 0:
		v.Detail = aheadDetail(j, v.Tasks)
	case j.Run == 0:
		v.Detail = "the log holds no submission of it; Mesos runs tasks of it"
	}
	return &summary{sequence: v.Sequence, view: v, live: t.live}
}

// aheadDetail says what became of the job, and what ends that.
func aheadDetail(j *cluster.Job, c Counts) string {
	lost, until := "a change of it", "is stopped or scaled"
	if j.Over() {
		until = "is stopped"
	}
	switch {
	case j.Run == 0:
		lost = "its submission"
	case j.Over():
		lost = "a newer submission of it"
	}
	run, goOn := "run", "go on"
	if c.Ahead == 1 {
		run, goOn = "runs", "goes on"
	}
	return fmt.Sprintf("the log has lost %s: %s of it %s ahead of the log, and %s until the job %s", lost, tasks(c.Ahead), run, goOn, until)
}

// unreachable are the slots that have a task on an agent that is cut off.
func unreachable(j *cluster.Job) []uint32 {
	var slots []uint32
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Live() && t.Unreachable {
				slots = append(slots, t.Slot)
			}
		}
	}
	slices.Sort(slots)
	return slots
}

// count counts a task of a slot, by 1 or minus.
func (c *Counts) count(j *cluster.Job, slot *cluster.Slot, t *cluster.Task, by uint32) {
	serving, ahead := j.Serving(slot), j.Ahead(t)
	current := t == serving
	if looping(j, slot, t) {
		c.CrashLooping += by
	}
	if ahead {
		c.Ahead += by
	}
	switch {
	case !t.Live():
		if current && t.Run == j.Run && t.Judged() {
			c.over(fateOf(j, slot, t), by)
		}
	case t.Unreachable:
		c.Unreachable += by
	case !current && t.Doom == nil && t.Run == j.Run && (t.Beside || serving.Beside || t.Original() || serving.Original()):
		c.Beside += by
	case t.Doom != nil || t.Run != j.Run && !ahead || !current || t.State == cluster.Killing:
		c.Ending += by
	case t.State == cluster.Running:
		c.Running += by
		c.health(j.GroupOf(t), t, by)
	case t.State == cluster.Staged || t.State == cluster.Starting:
		c.Staging += by
	}
}

// wait sets Waiting to what is wanted and neither there nor done: planned tasks
// without an offer, and those that are not planned yet.
func (c *Counts) wait() {
	there := c.Running + c.Staging + c.Unreachable + c.Finished + c.Failed
	if c.Wanted > there {
		c.Waiting = c.Wanted - there
	}
}

func (c *Counts) sum(o Counts) {
	c.Wanted += o.Wanted
	c.Running += o.Running
	c.Staging += o.Staging
	c.Waiting += o.Waiting
	c.Unreachable += o.Unreachable
	c.Ending += o.Ending
	c.Finished += o.Finished
	c.Ahead += o.Ahead
	c.Failed += o.Failed
	c.Unhealthy += o.Unhealthy
	c.Unchecked += o.Unchecked
	c.CrashLooping += o.CrashLooping
	c.Beside += o.Beside
}

func stateOf(j *cluster.Job, t *census, c Counts) JobState {
	if c.Ahead > 0 {
		return StateAhead
	}
	if !j.Over() {
		if j.Spec.Series() {
			return stateOfSeries(j)
		}
		return stateOfWanted(c)
	}
	if t.alive() > 0 || slices.ContainsFunc(j.Series.Live(), func(run *cluster.Run) bool { return run.Over }) {
		return StateStopping
	}
	stoppedFirst := j.Stopped && !j.StoppedAt.After(j.OutcomeAt)
	switch {
	case j.Outcome == cluster.OutcomeFailed && !stoppedFirst:
		return StateFailed
	case j.Outcome == cluster.OutcomeCompleted && !stoppedFirst:
		return StateCompleted
	}
	return StateStopped
}

// stateOfWanted counts as there also what is done for good.
func stateOfWanted(c Counts) JobState {
	switch {
	case c.CrashLooping > 0:
		return StateCrashLooping
	case c.Running+c.Finished+c.Failed != c.Wanted:
		return StatePending
	case c.Unhealthy > 0:
		return StateUnhealthy
	}
	return StateRunning
}

// over counts a slot whose newest task has ended, by 1 or minus.
func (c *Counts) over(f restart.Fate, by uint32) {
	switch f {
	case restart.Done:
		c.Finished += by
	case restart.Failed:
		c.Failed += by
	case restart.Running, restart.Again:
	}
}

// fateOf is what a task means for its slot.
func fateOf(j *cluster.Job, slot *cluster.Slot, t *cluster.Task) restart.Fate {
	if g := j.GroupOf(t); g != nil {
		return slot.Fate(t.End(), g.Restart)
	}
	return restart.Running
}
