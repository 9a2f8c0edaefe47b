package commanding

import (
	"bytes"
	"fmt"
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
		return job.Faults{{Path: "after", Message: fmt.Sprintf(
			"goes in a circle, none of which would ever start: %s; remove one", strings.Join(circle, " after "),
		)}}
	}
	return nil
}
