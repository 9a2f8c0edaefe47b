package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/cli"
)

// asking runs the command line against an api whose requests for single jobs are
// counted.
func asking(t *testing.T, c *cluster, document string, args ...string) (status int, out, told string, asked int64) {
	t.Helper()
	var jobs atomic.Int64
	target, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{DisableKeepAlives: true},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v2/jobs/") {
			jobs.Add(1)
		}
		forward.ServeHTTP(w, r)
	}))
	defer server.Close()
	status, out, told = with(t, server.URL, document, args...)
	return status, out, told, jobs.Load()
}

func with(t *testing.T, api, document string, args ...string) (status int, out, told string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := cli.NewApp()
	a.In, a.Out, a.Err, a.Now = strings.NewReader(document), &stdout, &stderr, present
	a.Terminal, a.ErrTerminal = false, false
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	status = a.Run(ctx, append(args, "--api", api))
	return status, stdout.String(), stderr.String()
}

// Waiting follows the feed, which says what events did: the job itself is asked
// for once, at the end.
func TestWaitingAsksOnce(t *testing.T) {
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
	go c.batch(t.Context(), "good", 0)
	status, out, told, asked := asking(t, c, `{"id":"good","kind":"batch","tasks":[{"name":"batch","replicas":1,"container":{"image":"box"}}]}`, "run", "-", "--wait")
	if status != 0 || out != "job good: completed\n" || asked != 1 {
		t.Errorf("status %d, %d requests: %s%s", status, asked, out, told)
	}
	for _, part := range []string{"good/0  PENDING\n", "good/0  STAGING on host-1\n", "good/0  RUNNING on host-1\n", "good/0  FINISHED on host-1 (exit 0)\n"} {
		if !strings.Contains(told, part) {
			t.Errorf("no %q in %s", part, told)
		}
	}

	played := make(chan error, 1)
	go func() {
		run := uint64(0)
		for run == 0 && t.Context().Err() == nil {
			run = c.submitted(context.Background(), "web")
		}
		r := strconv.FormatUint(run, 10)
		for _, line := range [][]string{
			{"plan", "web", r, "web", "0-1", "1"},
			{"stage", "web", r, "web", "0", "1"},
			{"stage", "web", r, "web", "1", "1"},
			{"status", "web", r, "0", "1", "TASK_RUNNING"},
			{"status", "web", r, "1", "1", "TASK_RUNNING"},
		} {
			if err := c.play(t.Context(), line[0], line[1:]); err != nil {
				played <- err
				return
			}
		}
		played <- nil
	}()
	status, out, told, asked = asking(t, c, `{"id":"web","tasks":[{"role":"web","replicas":2,"container":{"image":"box"}}]}`, "run", "-", "--wait", "--stable", "0s")
	if status != 0 || out != "job web: running\n" || asked != 1 || strings.Count(told, "RUNNING") != 2 {
		t.Fatalf("status %d, %d requests: %s%s", status, asked, out, told)
	}
	if err := <-played; err != nil {
		t.Fatal(err)
	}
}

// An api that does not say what events did is not waited on for ever.
func TestWaitingOnAnOlderAPI(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/events" {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, `data: {"sequence":4,"type":"taurus.job.submitted.v1","job":"web","data":{}}`+"\n\n")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"web","state":"pending","run":4,"version":1,"tasks":{},"groups":[],"sequence":4}`)
	}))
	defer server.Close()
	status, _, told := with(t, server.URL, `{"id":"web"}`, "run", "-", "--wait")
	if status != cli.ExitFailed || !strings.Contains(told, "older than this taurus") || !strings.Contains(told, "update it") {
		t.Errorf("status %d: %s", status, told)
	}
}
