package executortest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, *cell){
		"exit codes":                              testExitCodes,
		"kill":                                    testKill,
		"kill without TASK_KILLING":               testKillQuietly,
		"kill repeated":                           testKillRepeated,
		"kill of a task that ignores it":          testKillIgnored,
		"kill of an unknown run":                  testKillUnknown,
		"recover while running":                   testRecoverRunning,
		"recover after the end":                   testRecoverEnded,
		"recover a kill":                          testRecoverKill,
		"recover what was never launched":         testRecoverNothing,
		"recover launches nothing twice":          testRecoverStaging,
		"recover what vanished":                   testRecoverVanished,
		"recover of an ended run is silent":       testRecoverTerminal,
		"launch of a known run does nothing":      testLaunchTwice,
		"max completion time":                     testMaxCompletionTime,
		"runs of other agents are left alone":     testOtherAgents,
		"sweep keeps what it is told to and runs": testSweep,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newCell(t, h))
		})
	}
}

func testExitCodes(t *testing.T, c *cell) {
	e := c.start()
	for code, want := range map[int]mesos.TaskState{0: mesos.TASK_FINISHED, 3: mesos.TASK_FAILED} {
		task := c.task(c.harness.Exits(code))
		e.Launch(t.Context(), task)
		end := c.states.end(t, task.Run)
		if end.Message != c.harness.Exited(code) || end.Source != mesos.SOURCE_EXECUTOR || end.Reason != nil {
			t.Errorf("ended with %+v, want message %q from the executor without a reason", end, c.harness.Exited(code))
		}
		c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, want)
		c.ranOnce(task)
	}
}

// ranOnce checks that the program was started once.
func (c *cell) ranOnce(task executor.Task) {
	c.t.Helper()
	if !c.harness.Writes {
		return
	}
	b, err := os.ReadFile(filepath.Join(task.Run.Sandbox, "stdout"))
	if err != nil {
		c.t.Fatal(err)
	}
	if got := strings.Count(string(b), "begun\n"); got != 1 {
		c.t.Errorf("the program ran %d times, want once; stdout is %q", got, b)
	}
}

func (c *cell) launch(e executor.Executor, info mesos.TaskInfo) executor.Task {
	c.t.Helper()
	task := c.task(info)
	e.Launch(c.t.Context(), task)
	c.states.await(c.t, task.Run, mesos.TASK_RUNNING)
	c.awaitBegun(task)
	return task
}

// awaitBegun returns once the program has set itself up for what is to come.
func (c *cell) awaitBegun(task executor.Task) {
	c.t.Helper()
	if !c.harness.Writes {
		return
	}
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(pollInterval) {
		b, err := os.ReadFile(filepath.Join(task.Run.Sandbox, "stdout"))
		if err == nil && strings.Contains(string(b), "begun\n") {
			return
		}
	}
	c.t.Fatalf("the program wrote nothing in %v", patience)
}

const pollInterval = 5 * time.Millisecond

func testKill(t *testing.T, c *cell) {
	e := c.start()
	task := c.launch(e, c.harness.Obeys())
	e.Kill(task.Run, grace)
	if end := c.states.end(t, task.Run); end.Reason != nil || end.Healthy != nil || end.Message == c.harness.Forced {
		t.Errorf("ended with %+v, want no reason, no health and no force", end)
	}
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_KILLED)
}

func testKillQuietly(t *testing.T, c *cell) {
	e := c.start()
	task := c.task(c.harness.Obeys())
	task.KillingState = false
	e.Launch(t.Context(), task)
	c.states.await(t, task.Run, mesos.TASK_RUNNING)
	c.awaitBegun(task)
	e.Kill(task.Run, grace)
	c.states.end(t, task.Run)
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLED)
}

func testKillRepeated(t *testing.T, c *cell) {
	e := c.start()
	task := c.launch(e, c.harness.Ignores())
	e.Kill(task.Run, time.Hour)
	c.states.await(t, task.Run, mesos.TASK_KILLING)
	e.Kill(task.Run, time.Hour)
	e.Kill(task.Run, time.Second) // A shorter grace is heard.
	c.states.end(t, task.Run)
	e.Kill(task.Run, time.Second) // An ended run is unknown.
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_KILLED)
}

func testKillIgnored(t *testing.T, c *cell) {
	e := c.start()
	task := c.launch(e, c.harness.Ignores())
	e.Kill(task.Run, time.Second)
	if end := c.states.end(t, task.Run); end.State != mesos.TASK_KILLED || end.Message != c.harness.Forced {
		t.Errorf("ended with %v %q, want TASK_KILLED %q", end.State, end.Message, c.harness.Forced)
	}
}

func testKillUnknown(t *testing.T, c *cell) {
	e := c.start()
	task := c.task(c.harness.Obeys())
	e.Kill(task.Run, grace)
	c.close(e)
	c.states.want(t, task.Run)
}

func testRecoverRunning(t *testing.T, c *cell) {
	e := c.start()
	task := c.launch(e, c.harness.Obeys())
	task.Started = time.Now()
	c.close(e)
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING)

	e = c.start()
	e.Recover(t.Context(), task, mesos.TASK_RUNNING)
	e.Kill(task.Run, grace)
	c.states.end(t, task.Run)
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_KILLED)
	c.ranOnce(task)
}

