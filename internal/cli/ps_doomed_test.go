package cli

import (
	"testing"

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
