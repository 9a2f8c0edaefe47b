package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

// Master is a model of a master and its agents, as strict as the real one where
// it matters: streams, offers, filters, suppression, status streams with
// acknowledgements, the reconciliation table. An offer whose DECLINE was lost is
// out for as long as the subscription lasts, as on a master without
// --offer_timeout.
type Master struct {
	// ID is that of the running master; a restarted one has another.
	ID int
	// Frameworks is how many ids it gave out, Framework the one that subscribed last;
	// empty before the first.
	Frameworks int
	Framework  string
	// Removed says that the failover timeout of Framework has run out.
	Removed bool
	// Away says that no master is there.
	Away bool
	// Stream is the current one; its zero value means that nobody is subscribed.
	Stream  Stream
	streams int
	// AloneSince is when the last subscription ended.
	AloneSince time.Time
	Agents     []*Agent
	// Tasks are those that run, and those of which a status is not acknowledged.
	Tasks    []*Task
	launched map[string]bool
	// reserved is what agents reserve.
	reserved offer.Resources
	// Launches counts the tasks ever launched.
	Launches int
	Offers   []Offer
	offers   int
	inverse  int
	// AllocatedAt is when it last offered what is free.
	AllocatedAt time.Time
	statuses    uint64
}

// Stream is a subscription as the master has it.
type Stream struct {
	ID      string
	Process int
	Life    uint64
	Session uint64
	// Suppressed says that its framework wants no offers.
	Suppressed bool
}

// Agent is one agent.
type Agent struct {
	ID, Host  string
	CPUs, Mem offer.Milli
	// Reserved is the part of that which only Role is offered.
	Reserved offer.Resources
	// Offered counts how often something of it was offered.
	Offered int
	State   AgentState
	// Dead says that its tasks ended with it.
	Dead bool
	// RefusedUntil is until when its resources are not offered.
	RefusedUntil time.Time
	// From and Until are when it is away for maintenance, as announced.
	From, Until time.Time
	// BackAt is when it registers with a restarted master.
	BackAt time.Time
}

// AgentState is what the master thinks of an agent.
type AgentState uint8

// The states of an agent.
const (
	Connected AgentState = iota
	// Recovering: it has not registered yet with a restarted master, which says
	// nothing about its tasks.
	Recovering
	// Unreachable: its tasks may run.
	Unreachable
	// Gone: an operator has said that it is.
	Gone
)

// Offer is one that is out.
type Offer struct {
	ID    string
	Agent int
	Role  string
	// All is what is offered, Reserved the part of that which is reserved for Role.
	All, Reserved offer.Resources
}

func newMaster(agents int, reserved offer.Resources) Master {
	m := Master{ID: 1, reserved: reserved, launched: map[string]bool{}}
	for range agents {
		m.addAgent()
	}
	return m
}

func (m *Master) addAgent() {
	id := fmt.Sprintf("S%d", len(m.Agents))
	m.Agents = append(m.Agents, &Agent{ID: id, Host: "host-" + id, CPUs: 4000, Mem: 4096_000, Reserved: m.reserved})
}

// atMaster carries out a call that has reached the master.
func (w *World) atMaster(m *Message) {
	if _, hung := m.Body.(hungUp); !hung && (w.Master.Away || w.Processes[m.Process].CutFromMesos) {
		w.fail(m, errCut)
		return
	}
	switch e := m.Body.(type) {
	case hungUp:
		if w.Master.Stream.ID == m.Stream {
			w.disconnect()
		}
	case leading.Subscribe:
		w.subscribe(m, e)
	case launching.List:
		w.answer(m, launching.Listed{Ticket: e.Ticket, Tasks: w.Master.refs()})
	default:
		if w.Master.Stream.ID != m.Stream {
			w.fail(m, errStale)
			return
		}
		w.take(m)
	}
}

