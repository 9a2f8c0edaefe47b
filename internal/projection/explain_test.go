package projection_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestExplainTellsAReasonOnce: tasks that failed alike at different times back
// off to different times, and are one reason with the first of them.
func TestExplainTellsAReasonOnce(t *testing.T) {
	t.Parallel()
	const slots = 3
	l := begin("service", slots)
	l.start(slots)
	until := time.Unix(1000, 0)
	for n := range uint32(slots) {
		l.report(n, "TASK_FAILED")
		l.append(spaceOf().Plan("a"), events.TasksPlanned{
			Run: l.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: n, To: n, Attempt: 2}},
			NotBefore: until.Add(time.Duration(slots-n) * time.Second),
		})
	}
	m, err := projection.NewHistory(l.log).AsOf(t.Context(), l.n)
	if err != nil {
		t.Fatal(err)
	}
	why, ok := m.Explain("a", nil, until)
	if !ok || len(why.Reasons) < 1 {
		t.Fatalf("%+v", why)
	}
	var backoff []projection.Reason
	for _, r := range why.Reasons {
		if r.Code == projection.CodeBackoff {
			backoff = append(backoff, r)
		}
	}
	if len(backoff) != 1 || backoff[0].Tasks != slots || !backoff[0].Until.Equal(until.Add(time.Second)) {
		t.Fatalf("%+v", backoff)
	}
}
