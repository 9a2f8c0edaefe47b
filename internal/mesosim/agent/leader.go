package agent

import (
	"context"
	"sync"

	"github.com/milosgajdos/taurus/internal/mesosim/election"
)

// follow serves sessions with the master, or with whichever leads (5.2). Between
// two leaders, and while none is known, tasks go on and updates wait.
func (a *Server) follow(ctx context.Context) {
	if a.opts.Election == nil {
		a.connect(ctx, a.dial)
		return
	}
	end := func() {}
	election.Follow(ctx, *a.opts.Election, a.opts.Log, func(leader *election.Master) {
		end()
		end = a.serve(ctx, leader)
	})
	end()
}

// serve connects to a leader until the result is called.
func (a *Server) serve(ctx context.Context, leader *election.Master) (end func()) {
	if leader == nil {
		return func() {}
	}
	a.opts.Log.Info().Str("leader", leader.Addr()).Msg("detected a leading master")
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { a.connect(ctx, a.dialAt(leader.Addr())) })
	return func() {
		cancel()
		wg.Wait()
	}
}
