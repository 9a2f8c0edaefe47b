package explore

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

// resendEvery is how long an agent waits for an acknowledgement.
const resendEvery = 10 * time.Second

// accept is what an ACCEPT does when it arrives.
func (w *World) accept(a scheduler.Accept) {
	mesos := w.master()
	agent, valid := -1, true
	for _, id := range a.OfferIDs {
		o, ok := mesos.takeOffer(id)
		if !ok {
			valid = false
			continue
		}
		agent = o.Agent
	}
	for i := range a.Launches {
		l := &a.Launches[i]
		if !valid || agent < 0 {
			w.report(scheduler.Status{
				TaskID: l.TaskID, AgentID: l.AgentID, State: "TASK_DROPPED", Reason: "REASON_INVALID_OFFERS",
			})
			continue
		}
		w.launch(*l, agent)
	}
}

// launch starts a task.
func (w *World) launch(l scheduler.Launch, agent int) {
	w.checkLaunch(&l)
	mesos := w.master()
	mesos.Launched[l.TaskID] = true
	mesos.Tasks = append(mesos.Tasks, Task{Launch: l, Agent: agent, Known: "TASK_STAGING", Alive: true})
	w.checkCanary(w.log.truth.Jobs[l.Job])
}

// turn has a task come to a state.
func (w *World) turn(i int, state string) {
	t := &w.master().Tasks[i]
	t.Alive = t.Alive && state == "TASK_RUNNING"
	switch {
	case t.Alive:
		t.Ran = true
		if w.scope.RunFor > 0 {
			t.Ends = w.now.Add(w.scope.RunFor)
		}
	case state == "TASK_FINISHED" && !t.Excused:
		w.master().Done[place{t.Launch.Job, t.Launch.Slot}] = true
	}
	t.Queue = append(t.Queue, state)
	if len(t.Queue) == 1 {
		w.forward(t)
	}
}

// uuid names a status.
func uuid(taskID, state string) []byte { return fmt.Appendf(nil, "%s/%s", taskID, state) }

// forward sends the first of a task's statuses.
func (w *World) forward(t *Task) {
	m := w.mesos
	if len(t.Queue) == 0 || m.Stream.ID == "" || m.Agents[t.Agent].Away {
		return
	}
	t.Known, t.SentAt = t.Queue[0], w.now
	w.event(launching.Reported{Session: m.Stream.Session, Status: scheduler.Status{
		TaskID: t.Launch.TaskID, AgentID: m.Agents[t.Agent].ID, State: t.Queue[0], Source: "SOURCE_EXECUTOR",
		UUID: uuid(t.Launch.TaskID, t.Queue[0]),
	}})
}

// resendsAt is when a status is sent again; zero for never.
func (m *Mesos) resendsAt(t *Task) time.Time {
	if len(t.Queue) == 0 || m.Stream.ID == "" || m.Agents[t.Agent].Away {
		return time.Time{}
	}
	return t.SentAt.Add(resendEvery)
}

func (w *World) acknowledge(e launching.Acknowledge) {
	mesos := w.master()
	t := mesos.task(e.TaskID)
	if t == nil || len(t.Queue) == 0 || string(uuid(e.TaskID, t.Queue[0])) != string(e.UUID) {
		return
	}
	acked := t.Queue[0]
	t.Queue = slices.Clone(t.Queue[1:])
	t.SentAt = time.Time{}
	w.forward(t)
	if !t.Alive && len(t.Queue) == 0 {
		mesos.Ended[e.TaskID] = acked
		mesos.Tasks = slices.DeleteFunc(mesos.Tasks, func(t Task) bool { return t.Launch.TaskID == e.TaskID })
	}
}

// kill tells a task to end.
func (w *World) kill(taskID, agentID string) {
	mesos := w.master()
	t := mesos.task(taskID)
	switch {
	case t == nil || !t.Alive:
		if !mesos.Launched[taskID] {
			mesos.Refused[taskID] = true
		}
		w.tell(taskID, agentID)
	case !mesos.Agents[t.Agent].Away:
		w.checkServed(t)
		t.Dying = true
	}
}

// lose has an agent out of reach.
func (w *World) loseAgent(i int) {
	mesos := w.master()
	mesos.Agents[i].Away, mesos.Agents[i].Until = true, w.now.Add(lastsAway)
	for _, o := range slices.Clone(mesos.Offers) {
		if o.Agent == i {
			mesos.takeOffer(o.ID)
			w.event(launching.Rescinded{Session: mesos.Stream.Session, OfferID: o.ID})
		}
	}
	for at := range mesos.Tasks {
		t := &mesos.Tasks[at]
		if t.Agent != i {
			continue
		}
		t.Excused, t.SentAt = true, time.Time{}
		w.report(scheduler.Status{
			TaskID: t.Launch.TaskID, AgentID: mesos.Agents[i].ID, State: "TASK_UNREACHABLE", Reason: "REASON_SLAVE_REMOVED",
		})
	}
}

// returnAgent has it back, with its tasks.
func (w *World) returnAgent(i int) {
	mesos := w.master()
	mesos.Agents[i].Away, mesos.Agents[i].Forgotten, mesos.Agents[i].Until = false, false, time.Time{}
	for at := range mesos.Tasks {
		t := &mesos.Tasks[at]
		if t.Agent != i {
			continue
		}
		if t.Alive {
			w.report(scheduler.Status{
				TaskID: t.Launch.TaskID, AgentID: mesos.Agents[i].ID, State: t.Known, Reason: "REASON_SLAVE_REREGISTERED",
			})
		}
		w.forward(t)
	}
}
