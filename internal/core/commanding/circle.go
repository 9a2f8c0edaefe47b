package commanding

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/core/after"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// circular refuses a spec by which jobs would wait for each other for ever. Two that are
// submitted at once may come through; then both wait, and say so.
func circular(id string, ev events.Event, around after.Jobs) error {
	var spec jsontext.Value
	switch ev := ev.(type) {
	case events.JobSubmitted:
		spec = ev.Spec
	case events.JobUpdated:
		spec = ev.Spec
	default:
		return nil
	}
	if !bytes.Contains(spec, []byte(`"after"`)) {
		return nil // So it is with nearly all, and this is fast.
	}
	var of struct {
		After []string `json:"after"`
	}
	if err := json.Unmarshal(spec, &of); err != nil {
		return nil //nolint:nilerr // Whoever made it of a spec has checked it.
	}
	if circle := after.Cycle(id, of.After, around); circle != nil {
		return &CircleError{Circle: circle}
	}
	return nil
}

// CircleError says that jobs would wait for each other for ever. It is job.Faults.
type CircleError struct {
	// Circle are their ids, each after the next.
	Circle []string
}

// Error is that of the faults.
func (e *CircleError) Error() string { return e.Unwrap().Error() }

// Unwrap is the fault, which names the jobs.
func (e *CircleError) Unwrap() error {
	return circleFault(strings.Join(e.Circle, " after ") + "; remove one")
}

// Names are the jobs that it tells of.
func (e *CircleError) Names() []string { return e.Circle }

// Veiled is the fault for who may not be told of some of them.
func (e *CircleError) Veiled() error {
	return circleFault("by way of a job of which you may not be told; remove one")
}

func circleFault(how string) error {
	return job.Faults{{Path: "after", Message: "goes in a circle, none of which would ever start: " + how}}
}
