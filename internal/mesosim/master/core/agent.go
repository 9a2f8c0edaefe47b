package core

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/allocator"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

type taskKey struct{ framework, task string }

type agent struct {
	id        string
	info      mesos.AgentInfo
	ip        string
	session   string
	connected bool

	deactivated bool
	drain       *Drain

	registered, reregistered time.Time

	pingAt   time.Time
	awaiting bool
	missed   int
	backBy   time.Time // disconnected since; unreachable then

	total, used, offered resource.Set
	left                 *resource.Set // what is free, once it is known
	tasks                map[taskKey]*task
	offers               map[string]*offer
	kills                map[taskKey]link.Kill // of tasks: said again when it is back
	// maintenance is what frameworks answered to inverse offers, by framework.
	maintenance map[string]allocator.InverseOfferStatus
}

// free is what is neither used nor offered. Most agents do not change between two
// allocations, so it is kept.
func (a *agent) free() resource.Set {
	if a.left == nil {
		left := a.total.Minus(a.used).Minus(a.offered)
		a.left = &left
	}
	return *a.left
}

// touch says that total, used or offered have changed.
func (a *agent) touch() { a.left = nil }

// address is where an agent is, empty if it has no port: of those there may be
// many.
func address(ip string, info *mesos.AgentInfo) string {
	if info.GetPort() == 0 {
		return ""
	}
	return net.JoinHostPort(ip, strconv.Itoa(int(info.GetPort())))
}

// enter puts an agent among the registered ones.
func (m *Master) enter(a *agent) {
	m.agents[a.id] = a
	i, _ := slices.BinarySearchFunc(m.order, a, byID)
	m.order = slices.Insert(m.order, i, a)
	m.locate(a)
}

func (m *Master) locate(a *agent) {
	if at := address(a.ip, &a.info); at != "" {
		m.addresses[at] = a
	}
}

// leave takes it out again.
func (m *Master) leave(a *agent) {
	delete(m.agents, a.id)
	if i, found := slices.BinarySearchFunc(m.order, a, byID); found {
		m.order = slices.Delete(m.order, i, i+1)
	}
	m.unlocate(a)
}

func (m *Master) unlocate(a *agent) {
	if at := address(a.ip, &a.info); m.addresses[at] == a {
		delete(m.addresses, at)
	}
}

func byID(a, b *agent) int { return compare(a.id, b.id) }

func (a *agent) offerable() bool { return a.connected && !a.deactivated }

// PID is the agent's address in the form of libprocess.
func (a *agent) pid() string { return fmt.Sprintf("slave(1)@%s:%d", a.ip, a.info.GetPort()) }

func (a *agent) url() *mesos.URL {
	path := "/slave(1)"
	return &mesos.URL{
		Scheme:  "http",
		Address: mesos.Address{Hostname: &a.info.Hostname, IP: &a.ip, Port: a.info.GetPort()},
		Path:    &path,
	}
}

func (m *Master) bySession(session string) *agent { return m.sessions[session] }

// linkUp binds a session to an agent, and ends the one it had.
func (m *Master) linkUp(a *agent, session string) {
	if a.connected && a.session != session {
		m.queue(HangUp{Session: a.session})
	}
	delete(m.sessions, a.session)
	a.session, a.connected = session, true
	m.sessions[session] = a
}

func (m *Master) linkDown(a *agent) {
	a.connected = false
	delete(m.sessions, a.session)
}

func (a *agent) sortedTasks() []*task {
	out := make([]*task, 0, len(a.tasks))
	for _, t := range a.tasks {
		out = append(out, t)
	}
	slices.SortFunc(out, func(x, y *task) int {
		if c := compare(x.framework.id, y.framework.id); c != 0 {
			return c
		}
		return x.seq - y.seq
	})
	return out
}
