package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// FuzzExit: whatever lies where a script leaves the exit status, it is read or
// refused, and a signal goes with the status by which a shell tells it.
func FuzzExit(f *testing.F) {
	for _, text := range []string{"", "0\n", "3\n", "137\n", "128", "255", "-1", "99999999999999999999", "x"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, exitFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		exit, found, err := readExit(dir)
		switch {
		case err != nil && found:
			t.Error("both refused and found")
		case err == nil && found != strings.HasSuffix(string(text), "\n"):
			t.Errorf("found %v: a status counts once its line is whole", found)
		case err == nil && (exit.Signal != "") != (exit.Code > 128 && exit.Code <= 128+31):
			t.Errorf("%q is %+v", text, exit)
		}
	})
}

// FuzzClaim: whatever lies in the file of a claim, it is read or refused.
func FuzzClaim(f *testing.F) {
	for _, text := range []string{
		"", "1 (sh) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21\nboot\n", "1 (", ") (", "x (sh) S", "\n\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, claimFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readClaim(dir)
		if err == nil && c.at.IsZero() {
			t.Errorf("a claim without a time: %+v", c)
		}
	})
}

// TestStatusOfAKillWithoutEnd: a kill goes on and on until the script is gone. It
// finds whatever runs in the session, and must find nothing that brings the status
// into place.
func TestStatusOfAKillWithoutEnd(t *testing.T) {
	t.Parallel()
	d := &driver{opts: Options{StateDir: t.TempDir()}}
	text := "sleep 1000"
	for i := range 10 {
		task := executor.Task{
			Info: mesos.TaskInfo{Command: &mesos.CommandInfo{Value: &text}},
			Run:  executor.Run{ContainerID: strconv.Itoa(i), Sandbox: t.TempDir()},
		}
		started, err := d.Start(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		w := started.(*workload)
		for n := 0; n == 0; {
			if n, err = w.claim.signalSession(0); err != nil {
				t.Fatal(err)
			}
		}
		for alive := true; alive; {
			if _, err := w.claim.signalSession(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if alive, err = w.claim.alive(); err != nil {
				t.Fatal(err)
			}
		}
		if exit, found, err := readExit(w.folder); !found || exit.Signal != "Killed" || err != nil {
			t.Errorf("%+v, found %v, %v, want the signal", exit, found, err)
		}
	}
}

// TestKillBeforeTheProgram: a copy of the script that is to become a program has the
// script's way with signals still, and loses one that comes then. It does not count as
// told.
func TestKillBeforeTheProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	gate := filepath.Join(dir, "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell, "-c", `(read -r _ <"$0"; exec sleep 300); :`, gate)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := claim{stat: stat{pid: cmd.Process.Pid}}
	t.Cleanup(func() {
		_ = c.kill()
		_ = cmd.Wait()
	})
	count := func() int {
		n, err := c.signalSession(0)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	open, err := os.OpenFile(gate, os.O_WRONLY, 0) // Once the copy reads.
	if err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 0 {
		t.Errorf("%d programs, and there is only a copy of the script", n)
	}
	if _, err := open.WriteString("go\n"); err != nil {
		t.Fatal(err)
	}
	_ = open.Close()
	testwait.Until(t, "the program counts", func() bool { return count() == 1 })
}

// TestIsProgram: a SIGTERM that only the script's own helpers got does not count.
func TestIsProgram(t *testing.T) {
	t.Parallel()
	const script = "sh\x00-c\x00text\x00taurus-supervise\x00/run\x00sleep\x00"
	for line, want := range map[string]bool{
		"sleep\x00300\x00":                 true,
		"sh\x00-c\x00sleep 300\x00":        true,
		"lnd\x00":                          true,
		script:                             false, // A copy that is to become a program.
		"ln\x00/run/claim.7\x00/run/claim": false,
		"":                                 false, // Gone, or about to run something else.
	} {
		if got := isProgram(line, script); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}
