package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// newPlainMachine is a machine whose tasks are processes, for what needs no Docker.
func newPlainMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, dir: t.TempDir(), args: []string{"--executor", "process"}, http: http.Client{Timeout: testwait.Patience / 3}}
	m.start()
	t.Cleanup(func() {
		m.stop()
		if t.Failed() {
			m.logs()
		}
	})
	return m
}

// say runs the command line and gives its exit status and what it printed.
func (m *machine) say(args ...string) (status int, out string) {
	m.t.Helper()
	path, err := program()
	if err != nil {
		m.t.Fatal(err)
	}
	e, err := m.endpoints()
	if err != nil {
		m.t.Fatal(err)
	}
	text, err := exec.Command(path, append(args, "--api", e.API[0])...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatalf("taurus %s: %v", strings.Join(args, " "), err)
	}
	if exit != nil {
		status = exit.ExitCode()
	}
	return status, string(text)
}

// want runs the command line and holds its exit status and a part of what it prints.
func (m *machine) want(status int, part string, args ...string) {
	m.t.Helper()
	got, out := m.say(args...)
	if got != status || !strings.Contains(out, part) {
		m.t.Fatalf("taurus %s: exit status %d, want %d and %q in\n%s", strings.Join(args, " "), got, status, part, out)
	}
}

// service is a job file of four tasks that are healthy once their command has made the
// file `up`.
func (m *machine) service(rollout, command string) string {
	m.t.Helper()
	file := filepath.Join(m.t.TempDir(), "web.yaml")
	document := fmt.Sprintf(`id: web
rollout: {max_surge: 1, max_unavailable: 1, min_healthy: 300ms, progress_deadline: 4s%s}
tasks:
- name: web
  replicas: 4
  kill_grace: 1s
  restart: {backoff: 500ms}
  resources: {cpu: 0.1, memory: 32}
  container: {image: none, command: "%s"}
  health_check: {command: test -e up, interval: 300ms, grace: 20s}
`, rollout, command)
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return file
}

// rollout is what these tests look at of one.
type rollout struct {
	Detail  string `json:"detail"`
	Wanted  uint64 `json:"wanted"`
	Rollout struct {
		Status  string `json:"status"`
		Version uint64 `json:"version"`
	} `json:"rollout"`
	Groups []struct {
		Updated int `json:"updated"`
		Up      int `json:"up"`
		Old     int `json:"old"`
	} `json:"groups"`
}

// rolls waits until a rollout is as it should be.
func (m *machine) rolls(what string, is func(rollout) bool) {
	m.t.Helper()
	m.eventually(what, func() error {
		var r rollout
		if _, err := m.call(http.MethodGet, "/v2/jobs/web/rollout", "", &r); err != nil || !is(r) {
			return fmt.Errorf("%+v, %w", r, err)
		}
		return nil
	})
}

// versions are those of the tasks that live, by slot.
func (m *machine) versions() map[int]uint64 {
	m.t.Helper()
	var tasks []struct {
		Slot    int    `json:"slot"`
		Version uint64 `json:"version"`
		Live    bool   `json:"live"`
	}
	m.taurus(&tasks, "ps", "web")
	all := map[int]uint64{}
	for _, t := range tasks {
		if t.Live {
			all[t.Slot] = t.Version
		}
	}
	return all
}

// TestUpdatedByTheCommandLine: a job of four tasks is updated, paused, promoted, taken
// back by itself and by its user; all the while at least three of its tasks run, and no
// more than five.
func TestUpdatedByTheCommandLine(t *testing.T) {
	const good = "echo %s; touch up; exec sleep 1000"
	m := newPlainMachine(t)
	command := func(version string) string { return fmt.Sprintf(good, version) }

	m.want(0, "job web: running", "run", m.service("", command("one")), "--wait", "--timeout", "60s")
	began, err := m.sequence()
	if err != nil {
		t.Fatal(err)
	}
	m.want(6, "replace 4 tasks of web, at most 1 more and 1 fewer at a time", "plan", m.service("", command("two")), "--detailed-exitcode")
	m.want(0, "job web: the rollout of version 2 succeeded", "run", m.service("", command("two")), "--wait", "--timeout", "60s")
	m.allAre(2)
	m.want(0, "nothing to change", "run", m.service("", command("two")), "--wait", "--timeout", "60s")

	m.want(0, "first 1 task as a canary", "run", m.service(", canary: 1", command("three")))
	m.rolls("the canary is up", func(r rollout) bool { return strings.Contains(r.Detail, "wait until it is promoted") })
	m.want(0, "it is paused (looking)", "rollout", "web", "pause", "--reason", "looking")
	m.want(0, "it is paused", "rollout", "web", "promote")
	m.rolls("a pause holds", func(r rollout) bool {
		return r.Rollout.Status == "paused" && r.Groups[0].Updated == 1 && r.Groups[0].Old == 3
	})
	m.want(0, "up with version 3", "rollout", "web", "resume")
	m.rolls("what is promoted goes on", func(r rollout) bool { return r.Rollout.Status == "succeeded" })
	m.allAre(3)

	m.want(1, "version 3 stands again", "run", m.service(", auto_rollback: true", "exit 3"), "--wait", "--timeout", "90s")
	m.allAre(3)
	m.want(1, "job web: the rollout of version 5 failed", "run", m.service("", "exec sleep 1000"), "--wait", "--timeout", "90s")
	m.want(0, "", "rollout", "web", "rollback")
	m.rolls("the version that stood is back", func(r rollout) bool { return r.Wanted == 3 && r.Rollout.Status == "succeeded" })
	m.allAre(3)
	m.want(0, "job web: the restart succeeded", "restart", "web", "--slot", "2", "--wait", "--timeout", "60s")
	m.between(began, 3, 5)
	m.want(0, "job web: stopped", "stop", "web", "--wait", "--timeout", "60s")
}

func (m *machine) allAre(version uint64) {
	m.t.Helper()
	all := m.versions()
	for _, v := range all {
		if v != version || len(all) != 4 {
			m.t.Fatalf("the tasks are of %v, by slot; all four should be of %d", all, version)
		}
	}
}

// between holds that from a sequence on so many of the job's tasks ran at each event, and
// no more than so many lived.
func (m *machine) between(from uint64, least, most int) {
	m.t.Helper()
	var page struct {
		Events []struct {
			Sequence uint64 `json:"sequence"`
			Type     string `json:"type"`
			Result   struct {
				Tasks struct{ Running, Staging, Ending, Beside int } `json:"tasks"`
			} `json:"result"`
		} `json:"events"`
		Next uint64 `json:"next"`
	}
	for next := from; ; next = page.Next {
		page.Next = 0
		if _, err := m.call(http.MethodGet, fmt.Sprintf("/v2/jobs/web/events?limit=1000&from=%d", next), "", &page); err != nil {
			m.t.Fatal(err)
		}
		for _, e := range page.Events {
			if n := e.Result.Tasks; n.Running < least || n.Running+n.Staging+n.Ending+n.Beside > most {
				m.t.Errorf("at %d, %s: %+v; %d should run, and %d live", e.Sequence, e.Type, n, least, most)
			}
		}
		if page.Next == 0 {
			return
		}
	}
}