func testRecoverEnded(t *testing.T, c *cell) {
	e := c.start()
	task := c.launch(e, c.harness.Lingers(5))
	task.Started = time.Now()
	c.close(e)
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING)
	c.harness.End(t, c.agent, &task)

	c.start().Recover(t.Context(), task, mesos.TASK_RUNNING)
	if end := c.states.end(t, task.Run); end.Message != c.harness.Exited(5) {
		t.Errorf("ended with %q, want %q", end.Message, c.harness.Exited(5))
	}
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_FAILED)
	c.ranOnce(task)
}

func testRecoverKill(t *testing.T, c *cell) {
	e := c.start()
	task := c.launch(e, c.harness.Ignores())
	e.Kill(task.Run, 10*time.Second) // Ample for the agent to be gone before.
	c.states.await(t, task.Run, mesos.TASK_KILLING)
	c.close(e)

	c.start().Recover(t.Context(), task, mesos.TASK_KILLING)
	c.states.end(t, task.Run)
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_KILLED)
}

func testRecoverNothing(t *testing.T, c *cell) {
	task := c.task(c.harness.Exits(0))
	c.start().Recover(t.Context(), task, mesos.TASK_STAGING)
	c.states.end(t, task.Run)
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_FINISHED)
	c.ranOnce(task)
}

// The agent died before it stored anything of what the executor said.
func testRecoverStaging(t *testing.T, c *cell) {
	e := c.start()
	task := c.launch(e, c.harness.Obeys())
	c.close(e)

	again := newCell(t, c.harness)
	again.agent.ID, again.agent.StateDir = c.agent.ID, c.agent.StateDir
	e = again.start()
	e.Recover(t.Context(), task, mesos.TASK_STAGING)
	again.states.await(t, task.Run, mesos.TASK_RUNNING)
	e.Kill(task.Run, grace)
	again.states.end(t, task.Run)
	again.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_KILLED)
	again.ranOnce(task)
}

// Nothing is left of a run that was running: only where runs leave traces.
func testRecoverVanished(t *testing.T, c *cell) {
	if !c.harness.Writes {
		return
	}
	task := c.task(c.harness.Obeys())
	c.start().Recover(t.Context(), task, mesos.TASK_RUNNING)
	end := c.states.end(t, task.Run)
	if end.State != mesos.TASK_FAILED || end.Source != mesos.SOURCE_AGENT || end.Reason == nil ||
		*end.Reason != mesos.REASON_EXECUTOR_TERMINATED {
		t.Errorf("ended with %+v, want TASK_FAILED by the agent with REASON_EXECUTOR_TERMINATED", end)
	}
	c.states.want(t, task.Run, mesos.TASK_FAILED)
}

func testRecoverTerminal(t *testing.T, c *cell) {
	e := c.start()
	task := c.task(c.harness.Exits(0))
	e.Recover(t.Context(), task, mesos.TASK_FINISHED)
	c.close(e)
	c.states.want(t, task.Run)
}

func testLaunchTwice(t *testing.T, c *cell) {
	e := c.start()
	task := c.launch(e, c.harness.Obeys())
	e.Launch(t.Context(), task)
	e.Recover(t.Context(), task, mesos.TASK_RUNNING)
	e.Kill(task.Run, grace)
	c.states.end(t, task.Run)
	c.close(e)
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_KILLED)
	c.ranOnce(task)
}

func testMaxCompletionTime(t *testing.T, c *cell) {
	info := c.harness.Ignores()
	info.MaxCompletionTime = &mesos.DurationInfo{Nanoseconds: int64(time.Second)}
	task := c.task(info)
	c.start().Launch(t.Context(), task)
	end := c.states.end(t, task.Run)
	if end.Reason == nil || *end.Reason != mesos.REASON_MAX_COMPLETION_TIME_REACHED {
		t.Errorf("ended with %+v, want REASON_MAX_COMPLETION_TIME_REACHED", end)
	}
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_FAILED)
}

func testOtherAgents(t *testing.T, c *cell) {
	mine := c.start()
	task := c.launch(mine, c.harness.Obeys())

	other := newCell(t, c.harness)
	theirs := other.start()
	theirs.Kill(task.Run, 0)
	theirs.Recover(t.Context(), task, mesos.TASK_FINISHED) // To be forgotten, if it were theirs.
	if s, ok := theirs.(executor.Sweeper); ok {
		if err := s.Sweep(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	other.close(theirs)

	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING)
	mine.Kill(task.Run, grace)
	c.states.end(t, task.Run)
	c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_KILLED)
}

func testSweep(t *testing.T, c *cell) {
	e := c.start()
	kept, led, left := c.launch(e, c.harness.Obeys()), c.launch(e, c.harness.Obeys()), c.launch(e, c.harness.Obeys())
	c.close(e)

	e = c.start()
	e.Recover(t.Context(), led, mesos.TASK_RUNNING)
	s, ok := e.(executor.Sweeper)
	if !ok {
		return // Nothing of it outlives its agent.
	}
	if err := s.Sweep(t.Context(), map[string]bool{kept.Run.ContainerID: true}); err != nil {
		t.Fatal(err)
	}
	c.harness.AwaitEnd(t, c.agent, left.Run)
	e.Recover(t.Context(), kept, mesos.TASK_RUNNING)
	for _, task := range []executor.Task{kept, led} {
		e.Kill(task.Run, grace)
		c.states.end(t, task.Run)
		c.states.want(t, task.Run, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_KILLED)
	}
}
