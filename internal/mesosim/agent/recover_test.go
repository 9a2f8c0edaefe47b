package agent

import (
	"context"
	"errors"
	"strings"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
)

// left is what an agent left of one task.
func left(t *testing.T, kind Kind, state mesos.TaskState) Files {
	t.Helper()
	files := disk.NewMemory()
	st, err := openStore(&Options{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	r := &record{Kind: kind, State: state}
	r.Run.FrameworkID, r.Run.ContainerID = "f", "c"
	r.Info.Value.TaskID.Value = "web.1"
	if err := errors.Join(st.saveIdentity(identity{AgentID: "a"}), st.save(r)); err != nil {
		t.Fatal(err)
	}
	return files
}

// A task whose executor the agent was not given could be neither watched nor
// killed, and would be said to run for ever.
func TestTasksOfAnotherExecutorAreRefused(t *testing.T) {
	for _, c := range []struct {
		kind    Kind
		state   mesos.TaskState
		refused bool
	}{
		{Docker, mesos.TASK_RUNNING, true},
		{Process, mesos.TASK_STAGING, true},
		{Docker, mesos.TASK_FINISHED, false},
		{Simulated, mesos.TASK_RUNNING, false},
		{"", mesos.TASK_FAILED, false},
	} {
		a := idle(t, left(t, c.kind, c.state))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := a.Run(ctx)
		if got := errors.Is(err, ErrOption); got != c.refused {
			t.Errorf("%s task of executor %q: %v", c.state, c.kind, err)
		}
		if c.refused && (!strings.Contains(err.Error(), "web.1") || !strings.Contains(err.Error(), string(c.kind))) {
			t.Errorf("%v does not name the task and its executor", err)
		}
	}
}

func TestUnfinished(t *testing.T) {
	dir := t.TempDir()
	st, err := openStore(&Options{WorkDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for id, r := range map[string]*record{
		"1": {Kind: Docker, State: mesos.TASK_RUNNING}, "2": {Kind: Docker, State: mesos.TASK_STAGING},
		"3": {Kind: Docker, State: mesos.TASK_KILLED}, "4": {Kind: Process, State: mesos.TASK_RUNNING},
	} {
		r.Run.ContainerID = id
		if err := st.save(r); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := Unfinished(dir, Docker); n != 2 || err != nil {
		t.Errorf("%d unfinished, %v, want 2", n, err)
	}
}
