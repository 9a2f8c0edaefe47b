package explore

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/sim/explore/imprint"
)

// Mesos is a master with its agents, as strict as a real one where it matters:
// streams, offers, filters, suppression, status streams with acknowledgements, the
// answers to RECONCILE and KILL.
type Mesos struct {
	// Frameworks is how many ids were given out.
	Frameworks int
	Stream     Stream
	Streams    int
	Agents     []Agent
	// Tasks are those that run, and those of which a status is not acknowledged.
	Tasks  []Task
	Offers []Offer
	Made   int // offers
	// Asked are the tasks that an ACCEPT was ever asked for.
	Asked map[string]bool
	// Launched are the tasks that ever were, Ended how those ended whose end was
	// acknowledged.
	Launched map[string]bool
	Ended    map[string]string
	// Refused are the tasks that were asked to be killed before they were launched.
	Refused map[string]bool
	// Done are the slots in which a task has finished although its agent never was away.
	Done map[place]bool

	print *imprint.Imprint
}

// Stream is the current subscription; its zero value means that there is none.
type Stream struct {
	ID         string
	Proc, Life int
	Session    uint64
	Suppressed bool
}

// Agent is one agent.
type Agent struct {
	ID   string
	Away bool
	// Forgotten says that the master has forgotten it.
	Forgotten bool
	// Until is until when it can be away.
	Until time.Time
	// Filters say how many places are refused until when.
	Filters []Filter
}

// Filter is a refusal: no offer of so many places or fewer until then.
type Filter struct {
	Places int
	Until  time.Time
}

// Offer is one that is out.
type Offer struct {
	ID     string
	Agent  int
	Places int
}

// Task is a task as its agent has it.
type Task struct {
	Launch scheduler.Launch
	Agent  int
	// Known is its state as far as the master knows.
	Known string
	Alive bool
	// Dying says that it was told to end.
	Dying bool
	// Excused says that its agent was away once: it may have been replaced.
	Excused bool
	// Ran says that it has come to run, Ends when it finishes then by itself; zero for
	// never.
	Ran  bool
	Ends time.Time
	// Queue are the statuses that are not acknowledged, SentAt when the first of
	// them was sent last; zero if it was not.
	Queue  []string
	SentAt time.Time
}

// place is a slot of a job.
type place struct {
	Job  string
	Slot uint32
}

func newMesos(s *Scope) *Mesos {
	m := &Mesos{
		Asked: map[string]bool{}, Launched: map[string]bool{}, Ended: map[string]string{}, Refused: map[string]bool{}, Done: map[place]bool{},
	}
	for i := range s.Agents {
		m.Agents = append(m.Agents, Agent{ID: fmt.Sprintf("S%d", i)})
	}
	return m
}

// arrive carries out what reaches the master.
func (w *World) arrive(m *Message) {
	mesos := w.master()
	switch e := m.effect.(type) {
	case leading.Subscribe:
		w.subscribe(m, e)
		return
	case launching.List:
		w.answer(m, launching.Listed{Ticket: e.Ticket, Tasks: mesos.refs()})
		return
	}
	if m.stream != mesos.Stream.ID {
		if in := refusal(m.effect, errStale); in != nil {
			w.answer(m, in)
		}
		return
	}
	w.obey(m.effect)
	w.answer(m, refusal(m.effect, nil))
}

// obey carries out a call of the current subscription.
func (w *World) obey(e machine.Effect) {
	mesos := w.master()
	switch e := e.(type) {
	case launching.Accept:
		w.accept(e.Accept)
	case launching.Decline:
		for _, id := range e.OfferIDs {
			if o, ok := mesos.takeOffer(id); ok && e.Refuse > 0 {
				mesos.refuse(o.Agent, Filter{Places: o.Places, Until: w.now.Add(e.Refuse)})
			}
		}
	case launching.Revive:
		mesos.Stream.Suppressed = false
		for i := range mesos.Agents {
			mesos.Agents[i].Filters = nil
		}
	case launching.Suppress:
		mesos.Stream.Suppressed = true
	case launching.Reconcile:
		w.reconcile(e.Tasks)
	case launching.Acknowledge:
		w.acknowledge(e)
	case reaping.Kill:
		w.kill(e.TaskID, e.AgentID)
	}
}

