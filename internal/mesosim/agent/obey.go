package agent

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// The grace of kills (4.3, 4.4).
const (
	dockerGrace   = 5 * time.Second
	commandGrace  = 3 * time.Second
	shutdownGrace = 3 * time.Second
)

// obey carries out one message of the master.
func (a *Server) obey(ctx context.Context, msg *link.ToAgent) {
	switch {
	case msg.Ping:
		a.post(link.FromAgent{Pong: true})
	case msg.Launch != nil:
		a.launch(ctx, msg.Launch)
	case msg.Kill != nil:
		a.kill(msg.Kill)
	case msg.Acknowledge != nil:
		a.acknowledge(msg.Acknowledge)
	case msg.ShutdownFramework != nil:
		a.shutdownFramework(msg.ShutdownFramework.FrameworkID)
	case msg.ShutdownExecutor != nil:
		a.shutdownExecutor(msg.ShutdownExecutor)
	case msg.UpdateFramework != nil:
		a.updateFramework(msg.UpdateFramework)
	case msg.Drain != nil:
		a.drainAll(msg.Drain)
	case msg.Apply != nil:
		a.apply(msg.Apply)
	case msg.AckOperation != nil:
		a.ackOperation(msg.AckOperation)
	case msg.Refused != nil:
		a.shutdown(msg.Refused.Reason)
	case msg.Shutdown != nil:
		a.shutdown(msg.Shutdown.Reason)
	}
}

func (a *Server) post(m link.FromAgent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session != nil {
		a.session.post(m)
	}
}

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
	if err := a.makeSandbox(&r.Run); err != nil {
		a.refuse(r, dropped(r.partitionAware()), mesos.REASON_EXECUTOR_TERMINATED, err.Error())
		return
	}
	if kind == Docker {
		a.introduce(r)
	}
	a.mu.Lock()
	r.Kind = kind
	err := a.store.save(r)
	if err != nil {
		a.fatal(err)
	}
	a.mu.Unlock()
	if err == nil {
		e.Launch(ctx, r.task())
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
	case !fits || e == nil:
		a.push(r, a.byAgent(r, mesos.TASK_FAILED, mesos.REASON_EXECUTOR_TERMINATED, "Abnormal executor termination: unknown container"))
	default:
		return kind, e, true
	}
	return "", nil, false
}

