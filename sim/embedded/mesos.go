package embedded

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/services/launcher"
)

// observedTask is a task that an agent started.
type observedTask struct {
	launch scheduler.Launch
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
		return now.Sub(o.from) >= time.Duration(job.DefaultReplaceAfter)
	}
	return o.to.Sub(o.from) >= time.Duration(job.DefaultReplaceAfter) && now.Sub(o.to) < onItsWay
}

// client is Mesos as one process has it.
type client struct {
	launcher.Mesos
	*mesos.Killer
}

// connect connects a process; its connections break with it.
func (w *World) connect(p *Process, name string, logger zerolog.Logger) (client, error) {
	at := w.Cluster.Network().Client(name)
	context.AfterFunc(p.ctx, at.Kill)
	cfg := mesos.Config{Master: w.Cluster.Addr(), Transport: at.Transport, Log: logger}
	c, err := mesos.NewClient(cfg)
	if err != nil {
		return client{}, err
	}
	killer, err := mesos.NewKiller(cfg)
	if err != nil {
		return client{}, err
	}
	return client{launcher.Client(c), killer}, nil
}

// Started implements inprocess.Observer and checks every launch.
func (w *World) Started(host, taskID string, labels map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	slot, err := strconv.ParseUint(labels["taurus.slot"], 10, 32)
	if err != nil {
		w.violate("task %s has no slot: %v", taskID, err)
	}
	if w.tasks[taskID] != nil {
		w.violate("task %s launched twice", taskID)
		return
	}
	l := scheduler.Launch{TaskID: taskID, Job: labels["taurus.job"], Slot: uint32(slot), Group: &job.Group{Name: labels["taurus.group"]}}
	now := time.Now()
	for _, other := range w.tasks {
		if other.alive && other.launch.Job == l.Job && other.launch.Slot == l.Slot && !w.outages[other.host].excuses(now) {
			w.violate("slot %d of %s has two tasks alive: %s and %s", l.Slot, l.Job, other.launch.TaskID, taskID)
		}
	}
	w.tasks[taskID] = &observedTask{launch: l, host: host, alive: true}
}

// Ended implements inprocess.Observer.
func (w *World) Ended(_, taskID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.tasks[taskID]; t != nil {
		t.alive = false
	}
}

func (w *World) violate(format string, args ...any) {
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

// Violations are the broken invariants so far.
func (w *World) Violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.violations)
}

// Launches counts the tasks ever started.
func (w *World) Launches() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.tasks)
}

// Alive lists the tasks that run, by id.
func (w *World) Alive() []scheduler.Launch {
	w.mu.Lock()
	defer w.mu.Unlock()
	var alive []scheduler.Launch
	for _, id := range slices.Sorted(maps.Keys(w.tasks)) {
		if t := w.tasks[id]; t.alive {
			alive = append(alive, t.launch)
		}
	}
	return alive
}

// Strike puts a fault into force.
func (w *World) Strike(r fault.Rule) error {
	_, err := w.Cluster.Faults().Add(r)
	return err
}

// Partition cuts a host off: its tasks run on, and nobody is told.
func (w *World) Partition(host string) error {
	w.down(host)
	return w.Strike(fault.Rule{Agent: host, Action: fault.Partition})
}

// KillAgent is kill -9 of a host's agent: its tasks run on.
func (w *World) KillAgent(host string) error {
	w.down(host)
	return w.Cluster.Kill(host)
}

func (w *World) down(host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o := w.outages[host]; o.from.IsZero() || !o.to.IsZero() {
		w.outages[host] = outage{from: time.Now()}
	}
}

// Heal brings a host back, whatever had happened to it.
func (w *World) Heal(host string) error {
	for _, r := range w.Cluster.Faults().Rules() {
		if r.Agent == host {
			w.Cluster.Faults().Remove(r.ID)
		}
	}
	w.mu.Lock()
	if o := w.outages[host]; !o.from.IsZero() && o.to.IsZero() {
		o.to = time.Now()
		w.outages[host] = o
	}
	w.mu.Unlock()
	return w.Cluster.Start(host)
}

// Calm ends all faults.
func (w *World) Calm() error {
	w.SetLogFaults(0, 0)
	w.Cluster.Faults().Clear()
	if err := w.Cluster.StartMaster(); err != nil {
		return err
	}
	for host := range w.outages {
		if err := w.Heal(host); err != nil {
			return err
		}
	}
	return nil
}

// StrangersKill is a KILL that no service of taurus decided on, in the name of its
// subscription: an operator's script, say.
func (w *World) StrangersKill(t mesos.Target, taskID, agentID string) error {
	at := w.Cluster.Network().Client("stranger")
	killer, err := mesos.NewKiller(mesos.Config{Transport: at.Transport, Log: w.Logger})
	if err != nil {
		return err
	}
	defer killer.Close()
	return killer.Kill(w.ctx, t, taskID, agentID, 0)
}
