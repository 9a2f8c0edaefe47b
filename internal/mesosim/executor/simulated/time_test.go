package simulated_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
)

// diary keeps what happened when.
type diary struct {
	mu      sync.Mutex
	begin   time.Time
	entries []string
}

func (d *diary) take(_ executor.Run, s executor.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	entry := fmt.Sprintf("%v %v", time.Since(d.begin), s.State)
	if s.Healthy != nil {
		entry += fmt.Sprintf(" healthy=%v", *s.Healthy)
	}
	if s.Message != "" {
		entry += ": " + s.Message
	}
	d.entries = append(d.entries, entry)
}

// play runs an executor in a bubble for a day and compares the diary.
func play(t *testing.T, act func(*simulated.Executor, executor.Task), info mesos.TaskInfo, want ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{begin: time.Now()}
		e := simulated.New(simulated.Options{Sink: d.take})
		act(e, executor.Task{Run: executor.Run{ContainerID: "c"}, Info: info, KillingState: true})
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(d.entries); got != fmt.Sprint(want) {
			t.Errorf("got  %q\nwant %q", d.entries, want)
		}
	})
}

func TestLives(t *testing.T) {
	t.Parallel()
	launch := func(e *simulated.Executor, task executor.Task) { e.Launch(nil, task) } //nolint:staticcheck // Not used.
	killAfter := func(d time.Duration, graces ...time.Duration) func(*simulated.Executor, executor.Task) {
		return func(e *simulated.Executor, task executor.Task) {
			e.Launch(t.Context(), task)
			time.Sleep(d)
			for _, g := range graces {
				e.Kill(task.Run, g)
			}
		}
	}
	recoverAs := func(last mesos.TaskState, started time.Duration) func(*simulated.Executor, executor.Task) {
		return func(e *simulated.Executor, task executor.Task) {
			task.Started = time.Now().Add(started)
			e.Recover(t.Context(), task, last)
		}
	}
	docker := labelled(simulated.LabelIgnoreTerm, "true")
	docker.Container = &mesos.ContainerInfo{Docker: &mesos.ContainerInfo_DockerInfo{}}
	checked := labelled(simulated.LabelRunFor, "20s")
	checked.HealthCheck = &mesos.HealthCheck{}
	short := labelled()
	short.MaxCompletionTime = &mesos.DurationInfo{Nanoseconds: int64(time.Minute)}
	tests := map[string]struct {
		act  func(*simulated.Executor, executor.Task)
		info mesos.TaskInfo
		want []string
	}{
		"delays": {
			launch, labelled(simulated.LabelStartDelay, "2s", simulated.LabelRunFor, "3s", simulated.LabelExitCode, "4"),
			[]string{"0s TASK_STARTING", "2s TASK_RUNNING", "5s TASK_FAILED: Command exited with status 4"},
		},
		"fails to start": {
			launch, labelled(simulated.LabelFail, "no such image"),
			[]string{"0s TASK_STARTING", "0s TASK_FAILED: no such image"},
		},
		"killed": {
			killAfter(time.Second, time.Minute), labelled(simulated.LabelKillDelay, "5s"),
			[]string{"0s TASK_STARTING", "0s TASK_RUNNING", "1s TASK_KILLING", "6s TASK_KILLED: Command terminated with signal Terminated"},
		},
		"killed before it ran": {
			killAfter(time.Second, time.Minute), labelled(simulated.LabelStartDelay, "9s"),
			[]string{"0s TASK_STARTING", "1s TASK_KILLING", "1s TASK_KILLED: Command terminated with signal Terminated"},
		},
		"a container that ignores it, killed thrice": {
			killAfter(time.Second, time.Minute, time.Second, time.Hour), docker,
			[]string{"0s TASK_STARTING", "0s TASK_RUNNING", "1s TASK_KILLING", "2s TASK_KILLED: Container exited with status 137"},
		},
		"ends by itself while being killed": {
			killAfter(time.Second, time.Minute), labelled(simulated.LabelRunFor, "2s", simulated.LabelKillDelay, "5s"),
			[]string{"0s TASK_STARTING", "0s TASK_RUNNING", "1s TASK_KILLING", "2s TASK_KILLED: Command exited with status 0"},
		},
		"health": {
			launch, checked,
			[]string{"0s TASK_STARTING", "0s TASK_RUNNING", "15s TASK_RUNNING healthy=true", "20s TASK_FINISHED: Command exited with status 0"},
		},
		"runs for too long": {
			launch, short,
			[]string{"0s TASK_STARTING", "0s TASK_RUNNING", "1m0s TASK_FAILED: Command terminated with signal Terminated"},
		},
		"recovered": {
			recoverAs(mesos.TASK_RUNNING, -7*time.Second), labelled(simulated.LabelRunFor, "10s"),
			[]string{"3s TASK_FINISHED: Command exited with status 0"},
		},
		"recovered after its end": {
			recoverAs(mesos.TASK_RUNNING, -time.Minute), labelled(simulated.LabelRunFor, "10s"),
			[]string{"0s TASK_FINISHED: Command exited with status 0"},
		},
		"recovered as starting": {
			recoverAs(mesos.TASK_STARTING, 0), labelled(simulated.LabelStartDelay, "1s", simulated.LabelRunFor, "1s"),
			[]string{"1s TASK_RUNNING", "2s TASK_FINISHED: Command exited with status 0"},
		},
		"recovered as killing": {
			recoverAs(mesos.TASK_KILLING, 0), labelled(),
			[]string{"0s TASK_KILLED: Command terminated with signal Killed"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, tt.act, tt.info, tt.want...)
		})
	}
}