// take carries out a call of the current stream.
func (w *World) take(m *Message) {
	master := &w.Master
	switch e := m.Body.(type) {
	case launching.Accept:
		if id := unlaunchable(e); id != "" {
			w.unsent(e)
			w.answer(m, launching.Called{Ticket: e.Ticket, Err: errUnlaunchable, Unlaunchable: id})
			return
		}
		w.accept(e.Accept)
	case launching.Decline:
		w.decline(e.OfferIDs, e.Refuse)
	case launching.Revive:
		master.Stream.Suppressed = false
		for _, a := range master.Agents {
			a.RefusedUntil = time.Time{}
		}
		w.allocate()
	case launching.Suppress:
		master.Stream.Suppressed = true
	case launching.Reconcile:
		w.reconcile(e.Tasks)
	case launching.Acknowledge:
		w.acknowledge(e)
		return
	case reaping.Kill:
		w.kill(e.TaskID, e.AgentID)
	}
	effect, _ := m.Body.(machine.Effect)
	w.answer(m, refusal(effect, nil))
}

// unlaunchable is the first task of an ACCEPT that cannot be put in Mesos' terms,
// empty if all can. Its client sends nothing then.
func unlaunchable(e launching.Accept) string {
	for i := range e.Launches {
		if l := &e.Launches[i]; l.Group.Labels[LabelUnlaunchable] != "" {
			return l.TaskID
		}
	}
	return ""
}

// subscribe opens a subscription. The newest one of a framework wins: the older
// is cut, its offers are void, and agents send again what was not acknowledged.
// Without an id it is another framework's, and the stream of the one before is left
// to itself.
func (w *World) subscribe(m *Message, e leading.Subscribe) {
	master := &w.Master
	switch {
	case e.FrameworkID == "" && m.Abandoned:
		master.Frameworks++
		return // Nobody will ever know of it.
	case e.FrameworkID == "":
		master.Frameworks++
		master.Framework, master.Removed = fmt.Sprintf("framework-%d", master.Frameworks), false
	case e.FrameworkID == master.Framework && master.Removed:
		w.answer(m, leading.NotSubscribed{Session: e.Session, Err: errRemoved, Removed: true})
		return
	case e.FrameworkID != master.Framework:
		master.Framework = e.FrameworkID
	default:
		if old := master.Stream; old.ID != "" {
			w.event(leading.Ended{Session: old.Session, Err: errFailedOver, FailedOver: true})
		}
	}
	master.streams++
	master.Stream = Stream{ID: fmt.Sprintf("stream-%d", master.streams), Process: m.Process, Life: m.Life, Session: e.Session}
	master.Offers = nil
	for _, a := range master.Agents {
		a.RefusedUntil = time.Time{}
	}
	if m.Abandoned {
		w.hangUp(m.Process, m.Life, master.Stream.ID)
	}
	m.Stream = master.Stream.ID
	w.answer(m, leading.Subscribed{
		Session: e.Session, FrameworkID: master.Framework, StreamID: master.Stream.ID,
		Master: "http://master", MasterID: fmt.Sprintf("master-%d", master.ID),
	})
	for _, t := range slices.Clone(master.Tasks) {
		w.forward(t)
	}
}

// disconnect ends the current subscription as far as the master sees.
func (w *World) disconnect() {
	w.Master.Stream, w.Master.Offers, w.Master.AloneSince = Stream{}, nil, w.Now
}

// event sends something to the current subscription, if there is one.
func (w *World) event(in machine.Input) {
	s := w.Master.Stream
	if s.ID == "" {
		return
	}
	if p := w.Processes[s.Process]; !p.Alive || p.Life != s.Life {
		return
	}
	w.send(&Message{
		To: ToProcess, Process: s.Process, Life: s.Life, Session: s.Session, Stream: s.ID, Body: in, Event: true,
	})
}

func (m *Master) refs() []scheduler.TaskRef {
	var refs []scheduler.TaskRef
	for _, t := range m.Tasks {
		if !t.Alive {
			continue
		}
		l := &t.Launch
		refs = append(refs, scheduler.TaskRef{
			TaskID: l.TaskID, AgentID: m.Agents[t.Agent].ID, State: t.Forwarded, Ours: true, Job: l.Job, Run: l.Run,
			Group: l.Group.Name, Slot: l.Slot, Attempt: l.Attempt, Version: l.Version,
		})
	}
	return refs
}

func (m *Master) agent(id string) int {
	return slices.IndexFunc(m.Agents, func(a *Agent) bool { return a.ID == id })
}
