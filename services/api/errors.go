package api

import (
	"errors"
	"fmt"
)

var (
	// ErrOptions is returned by New for options that cannot work.
	ErrOptions = errors.New("api: invalid options")
	// ErrNotReady is returned by Ready, and answered as 503, before the service
	// has caught up with the log.
	ErrNotReady = errors.New("api: still replaying the log")
	// errKeyReused: an idempotency key came with another body than before.
	errKeyReused = errors.New("this Idempotency-Key was used for another job; use a new key")
	// errNearlyFull: the log is so full that only stops are taken.
	errNearlyFull = errors.New("the log is nearly full, so no jobs are accepted; stops are")
	// errNoLogs: there is nothing to read a task's output from.
	errNoLogs = errors.New("the task was not launched yet, so it has written nothing")
	// errNoSandbox: this instance was not told how to reach agents.
	errNoSandbox = errors.New("this api cannot read the output of tasks")
	// errAgent: the agent did not give the file.
	errAgent = errors.New("the agent did not give the file")
	// errNoTask: the job has no such slot or attempt.
	errNoTask = errors.New("the job has no such task")
	// errGone: the events asked for are older than what the log keeps.
	errGone = errors.New("the log no longer keeps these events")
)

// paramError names a query parameter, header or field that cannot be read, and
// its mend.
type paramError struct {
	name, message string
}

func (e *paramError) Error() string { return e.name + ": " + e.message }

func badParam(name, format string, args ...any) error {
	return &paramError{name: name, message: fmt.Sprintf(format, args...)}
}
