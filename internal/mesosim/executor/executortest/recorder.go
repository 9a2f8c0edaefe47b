package executortest

import (
	"slices"
	"sync"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// patience bounds the wait for one state; it is only met by a test that fails.
const patience = 3 * time.Minute

// recorder is a sink that keeps what it gets.
type recorder struct {
	mu      sync.Mutex
	states  map[string][]executor.Status
	changed chan struct{} // closed and replaced with each state
}

func newRecorder() *recorder {
	return &recorder{states: make(map[string][]executor.Status), changed: make(chan struct{})}
}

func (r *recorder) take(run executor.Run, s executor.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.states[run.ContainerID] = append(r.states[run.ContainerID], s)
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *recorder) of(run executor.Run) ([]executor.Status, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.states[run.ContainerID]), r.changed
}

// await returns once the run has been in the given state.
func (r *recorder) await(t *testing.T, run executor.Run, state mesos.TaskState) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		states, changed := r.of(run)
		for _, s := range states {
			if s.State == state {
				return
			}
			if executor.Terminal(s.State) {
				t.Fatalf("waiting for %v: the run ended with %v %q", state, s.State, s.Message)
			}
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("no %v in %v; states so far: %v", state, patience, names(states))
		}
	}
}

// end returns the terminal status.
func (r *recorder) end(t *testing.T, run executor.Run) executor.Status {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		states, changed := r.of(run)
		if i := slices.IndexFunc(states, func(s executor.Status) bool { return executor.Terminal(s.State) }); i >= 0 {
			return states[i]
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("no end in %v; states so far: %v", patience, names(states))
		}
	}
}

// want compares all states of a run, in order.
func (r *recorder) want(t *testing.T, run executor.Run, want ...mesos.TaskState) {
	t.Helper()
	states, _ := r.of(run)
	got := make([]mesos.TaskState, 0, len(states))
	for _, s := range states {
		got = append(got, s.State)
	}
	if !slices.Equal(got, want) {
		t.Errorf("states are %v, want %v", got, want)
	}
}

func names(states []executor.Status) []string {
	var out []string
	for _, s := range states {
		out = append(out, s.State.String()+" "+s.Message)
	}
	return out
}
