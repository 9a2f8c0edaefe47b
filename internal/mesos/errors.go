package mesos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Why a subscription was refused or ended.
var (
	// ErrFailedOver is returned when another scheduler subscribed with the same framework id.
	ErrFailedOver = errors.New("mesos: framework failed over to another scheduler")
	// ErrFrameworkRemoved is returned when the framework was torn down or its
	// failover timeout ran out: its tasks are dead and its id is of no more use.
	ErrFrameworkRemoved = errors.New("mesos: framework has been removed")
	// ErrRefused is returned when the master answered with any other ERROR event.
	ErrRefused = errors.New("mesos: master refused the framework")
	// ErrHeartbeatLost is returned when no event arrived for several heartbeat intervals.
	ErrHeartbeatLost = errors.New("mesos: heartbeats stopped")
	// ErrDisconnected is returned when the stream of events broke off.
	ErrDisconnected = errors.New("mesos: disconnected from the master")
	// ErrEventTooLarge is returned when an event is larger than Config.EventMax.
	ErrEventTooLarge = errors.New("mesos: event larger than the limit")
	// ErrProtocol is returned when the master sent what cannot be understood.
	ErrProtocol = errors.New("mesos: malformed message")
	// ErrClosed is returned by a subscription that was closed, and by its calls.
	ErrClosed = errors.New("mesos: subscription closed")
)

// Why a call failed.
var (
	// ErrStaleStream is returned when the stream id is no longer the
	// framework's: wait for a newer subscription.
	ErrStaleStream = errors.New("mesos: stream is stale")
	// ErrNotLeader is returned when the master asked is not the leading one.
	ErrNotLeader = errors.New("mesos: master is not the leader")
	// ErrUnavailable is returned when no master could be reached or none was ready; try again later.
	ErrUnavailable = errors.New("mesos: master unavailable")
	// ErrUnauthenticated is returned when the master wants other credentials.
	ErrUnauthenticated = errors.New("mesos: credentials refused")
	// ErrOfferUnknown is returned when an accepted offer was used, rescinded or
	// never received on this subscription; nothing was sent.
	ErrOfferUnknown = errors.New("mesos: offer unknown")
	// ErrOffersMixed is returned when the offers of one Accept are of several agents or roles; nothing was sent.
	ErrOffersMixed = errors.New("mesos: offers of several agents or roles")
	// ErrInsufficient is returned when a launch wants more than the offers hold; nothing was sent.
	ErrInsufficient = errors.New("mesos: offers do not hold what the task wants")
	// ErrLaunchInvalid is returned when a launch cannot be put in Mesos' terms; nothing was sent.
	ErrLaunchInvalid = errors.New("mesos: launch invalid")
	// ErrHostNotNamed is returned when a master redirects, or the log points, to a
	// host that the configuration does not name; nothing was sent.
	ErrHostNotNamed = errors.New("mesos: the configuration does not name the host")
	// ErrCleartext is returned when that would be without TLS, though the
	// configuration wants it; nothing was sent.
	ErrCleartext = errors.New("mesos: nothing goes in the clear")
	// ErrFileNotFound is returned when the agent has no such file.
	ErrFileNotFound = errors.New("mesos: file not found")
)

// ConfigError says which field of a Config is wrong and what it should be.
type ConfigError struct {
	Field  string
	Reason string
}

// Error names the field and the fix.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("mesos: config: %s: %s", e.Field, e.Reason)
}

// CallError is a call that a master or agent did not take.
type CallError struct {
	// Call is the type of the call, "ACCEPT".
	Call string
	// Status is the HTTP status; 0 if there was no answer.
	Status int
	// Body is the start of the answer's text.
	Body string
	// Location is where a master that is not the leader points to.
	Location string
	// Err is the reason there was no answer.
	Err error
	// stream says that the call carried a stream id, which may be stale.
	stream bool
}

// Error gives the call, the status and the master's words.
func (e *CallError) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("mesos: %s: %v", e.Call, e.Err)
	}
	text := fmt.Sprintf("mesos: %s: %d %s", e.Call, e.Status, http.StatusText(e.Status))
	if e.Body != "" {
		text += ": " + e.Body
	}
	return text
}

// Unwrap gives the reason there was no answer.
func (e *CallError) Unwrap() error { return e.Err }

// Is reports whether the target is the sentinel of this package that the status
// and the text are of; the texts are those of src/master/http.cpp.
func (e *CallError) Is(target error) bool {
	switch target {
	case ErrStaleStream:
		return e.stale()
	case ErrNotLeader:
		return e.Status == http.StatusTemporaryRedirect
	case ErrUnavailable:
		return e.unavailable()
	case ErrUnauthenticated:
		return e.Status == http.StatusUnauthorized
	case ErrFrameworkRemoved:
		return e.Status == http.StatusBadRequest && strings.Contains(e.Body, "No framework found")
	}
	return false
}

// stale reports whether the subscription is void. With 307 it is, too: a stream id
// is of one leader.
func (e *CallError) stale() bool {
	if !e.stream {
		return false
	}
	switch e.Status {
	case http.StatusTemporaryRedirect:
		return true
	case http.StatusBadRequest:
		return strings.Contains(e.Body, "Framework cannot be found") ||
			strings.Contains(e.Body, "didn't match the stream ID")
	case http.StatusForbidden:
		return strings.Contains(e.Body, "Framework is not subscribed")
	}
	return false
}

// unavailable reports whether the master may do later what it did not do now. That
// includes 404: a starting master has no routes for a moment. A fault of the
// master's own (5xx) or of a proxy's says nothing about the call.
func (e *CallError) unavailable() bool {
	switch e.Status {
	case 0:
		return !errors.Is(e.Err, context.Canceled)
	case http.StatusNotFound, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= http.StatusInternalServerError
}

// LaunchError says which launch of an Accept cannot be made, and wraps why:
// ErrLaunchInvalid or ErrInsufficient. Nothing was sent.
type LaunchError struct {
	TaskID string
	Err    error
}

// Error names the task.
func (e *LaunchError) Error() string { return fmt.Sprintf("task %s: %v", e.TaskID, e.Err) }

// Unwrap returns why.
func (e *LaunchError) Unwrap() error { return e.Err }

// refusal makes an error of the message of an ERROR event.
func refusal(message string) error {
	switch message {
	case "Framework failed over":
		return ErrFailedOver
	case "Framework has been removed":
		return ErrFrameworkRemoved
	}
	return fmt.Errorf("%w: %s", ErrRefused, message)
}
