package sim

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/mesos"
)

// Labels of a group that say how its tasks behave.
const (
	LabelRunFor = "sim.run_for" // a duration; absent means for ever
	LabelFails  = "sim.fails"   // "true": it ends with 1
)

// resendEvery is how long an agent waits for an acknowledgement.
const resendEvery = 10 * time.Second

// accept is what an ACCEPT does when it arrives.
func (m *Mesos) accept(sub *subscription, a mesos.Accept) {
	if m.sub != sub {
		return
	}
	agentID, valid := "", true
	for _, id := range a.OfferIDs {
		o := m.offers[id]
		if o == nil {
			valid = false
			continue
		}
		agentID = o.agentID
		delete(m.offers, id)
	}
	for _, l := range a.Launches {
		if !valid {
			m.status(mesos.Status{
				TaskID: l.TaskID, AgentID: l.AgentID, State: "TASK_DROPPED", Source: "SOURCE_MASTER",
				Reason: "REASON_INVALID_OFFERS", Message: "Task launched with invalid offers",
			})
			continue
		}
		m.start(l, agentID)
	}
}

// start launches a task and checks what must hold then.
func (m *Mesos) start(l mesos.Launch, agentID string) {
	m.launches++
	if m.tasks[l.TaskID] != nil {
		m.violate("task %s launched twice", l.TaskID)
		return
	}
	for _, other := range m.tasks {
		if !other.alive || other.launch.Job != l.Job || other.launch.Slot != l.Slot {
			continue
		}
		a := m.agents[other.agentID]
		if a.connected || time.Since(a.cutAt) < planning.UnreachableReplaceAfter {
			m.violate("slot %d of %s has two tasks alive: %s and %s", l.Slot, l.Job, other.id, l.TaskID)
		}
	}
	t := &task{id: l.TaskID, agentID: agentID, launch: l, state: "TASK_STAGING", forwarded: "TASK_STAGING", alive: true}
	m.tasks[t.id] = t
	startDelay := time.Duration(50+m.rng.IntN(400)) * time.Millisecond
	go m.live(t, startDelay)
}

func (m *Mesos) live(t *task, startDelay time.Duration) {
	m.sleep(startDelay)
	m.report(t, "TASK_STARTING")
	m.sleep(startDelay)
	m.report(t, "TASK_RUNNING")
	text, ends := t.launch.Group.Labels[LabelRunFor]
	if !ends {
		return
	}
	runFor, err := time.ParseDuration(text)
	if err != nil {
		return
	}
	state := "TASK_FINISHED"
	if t.launch.Group.Labels[LabelFails] == "true" {
		state = "TASK_FAILED"
	}
	m.end(t, "", state, runFor)
}

// end ends a task after a while, unless something else did.
func (m *Mesos) end(t *task, first, last string, after time.Duration) {
	if first != "" {
		m.report(t, first)
	}
	m.sleep(after)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !t.alive || m.ctx.Err() != nil {
		return
	}
	m.enqueue(t, last)
	t.alive = false
}

func (m *Mesos) report(t *task, state string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.alive && m.ctx.Err() == nil && (!t.killed || state == "TASK_KILLING") {
		m.enqueue(t, state)
	}
}

// enqueue adds a status to the task's stream at its agent.
func (m *Mesos) enqueue(t *task, state string) {
	t.state = state
	t.queue = append(t.queue, mesos.Status{
		TaskID: t.id, AgentID: t.agentID, State: state, Source: "SOURCE_EXECUTOR", UUID: m.newUUID(), Time: time.Now(),
	})
	if len(t.queue) == 1 {
		m.forward(t)
	}
}

// forward sends the head of a task's stream.
func (m *Mesos) forward(t *task) {
	if len(t.queue) == 0 || m.sub == nil || !m.agents[t.agentID].connected {
		return
	}
	t.forwarded, t.sentAt = t.queue[0].State, time.Now()
	m.emit(mesos.Update{Status: t.queue[0]})
}

// resend repeats what was not acknowledged.
func (m *Mesos) resend() {
	for _, t := range m.tasks {
		if len(t.queue) > 0 && time.Since(t.sentAt) >= resendEvery {
			m.forward(t)
		}
	}
}

// answer is the reconciliation table for a task that is asked about by name.
func (m *Mesos) answer(taskID, agentID string) {
	st := mesos.Status{TaskID: taskID, AgentID: agentID, Source: "SOURCE_MASTER", Reason: "REASON_RECONCILIATION"}
	t, a := m.tasks[taskID], m.agents[agentID]
	switch {
	case a != nil && !a.connected:
		st.State = "TASK_UNREACHABLE"
	case t != nil && (t.alive || len(t.queue) > 0):
		st.State = t.forwarded
	case a != nil:
		st.State = "TASK_GONE"
	default:
		st.State = "TASK_UNKNOWN"
	}
	m.status(st)
}
