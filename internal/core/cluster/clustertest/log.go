package clustertest

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Log is a log and what it was folded to.
type Log struct {
	State   *cluster.State
	Records []cluster.Record
	// Now is the time of the next record.
	Now time.Time
	// Counter numbers the facts.
	Counter uint64
}

// New returns an empty log at a fixed time.
func New() *Log {
	return &Log{State: cluster.New(), Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

// Pass lets time go by.
func (l *Log) Pass(d time.Duration) { l.Now = l.Now.Add(d) }

// Append folds an event as the next record. It panics if the fold refuses it,
// which the next record never is.
func (l *Log) Append(subject events.Subject, env events.Envelope, ev events.Event) cluster.Change {
	sequence := l.State.Sequence + 1
	if env.ID == "" {
		env.ID = fmt.Sprintf("test@%d", sequence)
	}
	r := cluster.Record{Sequence: sequence, Time: l.Now, Subject: subject, Envelope: env, Event: ev}
	c, err := l.State.Apply(r)
	if err != nil {
		panic(err)
	}
	l.Records = append(l.Records, r)
	return c
}

// Elect elects a launcher and returns its epoch.
func (l *Log) Elect() uint64 {
	l.Append(events.Subject{Role: events.RoleLauncher}, events.Envelope{}, events.LauncherElected{Nonce: "n", Instance: "test"})
	return l.State.Launcher.Epoch
}

// Job appends what a user asks of a job.
func (l *Log) Job(id string, ev events.Event) cluster.Change {
	return l.Append(events.Subject{Role: events.RoleJob, Job: id}, events.Envelope{}, ev)
}

// Submit submits a job and returns it.
func (l *Log) Submit(spec *job.Spec) *cluster.Job {
	spec.Normalise()
	data, err := spec.JSON()
	if err != nil {
		panic(err)
	}
	return l.Job(spec.ID, events.JobSubmitted{Spec: data}).Job
}

// Plan appends a decision of the planner.
func (l *Log) Plan(id string, ev events.Event) cluster.Change {
	return l.Append(events.Subject{Role: events.RolePlan, Job: id}, events.Envelope{}, ev)
}

// Task appends an event of the launcher in the newest epoch.
func (l *Log) Task(id string, slot uint32, ev events.Event) cluster.Change {
	return l.TaskIn(l.State.Launcher.Epoch, id, slot, ev)
}

// TaskIn appends an event of the launcher of an epoch, numbered if it is a fact.
func (l *Log) TaskIn(epoch uint64, id string, slot uint32, ev events.Event) cluster.Change {
	env := events.Envelope{Epoch: epoch}
	if _, fact := ev.(events.TaskStatusChanged); fact {
		l.Counter++
		env.Counter = l.Counter
	}
	return l.Append(events.Subject{Role: events.RoleTask, Job: id, Slot: slot}, env, ev)
}

// Stage stages a task on an agent.
func (l *Log) Stage(t *cluster.Task) cluster.Change {
	return l.Task(t.Job, t.Slot, events.TaskStaged{
		Run: t.Run, Version: t.Version, Group: t.Group, Slot: t.Slot, Attempt: t.Attempt,
		TaskID: TaskID(t.Job, t.Run, t.Slot, t.Attempt), AgentID: "S1", Hostname: "h1", Offers: []string{"O1"},
	})
}

// Withdraw withdraws a task.
func (l *Log) Withdraw(t *cluster.Task) cluster.Change {
	return l.Task(t.Job, t.Slot, events.TaskWithdrawn{Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, Reason: "test"})
}

// Status is a status of a task, with an empty uuid one that the master made up.
func Status(t *cluster.Task, state, uuid string) events.TaskStatusChanged {
	ev := events.TaskStatusChanged{
		Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, State: state,
		TaskID: TaskID(t.Job, t.Run, t.Slot, t.Attempt), AgentID: "S1",
	}
	if uuid != "" {
		ev.UUID = []byte(uuid)
	}
	return ev
}

// Report appends a status of a task.
func (l *Log) Report(t *cluster.Task, state, uuid string) cluster.Change {
	return l.Task(t.Job, t.Slot, Status(t, state, uuid))
}

// TaskID is the id that Stage gives a task.
func TaskID(id string, run uint64, slot, attempt uint32) string {
	return fmt.Sprintf("%s-%d-%d-%d", id, run, slot, attempt)
}

// Service is a job of one group that runs for ever.
func Service(id string, replicas uint32) *job.Spec {
	return &job.Spec{ID: id, Tasks: []job.Group{{
		Name: "web", Replicas: replicas, Container: &job.Container{Image: "x"}, Resources: &job.Resources{CPU: 1, Memory: 64},
	}}}
}

// Batch is a job of one group that ends.
func Batch(id string, replicas uint32) *job.Spec {
	s := Service(id, replicas)
	s.Kind = job.KindBatch
	return s
}

// Slots is a range of slots at one attempt.
func Slots(from, to, attempt uint32) []events.SlotRange {
	return []events.SlotRange{{From: from, To: to, Attempt: attempt}}
}