// parentOf is the container of a group's executor; the lock is held.
func (a *Server) parentOf(r *record) string {
	for _, x := range a.records {
		if x.sameGroup(r) && x.Parent != "" && !terminal(x.State) {
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

// grace is how long a task has between the gentle and the hard signal. asked is
// that of the call, negative when it has none; it counts for docker tasks only.
func (r *record) grace(asked time.Duration) time.Duration {
	own := r.Info.Value.GetKillPolicy().GetGracePeriod()
	isDocker := r.Kind == Docker
	switch {
	case asked >= 0 && isDocker:
		return asked
	case own != nil:
		return time.Duration(own.Nanoseconds)
	case isDocker:
		return dockerGrace
	}
	return commandGrace
}

func (a *Server) kill(k *link.Kill) {
	a.mu.Lock()
	r := a.byTask[taskKey{k.FrameworkID, k.TaskID}]
	if r == nil {
		r = a.newRecord(k.FrameworkID, k.TaskID)
		a.keep(r)
		a.push(r, a.byAgent(r, dropped(k.PartitionAware), mesos.REASON_EXECUTOR_TERMINATED, "Cannot find executor"))
		a.mu.Unlock()
		return
	}
	e, run, grace := a.executors[r.Kind], r.Run, r.grace(k.Grace)
	a.mu.Unlock()
	if e != nil {
		e.Kill(run, grace)
	}
}

func (a *Server) acknowledge(k *link.Acknowledge) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.awaiting(k)
	if r == nil {
		return
	}
	_, done := r.acknowledge(k.UUID)
	if done {
		a.discard(r)
		if r.Kind != "" {
			a.lingers[r.key()] = time.Now().Add(lingering)
		}
		return
	}
	if err := a.store.save(r); err != nil {
		a.fatal(err)
		return
	}
	if len(r.Pending) == 0 {
		delete(a.pending, r)
		return
	}
	a.sendHead(r)
}

// awaiting finds the record whose head is acknowledged: usually the one of the
// task, else that of a task with its id which was dropped.
func (a *Server) awaiting(k *link.Acknowledge) *record {
	key := taskKey{k.FrameworkID, k.TaskID}
	match := func(r *record) bool {
		return r != nil && r.key() == key && len(r.Pending) > 0 && bytes.Equal(r.Pending[0].Value.UUID, k.UUID)
	}
	if r := a.byTask[key]; match(r) {
		return r
	}
	for r := range a.pending {
		if match(r) {
			return r
		}
	}
	return nil
}

// orphan ends the stream of a task whose framework is gone.
func (a *Server) orphan(r *record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.orphanLocked(r)
}

func (a *Server) orphanLocked(r *record) {
	r.Orphan, r.Pending = true, nil
	delete(a.pending, r)
	if err := a.store.save(r); err != nil {
		a.fatal(err)
	}
}

func (a *Server) shutdownFramework(id string) {
	a.mu.Lock()
	var live []*record
	for _, r := range a.records {
		switch {
		case r.Run.FrameworkID != id:
		case terminal(r.State) || r.Kind == "":
			a.discard(r)
		default:
			a.orphanLocked(r)
			live = append(live, r)
		}
	}
	a.mu.Unlock()
	a.stop(live)
}

// stop kills runs with the grace of a shutdown (4.4).
func (a *Server) stop(live []*record) {
	for _, r := range live {
		grace := shutdownGrace
		if own := r.Info.Value.GetKillPolicy().GetGracePeriod(); own != nil {
			grace = time.Duration(own.Nanoseconds)
		}
		if e := a.executors[r.Kind]; e != nil {
			e.Kill(r.Run, grace)
		}
	}
}

func (a *Server) shutdownExecutor(s *link.ShutdownExecutor) {
	a.mu.Lock()
	var live []*record
	for _, r := range a.records {
		if r.Run.FrameworkID == s.FrameworkID && r.Run.ExecutorID == s.ExecutorID && !terminal(r.State) {
			live = append(live, r)
		}
	}
	a.mu.Unlock()
	a.stop(live)
}

func (a *Server) updateFramework(u *link.UpdateFramework) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.records {
		if r.Run.FrameworkID == u.Framework.Value.GetID().GetValue() {
			r.Framework = u.Framework
		}
	}
	a.resend()
}

// drainAll kills all tasks for a drain, or ends the drain (5.3).
func (a *Server) drainAll(d *link.Drain) {
	a.mu.Lock()
	a.drain = d
	if d.Stop {
		a.drain = nil
		a.mu.Unlock()
		return
	}
	live := map[*record]time.Duration{}
	for _, r := range a.records {
		if r.Orphan || r.Kind == "" || terminal(r.State) {
			continue
		}
		r.Drained, r.Gone = true, d.MarkGone
		if err := a.store.save(r); err != nil {
			a.fatal(err)
		}
		grace := r.grace(-1)
		if d.MaxGrace >= 0 && r.Kind == Docker {
			grace = min(grace, d.MaxGrace)
		}
		live[r] = grace
	}
	a.mu.Unlock()
	for r, grace := range live {
		if e := a.executors[r.Kind]; e != nil {
			e.Kill(r.Run, grace)
		}
	}
}

// apply takes the resources after an operation, and feeds its end back.
func (a *Server) apply(m *link.Apply) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.identity.Resources = m.Resources
	var fb *link.Feedback
	if m.OperationID != "" {
		fb = &link.Feedback{FrameworkID: m.FrameworkID, OperationID: m.OperationID, UUID: newUUID()}
		a.identity.Feedback = append(a.identity.Feedback, *fb)
	}
	if err := a.store.saveIdentity(a.identity); err != nil {
		a.fatal(err)
		return
	}
	if fb != nil && a.session != nil {
		a.session.post(link.FromAgent{Operation: fb})
	}
}

func (a *Server) ackOperation(m *link.AckOperation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.identity.Feedback = slices.DeleteFunc(a.identity.Feedback, func(f link.Feedback) bool {
		return f.OperationID == m.OperationID && bytes.Equal(f.UUID, m.UUID)
	})
	if err := a.store.saveIdentity(a.identity); err != nil {
		a.fatal(err)
	}
}

// killAll kills every task, unseen by its framework, and waits for the ends.
func (a *Server) killAll(ctx context.Context) {
	a.mu.Lock()
	var live []*record
	for _, r := range a.records {
		if terminal(r.State) || r.Kind == "" {
			a.discard(r)
			continue
		}
		a.orphanLocked(r)
		live = append(live, r)
	}
	a.mu.Unlock()
	a.stop(live)
	deadline := time.Now().Add(dockerGrace)
	for time.Now().Before(deadline) && sleep(ctx, granularity/4) {
		a.mu.Lock()
		n := len(a.records)
		a.mu.Unlock()
		if n == 0 {
			return
		}
	}
}

// shutdown ends an agent that the master does not want any more.
func (a *Server) shutdown(reason string) {
	a.mu.Lock()
	if a.fault == nil {
		a.fault = fmt.Errorf("%w: %s", ErrRefused, reason)
	}
	end := a.end
	a.mu.Unlock()
	a.killAll(context.Background())
	end()
}

// leave is the good-bye of Unregister.
func (a *Server) leave(ctx context.Context) {
	a.mu.Lock()
	a.leaving = true
	if a.session != nil {
		a.session.post(link.FromAgent{Unregister: true})
	}
	a.mu.Unlock()
	a.killAll(ctx)
	if err := a.store.forgetIdentity(); err != nil {
		a.opts.Log.Error().Err(err).Msg("the agent's id cannot be forgotten")
	}
}
