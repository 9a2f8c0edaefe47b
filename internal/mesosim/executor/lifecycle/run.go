package lifecycle

import (
	"context"
	"sync"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// run is what the manager knows of a task between Launch and its end.
type run struct {
	task   executor.Task
	cancel context.CancelFunc
	killed chan struct{} // closed once the run is to be killed
	asked  chan struct{} // one token when a kill was asked, again or for the first time

	mu   sync.Mutex
	mark *mark
}

func newRun(t executor.Task, cancel context.CancelFunc) *run {
	return &run{task: t, cancel: cancel, killed: make(chan struct{}), asked: make(chan struct{}, 1)}
}

// resume goes on with a kill that another agent process began.
func (r *run) resume(k mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mark = &k
	close(r.killed)
	r.asked <- struct{}{}
}

// condemn marks the run, on disk first. The first cause stays; a later kill only
// brings another grace, and none to a run whose time is over. Where graces only
// shrink it can end the one that has begun sooner, not later. An error does not
// keep the run from being killed.
func (r *run) condemn(store marks, k mark, shrink bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.mark == nil
	if !first {
		k.Cause = r.mark.Cause
		if k.Cause == causeExpired {
			k.Grace = r.mark.Grace
		}
		if shrink {
			k.Since, k.Grace = r.mark.Since, min(k.Grace, r.mark.Grace)
		}
	}
	err := store.store(r.task.Run.ContainerID, k)
	r.mark = &k
	if first {
		close(r.killed)
	}
	select {
	case r.asked <- struct{}{}:
	default:
	}
	return err
}

// condemned returns the mark, or nil.
func (r *run) condemned() *mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mark
}
