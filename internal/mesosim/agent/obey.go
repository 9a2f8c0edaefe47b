package agent

import (
	"bytes"
	"context"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
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
			until := time.Now().Add(lingering)
			a.lingers[r.key()] = until
			a.retries.at(until, a.retry)
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

// updateFramework takes what a framework says of itself anew. If it runs here,
// everything that is unacknowledged is resent, that of others too (1.4).
func (a *Server) updateFramework(u *link.UpdateFramework) {
	a.mu.Lock()
	defer a.mu.Unlock()
	runs := false
	for _, r := range a.records {
		if r.Run.FrameworkID != u.Framework.Value.GetID().GetValue() {
			continue
		}
		runs = runs || r.Kind != ""
		if r.Framework.Value.Equal(&u.Framework.Value) {
			continue
		}
		r.Framework = u.Framework
		if err := a.store.save(r); err != nil {
			a.fatal(err)
			return
		}
	}
	if runs {
		a.resend()
	}
}
