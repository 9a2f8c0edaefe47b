package world

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

const (
	// resendEvery is how long an agent waits for an acknowledgement.
	resendEvery = 10 * time.Second
	// dyingFor is how long a killed task takes to end.
	dyingFor = 200 * time.Millisecond
)

// Task is a task as its agent and the master have it.
type Task struct {
	Launch scheduler.Launch
	Agent  int
	// Reserved is what it uses of what its agent reserves.
	Reserved offer.Resources
	// Forwarded is its state as far as the master knows.
	Forwarded string
	Alive     bool
	Killed    bool
	// Queue are the statuses that are not acknowledged, SentAt when the first of
	// them was sent last.
	Queue  []scheduler.Status
	SentAt time.Time
	// Next are the states that it comes to by itself, and when.
	Next []Turn
	// RunningAt is since when it runs; zero before.
	RunningAt time.Time
	// Healthy is what the master knows of its health, nil before the first check.
	Healthy *bool
}

// Turn is a state that a task comes to at a time.
type Turn struct {
	At    time.Time
	State string
	// Healthy is what a health check has found, nil for a turn that is none.
	Healthy *bool
}

// accept is what an ACCEPT does when it arrives.
func (w *World) accept(a scheduler.Accept) {
	agent, valid := -1, true
	var taken []Offer
	for _, id := range a.OfferIDs {
		o, ok := w.Master.takeOffer(id)
		if !ok {
			valid = false
			continue
		}
		agent, taken = o.Agent, append(taken, o)
	}
	left := w.checkOffers(a, taken, valid)
	for i := range a.Launches {
		if !valid || agent < 0 {
			w.report(scheduler.Status{
				TaskID: a.Launches[i].TaskID, AgentID: a.Launches[i].AgentID, State: "TASK_DROPPED", Source: "SOURCE_MASTER",
				Reason: "REASON_INVALID_OFFERS", Message: "Task launched with invalid offers",
			})
			continue
		}
		t := w.launch(a.Launches[i], agent)
		if t != nil {
			t.Reserved = least(t.Launch.Resources, left)
			left = left.Minus(t.Reserved)
		}
	}
	if agent >= 0 && a.RefuseLeftovers > 0 {
		w.Master.refuse(agent, w.Now.Add(a.RefuseLeftovers))
	}
}

// launch starts a task and checks what must hold then.
func (w *World) launch(l scheduler.Launch, agent int) *Task {
	m := &w.Master
	m.Launches++
	if m.launched[l.TaskID] {
		w.violate("task %s launched twice", l.TaskID)
		return nil
	}
	m.launched[l.TaskID] = true
	w.checkSlot(l)
	w.checkIndex(l)
	delay := w.Options.StartDelay + w.spread(l.TaskID)
	t := &Task{Launch: l, Agent: agent, Forwarded: "TASK_STAGING", Alive: true}
	runs := w.Now.Add(2 * delay)
	t.Next = []Turn{{At: w.Now.Add(delay), State: "TASK_STARTING"}, {At: runs, State: "TASK_RUNNING"}}
	t.Next = append(t.Next, checks(l.Group, runs)...)
	if runFor, err := time.ParseDuration(l.Group.Labels[LabelRunFor]); err == nil {
		if later, err := time.ParseDuration(l.Group.Labels[LabelStagger]); err == nil {
			runFor += time.Duration(l.Index) * later
		}
		t.Next = ending(t.Next, Turn{At: runs.Add(runFor), State: endOf(l)})
	}
	m.Tasks = append(m.Tasks, t)
	return t
}

// spread is how much later than others a task starts.
func (w *World) spread(taskID string) time.Duration {
	if w.Options.StartSpread == 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(taskID))
	return time.Duration(h.Sum64() % uint64(w.Options.StartSpread))
}

// turn brings a task to its next state.
func (w *World) turn(t *Task) {
	next := t.Next[0]
	t.Next = t.Next[1:]
	if terminal(next.State) {
		t.Alive, t.Next = false, nil
	}
	if next.State == "TASK_RUNNING" && t.RunningAt.IsZero() {
		t.RunningAt = w.Now
	}
	w.enqueue(t, next)
}

func terminal(state string) bool {
	switch state {
	case "TASK_FINISHED", "TASK_FAILED", "TASK_KILLED":
		return true
	}
	return false
}

