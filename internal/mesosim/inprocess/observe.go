package inprocess

import (
	"context"
	"sync"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
)

// Observer sees what happens to tasks on their agents, before anybody hears of
// it: what really runs. Its methods are called by many goroutines and must not
// call the cluster.
type Observer interface {
	Started(host, taskID string, labels map[string]string)
	Ended(host, taskID string)
}

// observed is a simulated executor that tells an observer.
type observed struct {
	executor.Executor
	host     string
	observer Observer

	mu    sync.Mutex
	tasks map[string]string // by container id
}

// observe builds executors of a host that tell the observer.
func observe(host string, o Observer) agent.Build {
	return func(_ agent.Kind, env agent.Env) (executor.Executor, error) {
		x := &observed{host: host, observer: o, tasks: map[string]string{}}
		opts := env.Simulate
		opts.Log, opts.AgentID, opts.AgentIP = env.Log, env.AgentID, env.AgentIP
		opts.Sink = func(run executor.Run, s executor.Status) {
			if executor.Terminal(s.State) {
				o.Ended(host, x.forget(run.ContainerID))
			}
			env.Sink(run, s)
		}
		x.Executor = simulated.New(opts)
		return x, nil
	}
}

// Launch implements executor.Executor.
func (x *observed) Launch(ctx context.Context, t executor.Task) {
	labels := map[string]string{}
	for _, l := range t.Info.GetLabels().GetLabels() {
		labels[l.Key] = l.GetValue()
	}
	x.keep(t)
	x.observer.Started(x.host, t.Info.TaskID.Value, labels)
	x.Executor.Launch(ctx, t)
}

// Recover implements executor.Executor.
func (x *observed) Recover(ctx context.Context, t executor.Task, last mesos.TaskState) {
	x.keep(t)
	x.Executor.Recover(ctx, t, last)
}

func (x *observed) keep(t executor.Task) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.tasks[t.Run.ContainerID] = t.Info.TaskID.Value
}

func (x *observed) forget(containerID string) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	id := x.tasks[containerID]
	delete(x.tasks, containerID)
	return id
}
