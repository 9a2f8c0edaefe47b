package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/mark"
)

const (
	stateFlag = "state-dir"
	// systemdState is where systemd says which StateDirectory= a unit has, homeState
	// where a user's state is kept unless XDG_STATE_HOME says otherwise.
	systemdState = "STATE_DIRECTORY"
	xdgState     = "XDG_STATE_HOME"
	homeState    = ".local/state"
	// heldWait is how long a state directory is waited for that another process holds:
	// one that is just ending, say.
	heldWait = 3 * time.Second
	heldPoll = 50 * time.Millisecond
)

// State is the setting of where a role that folds the log keeps its mark.
type State struct {
	dir  string
	role string
}

// Register declares the setting.
func (st *State) Register(s *Settings) {
	st.role = s.role
	s.Flags().StringVar(&st.dir, stateFlag, "", "`directory` of this process alone, kept over restarts, that says how far it has read the log "+
		"(default $STATE_DIRECTORY/<role>, else $XDG_STATE_HOME/taurus/<role>, else ~/.local/state/taurus/<role>)")
}

// Complete finds the directory where none was given.
func (st *State) Complete(s *Settings) error {
	if st.dir != "" {
		return nil
	}
	dir, err := defaultState(st.role, os.LookupEnv, os.UserHomeDir)
	if err != nil {
		return s.Refuse(stateFlag, "is missing, and there is no home directory to keep it in: "+err.Error())
	}
	st.dir = dir
	return nil
}

// defaultState is where a role keeps its state unless told otherwise.
func defaultState(role string, lookup func(string) (string, bool), home func() (string, error)) (string, error) {
	// systemd names several, separated by colons, where a unit has several.
	if text, ok := lookup(systemdState); ok && text != "" {
		first, _, _ := strings.Cut(text, ":")
		return filepath.Join(first, role), nil
	}
	if dir, ok := lookup(xdgState); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "taurus", role), nil
	}
	dir, err := home()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, homeState, "taurus", role), nil
}

// Open opens the mark in the directory; it is closed when the role has stopped.
func (st *State) Open(ctx context.Context, env *Env) (*mark.File, error) {
	env.Tell("state_dir", st.dir)
	report := func(err error) {
		env.Logger.Error().Err(err).Msg("how far the log was folded cannot be kept on disk; after a power failure the guard against a log that lost its end is weaker")
	}
	ctx, cancel := context.WithTimeout(ctx, heldWait)
	defer cancel()
	tick := time.NewTicker(heldPoll)
	defer tick.Stop()
	for {
		f, err := mark.Open(st.dir, report)
		switch {
		case err == nil:
			env.OnStop("state directory", f.Close)
			return f, nil
		case errors.Is(err, mark.ErrDamaged):
			return nil, err
		case !errors.Is(err, mark.ErrInUse):
			return nil, fmt.Errorf("%w: %w; name a directory that this process may write by --%s", ErrUsage, err, stateFlag)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		case <-tick.C:
		}
	}
}