// A caller may hold the lock that the sink takes.
func TestSinkIsNeverCalledByTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var agent sync.Mutex
		n := 0
		e := simulated.New(simulated.Options{Sink: func(executor.Run, executor.Status) {
			agent.Lock()
			defer agent.Unlock()
			n++
		}})
		run := executor.Run{ContainerID: "c"}
		agent.Lock()
		e.Launch(t.Context(), executor.Task{Run: run})
		e.Kill(run, 0)
		agent.Unlock()
		synctest.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if n == 0 {
			t.Error("nothing reached the sink")
		}
	})
}

func TestManyTasksNeedNoGoroutines(t *testing.T) {
	t.Parallel()
	const tasks = 20_000
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		count := make(map[mesos.TaskState]int)
		e := simulated.New(simulated.Options{Sink: func(_ executor.Run, s executor.Status) {
			mu.Lock()
			defer mu.Unlock()
			count[s.State]++
		}, RunFor: time.Hour})
		before := runtime.NumGoroutine()
		for i := range tasks {
			e.Launch(t.Context(), executor.Task{Run: executor.Run{ContainerID: strconv.Itoa(i)}})
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if extra := runtime.NumGoroutine() - before; extra > tasks/20 {
			t.Errorf("%d goroutines more for %d tasks", extra, tasks)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		for _, s := range []mesos.TaskState{mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_FINISHED} {
			if count[s] != tasks {
				t.Errorf("%d tasks reached %v, want %d", count[s], s, tasks)
			}
		}
	})
}

func TestLineInTheSandbox(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		e := simulated.New(simulated.Options{Sink: func(executor.Run, executor.Status) {}})
		command := "sleep 1"
		task := executor.Task{
			Run:  executor.Run{ContainerID: "c", Sandbox: dir},
			Info: mesos.TaskInfo{TaskID: mesos.TaskID{Value: "web-0"}, Command: &mesos.CommandInfo{Value: &command}},
		}
		e.Launch(t.Context(), task)
		synctest.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "stdout"))
		if want := "simulated task web-0: sleep 1\n"; err != nil || string(b) != want {
			t.Errorf("stdout is %q, %v, want %q", b, err, want)
		}
	})
}
