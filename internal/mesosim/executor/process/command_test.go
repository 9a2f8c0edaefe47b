package process_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/executortest"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/process"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// play launches one command on an executor of its own.
func play(t *testing.T, info mesos.TaskInfo) (executor.Executor, executor.Task, executortest.States) {
	t.Helper()
	a, s := executortest.NewAgent(t)
	e := newExecutor(t, a)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if err := e.Sweep(context.WithoutCancel(t.Context()), nil); err != nil {
			t.Error(err)
		}
	})
	task := executortest.NewTask(t, info)
	e.Launch(t.Context(), task)
	return e, task, s
}

func TestMessages(t *testing.T) {
	t.Parallel()
	no, echo, missing := false, "/bin/echo", "/no/such/command"
	tests := map[string]struct {
		info    mesos.TaskInfo
		state   mesos.TaskState
		message string
		stdout  string
	}{
		"a signal of its own": {script("kill -SEGV $$"), mesos.TASK_FAILED, "Command terminated with signal Segmentation fault", ""},
		"not a shell": {
			mesos.TaskInfo{Command: &mesos.CommandInfo{Shell: &no, Value: &echo, Arguments: []string{"argv0", "a  b", "c"}}},
			mesos.TASK_FINISHED, "Command exited with status 0", "a  b c\n",
		},
		"a docker task, without its image": {
			mesos.TaskInfo{
				Container: &mesos.ContainerInfo{Type: mesos.ContainerInfo_DOCKER.Enum()},
				Command:   &mesos.CommandInfo{Shell: &no, Value: &echo, Arguments: []string{"a  b", "c"}},
			},
			mesos.TASK_FINISHED, "Command exited with status 0", "a  b c\n",
		},
		"no such command": {
			mesos.TaskInfo{Command: &mesos.CommandInfo{Shell: &no, Value: &missing}},
			mesos.TASK_FAILED, "Command exited with status 127", "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, task, s := play(t, tt.info)
			s.Next(t, mesos.TASK_STARTING)
			if running := s.Next(t, mesos.TASK_RUNNING); running.PID == 0 || running.Data != nil {
				t.Errorf("TASK_RUNNING is %+v, want a pid and no data", running)
			}
			if end := s.Next(t, tt.state); end.Message != tt.message || end.Reason != nil {
				t.Errorf("ended with %+v, want %q", end, tt.message)
			}
			if got := executortest.ReadSandbox(t, task, "stdout"); got != tt.stdout {
				t.Errorf("stdout is %q, want %q", got, tt.stdout)
			}
		})
	}
}

func TestKillThatIsObeyedNamesTheSignal(t *testing.T) {
	t.Parallel()
	e, task, s := play(t, script("exec sleep 300"))
	s.Next(t, mesos.TASK_STARTING)
	s.Next(t, mesos.TASK_RUNNING)
	e.Kill(task.Run, time.Minute)
	if end := s.Next(t, mesos.TASK_KILLED); end.Message != "Command terminated with signal Terminated" {
		t.Errorf("ended with %q", end.Message)
	}
}

func TestCommandWithoutValue(t *testing.T) {
	t.Parallel()
	_, _, s := play(t, mesos.TaskInfo{Command: &mesos.CommandInfo{}})
	s.Next(t, mesos.TASK_STARTING)
	end := s.Next(t, mesos.TASK_FAILED)
	if end.Message != "Executor terminated" || *end.Reason != mesos.REASON_EXECUTOR_TERMINATED {
		t.Errorf("ended with %+v", end)
	}
}

// An image is answered, not ignored.
func TestImageOfAMesosContainer(t *testing.T) {
	t.Parallel()
	info := script("true")
	kind := mesos.Image_DOCKER
	info.Container = &mesos.ContainerInfo{
		Type:  mesos.ContainerInfo_MESOS.Enum(),
		Mesos: &mesos.ContainerInfo_MesosInfo{Image: &mesos.Image{Type: &kind, Docker: &mesos.Image_Docker{Name: "busybox"}}},
	}
	_, _, s := play(t, info)
	end := s.Next(t, mesos.TASK_FAILED)
	want := "Failed to launch container: Unsupported container image type: DOCKER"
	if end.Message != want || *end.Reason != mesos.REASON_CONTAINER_LAUNCH_FAILED || end.Source != mesos.SOURCE_AGENT {
		t.Errorf("ended with %+v, want %q", end, want)
	}
}

