package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

var roles = []string{"api", "planner", "launcher", "reaper", "nats", "mesos-master", "mesos-agent"}

// TestKilledWhileRunning: whatever dies, the same tasks run on, in the same
// containers.
func TestKilledWhileRunning(t *testing.T) {
	m := newMachine(t)
	m.submit("steady", 4)
	tasks := m.running("steady", 4)
	containers := m.containers("steady")
	for _, role := range roles {
		pid := m.kill(role)
		m.replaced(role, pid)
		if after := m.running("steady", 4); !slices.Equal(after, tasks) {
			t.Fatalf("after kill -9 of %s the tasks are %+v, were %+v", role, after, tasks)
		}
		if after := m.containers("steady"); !slices.Equal(after, containers) {
			t.Fatalf("after kill -9 of %s the containers are %v, were %v", role, after, containers)
		}
		m.foldsToTheSame("steady")
	}
	m.stopJob("steady")
	m.gone("steady")
}

// TestKilledWhileLaunching and stopping: at any step, what is wanted runs in the
// end, once, and what is stopped ends.
func TestKilledWhileLaunchingAndStopping(t *testing.T) {
	m := newMachine(t)
	for i, role := range roles {
		for j, delay := range []time.Duration{0, 60 * time.Millisecond, 250 * time.Millisecond} {
			job := fmt.Sprintf("launch-%s-%d", role, j)
			m.submit(job, 3)
			time.Sleep(delay + time.Duration(i)*7*time.Millisecond)
			pid := m.kill(role)
			m.running(job, 3)
			m.replaced(role, pid)
			m.stopJob(job)
			time.Sleep(delay)
			pid = m.kill(role)
			m.gone(job)
			m.replaced(role, pid)
		}
	}
}

// TestStoppedAndStartedAgain: Ctrl-C leaves the containers, and the next run
// finds the job with the very same tasks.
func TestStoppedAndStartedAgain(t *testing.T) {
	m := newMachine(t)
	m.submit("lasting", 3)
	tasks, containers := m.running("lasting", 3), m.containers("lasting")
	m.stop()
	if after := m.containers("lasting"); !slices.Equal(after, containers) {
		t.Fatalf("after Ctrl-C the containers are %v, were %v", after, containers)
	}
	m.start()
	if after := m.running("lasting", 3); !slices.Equal(after, tasks) {
		t.Fatalf("the tasks are %+v, were %+v", after, tasks)
	}
	if after := m.containers("lasting"); !slices.Equal(after, containers) {
		t.Fatalf("the containers are %v, were %v", after, containers)
	}
	m.stopJob("lasting")
	m.gone("lasting")
}

// foldsToTheSame compares what the api says with a replay of the log up to the
// same sequence.
func (m *machine) foldsToTheSame(job string) {
	m.t.Helper()
	m.eventually("the state is the fold of the log", func() error {
		var live struct {
			Sequence uint64 `json:"sequence"`
		}
		if _, err := m.call(http.MethodGet, "/v2/cluster", "", &live); err != nil {
			return err
		}
		now, err := m.tasks(job)
		if err != nil {
			return err
		}
		var then struct {
			Tasks []task `json:"tasks"`
		}
		if _, err := m.call(http.MethodGet, fmt.Sprintf("/v2/jobs/%s/tasks?at=%d", job, live.Sequence), "", &then); err != nil {
			return err
		}
		if !slices.Equal(now, then.Tasks) {
			return fmt.Errorf("now %+v, replayed %+v", now, then.Tasks)
		}
		return nil
	})
}