// subscribe opens a subscription. The newest one of a framework wins: the older
// is cut, its offers are void, and agents send again what was not acknowledged.
func (w *World) subscribe(m *Message, e leading.Subscribe) {
	mesos := w.master()
	id := e.FrameworkID
	if id == "" && m.dropped {
		return // A framework of its own, whose connection is gone.
	}
	if id == "" {
		mesos.Frameworks++
		id = fmt.Sprintf("framework-%d", mesos.Frameworks)
	}
	mesos.Streams++
	stream := fmt.Sprintf("stream-%d", mesos.Streams)
	answered := *m
	answered.stream = stream
	w.answer(&answered, leading.Subscribed{
		Session: e.Session, FrameworkID: id, StreamID: stream, Master: "http://master", MasterID: "master",
	})
	if e.FrameworkID == "" && len(mesos.Launched) > 0 {
		return // A framework of its own, which gets nothing.
	}
	if mesos.Stream.ID != "" {
		w.event(leading.Ended{Session: mesos.Stream.Session, Err: errOver, FailedOver: true})
	}
	mesos.Stream = Stream{ID: stream, Proc: m.proc, Life: m.life, Session: e.Session}
	mesos.Offers = nil
	for i := range mesos.Agents {
		mesos.Agents[i].Filters = nil
	}
	if m.dropped || m.life != w.procs[m.proc].life {
		w.send(&Message{to: Hung, proc: m.proc, life: m.life, stream: mesos.Stream.ID})
	}
	for i := range mesos.Tasks {
		w.forward(&mesos.Tasks[i])
	}
}

// disconnect ends the current subscription as far as the master sees.
func (w *World) disconnect() {
	mesos := w.master()
	mesos.Stream, mesos.Offers = Stream{}, nil
	for i := range mesos.Tasks {
		mesos.Tasks[i].SentAt = time.Time{}
	}
}

// event sends something to the current subscription, if there is one.
func (w *World) event(in machine.Input) {
	s := w.mesos.Stream
	if s.ID == "" || w.procs[s.Proc].life != s.Life {
		return
	}
	w.send(&Message{to: ToProcess, proc: s.Proc, life: s.Life, session: s.Session, stream: s.ID, input: in, event: true})
}

// report sends a status that the master makes.
func (w *World) report(st scheduler.Status) {
	st.Source = "SOURCE_MASTER"
	w.event(launching.Reported{Session: w.mesos.Stream.Session, Status: st})
}

// reconcile answers for the tasks named, or for all.
func (w *World) reconcile(tasks []scheduler.TaskAgent) {
	for _, t := range tasks {
		w.tell(t.TaskID, t.AgentID)
	}
	if len(tasks) > 0 {
		return
	}
	for i := range w.mesos.Tasks {
		if t := &w.mesos.Tasks[i]; !w.mesos.Agents[t.Agent].Away {
			w.tell(t.Launch.TaskID, w.mesos.Agents[t.Agent].ID)
		}
	}
}

// tell says what the master knows of a task.
func (w *World) tell(taskID, agentID string) {
	m := w.mesos
	st := scheduler.Status{TaskID: taskID, AgentID: agentID, Reason: "REASON_RECONCILIATION"}
	agent := slices.IndexFunc(m.Agents, func(a Agent) bool { return a.ID == agentID })
	switch t := m.task(taskID); {
	case agent < 0, m.Agents[agent].Forgotten:
		st.State = "TASK_UNKNOWN"
	case m.Agents[agent].Away:
		st.State = "TASK_UNREACHABLE"
	case t != nil:
		st.State = t.Known
	default:
		st.State = "TASK_GONE"
	}
	w.report(st)
}

func (m *Mesos) task(id string) *Task {
	i := slices.IndexFunc(m.Tasks, func(t Task) bool { return t.Launch.TaskID == id })
	if i < 0 {
		return nil
	}
	return &m.Tasks[i]
}

func (m *Mesos) refs() []scheduler.TaskRef {
	var refs []scheduler.TaskRef
	for i := range m.Tasks {
		t := &m.Tasks[i]
		if !t.Alive {
			continue
		}
		l := &t.Launch
		refs = append(refs, scheduler.TaskRef{
			TaskID: l.TaskID, AgentID: m.Agents[t.Agent].ID, State: t.Known, Ours: true, Job: l.Job, Run: l.Run,
			Group: l.Group.Name, Slot: l.Slot, Attempt: l.Attempt, Version: l.Version,
		})
	}
	return refs
}
