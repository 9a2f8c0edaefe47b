package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/moby/moby/client"

	"github.com/milosgajdos/taurus/internal/scratchimage"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// image has busybox and nothing else.
const image = "taurus-e2e:latest"

// program builds taurus once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "taurus-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "taurus")
	build := exec.Command("go", "build", "-o", path, "../cmd/taurus")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// machine is a `taurus dev` on a data directory of its own.
type machine struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	args []string
	out  bytes.Buffer
	http http.Client
}

func newMachine(t *testing.T, args ...string) *machine {
	t.Helper()
	needDocker(t)
	m := &machine{t: t, dir: t.TempDir(), args: args, http: http.Client{Timeout: testwait.Patience / 3}}
	m.start()
	t.Cleanup(func() {
		m.stop()
		m.removeContainers()
		if t.Failed() {
			m.logs()
		}
	})
	return m
}

func needDocker(t *testing.T) {
	t.Helper()
	cli, err := client.New(client.FromEnv)
	if err == nil {
		defer cli.Close()
		_, err = cli.Ping(t.Context(), client.PingOptions{})
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("Docker: %v", err)
		}
		t.Skipf("no Docker here: %v", err)
	}
	busybox := "/bin/busybox"
	if _, err := os.Stat(busybox); err != nil {
		t.Fatalf("%v: install busybox-static", err)
	}
	box := scratchimage.Image{Tag: image, Executable: busybox, Path: "/bin/busybox", Links: []string{"/bin/sh", "/bin/sleep", "/bin/echo", "/bin/true", "/bin/false"}, Entrypoint: []string{}}
	if err := box.Build(t.Context(), cli); err != nil {
		t.Fatal(err)
	}
}

// start starts the processes and waits until all are ready.
func (m *machine) start() {
	m.t.Helper()
	path, err := program()
	if err != nil {
		m.t.Fatal(err)
	}
	args := append([]string{"dev", "--data", m.dir, "--listen", "127.0.0.1:0", "--anonymous", "admin", "--executor", "docker", "--policy", "testdata/policy.yaml"}, m.args...)
	m.cmd = exec.Command(path, args...)
	m.cmd.Stdout, m.cmd.Stderr = &m.out, &m.out
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.eventually("all processes are ready", func() error {
		e, err := m.endpoints()
		if err != nil {
			return err
		}
		if e.PID != m.cmd.Process.Pid {
			return errors.New("endpoints.json is of an earlier run")
		}
		return nil
	})
}

// stop is Ctrl-C.
func (m *machine) stop() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Signal(syscall.SIGINT)
	_ = m.cmd.Wait()
	m.cmd = nil
}

func (m *machine) logs() {
	m.t.Logf("taurus dev printed:\n%s", m.out.String())
	files, _ := filepath.Glob(filepath.Join(m.dir, "logs", "*"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		m.t.Logf("%s, its end:\n%s", filepath.Base(f), strings.Join(lines[max(0, len(lines)-40):], "\n"))
	}
}

type endpoints struct {
	API       []string `json:"api"`
	PID       int      `json:"pid"`
	Processes []struct {
		Role  string `json:"role"`
		PID   int    `json:"pid"`
		Ready bool   `json:"ready"`
	} `json:"processes"`
}

func (m *machine) endpoints() (endpoints, error) {
	var e endpoints
	data, err := os.ReadFile(filepath.Join(m.dir, "endpoints.json"))
	if err != nil {
		return e, err
	}
	return e, json.Unmarshal(data, &e)
}

// kill is kill -9 of the first process of a role; it returns its pid.
func (m *machine) kill(role string) int {
	m.t.Helper()
	var pid int
	m.eventually(role+" runs", func() error {
		e, err := m.endpoints()
		if err != nil {
			return err
		}
		for _, p := range e.Processes {
			if p.Role == role && p.PID != 0 {
				pid = p.PID
				return nil
			}
		}
		return errors.New("no process")
	})
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		m.t.Fatal(err)
	}
	return pid
}

// replaced waits until another process has the role and is ready.
func (m *machine) replaced(role string, pid int) {
	m.t.Helper()
	m.eventually(role+" is replaced", func() error {
		e, err := m.endpoints()
		if err != nil {
			return err
		}
		for _, p := range e.Processes {
			if p.Role == role && p.PID == pid {
				return errors.New("still the dead one")
			}
			if !p.Ready {
				return fmt.Errorf("%s is not ready", p.Role)
			}
		}
		return nil
	})
}

func (m *machine) eventually(what string, check func() error) {
	m.t.Helper()
	var why error
	defer func() {
		if why != nil {
			m.t.Logf("%s: %v", what, why)
		}
	}()
	testwait.Until(m.t, what, func() bool {
		why = check()
		return why == nil
	})
}

