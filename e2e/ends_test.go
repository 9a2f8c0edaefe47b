package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file writes a job and returns its name.
func (m *machine) file(job, kind, rest string) string {
	m.t.Helper()
	name := filepath.Join(m.t.TempDir(), job+".json")
	document := fmt.Sprintf(`{"id":%q,"kind":%q,"tasks":[{"replicas":1,"kill_grace":"1s","resources":{"cpu":0.1,"memory":32},%s}]}`, job, kind, rest)
	if err := os.WriteFile(name, []byte(document), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return name
}

// says waits until the command line prints all of the parts.
func (m *machine) says(args []string, parts ...string) {
	m.t.Helper()
	m.eventually(fmt.Sprintf("taurus %s says %q", strings.Join(args, " "), parts), func() error {
		_, out := m.say(args...)
		for _, part := range parts {
			if !strings.Contains(out, part) {
				return fmt.Errorf("no %q in\n%s", part, out)
			}
		}
		return nil
	})
}

// TestEndsThatTell: why a task ended is said where users look for it, and who waits for
// a service learns that it does not come up.
func TestEndsThatTell(t *testing.T) {
	m := newMachine(t, "--agents", "1", "--executor", "auto")
	run := func(name string, f func(t *testing.T)) { m.part(name, func() { f(m.t) }) }
	container := func(command string) string {
		return fmt.Sprintf(`"container":{"image":%q,"command":%s}`, image, command)
	}

	run("its health check", func(*testing.T) {
		check := `,"health_check":{"path":"/health","port":8080,"interval":"1s","grace":"1s","failures":2,"timeout":"1s"}`
		m.want(0, "submitted", "run", m.file("sick", "service", container(`["/bin/busybox","sleep","1000"]`)+check))
		m.says([]string{"explain", "sick"}, "its health check failed", "http 8080 /health")
		m.says([]string{"ps", "sick"}, "its health check failed 2 times in a row")
		m.says([]string{"events", "sick"}, "was killed by its health check")
		m.want(0, "stopped", "stop", "sick", "--wait", "--timeout", "2m")
	})

	run("a service that dies is waited for in vain", func(*testing.T) {
		m.want(3, "exit 3", "run", m.file("crash", "service", container(`"echo boom >&2; exit 3"`)), "--wait", "--timeout", "2m")
		m.says([]string{"ps", "crash"}, "exit 3")
		m.says([]string{"explain", "crash"}, "taurus logs crash/0", "crash")
		m.want(0, "boom", "logs", "crash/0", "--stderr")
		m.want(0, "stopped", "stop", "crash", "--wait", "--timeout", "2m")
	})

	run("a service that is never healthy is not up", func(t *testing.T) {
		check := `,"health_check":{"command":"exit 1","interval":"1s","grace":"1s","failures":2,"timeout":"1s"}`
		if status, out := m.say("run", m.file("never", "service", container(`["/bin/busybox","sleep","1000"]`)+check), "--wait", "--timeout", "2m"); status == 0 ||
			!strings.Contains(out, "its health check failed") {
			t.Errorf("exit status %d:\n%s", status, out)
		}
		m.want(0, "stopped", "stop", "never", "--wait", "--timeout", "2m")
	})

	run("too little memory", func(t *testing.T) {
		hungry := `["/bin/busybox","awk","BEGIN{s=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\";while(1){s=s s}}"]`
		if status, out := m.say("run", m.file("hungry", "batch", container(hungry)+`,"restart":{"attempts":1}`), "--wait", "--timeout", "2m"); status == 0 ||
			!strings.Contains(out, "out of memory") {
			t.Errorf("exit status %d:\n%s", status, out)
		}
		m.says([]string{"explain", "hungry"}, "out of memory")
	})

	run("what is not there", func(t *testing.T) {
		if status, out := m.say("run", m.file("absent", "batch", container(`["/no/such/program"]`)+`,"restart":{"attempts":1}`), "--wait", "--timeout", "2m"); status == 0 ||
			!strings.Contains(out, "its program is not there") {
			t.Errorf("exit status %d:\n%s", status, out)
		}
		m.says([]string{"explain", "absent"}, "taurus logs absent/0")
	})
}
