package commanding

import (
	"errors"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestCirclesAreRefused, whoever closes one: by a submission or by an update.
func TestCirclesAreRefused(t *testing.T) {
	l := clustertest.New()
	a := clustertest.Service("a", 1)
	a.After = []string{"b"}
	l.Submit(a)
	spec := func(after string) []byte { return []byte(`{"id":"b","after":["` + after + `"],"tasks":[]}`) }
	for _, ev := range []events.Event{events.JobSubmitted{Spec: spec("a")}, events.JobUpdated{Spec: spec("a")}} {
		var faults job.Faults
		err := circular("b", ev, l.State)
		if !errors.As(err, &faults) || faults[0].Path != "after" || !strings.Contains(err.Error(), "b after a after b") {
			t.Errorf("%T: %v", ev, err)
		}
	}
	for _, ev := range []events.Event{
		nil, events.JobStopped{}, events.JobSubmitted{Spec: spec("c")}, events.JobSubmitted{Spec: []byte(`{"id":"b","labels":{"x":"after"}}`)},
	} {
		if err := circular("b", ev, l.State); err != nil {
			t.Errorf("%T: %v", ev, err)
		}
	}
}