// call calls the API and decodes the answer.
func (m *machine) call(method, path, body string, into any) (int, error) {
	e, err := m.endpoints()
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(m.t.Context(), method, e.API[0]+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := m.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if into != nil && resp.StatusCode < 300 {
		return resp.StatusCode, json.Unmarshal(data, into)
	}
	return resp.StatusCode, nil
}

// task is what these tests look at of one.
type task struct {
	ID          string `json:"task_id"`
	Slot        int    `json:"slot"`
	Attempt     int    `json:"attempt"`
	State       string `json:"state"`
	ContainerID string `json:"container_id"`
}

func (m *machine) tasks(job string) ([]task, error) {
	var answer struct {
		Tasks []task `json:"tasks"`
	}
	status, err := m.call(http.MethodGet, "/v2/jobs/"+url.PathEscape(job)+"/tasks", "", &answer)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("tasks of %s: status %d", job, status)
	}
	return answer.Tasks, err
}

// submit submits a service of n tasks that end at once when told to.
func (m *machine) submit(job string, n int) {
	m.t.Helper()
	body := fmt.Sprintf(`{"id":%q,"tasks":[{"role":"web","replicas":%d,"kill_grace":"2s",
		"resources":{"cpu":0.1,"memory":32},
		"container":{"image":%q,"network":"none","command":"trap 'exit 0' TERM; while :; do sleep 1 & wait; done"}}]}`, job, n, image)
	m.eventually("the job is taken", func() error {
		status, err := m.call(http.MethodPost, "/v2/jobs", body, nil)
		// An answer that was lost with its process may have been a success.
		if err != nil || status != http.StatusCreated && status != http.StatusConflict {
			return fmt.Errorf("status %d: %w", status, err)
		}
		return nil
	})
}

func (m *machine) stopJob(job string) {
	m.t.Helper()
	m.eventually("the stop is taken", func() error {
		status, err := m.call(http.MethodPost, "/v2/jobs/"+job+"/stop", `{}`, nil)
		if err != nil || status >= 300 {
			return fmt.Errorf("status %d: %w", status, err)
		}
		return nil
	})
}

// running waits until exactly n tasks of the job run, each in one container.
func (m *machine) running(job string, n int) []task {
	m.t.Helper()
	var tasks []task
	m.eventually(fmt.Sprintf("%d tasks of %s run", n, job), func() (err error) {
		if tasks, err = m.tasks(job); err != nil {
			return err
		}
		up := 0
		for _, t := range tasks {
			if strings.EqualFold(t.State, "running") {
				up++
			}
		}
		if containers := m.containers(job); up != n || len(containers) != n {
			return fmt.Errorf("%d run in %d containers: %+v", up, len(containers), tasks)
		}
		return nil
	})
	return tasks
}

// gone waits until nothing of a stopped job is alive.
func (m *machine) gone(job string) {
	m.t.Helper()
	m.eventually(job+" has stopped", func() error {
		var view struct {
			State string `json:"state"`
		}
		status, err := m.call(http.MethodGet, "/v2/jobs/"+job, "", &view)
		if err != nil {
			return err
		}
		if containers := m.containers(job); view.State != "stopped" || len(containers) > 0 {
			return fmt.Errorf("status %d, state %s, %d containers", status, view.State, len(containers))
		}
		return nil
	})
}

// containers are the ids of the containers of a job, those that run, sorted.
func (m *machine) containers(job string) []string {
	m.t.Helper()
	return docker(m.t, "ps", "--quiet", "--no-trunc", "--filter", "label=taurus.job="+job)
}

// taurus runs the command line against the machine and decodes its answer.
func (m *machine) taurus(into any, args ...string) {
	m.t.Helper()
	path, err := program()
	if err != nil {
		m.t.Fatal(err)
	}
	e, err := m.endpoints()
	if err != nil {
		m.t.Fatal(err)
	}
	out, err := exec.Command(path, append(args, "--api", e.API[0], "--output", "json")...).Output()
	if err != nil {
		m.t.Fatalf("taurus %s: %v", strings.Join(args, " "), err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		m.t.Fatalf("taurus %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// job is the id of a job that no other machine has, nor one that outlived a test which was
// ended: containers are told apart by their job.
func (m *machine) job(words ...string) string {
	return strings.Join(append(words, strconv.Itoa(m.cmd.Process.Pid)), "-")
}

// part is a part of a test that can be run by itself on the machine; it reports whether
// that went well.
func (m *machine) part(name string, try func()) bool {
	whole := m.t
	return whole.Run(name, func(t *testing.T) {
		m.t = t
		defer func() { m.t = whole }()
		try()
	})
}

// removeContainers removes what a failed test left: what has a sandbox of this machine.
func (m *machine) removeContainers() {
	for _, id := range docker(m.t, "ps", "--all", "--quiet", "--filter", "ancestor="+image) {
		if mounts := docker(m.t, "inspect", "--format", "{{range .Mounts}}{{println .Source}}{{end}}", id); slices.ContainsFunc(mounts, m.has) {
			docker(m.t, "rm", "--force", id)
		}
	}
}

// has reports whether a file is in the machine's directory.
func (m *machine) has(file string) bool { return strings.HasPrefix(file, m.dir+"/") }

func docker(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Logf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	lines := strings.Fields(string(out))
	slices.Sort(lines)
	return lines
}
