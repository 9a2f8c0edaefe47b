package api

import (
	"errors"
	"fmt"

	"github.com/milosgajdos/taurus/internal/job"
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

// paramError names the query parameters, headers or fields that cannot be read,
// and their mends.
type paramError struct {
	faults job.Faults
}

func (e *paramError) Error() string { return e.faults.Error() }

func badParam(name, format string, args ...any) error {
	return &paramError{faults: job.Faults{{Path: name, Message: fmt.Sprintf(format, args...)}}}
}

// badParams makes one error of what is wrong with several parameters, nil if
// nothing is.
func badParams(errs ...error) error {
	var all paramError
	for _, err := range errs {
		if one := new(paramError); errors.As(err, &one) {
			all.faults = append(all.faults, one.faults...)
		}
	}
	if len(all.faults) == 0 {
		return nil
	}
	return &all
}
