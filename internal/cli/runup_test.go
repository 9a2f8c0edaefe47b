package cli_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scenes waits for the submission of a job and plays lines of it, R in the place of its
// run.
func (c *cluster) scenes(ctx context.Context, job string, lines ...string) error {
	run := uint64(0)
	for run == 0 && ctx.Err() == nil {
		run = c.submitted(context.WithoutCancel(ctx), job)
	}
	for _, line := range lines {
		if wait, ok := strings.CutPrefix(line, "wait "); ok {
			d, err := time.ParseDuration(wait)
			if err != nil {
				return err
			}
			time.Sleep(d) // Real time is what the command waits for.
			continue
		}
		words := strings.Fields(strings.ReplaceAll(line, "R", strconv.FormatUint(run, 10)))
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "%", "R")
		}
		if err := c.play(ctx, words[0], append([]string{job}, words[1:]...)); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

// TestWaitingForAService: 0 stands for a service that is up and stays so; one that fails
// meanwhile is told with the reason and its exit status.
func TestWaitingForAService(t *testing.T) {
	c, stop, err := newCluster("admin")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.launcher(t.Context()); err != nil {
		t.Fatal(err)
	}
	const (
		plain   = `{"id":"ID","tasks":[{"name":"g","replicas":1,"container":{"image":"box"}}]}`
		checked = `{"id":"ID","tasks":[{"name":"g","replicas":1,"container":{"image":"box"},"health_check":{"path":"/health","port":8080}}]}`
		once    = `{"id":"ID","tasks":[{"name":"g","replicas":1,"container":{"image":"box"},"restart":{"policy":"on_failure"}}]}`
	)
	begin := func(attempt string) []string {
		return []string{"plan R g 0-0 " + attempt, "stage R g 0 " + attempt, "status R 0 " + attempt + " TASK_%UNNING"}
	}
	for name, row := range map[string]struct {
		document string
		stable   string
		lines    []string
		status   int
		out      string
	}{
		"crashes": {
			plain, "1m", append(begin("1"), "status R 0 1 TASK_FAILED 3 boom"), 3,
			"job ID: not up: slot 0, attempt 1 failed: exit 3: boom; see `taurus logs ID/0 --stderr`\n",
		},
		"segfaults later": {
			plain, "1m", append(begin("1"), "wait 20ms", "status R 0 1 TASK_FAILED 139"), 139,
			"job ID: not up: slot 0, attempt 1 failed: exit 139 (SIGSEGV); see `taurus logs ID/0 --stderr`\n",
		},
		"exits well, to run again": {
			plain, "1m", append(begin("1"), "status R 0 1 TASK_FINISHED 0"), 1,
			"job ID: not up: slot 0, attempt 1 finished, and is to run again; see `taurus logs ID/0 --stderr`\n",
		},
		"exits well, for good": {once, "10ms", append(begin("1"), "status R 0 1 TASK_FINISHED 0"), 0, "job ID: running\n"},
		"stays up":             {plain, "10ms", begin("1"), 0, "job ID: running\n"},
		"never healthy": {
			checked, "1m", append(begin("1"), "health R 0 1 false", "health R 0 1 false", "status R 0 1 TASK_KILLING", "status R 0 1 TASK_KILLED 137"), 1,
			"job ID: not up: slot 0, attempt 1 killed: its health check failed 2 times in a row (http 8080 /health); see `taurus logs ID/0 --stderr`\n",
		},
		"healthy in the end": {
			checked, "10ms", append(begin("1"), "wait 30ms", "health R 0 1 false", "wait 30ms", "health R 0 1 true"), 0, "job ID: running\n",
		},
		"its agent is lost, and another runs it": {
			plain, "300ms", append(append(begin("1"), "status R 0 1 TASK_GONE"), begin("2")...), 0, "job ID: running\n",
		},
		"no such image": {
			plain, "1m",
			[]string{"plan R g 0-0 1", "stage R g 0 1", "status R 0 1 TASK_FAILED 125"},
			1,
			"job ID: not up: slot 0, attempt 1 not started: exit 125 (docker could not start it); see `taurus logs ID/0 --stderr`\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			id := strings.NewReplacer(" ", "-", ",", "").Replace(name)
			played := make(chan error, 1)
			go func() { played <- c.scenes(t.Context(), id, row.lines...) }()
			status, out, told := with(t, c.url, strings.ReplaceAll(row.document, "ID", id), "run", "-", "--wait", "--stable", row.stable)
			if want := strings.ReplaceAll(row.out, "ID", id); status != row.status || out != want {
				t.Errorf("status %d, want %d:\n%swant\n%s%s", status, row.status, out, want, told)
			}
			if err := <-played; err != nil {
				t.Error(err)
			}
		})
	}
	played := make(chan error, 1)
	go func() { played <- c.scenes(t.Context(), "unknown", begin("1")...) }()
	status, out, told := with(t, c.url, strings.ReplaceAll(checked, "ID", "unknown"), "run", "-", "--wait", "--stable", "10ms", "--timeout", "300ms")
	if status != 1 || out != "" || !strings.Contains(told, "unknown/0  RUNNING") {
		t.Errorf("runs, and is not checked: %d: %s%s", status, out, told)
	}
	if err := <-played; err != nil {
		t.Error(err)
	}
	status, _, told = with(t, c.url, strings.ReplaceAll(checked, "ID", "silent"), "run", "-", "--wait", "--timeout", "50ms")
	if status != 1 || !strings.Contains(told, "not done after 50ms") {
		t.Errorf("without a task: %d: %s", status, told)
	}
}
