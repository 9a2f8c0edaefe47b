package agent

import (
	"context"

	"github.com/google/uuid"
	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

func (a *Server) newRecord(framework, task string) *record {
	r := &record{State: mesos.TASK_STAGING}
	r.Run = executor.Run{FrameworkID: framework, ExecutorID: task, ContainerID: uuid.NewString()}
	r.Info.Value.TaskID.Value = task
	r.Framework.Value.ID = &mesos.FrameworkID{Value: framework}
	return r
}

// launch starts a task: its record is on disk before anything runs.
func (a *Server) launch(ctx context.Context, l *link.Launch) {
	r := a.newRecord(l.Framework.Value.GetID().GetValue(), l.Task.Value.TaskID.Value)
	r.Framework, r.Info, r.Role = l.Framework, l.Task, l.Role
	if x := l.Task.Value.Executor; x != nil {
		r.Run.ExecutorID = x.ExecutorID.Value
	}
	if l.Group != nil {
		r.Group, r.Run.ExecutorID = l.Group, l.Group.Value.ExecutorID.Value
	}
	kind, e, ok := a.admit(r)
	if !ok {
		return
	}
	sandbox, err := a.makeSandbox(r.Run)
	if err != nil {
		a.refuse(r, dropped(r.partitionAware()), mesos.REASON_EXECUTOR_TERMINATED, err.Error())
		return
	}
	if kind == Docker {
		a.introduce(r.Info.Value.TaskID.Value, sandbox)
	}
	a.mu.Lock()
	r.Kind, r.Run.Sandbox = kind, sandbox
	err = a.store.save(r)
	if err != nil {
		a.fatal(err)
	}
	a.awaitStart(r)
	t := r.task()
	a.mu.Unlock()
	if err == nil {
		e.Launch(ctx, t)
	}
}

// admit takes a task in, or answers for it why not.
func (a *Server) admit(r *record) (Kind, executor.Executor, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kind, fits := a.opts.Executor.pick(&r.Info.Value)
	e := a.executors[kind]
	_, lingers := a.lingers[r.key()]
	busy := lingers || a.byTask[r.key()] != nil
	if r.Group != nil {
		r.Parent = a.parentOf(r)
	}
	if a.byTask[r.key()] == nil {
		a.keep(r)
	} else {
		a.records[r.Run.ContainerID] = r
	}
	pa := r.partitionAware()
	switch {
	case busy:
		a.push(r, a.byAgent(r, dropped(pa), mesos.REASON_TASK_INVALID, "Cannot reuse an already existing executor for a command task"))
	case a.drain != nil:
		a.push(r, a.byAgent(r, dropped(pa), mesos.REASON_AGENT_DRAINING, "Task was received while agent was already draining"))
	case limitsFault(&r.Info.Value) != "":
		a.push(r, a.withoutExecutor(r, dropped(pa), mesos.REASON_GC_ERROR, limitsFault(&r.Info.Value)))
	case !fits || e == nil:
		a.push(r, a.byAgent(r, mesos.TASK_FAILED, mesos.REASON_EXECUTOR_TERMINATED, "Abnormal executor termination: unknown container"))
	default:
		return kind, e, true
	}
	return "", nil, false
}

// limitsFault refuses the limits of a task that only cgroups could keep: those of
// docker tasks are docker's (4.2, 8). It is "" for any other.
func limitsFault(t *mesos.TaskInfo) string {
	if t.GetContainer() != nil && t.Container.GetType() == mesos.ContainerInfo_DOCKER {
		return ""
	}
	for _, x := range []struct{ resource, kind, isolator string }{{"cpus", "CPU", "cgroups/cpu"}, {"mem", "Memory", "cgroups/mem"}} {
		if _, set := t.Limits[x.resource]; set {
			return x.kind + " limits can only be set on tasks launched in Mesos containers when the agent has loaded the '" + x.isolator + "' isolator"
		}
	}
	return ""
}

// parentOf is the container of a group's executor; the lock is held.
func (a *Server) parentOf(r *record) string {
	for _, x := range a.records {
		if x.sameGroup(r) && x.Parent != "" && !executor.Terminal(x.State) {
			return x.Parent
		}
	}
	return uuid.NewString()
}

func (r *record) sameGroup(x *record) bool {
	return r.Group != nil && x.Group != nil && r.Run.FrameworkID == x.Run.FrameworkID && r.Run.ExecutorID == x.Run.ExecutorID
}

func (a *Server) refuse(r *record, state mesos.TaskState, reason mesos.TaskStatus_Reason, message string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.push(r, a.byAgent(r, state, reason, message))
}
