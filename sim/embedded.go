package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/internal/mesosim/inprocess"
	"github.com/milosgajdos/taurus/services/launcher"
)

// Embedded is a World on the embedded Mesos, with taurus' own client: all of
// taurus but its sockets and its disk. It checks the same as the model does.
type Embedded struct {
	*World
	Cluster *inprocess.Cluster

	mu         sync.Mutex
	tasks      map[string]*observedTask // by task id, all that ever started
	outages    map[string]outage        // by host
	violations []string
}

// observedTask is a task that an agent started.
type observedTask struct {
	launch mesos.Launch
	host   string
	alive  bool
}

// outage is the last time that a host could not be reached.
type outage struct{ from, to time.Time }

// excuses says whether the tasks of a host may have been replaced by now. A
// replacement is on its way for a while, in which the host may come back.
func (o outage) excuses(now time.Time) bool {
	const onItsWay = 2 * time.Minute
	if o.from.IsZero() {
		return false
	}
	if o.to.IsZero() {
		return now.Sub(o.from) >= planning.UnreachableReplaceAfter
	}
	return o.to.Sub(o.from) >= planning.UnreachableReplaceAfter && now.Sub(o.to) < onItsWay
}

// NewEmbedded makes a world of a seed with n agents, host-0 and so on.
func NewEmbedded(ctx context.Context, seed uint64, n int, logger zerolog.Logger) (*Embedded, error) {
	e := &Embedded{World: newWorld(ctx, seed, logger), tasks: map[string]*observedTask{}, outages: map[string]outage{}}
	e.framework = mesos.Framework{
		Name: "taurus", User: "root", Roles: []string{"*"}, Checkpoint: true, FailoverTimeout: 7 * 24 * time.Hour,
	}
	var err error
	e.Cluster, err = inprocess.Start(e.ctx, inprocess.Options{
		Seed: seed, Agents: n, Latency: 50 * time.Millisecond, Faults: true, Observer: e,
		Simulate: simulated.Options{StartDelay: 300 * time.Millisecond, KillDelay: 200 * time.Millisecond},
		// Agents are given up within seconds, so that it happens.
		PingTimeout: 2 * time.Second, MaxPingTimeouts: 3, ReregisterTimeout: 30 * time.Second,
		Log: logger.With().Str("process", "mesos").Logger(),
	})
	if err != nil {
		e.World.Close()
		return nil, err
	}
	e.connect, e.alive = e.process, e.Alive
	return e, nil
}

// Close ends everything.
func (e *Embedded) Close() {
	for _, p := range e.processes {
		p.Kill()
	}
	e.Cluster.Close()
	e.World.Close()
}

// client is Mesos as one process has it.
type client struct {
	launcher.Mesos
	*mesos.Killer
}

// process connects a process; its connections break with it.
func (e *Embedded) process(p *Process, name string, logger zerolog.Logger) (port, error) {
	at := e.Cluster.Network().Client(name)
	context.AfterFunc(p.ctx, at.Kill)
	cfg := mesos.Config{Master: e.Cluster.Addr(), Transport: at.Transport, Log: logger}
	c, err := mesos.NewClient(cfg)
	if err != nil {
		return nil, err
	}
	killer, err := mesos.NewKiller(cfg)
	if err != nil {
		return nil, err
	}
	return client{launcher.Client(c), killer}, nil
}

// Started implements inprocess.Observer and checks every launch.
func (e *Embedded) Started(host, taskID string, labels map[string]string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	slot, err := strconv.ParseUint(labels["taurus.slot"], 10, 32)
	if err != nil {
		e.violate("task %s has no slot: %v", taskID, err)
	}
	if e.tasks[taskID] != nil {
		e.violate("task %s launched twice", taskID)
		return
	}
	l := mesos.Launch{TaskID: taskID, Job: labels["taurus.job"], Slot: uint32(slot), Group: &job.Group{Name: labels["taurus.group"]}}
	now := time.Now()
	for _, other := range e.tasks {
		if other.alive && other.launch.Job == l.Job && other.launch.Slot == l.Slot && !e.outages[other.host].excuses(now) {
			e.violate("slot %d of %s has two tasks alive: %s and %s", l.Slot, l.Job, other.launch.TaskID, taskID)
		}
	}
	e.tasks[taskID] = &observedTask{launch: l, host: host, alive: true}
}

// Ended implements inprocess.Observer.
func (e *Embedded) Ended(_, taskID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.tasks[taskID]; t != nil {
		t.alive = false
	}
}

func (e *Embedded) violate(format string, args ...any) {
	e.violations = append(e.violations, fmt.Sprintf(format, args...))
}

// Violations are the broken invariants so far.
func (e *Embedded) Violations() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.violations)
}

// Launches counts the tasks ever started.
func (e *Embedded) Launches() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.tasks)
}

// Alive lists the tasks that run, by id.
func (e *Embedded) Alive() []mesos.Launch {
	e.mu.Lock()
	defer e.mu.Unlock()
	var alive []mesos.Launch
	for _, id := range slices.Sorted(maps.Keys(e.tasks)) {
		if t := e.tasks[id]; t.alive {
			alive = append(alive, t.launch)
		}
	}
	return alive
}

// Strike puts a fault into force.
func (e *Embedded) Strike(r fault.Rule) error {
	_, err := e.Cluster.Faults().Add(r)
	return err
}

// Partition cuts a host off: its tasks run on, and nobody is told.
func (e *Embedded) Partition(host string) error {
	e.down(host)
	return e.Strike(fault.Rule{Agent: host, Action: fault.Partition})
}

// KillAgent is kill -9 of a host's agent: its tasks run on.
func (e *Embedded) KillAgent(host string) error {
	e.down(host)
	return e.Cluster.Kill(host)
}

func (e *Embedded) down(host string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if o := e.outages[host]; o.from.IsZero() || !o.to.IsZero() {
		e.outages[host] = outage{from: time.Now()}
	}
}

// Heal brings a host back, whatever had happened to it.
func (e *Embedded) Heal(host string) error {
	for _, r := range e.Cluster.Faults().Rules() {
		if r.Agent == host {
			e.Cluster.Faults().Remove(r.ID)
		}
	}
	e.mu.Lock()
	if o := e.outages[host]; !o.from.IsZero() && o.to.IsZero() {
		o.to = time.Now()
		e.outages[host] = o
	}
	e.mu.Unlock()
	return e.Cluster.Start(host)
}

// Calm ends all faults.
func (e *Embedded) Calm() error {
	e.SetLogFaults(0, 0)
	e.Cluster.Faults().Clear()
	if err := e.Cluster.StartMaster(); err != nil {
		return err
	}
	for host := range e.outages {
		if err := e.Heal(host); err != nil {
			return err
		}
	}
	return nil
}

// StrangersKill is a KILL that no service of taurus decided on, in the name of its
// subscription: an operator's script, say.
func (e *Embedded) StrangersKill(t mesos.Target, taskID, agentID string) error {
	at := e.Cluster.Network().Client("stranger")
	killer, err := mesos.NewKiller(mesos.Config{Transport: at.Transport, Log: e.Logger})
	if err != nil {
		return err
	}
	defer killer.Close()
	return killer.Kill(e.ctx, t, taskID, agentID, 0)
}
