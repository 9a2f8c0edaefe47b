package agent

import (
	"context"
	"fmt"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/pause"
)

func (a *Server) kill(k *link.Kill) {
	a.mu.Lock()
	r := a.byTask[taskKey{k.FrameworkID, k.TaskID}]
	if r == nil {
		r = a.newRecord(k.FrameworkID, k.TaskID)
		a.keep(r)
		a.push(r, a.withoutExecutor(r, dropped(k.PartitionAware), mesos.REASON_EXECUTOR_TERMINATED, "Cannot find executor"))
		a.mu.Unlock()
		return
	}
	e, run, grace := a.executors[r.Kind], r.Run, a.opts.graces().kill(r, k.Grace)
	a.mu.Unlock()
	if e != nil {
		e.Kill(run, grace)
	}
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
		case executor.Terminal(r.State) || r.Kind == "":
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
		if e := a.executors[r.Kind]; e != nil {
			e.Kill(r.Run, a.opts.graces().end(r))
		}
	}
}

func (a *Server) shutdownExecutor(s *link.ShutdownExecutor) {
	a.mu.Lock()
	var live []*record
	for _, r := range a.records {
		if r.Run.FrameworkID == s.FrameworkID && r.Run.ExecutorID == s.ExecutorID && !executor.Terminal(r.State) {
			live = append(live, r)
		}
	}
	a.mu.Unlock()
	a.stop(live)
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
		if r.Orphan || r.Kind == "" || executor.Terminal(r.State) {
			continue
		}
		r.Drained, r.Gone = true, d.MarkGone
		if err := a.store.save(r); err != nil {
			a.fatal(err)
		}
		grace := a.opts.graces().kill(r, -1)
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

// killAll kills every task, unseen by its framework, and waits for the ends.
func (a *Server) killAll(ctx context.Context) {
	a.mu.Lock()
	a.gone = true
	var live []*record
	for _, r := range a.records {
		if executor.Terminal(r.State) || r.Kind == "" {
			a.discard(r)
			continue
		}
		a.orphanLocked(r)
		live = append(live, r)
	}
	a.mu.Unlock()
	a.stop(live)
	deadline := time.Now().Add(a.opts.ShutdownGrace)
	for time.Now().Before(deadline) && pause.For(ctx, granularity/4) == nil {
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

// leave is the good-bye of Unregister. The master hears it before any task ends.
func (a *Server) leave(ctx context.Context) {
	a.mu.Lock()
	a.leaving = true
	s := a.session
	if s != nil {
		s.post(link.FromAgent{Unregister: true})
	}
	a.mu.Unlock()
	if s != nil {
		patience := time.NewTimer(a.opts.ShutdownGrace)
		defer patience.Stop()
		select {
		case <-s.bye:
		case <-patience.C:
			a.opts.Log.Warn().Msg("the master does not hear the good-bye")
		case <-ctx.Done():
		}
	}
	a.killAll(ctx)
}

// forget makes the next start that of a new agent, once nothing of this one runs.
func (a *Server) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.records {
		a.discard(r)
	}
	if err := a.store.forgetIdentity(); err != nil {
		a.opts.Log.Error().Err(err).Msg("the agent's id cannot be forgotten")
	}
}
