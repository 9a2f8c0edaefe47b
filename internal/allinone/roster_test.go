package allinone

import (
	"os/exec"
	"testing"
)

// stranger starts a process that is no child of a supervisor.
func stranger(t *testing.T) (pid int, ended <-chan struct{}) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "3600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
	})
	return cmd.Process.Pid, done
}

func TestLeftoversAreEnded(t *testing.T) {
	data := t.TempDir()
	pid, ended := stranger(t)
	born, err := birth(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := openRoster(data).put(entry{Role: "planner", Name: "planner-1", PID: pid, Birth: born}); err != nil {
		t.Fatal(err)
	}
	var told []Notice
	s, err := Open(t.Context(), Options{Data: data, Executable: "none", Notify: func(n Notice) { told = append(told, n) }})
	if err != nil {
		t.Fatal(err)
	}
	<-ended
	if len(told) != 1 || told[0].Kind != Swept || told[0].PID != pid {
		t.Errorf("told %v", told)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAStrangerWithAKnownPidIsLeftAlone(t *testing.T) {
	data := t.TempDir()
	pid, ended := stranger(t)
	if err := openRoster(data).put(entry{Role: "planner", Name: "planner-1", PID: pid, Birth: "another boot/1"}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Data: data, Executable: "none"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
		t.Error("a process that was never ours was ended")
	default:
	}
}

func TestSettle(t *testing.T) {
	taken := takenAddress(t)
	for _, c := range []struct{ name, wanted, former, want string }{
		{"first run", AnyPort, "", AnyPort},
		{"the former port is free", AnyPort, "127.0.0.1:1", AnyPort},
		{"the former port is taken", AnyPort, taken, AnyPort},
		{"a port is asked for", "127.0.0.1:8080", taken, "127.0.0.1:8080"},
		{"another host", "0.0.0.0:0", taken, "0.0.0.0:0"},
		{"malformed former", AnyPort, "nonsense", AnyPort},
	} {
		if c.name == "the former port is free" {
			c.former = freeAddress(t)
			c.want = c.former
		}
		if got := chooseAddress(c.wanted, c.former); got != c.want {
			t.Errorf("%s: chooseAddress(%q, %q) = %q, want %q", c.name, c.wanted, c.former, got, c.want)
		}
	}
}
