package allinone

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrInUse is returned when another supervisor uses the data directory.
	ErrInUse = errors.New("data directory is in use")
	// ErrNotReady is returned when a process does not come up.
	ErrNotReady = errors.New("does not come up")
)

// InUseError says who uses a data directory.
type InUseError struct {
	// Dir is the data directory.
	Dir string
	// PID is the other supervisor's, 0 if it could not be read.
	PID int
}

// Error names the directory, its user and both ways out.
func (e *InUseError) Error() string {
	who := "another taurus"
	if e.PID > 0 {
		who += fmt.Sprintf(" (pid %d)", e.PID)
	}
	return fmt.Sprintf("%s uses %s: stop it, or choose another directory with --data", who, e.Dir)
}

// Unwrap makes it ErrInUse.
func (e *InUseError) Unwrap() error { return ErrInUse }

// NotReadyError says which process does not come up, and the last it said.
type NotReadyError struct {
	// Name is the process', Log its log file.
	Name, Log string
	// Cause is what the supervisor saw.
	Cause error
	// Tail are the last lines of the log.
	Tail []string
}

// Error is the cause, the end of the log and where the rest is.
func (e *NotReadyError) Error() string {
	text := fmt.Sprintf("%s %v: %v; its log is %s", e.Name, ErrNotReady, e.Cause, e.Log)
	if len(e.Tail) > 0 {
		text += ", which ends\n  " + strings.Join(e.Tail, "\n  ")
	}
	return text
}

// Unwrap makes it both ErrNotReady and its cause.
func (e *NotReadyError) Unwrap() []error { return []error{ErrNotReady, e.Cause} }
