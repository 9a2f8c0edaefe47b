package core

import (
	"fmt"
	"slices"
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
	tasks                map[taskKey]*task
	kills                map[taskKey]link.Kill // asked for while it was away
	// maintenance is what frameworks answered to inverse offers, by framework.
	maintenance map[string]allocator.InverseOfferStatus
}

func (a *agent) free() resource.Set { return a.total.Minus(a.used).Minus(a.offered) }

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
