package taskstate_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/taskstate"
)

// states are all of them, by rank, with what holds for each: T terminal, M made
// up, P presumed.
const states = `
PENDING          -
STAGING          -
STARTING         -
RUNNING          -
KILLING          -
FINISHED         T
FAILED           T
KILLED           T
ERROR            T
LOST             TMP
DROPPED          TMP
GONE             TMP
GONE_BY_OPERATOR TMP
UNKNOWN          TMP
WITHDRAWN        TP
`

func TestStates(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(states), "\n")
	for i, line := range lines {
		name, want, _ := strings.Cut(line, " ")
		want = strings.TrimSpace(want)
		s := taskstate.State(i)
		got := ""
		if s.Terminal() {
			got += "T"
		}
		if s.MadeUp() {
			got += "M"
		}
		if s.Presumed() {
			got += "P"
		}
		if s.String() != name || got != strings.Trim(want, "-") {
			t.Errorf("state %d is %s, %q; want %s, %q", i, s, got, name, want)
		}
	}
	if s := taskstate.State(len(lines)); s.String() != "INVALID" {
		t.Errorf("%s is missing in the table", s)
	}
}
