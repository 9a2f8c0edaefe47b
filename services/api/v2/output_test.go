package v2_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// files is a sandbox that has one file.
type files struct {
	data string
	err  error
	got  string
}

func (f *files) ReadFile(_ context.Context, agentURL, frameworkID, taskID, file string, offset int64, length int) ([]byte, int64, error) {
	f.got = fmt.Sprint(agentURL, " ", frameworkID, " ", taskID, " ", file)
	if f.err != nil {
		return nil, 0, f.err
	}
	from := min(int(offset), len(f.data))
	return []byte(f.data[from:min(from+length, len(f.data))]), int64(len(f.data)), nil
}

func TestTaskLogs(t *testing.T) {
	t.Parallel()
	f := &files{data: "hello, world"}
	r := apitest.New(t, func(o *api.Options) { o.Sandbox = f })
	run := r.Create(strings.Replace(apitest.OneTask, `"replicas":2`, `"replicas":3`, 1))
	r.Launch("web", run, 2)
	r.Append(r.Space.Plan("web"), events.TasksPlanned{Run: run, Group: "web", Slots: []events.SlotRange{{From: 2, To: 2, Attempt: 1}}})
	a := r.Do("GET", "/v2/jobs/web/tasks/1/logs/stderr?offset=7&length=3&attempt=1", "").Want(200)
	if a.Body != "wor" || a.Header.Get("X-Taurus-Offset") != "7" || a.Header.Get("X-Taurus-Size") != "12" ||
		f.got != "http://host1:5051 fw web-1 stderr" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("got %q %v from %s", a.Body, a.Header, f.got)
	}
	r.Do("GET", "/v2/jobs/web/tasks/1/logs/stdout?length=0", "").Want(400)
	r.Do("GET", "/v2/jobs/web/tasks/1/logs/stdout?attempt=9", "").Want(404)
	if got := apitest.ProblemType(t, r.Do("GET", "/v2/jobs/web/tasks/2/logs/stdout", "").Want(404)); got != "no-output" {
		t.Fatalf("problem %s", got)
	}
	// While a failed task backs off its last words are what is asked for.
	r.Append(r.Space.Task("web", 1), events.TaskStatusChanged{Run: run, Slot: 1, Attempt: 1, State: "TASK_FAILED", UUID: []byte{1}})
	r.Append(r.Space.Plan("web"), events.TasksPlanned{Run: run, Group: "web", Slots: []events.SlotRange{{From: 1, To: 1, Attempt: 2}}})
	for _, query := range []string{"", "?attempt=1"} {
		a := r.Do("GET", "/v2/jobs/web/tasks/1/logs/stdout"+query, "").Want(200)
		if a.Body != f.data || a.Header.Get("X-Taurus-Attempt") != "1" || f.got != "http://host1:5051 fw web-1 stdout" {
			t.Fatalf("%s: got %q %v from %s", query, a.Body, a.Header, f.got)
		}
	}
	if got := apitest.ProblemType(t, r.Do("GET", "/v2/jobs/web/tasks/1/logs/stdout?attempt=2", "").Want(404)); got != "no-output" {
		t.Fatalf("problem %s", got)
	}
	f.err = fmt.Errorf("agent: %w", fs.ErrNotExist)
	if got := apitest.ProblemType(t, r.Do("GET", "/v2/jobs/web/tasks/1/logs/stdout", "").Want(404)); got != "no-output" {
		t.Fatalf("problem %s", got)
	}
	f.err = errors.New("connection refused by 10.0.0.7")
	if a := r.Do("GET", "/v2/jobs/web/tasks/1/logs/stdout", "").Want(502); strings.Contains(a.Body, "10.0.0.7") {
		t.Fatalf("the inside leaks: %s", a.Body)
	}
	f.err = fmt.Errorf("%w: 10.0.0.7 is not named", api.ErrAgentNotNamed)
	a = r.Do("GET", "/v2/jobs/web/tasks/1/logs/stdout", "").Want(502)
	if got := apitest.ProblemType(t, a); got != "agent-not-named" || strings.Contains(a.Body, "10.0.0.7") || !strings.Contains(a.Body, "--mesos-hosts") {
		t.Fatalf("problem %s: %s", got, a.Body)
	}
}
