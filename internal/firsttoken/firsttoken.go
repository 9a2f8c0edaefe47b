package firsttoken

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Source is how whoever has the admin's key signs a token.
const Source = "taurus/admin/token"

// Wanted is what a token is to be.
type Wanted struct {
	Owner string
	Roles []string
	// Expires is when it is no good any more; zero for never.
	Expires time.Time
	// Actor is who wants it.
	Actor string
}

// Write has a log know a token, and returns the sequence that says so. A token that is in
// the log already, and good, stays as it is. Errors are those of access.Decide, and of the
// log; eventlog.ErrOutcomeUnknown if ctx ended before the log told.
//
// The whole log is read: what roles there are is known by that.
func Write(ctx context.Context, log eventlog.Log, space events.Space, token authn.Token, w Wanted) (sequence uint64, err error) {
	state := cluster.New()
	loop, err := fold.New(state, fold.Options{Log: log, Space: space, Role: "admin", Source: Source})
	if err != nil {
		return 0, err
	}
	// The log is not asked how full it is: an operator may need a token to mend that.
	c, err := commander.New(commander.Options{Loop: loop, State: state, Log: log, Space: space, Instance: "admin", Source: Source})
	if err != nil {
		return 0, err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Run(running) // Whoever waits for a command is told why it ended.
	}()
	sequence, err = c.DoAccess(ctx, commander.Author{Actor: w.Actor}, access.CreateToken{
		ID: token.ID, Owner: w.Owner, Hash: token.Hash(), Roles: w.Roles, Expires: w.Expires,
	})
	stop()
	<-ended
	if errors.Is(err, access.ErrTaken) {
		if _, bad := state.Access.Bearer(token.ID, token.Hash(), time.Now()); bad == nil {
			return state.Access.Tokens[token.ID].Sequence, nil
		}
	}
	if err != nil {
		return 0, fmt.Errorf("write the token: %w", err)
	}
	return sequence, nil
}
