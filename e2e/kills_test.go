package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestHowTasksAreKilled: with a command before it and by its own signal, within the
// bounds; and where Docker hangs, that is told.
func TestHowTasksAreKilled(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "--agents", "1")
	const traps = `"container":{"image":%q,"network":"none","command":"trap 'echo term; exit 7' TERM; trap 'echo usr1; exit 5' USR1; trap 'echo hup' HUP; while :; do sleep 0.1 & wait; done"}`
	// begin has a job of one task up.
	begin := func(job, group string) {
		m.asks(http.MethodPost, "/v2/jobs", fmt.Sprintf(`{"id":%q,"tasks":[{"replicas":1,"resources":{"cpu":0.1,"memory":32},%s,%s}]}`,
			job, group, fmt.Sprintf(traps, image)), http.StatusCreated)
		m.running(job, 1)
	}
	// ends stops a job, and says how long that took.
	ends := func(job string) time.Duration {
		began := time.Now()
		m.stopJob(job)
		m.gone(job)
		return time.Since(began)
	}

	// Its runtime hangs while the others are tried: the kills are repeated after 10 s.
	begin("stuck", `"kill_grace":"1ms"`)
	var thaw func()
	defer func() {
		if thaw != nil {
			thaw()
		}
	}()
	m.part("its runtime hangs", func() {
		thaw = m.freeze(m.containers("stuck")[0])
		m.stopJob("stuck")
	})

	m.part("a command before it", func() {
		begin("leaves", `"kill_grace":"30s","before_kill":{"command":"echo leaving; sleep 1; echo left","timeout":"30s"}`)
		if took := ends("leaves"); took < time.Second {
			m.t.Errorf("took %s", took)
		}
		m.want(0, "leaving\nleft\nterm", "logs", "leaves/0")
		m.says([]string{"events", "leaves"}, "exit status 7")
	})

	m.part("a command that hangs", func() {
		begin("lingers", `"kill_grace":"1h","before_kill":{"command":"echo leaving; sleep 3600","timeout":"2s"}`)
		if took := ends("lingers"); took < 2*time.Second {
			m.t.Errorf("took %s", took)
		}
		m.want(0, "leaving\nterm", "logs", "lingers/0")
		m.want(0, "before_kill took longer than 2 s", "logs", "lingers/0", "--stderr")
		m.says([]string{"events", "lingers"}, "exit status 7")
	})

	m.part("a signal of its own", func() {
		begin("usr1", `"kill_grace":"1h","kill_signal":"usr1"`)
		ends("usr1")
		m.want(0, "usr1", "logs", "usr1/0")
		m.says([]string{"events", "usr1"}, "exit status 5")
	})

	m.part("a signal that is passed over", func() {
		begin("hup", `"kill_grace":"2s","kill_signal":"SIGHUP","before_kill":{"command":"echo leaving","timeout":"1s"}`)
		if took := ends("hup"); took < 2*time.Second {
			m.t.Errorf("took %s", took)
		}
		m.want(0, "leaving\nhup", "logs", "hup/0")
		m.says([]string{"events", "hup"}, "SIGKILL")
	})

	m.part("a kill that is blocked", func() {
		if thaw == nil {
			m.t.Skip("no runtime hangs")
		}
		m.says([]string{"explain", "stuck"}, "should end (job stopped) and has not", "see whether Docker hangs there")
		m.says([]string{"ps", "stuck"}, "asked 3 times, and does not end")
		thaw()
		m.gone("stuck")
	})
}

// freeze stops the process that carries out what Docker asks of a container, so that
// whatever is asked of it hangs; thaw lets it go on.
func (m *machine) freeze(container string) (thaw func()) {
	m.t.Helper()
	pid := docker(m.t, "inspect", "--format", "{{.State.Pid}}", container)[0]
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		m.t.Fatal(err)
	}
	_, parent, _ := strings.Cut(string(status), "PPid:")
	shim := strings.Fields(parent)[0]
	if name, err := os.ReadFile("/proc/" + shim + "/comm"); err != nil || !strings.HasPrefix(string(name), "containerd-shim") {
		m.t.Skipf("the runtime of containers here is %q, %v", name, err)
	}
	number, err := strconv.Atoi(shim)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := syscall.Kill(number, syscall.SIGSTOP); err != nil {
		m.t.Skipf("the runtime of containers is another user's: %v", err)
	}
	return func() { _ = syscall.Kill(number, syscall.SIGCONT) }
}