// Volumes are answered, not ignored: a command that asks for a read-only mount must not
// find the host's files writable.
func TestVolumesOfAMesosContainer(t *testing.T) {
	t.Parallel()
	info, host := script("true"), "/srv"
	info.Container = &mesos.ContainerInfo{
		Type: mesos.ContainerInfo_MESOS.Enum(), Volumes: []mesos.Volume{{ContainerPath: "/v", HostPath: &host, Mode: mesos.RO.Enum()}},
	}
	_, _, s := play(t, info)
	end := s.Next(t, mesos.TASK_FAILED)
	want := "Failed to launch container: Volumes in ContainerInfo is not supported"
	if end.Message != want || *end.Reason != mesos.REASON_CONTAINER_LAUNCH_FAILED || end.Source != mesos.SOURCE_AGENT {
		t.Errorf("ended with %+v, want %q", end, want)
	}
}

func TestEnvironmentIsTheTasksNotTheAgents(t *testing.T) {
	t.Setenv("SECRET_OF_THE_AGENT", "x")
	info := script("env; pwd")
	info.TaskID.Value = "task"
	// Its own variables win, but for the role.
	value := "b"
	info.Command.Environment = &mesos.Environment{Variables: []mesos.Environment_Variable{
		{Name: "A", Value: &value}, {Name: "MESOS_DIRECTORY", Value: &value}, {Name: "MESOS_ALLOCATION_ROLE", Value: &value},
	}}
	_, task, s := play(t, info)
	s.Next(t, mesos.TASK_STARTING)
	s.Next(t, mesos.TASK_RUNNING)
	s.Next(t, mesos.TASK_FINISHED)
	out := executortest.ReadSandbox(t, task, "stdout")
	for _, want := range []string{
		"A=b\n", "MESOS_DIRECTORY=b\n", "MESOS_TASK_ID=task\n", "MESOS_ALLOCATION_ROLE=ops\n", "MESOS_SANDBOX=" + task.Run.Sandbox + "\n", "\n" + task.Run.Sandbox + "\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %q", want, out)
		}
	}
	if strings.Contains(out, "SECRET_OF_THE_AGENT") {
		t.Error("the agent's environment leaked into the task")
	}
}

// What a command leaves running in its session ends with it.
func TestLeftoversAreKilled(t *testing.T) {
	t.Parallel()
	_, task, s := play(t, script("sleep 300 & echo $!"))
	s.Next(t, mesos.TASK_STARTING)
	s.Next(t, mesos.TASK_RUNNING)
	s.Next(t, mesos.TASK_FINISHED)
	pid, err := strconv.Atoi(strings.TrimSpace(executortest.ReadSandbox(t, task, "stdout")))
	if err != nil {
		t.Fatal(err)
	}
	testwait.Until(t, "what it left is gone", func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(b), ") Z ")
	})
}