// kill ends a task, as a KILL does that has reached the master.
func (w *World) kill(taskID, agentID string) {
	t := w.Master.task(taskID)
	if t == nil || !t.Alive {
		w.tell(taskID, agentID)
		return
	}
	if w.Master.Agents[t.Agent].State != Connected || t.Killed {
		return
	}
	t.Killed = true
	t.Next = []Turn{{At: w.Now.Add(dyingFor), State: "TASK_KILLED"}}
	w.enqueue(t, Turn{State: "TASK_KILLING"})
}

func (m *Master) task(id string) *Task {
	i := slices.IndexFunc(m.Tasks, func(t *Task) bool { return t.Launch.TaskID == id })
	if i < 0 {
		return nil
	}
	return m.Tasks[i]
}

// enqueue adds a status to the task's stream at its agent.
func (w *World) enqueue(t *Task, turn Turn) {
	t.Queue = append(t.Queue, scheduler.Status{
		TaskID: t.Launch.TaskID, AgentID: w.Master.Agents[t.Agent].ID, State: turn.State, Source: "SOURCE_EXECUTOR",
		Reason: turn.reason(), Healthy: turn.Healthy, UUID: w.Master.newUUID(), Time: w.Now,
	})
	if len(t.Queue) == 1 {
		w.forward(t)
	}
}

func (m *Master) newUUID() []byte {
	m.statuses++
	return binary.BigEndian.AppendUint64(make([]byte, 8, 16), m.statuses)
}

// forward sends the first of a task's statuses.
func (w *World) forward(t *Task) {
	if len(t.Queue) == 0 || w.Master.Stream.ID == "" || w.Master.Agents[t.Agent].State != Connected {
		return
	}
	t.Forwarded, t.SentAt = t.Queue[0].State, w.Now
	if h := t.Queue[0].Healthy; h != nil {
		t.Healthy = h
	}
	w.event(launching.Reported{Session: w.Master.Stream.Session, Status: t.Queue[0]})
}

// resendsAt is when a status is sent again; zero for never.
func (m *Master) resendsAt(t *Task) time.Time {
	if len(t.Queue) == 0 || m.Stream.ID == "" || m.Agents[t.Agent].State != Connected {
		return time.Time{}
	}
	return t.SentAt.Add(resendEvery)
}

func (w *World) acknowledge(e launching.Acknowledge) {
	t := w.Master.task(e.TaskID)
	if t == nil || len(t.Queue) == 0 || string(t.Queue[0].UUID) != string(e.UUID) {
		return
	}
	t.Queue = t.Queue[1:]
	w.forward(t)
	w.Master.forget(t)
}

// forget drops a task that is over and acknowledged.
func (m *Master) forget(t *Task) {
	if !t.Alive && len(t.Queue) == 0 {
		m.Tasks = slices.DeleteFunc(m.Tasks, func(other *Task) bool { return other == t })
	}
}

// report sends a status that the master makes.
func (w *World) report(st scheduler.Status) {
	st.Time = w.Now
	w.event(launching.Reported{Session: w.Master.Stream.Session, Status: st})
}

// reconcile answers for the tasks named, or for all.
func (w *World) reconcile(tasks []scheduler.TaskAgent) {
	for _, t := range tasks {
		w.tell(t.TaskID, t.AgentID)
	}
	if len(tasks) > 0 {
		return
	}
	for _, t := range w.Master.Tasks {
		if a := w.Master.Agents[t.Agent]; a.State == Connected {
			w.report(scheduler.Status{
				TaskID: t.Launch.TaskID, AgentID: a.ID, State: t.Forwarded, Source: "SOURCE_MASTER", Reason: "REASON_RECONCILIATION",
				Healthy: t.Healthy,
			})
		}
	}
}

// tell is the reconciliation table for a task that is asked about by name.
func (w *World) tell(taskID, agentID string) {
	st := scheduler.Status{TaskID: taskID, AgentID: agentID, Source: "SOURCE_MASTER", Reason: "REASON_RECONCILIATION"}
	t, agent := w.Master.task(taskID), w.Master.agent(agentID)
	known := Gone
	if agent >= 0 {
		known = w.Master.Agents[agent].State
	}
	switch {
	case agent < 0:
		st.State = "TASK_UNKNOWN"
	case known == Recovering:
		return
	case known == Unreachable:
		st.State = "TASK_UNREACHABLE"
	case known == Gone:
		st.State = "TASK_GONE_BY_OPERATOR"
	case t != nil:
		st.State, st.Healthy = t.Forwarded, t.Healthy
	default:
		st.State = "TASK_GONE"
	}
	w.report(st)
}
