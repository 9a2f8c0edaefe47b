package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// recover takes back what an earlier process of this agent had (5.3).
func (a *Server) recover(ctx context.Context) error {
	records, err := a.store.load()
	if err != nil {
		return fmt.Errorf("agent: recovery: %w", err)
	}
	if a.identity.AgentID == "" {
		return nil
	}
	if err := a.buildExecutors(); err != nil {
		return err
	}
	if err := a.canRecover(records); err != nil {
		return err
	}
	a.mu.Lock()
	for _, r := range records {
		a.keep(r)
	}
	a.mu.Unlock()
	known := map[string]bool{}
	for _, r := range records {
		if r.Kind != "" {
			known[r.Run.ContainerID] = true
			a.recoverRun(ctx, r)
		}
	}
	for _, e := range a.executors {
		if s, ok := e.(executor.Sweeper); ok {
			if err := s.Sweep(ctx, known); err != nil {
				a.opts.Log.Warn().Err(err).Msg("leftovers of ended tasks remain")
			}
		}
	}
	return nil
}

// canRecover refuses to take back tasks that no executor of this agent could
// watch: they would be said to run for ever, and could not be killed.
func (a *Server) canRecover(records []*record) error {
	for _, r := range records {
		if r.Kind != "" && !executor.Terminal(r.State) && a.executors[r.Kind] == nil {
			return fmt.Errorf("%w executor: %s runs task %s of this work_dir; start the agent with it, or with another work_dir",
				ErrOption, r.Kind, r.key().task)
		}
	}
	return nil
}

// recoverRun takes one run back, and repeats what an agent that died may have
// stored but not done.
func (a *Server) recoverRun(ctx context.Context, r *record) {
	e := a.executors[r.Kind]
	if e == nil {
		return
	}
	a.mu.Lock()
	ended, orphan, aborted := executor.Terminal(r.State), r.Orphan, r.Aborted
	checkpointed := r.Framework.Value.GetCheckpoint()
	a.awaitStart(r)
	t, last := r.task(), r.State
	a.mu.Unlock()
	e.Recover(ctx, t, last)
	switch {
	case ended && orphan:
		a.mu.Lock()
		a.discard(r)
		a.mu.Unlock()
	case ended:
	case orphan:
		e.Kill(r.Run, a.opts.graces().kill(r, -1))
	case aborted:
		e.Kill(r.Run, 0)
	case !checkpointed:
		a.orphan(r)
		e.Kill(r.Run, 0)
	}
}

// keep indexes a record; the lock is held.
func (a *Server) keep(r *record) {
	a.records[r.Run.ContainerID] = r
	a.byTask[r.key()] = r
	if len(r.Pending) > 0 && !r.Orphan {
		a.pending[r] = true
	}
}

// discard forgets a task for good; the lock is held.
func (a *Server) discard(r *record) {
	a.age(r)
	delete(a.records, r.Run.ContainerID)
	delete(a.pending, r)
	delete(a.starting, r)
	if a.byTask[r.key()] == r {
		delete(a.byTask, r.key())
	}
	if err := a.store.remove(r); err != nil {
		a.opts.Log.Error().Err(err).Str("task", r.key().task).Msg("record of an ended task cannot be removed")
	}
}

// buildExecutors starts the executors once the id is known.
func (a *Server) buildExecutors() error {
	if len(a.executors) > 0 {
		return nil
	}
	for _, k := range a.opts.Executor.kinds() {
		e, err := a.opts.Build(k, Env{
			Sink: a.sink, Log: a.opts.Log, AgentID: a.identity.AgentID, AgentIP: a.opts.IP, Grace: a.opts.graces().docker(),
			StateDir: filepath.Join(a.opts.WorkDir, "meta", string(k)), Simulate: a.opts.Simulate, TellEnds: a.opts.TellEnds,
		})
		if err != nil {
			return fmt.Errorf("agent: executor %s: %w", k, err)
		}
		a.executors[k] = e
	}
	return nil
}

func (a *Server) closeExecutors() {
	a.mu.Lock()
	gone := a.gone
	a.mu.Unlock()
	for k, e := range a.executors {
		if err := e.Close(); err != nil {
			a.opts.Log.Warn().Err(err).Str("executor", string(k)).Msg("executor did not close")
		}
		if gone {
			a.sweep(k, e)
		}
	}
}

// sweepTimeout bounds the end of an agent that is gone for good.
const sweepTimeout = 10 * time.Second

// sweep ends what still runs of an agent that is gone for good, be it that its
// framework knows of its end already.
func (a *Server) sweep(k Kind, e executor.Executor) {
	s, ok := e.(executor.Sweeper)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), sweepTimeout)
	defer cancel()
	if err := s.Sweep(ctx, nil); err != nil {
		a.opts.Log.Warn().Err(err).Str("executor", string(k)).Msg("leftovers of ended tasks remain")
	}
}
