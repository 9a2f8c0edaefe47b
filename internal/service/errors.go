package service

import (
	"errors"
	"fmt"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Exit statuses of every taurus process.
const (
	// ExitOK is the status after a stop that was asked for.
	ExitOK = 0
	// ExitFault is the status after a failure while running.
	ExitFault = 1
	// ExitUsage is the status when flags, environment or file are wrong, or do
	// not fit what is there, or the log is not there: an operator has to see to it
	// before starting again is of use.
	ExitUsage = 2
	// ExitUnreachable is the status when NATS was not there within --start-timeout.
	ExitUnreachable = 3
)

var (
	// ErrUsage is returned when a command line or a setting is wrong.
	ErrUsage = errors.New("wrong usage")

	// ErrUnreachable is returned when NATS could not be reached in time.
	ErrUnreachable = errors.New("could not reach NATS in time")

	// ErrStopTimeout is returned when a service did not stop within its bound.
	ErrStopTimeout = errors.New("did not stop in time")

	// ErrEnded is returned when a service ended though nobody stopped it.
	ErrEnded = errors.New("ended by itself")

	// ErrUnhealthy is returned by Health for any answer but 200.
	ErrUnhealthy = errors.New("unhealthy")

	// ErrStarting is what readiness says before the service runs.
	ErrStarting = errors.New("starting: the log is not open yet")
)

// SettingError says which setting is wrong. It is an ErrUsage.
type SettingError struct {
	// Setting is the flag without dashes, Value what it was given, Source
	// where: "flag", "default", an environment variable, or the file.
	Setting, Value, Source string
	// Reason is what is wrong, and how to mend it.
	Reason string
}

// Error names the setting, its value and its source.
func (e *SettingError) Error() string {
	return fmt.Sprintf("setting %s = %q (from %s): %s", e.Setting, e.Value, e.Source, e.Reason)
}

// Unwrap returns ErrUsage.
func (e *SettingError) Unwrap() error { return ErrUsage }

// loggedError is an error that the log has already told of.
type loggedError struct{ error }

func (e loggedError) Unwrap() error { return e.error }

// ExitCode is the exit status that err stands for.
func ExitCode(err error) int {
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, ErrUsage), errors.Is(err, eventlog.ErrNoLog):
		return ExitUsage
	case errors.Is(err, ErrUnreachable):
		return ExitUnreachable
	}
	return ExitFault
}
