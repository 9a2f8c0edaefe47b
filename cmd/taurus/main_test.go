package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// asTaurus makes this binary taurus itself, for the processes that it starts.
const asTaurus = "TAURUS_TEST_AS_TAURUS"

func TestMain(m *testing.M) {
	if os.Getenv(asTaurus) != "" {
		main()
	}
	os.Exit(m.Run())
}

// taurus is a run of the command line where there is no Docker.
func taurus(t *testing.T, state string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = append(os.Environ(), asTaurus+"=1", "DOCKER_HOST=tcp://127.0.0.1:1",
		"XDG_STATE_HOME="+state, "XDG_CONFIG_HOME="+state, "TMPDIR="+state, "NO_COLOR=1")
	return cmd
}

// TestDemoExit runs the demo as a newcomer without Docker does.
func TestDemoExit(t *testing.T) {
	state := t.TempDir()
	out, err := taurus(t, state, "demo", "--exit", "--listen", "127.0.0.1:0").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := string(out)
	if n := strings.Count(text, "tasks are simulated"); n != 1 {
		t.Errorf("says %d times that tasks are simulated", n)
	}
	for slot := range 4 {
		at := 0
		for _, state := range []string{"PENDING", "STAGING", "RUNNING", "KILLED"} {
			next := strings.Index(text[at:], fmt.Sprintf("taurusjob/%d  %s", slot, state))
			if next < 0 {
				t.Errorf("slot %d is not shown to go %s", slot, state)
				break
			}
			at += next
		}
	}
	if !strings.Contains(text, "nothing is left running") {
		t.Error("does not say that nothing is left running")
	}
	left, err := filepath.Glob(filepath.Join(state, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %q, %v", left, err)
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestDemoComesBack ends a demo as Ctrl-C does and finds its job in the next one.
func TestDemoComesBack(t *testing.T) {
	state := t.TempDir()
	data := filepath.Join(state, "taurus", "demo")
	for run, want := range []string{"submitted examplejobs/job.json: taurusjob, 4 tasks", "found taurusjob: 4 tasks running"} {
		cmd := taurus(t, state, "demo", "--listen", "127.0.0.1:0")
		log, err := os.Create(filepath.Join(state, fmt.Sprintf("run-%d", run)))
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := func(what string) bool {
			text, err := os.ReadFile(log.Name())
			return err == nil && strings.Contains(string(text), what)
		}
		await(t, "all 4 tasks run", log.Name(), func() bool { return said("all 4 tasks run") })
		if !said(want) {
			t.Errorf("run %d does not say %q", run, want)
		}
		// The address comes from endpoints.json.
		ps, err := taurus(t, state, "ps", "--state", "running").CombinedOutput()
		if err != nil || strings.Count(string(ps), "RUNNING") != 4 {
			t.Errorf("ps: %v\n%s", err, ps)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil || !said("demo --clean` removes it all") {
			t.Errorf("run %d ends with %v", run, err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		if _, running := allinone.ReadEndpoints(data); running {
			t.Error("endpoints.json outlives the demo")
		}
	}
	if out, err := taurus(t, state, "demo", "--clean").CombinedOutput(); err != nil || !strings.Contains(string(out), "removed the data in "+data) {
		t.Errorf("clean: %v\n%s", err, out)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("after --clean: %v", err)
	}
}

// TestServeSaysWhatIsWrong has settings that no log can tell of yet.
func TestServeSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"serve", "api", "--listen", "nonsense"}, `setting listen = "nonsense" (from the command line): want host:port`},
		{[]string{"serve", "planner", "--bogus"}, "unknown flag: --bogus"},
		{[]string{"serve", "reaper", "x"}, `unexpected argument "x"; settings begin with --`},
		{[]string{"serve", "apu"}, `taurus serve has no command "apu"; did you mean api?`},
	} {
		cmd := taurus(t, t.TempDir(), c.args...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), c.want) || !strings.Contains(string(out), "--help") {
			t.Errorf("%v: %v\n%s\nwant %s", c.args, err, out, c.want)
		}
	}
}

// TestDev starts more than one of everything and writes where it all is.
func TestDev(t *testing.T) {
	state := t.TempDir()
	cmd := taurus(t, state, "dev", "--listen", "127.0.0.1:0", "--data", filepath.Join(state, "d"),
		"--anonymous", "none", "--agents", "1", "--executor", "simulated", "--apis", "2", "--planners", "3", "--launchers", "2", "--reapers", "2")
	log, err := os.Create(filepath.Join(state, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var e allinone.Endpoints
	await(t, "taurus dev runs", log.Name(), func() bool {
		var running bool
		e, running = allinone.ReadEndpoints(filepath.Join(state, "d"))
		return running
	})
	if len(e.API) != 2 || len(e.Agents) != 1 || e.NATS == "" || e.MesosMaster == "" || len(e.Processes) != 12 {
		t.Errorf("endpoints %+v", e)
	}
	for _, p := range e.Processes {
		if !p.Ready || p.PID == 0 || p.Admin == "" {
			t.Errorf("process %+v", p)
		}
	}
	for _, api := range e.API {
		nobody := taurus(t, state, "job", "--api", api)
		if out, err := nobody.CombinedOutput(); nobody.ProcessState.ExitCode() != 7 || !strings.Contains(string(out), "Sign in with `taurus login") {
			t.Errorf("%s: %v\n%s", api, err, out)
		}
		if out, err := taurus(t, state, "job", "--api", api, "--token-file", allinone.TokenFile(e.Data)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", api, err, out)
		}
	}
	// Its log is found by --data.
	if out, err := taurus(t, state, "log", "check", "--data", e.Data).CombinedOutput(); err != nil || strings.Contains(string(out), "is started") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := taurus(t, state, "doctor", "--data", e.Data, "--api", e.API[0]).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("ends with %v", err)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

// await waits for what other processes do.
func await(t *testing.T, what, log string, is func() bool) {
	t.Helper()
	defer func() {
		if t.Failed() {
			text, err := os.ReadFile(log)
			t.Logf("it says (%v)\n%s", err, text)
		}
	}()
	testwait.Until(t, what, is)
}