func TestHealthCheckByCommand(t *testing.T) {
	t.Parallel()
	info := script("exec sleep 300")
	info.TaskID.Value = "task"
	zero, soon, one, check := 0.0, 0.01, uint32(1), `test "$MESOS_TASK_ID" = task && test ! -e sick`
	info.HealthCheck = &mesos.HealthCheck{
		Type: mesos.HealthCheck_COMMAND, Command: &mesos.CommandInfo{Value: &check},
		DelaySeconds: &zero, IntervalSeconds: &soon, GracePeriodSeconds: &zero, ConsecutiveFailures: &one,
	}
	_, task, s := play(t, info)
	s.Next(t, mesos.TASK_STARTING)
	pid := s.Next(t, mesos.TASK_RUNNING).PID
	if h := s.Next(t, mesos.TASK_RUNNING); h.Healthy == nil || !*h.Healthy || h.PID != pid {
		t.Errorf("the first health update is %+v", h)
	}
	if err := os.WriteFile(filepath.Join(task.Run.Sandbox, "sick"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if h := s.Next(t, mesos.TASK_RUNNING); h.Healthy == nil || *h.Healthy {
		t.Errorf("the second health update is %+v", h)
	}
	if end := s.Next(t, mesos.TASK_KILLED); end.Healthy == nil || *end.Healthy {
		t.Errorf("the end is %+v", end)
	}
}

// The script is killed from outside: nobody knows the status any more.
func TestScriptThatIsKilled(t *testing.T) {
	t.Parallel()
	_, _, s := play(t, script("exec sleep 300"))
	s.Next(t, mesos.TASK_STARTING)
	pid := int(s.Next(t, mesos.TASK_RUNNING).PID)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	end := s.Next(t, mesos.TASK_FAILED)
	if end.Message != "Executor terminated" || *end.Reason != mesos.REASON_EXECUTOR_TERMINATED {
		t.Errorf("ended with %+v", end)
	}
}

// doomedEnv makes this test's binary an agent that is to be killed; its value is
// the agent's directory.
const doomedEnv = "TAURUS_TEST_DOOMED_AGENT"

func doomedTask(dir string) executor.Task {
	return executor.Task{
		Info: script("echo begun; read line <gate; exit $line"),
		Run:  executor.Run{ExecutorID: "task", ContainerID: "doomed", Sandbox: filepath.Join(dir, "sandbox")},
	}
}

func doomedAgent(dir string) {
	e, err := process.New(process.Options{
		Sink:     func(_ executor.Run, s executor.Status) { fmt.Println(s.State) },
		StateDir: filepath.Join(dir, "state"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	e.Launch(context.Background(), doomedTask(dir))
	select {}
}

// The agent is killed with SIGKILL while its task runs; the task ends; the next
// agent reports its exit status.
func TestAgentKilledHard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	task := doomedTask(dir)
	if err := os.MkdirAll(task.Run.Sandbox, 0o750); err != nil {
		t.Fatal(err)
	}
	gate := filepath.Join(task.Run.Sandbox, "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	agent := exec.CommandContext(t.Context(), os.Args[0])
	agent.Env = append(os.Environ(), doomedEnv+"="+dir)
	out, err := agent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "TASK_RUNNING"; {
		if lines.Text() != "TASK_STARTING" {
			t.Fatalf("the agent says %q", lines.Text())
		}
	}
	if err := agent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = agent.Wait()                                                 // It was killed.
	if err := os.WriteFile(gate, []byte("6\n"), 0o600); err != nil { // Blocks until the task reads.
		t.Fatal(err)
	}

	a, s := executortest.NewAgent(t)
	a.StateDir = filepath.Join(dir, "state")
	e := newExecutor(t, a)
	defer func() { _ = e.Close() }()
	e.Recover(t.Context(), task, mesos.TASK_RUNNING)
	if end := s.Next(t, mesos.TASK_FAILED); end.Message != "Command exited with status 6" {
		t.Errorf("ended with %q", end.Message)
	}
	if got := executortest.ReadSandbox(t, task, "stdout"); got != "begun\n" {
		t.Errorf("stdout is %q", got)
	}
}

// TestSecretsOfACommand: those of type VALUE are in the environment and in files of the sandbox; what no agent could place or resolve ends the launch.
func TestSecretsOfACommand(t *testing.T) {
	t.Parallel()
	secret := func(value string) *mesos.Secret {
		return &mesos.Secret{Type: mesos.Secret_VALUE, Value: &mesos.Secret_Value{Data: []byte(value)}}
	}
	volume := func(path string, s *mesos.Secret) *mesos.ContainerInfo {
		return &mesos.ContainerInfo{Type: mesos.ContainerInfo_MESOS.Enum(), Volumes: []mesos.Volume{{
			ContainerPath: path, Mode: mesos.RO.Enum(), Source: &mesos.Volume_Source{Type: mesos.Volume_Source_SECRET, Secret: s},
		}}}
	}
	info := script(`echo "$PASSWORD"; cat conf/key`)
	info.Command.Environment = &mesos.Environment{Variables: []mesos.Environment_Variable{
		{Name: "PASSWORD", Type: mesos.Environment_Variable_SECRET.Enum(), Secret: secret("in a variable")},
	}}
	info.Container = volume("conf/key", secret("in a file"))
	_, task, s := play(t, info)
	s.Next(t, mesos.TASK_STARTING)
	s.Next(t, mesos.TASK_RUNNING)
	s.Next(t, mesos.TASK_FINISHED)
	if got := executortest.ReadSandbox(t, task, "stdout"); got != "in a variable\nin a file" {
		t.Errorf("stdout is %q", got)
	}
	for name, c := range map[string]struct {
		container *mesos.ContainerInfo
		want      string
	}{
		"elsewhere":   {volume("/run/key", secret("x")), "Absolute container path '/run/key' does not exist"},
		"up":          {volume("../key", secret("x")), "Absolute container path '../key' does not exist"},
		"a reference": {volume("key", &mesos.Secret{Type: mesos.Secret_REFERENCE}), "Default resolver only supports secrets of type VALUE"},
	} {
		info := script("true")
		info.Container = c.container
		_, _, s := play(t, info)
		if end := s.Next(t, mesos.TASK_FAILED); !strings.Contains(end.Message, c.want) {
			t.Errorf("%s: %q", name, end.Message)
		}
	}
}
