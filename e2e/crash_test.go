package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"testing"
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

// everyStep is for those who have forty minutes: losses are made good after waits of
// ten seconds and more.
var everyStep = flag.Bool("every-step", false, "kill each process at every step of all that jobs do, not at some of them")

// steps are those of a launch and of a stop, by the events that tell of them.
var steps = []struct{ launch, stop step }{
	{step{"taurus.job.submitted.v1", ""}, step{"taurus.job.stopped.v1", ""}},
	{step{"taurus.plan.tasks_planned.v1", ""}, step{"taurus.plan.tasks_doomed.v1", ""}},
	{step{"taurus.task.staged.v1", ""}, step{"taurus.kill.issued.v1", ""}},
	{step{"taurus.task.status_changed.v1", "TASK_STARTING"}, step{"taurus.task.status_changed.v1", "TASK_KILLING"}},
	{step{"taurus.task.status_changed.v1", "TASK_RUNNING"}, step{"taurus.task.status_changed.v1", "TASK_KILLED"}},
}

// TestKilledAtEachStep of a launch and of a stop: what is wanted runs in the end,
// once, and what is stopped ends.
func TestKilledAtEachStep(t *testing.T) {
	m := newMachine(t)
	for r, role := range roles {
		tried := m.part(role, func() {
			for i, s := range steps {
				if *everyStep || (r+i)%2 == 0 {
					m.launchAndStop(role, fmt.Sprintf("launch-%s-%d", role, i), s.launch, s.stop)
				}
			}
		})
		if !tried {
			t.FailNow()
		}
	}
}

// launchAndStop kills a role at a step of a launch of a job, and at one of its stop.
func (m *machine) launchAndStop(role, job string, launch, stop step) {
	m.submit(job, 3)
	m.reached(job, launch)
	pid := m.kill(role)
	m.running(job, 3)
	m.replaced(role, pid)
	m.stopJob(job)
	m.reached(job, stop)
	pid = m.kill(role)
	m.gone(job)
	m.replaced(role, pid)
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
