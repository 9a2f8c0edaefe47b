package cli_test

import (
	"io"
	"testing"

	"github.com/milosgajdos/taurus/internal/cli"
	state "github.com/milosgajdos/taurus/internal/core/cluster"
)

// TestEveryStateOfATaskCanBeAskedFor tells a state that is refused from an api
// that is not there.
func TestEveryStateOfATaskCanBeAskedFor(t *testing.T) {
	states := []string{"UNREACHABLE"}
	for s := state.Waiting; s.String() != "INVALID"; s++ {
		states = append(states, s.String())
	}
	const all = 16
	if len(states) != all {
		t.Fatalf("there are %q, want %d", states, all)
	}
	for _, name := range states {
		a := cli.NewApp()
		a.Out, a.Err = io.Discard, io.Discard
		if got := a.Run(t.Context(), []string{"ps", "--state", name, "--api", "127.0.0.1:1"}); got != cli.ExitUnreachable {
			t.Errorf("--state %s: exit status %d", name, got)
		}
	}
}
