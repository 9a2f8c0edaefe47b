package cli

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
)

// TestWhyATaskEnds is beside its state.
func TestWhyATaskEnds(t *testing.T) {
	for want, doom := range map[string]projection.Doom{
		" (ending)":              {Kills: 9},
		" (ending: job stopped)": {Reason: "job stopped", Kills: 2},
		" (ending: killed by ann: stuck; asked 12 times, and does not end)": {Reason: "killed by ann: stuck", Kills: 12, Blocked: true},
	} {
		if got := remark(projection.Task{Live: true, State: "RUNNING", Doom: &doom}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestWhatIsWaitedFor is beside the state of a task that may come back.
func TestWhatIsWaitedFor(t *testing.T) {
	original := projection.Task{Live: true, State: "RUNNING", Unreachable: true, Original: true}
	if got := remark(original); got != " (replaced; goes on if it is back)" {
		t.Error(got)
	}
	original.GiveUpAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if got := remark(original); got != " (replaced; goes on if it is back by 2026-03-01T12:00:00Z)" {
		t.Error(got)
	}
}
