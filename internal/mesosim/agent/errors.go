package agent

import "errors"

var (
	// ErrOption is returned by New for an option that cannot work.
	ErrOption = errors.New("option")
	// ErrRefused is returned by Run when the master will not have this agent
	// again, or told it to shut down.
	ErrRefused = errors.New("the master refused the agent")
	// errSession is returned when the master ended the session.
	errSession = errors.New("the session ended")
)
