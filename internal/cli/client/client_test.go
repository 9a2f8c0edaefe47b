package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/cli/client"
)

func TestErrorsAreTold(t *testing.T) {
	for _, c := range []struct {
		name, media, body, want string
		status                  int
		is                      error
	}{
		{"not found", "application/problem+json", `{"title":"There is no such job","status":404}`, "There is no such job", 404, client.ErrNotFound},
		{"conflict", "application/problem+json", `{"title":"A job of this id exists"}`, "A job of this id exists", 409, client.ErrConflict},
		{"moved on", "application/problem+json", `{"title":"The job has changed"}`, "The job has changed", 412, client.ErrConflict},
		{"a proxy's page", "text/html", "<h1>Bad Gateway</h1>", "502 Bad Gateway", 502, client.ErrAnswer},
		{"another program's", "text/plain", "404 Not Found.", "404 Not Found", 404, client.ErrAnswer},
		{"nothing", "", "", "500 Internal Server Error", 500, client.ErrAnswer},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.media)
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			_, err := api.Job(t.Context(), "web", "")
			var p *client.Problem
			if !errors.As(err, &p) || p.Status != c.status || err.Error() != c.want {
				t.Fatalf("error %v (%+v), want %q", err, p, c.want)
			}
			for _, sentinel := range []error{client.ErrNotFound, client.ErrConflict, client.ErrAnswer} {
				if want := errors.Is(c.is, sentinel); errors.Is(err, sentinel) != want {
					t.Errorf("is %v: %v, want %v", sentinel, !want, want)
				}
			}
		})
	}
}

func TestAnotherProgramsAnswer(t *testing.T) {
	api := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") })
	if _, err := api.Cluster(t.Context(), ""); !errors.Is(err, client.ErrAnswer) {
		t.Errorf("error %v", err)
	}
	if _, err := api.Logs(t.Context(), client.Output{Job: "web", File: "stdout"}); !errors.Is(err, client.ErrAnswer) {
		t.Errorf("logs: error %v", err)
	}
}

func TestRequests(t *testing.T) {
	type asked struct{ line, body string }
	var got asked
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = asked{r.Method + " " + r.RequestURI, string(body)}
		w.Header().Set("X-Taurus-Size", "0")
		w.Header().Set("X-Taurus-Attempt", "1")
		fmt.Fprint(w, "{}")
	})
	ctx := t.Context()
	for _, c := range []struct {
		want asked
		call func() error
	}{
		{asked{"GET /v2/jobs/a%2Fb?at=7", ""}, func() error { _, err := api.Job(ctx, "a/b", "7"); return err }},
		{asked{"GET /v2/jobs/web/tasks?at=7&limit=200", ""}, func() error { _, err := api.Tasks(ctx, "web", "7"); return err }},
		{asked{"GET /v2/jobs?label=a%3Db&limit=200&state=running%2Cpending", ""}, func() error {
			_, err := api.Jobs(ctx, client.Query{States: []string{"running", "pending"}, Labels: "a=b"})
			return err
		}},
		{asked{"POST /v2/jobs/web/scale", `{"group":"g","replicas":3}`}, func() error { _, err := api.Scale(ctx, "web", "g", 3); return err }},
		{asked{"POST /v2/jobs/web/stop", `{"reason":"why"}`}, func() error { _, err := api.Stop(ctx, "web", "why"); return err }},
		{asked{"POST /v2/jobs/web/stop", `{}`}, func() error { _, err := api.Stop(ctx, "web", ""); return err }},
		{asked{"DELETE /v2/jobs/web", ""}, func() error { return api.Delete(ctx, "web") }},
		{asked{"GET /v2/jobs/web/events?from=5&limit=200", ""}, func() error { _, err := api.Events(ctx, "web", 5); return err }},
		{asked{"GET /v2/jobs/web/explain", ""}, func() error { _, err := api.Explain(ctx, "web", ""); return err }},
		{asked{"GET /v2/jobs/web/tasks/3", ""}, func() error { _, err := api.Slot(ctx, "web", 3); return err }},
		{asked{"GET /v2/jobs/web/tasks/3/logs/stderr?attempt=2&offset=9", ""}, func() error {
			_, err := api.Logs(ctx, client.Output{Job: "web", Slot: 3, Attempt: 2, File: "stderr", Offset: 9})
			return err
		}},
		{asked{"POST /v2/jobs", "x: y"}, func() error { _, err := api.Submit(ctx, []byte("x: y"), "application/yaml"); return err }},
	} {
		if err := c.call(); err != nil {
			t.Errorf("%s: %v", c.want.line, err)
		}
		if got != c.want {
			t.Errorf("asked %+v, want %+v", got, c.want)
		}
	}
}

func TestAllPagesAreRead(t *testing.T) {
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case strings.HasSuffix(r.URL.Path, "/events") && q.Get("from") == "0":
			fmt.Fprint(w, `{"events":[{"sequence":1}],"next":2}`)
		case strings.HasSuffix(r.URL.Path, "/events"):
			fmt.Fprint(w, `{"events":[{"sequence":2}]}`)
		case strings.HasSuffix(r.URL.Path, "/tasks") && q.Get("cursor") == "":
			fmt.Fprint(w, `{"tasks":[{"slot":0}],"next":0}`)
		case strings.HasSuffix(r.URL.Path, "/tasks"):
			fmt.Fprint(w, `{"tasks":[{"slot":1}]}`)
		case q.Get("cursor") == "":
			fmt.Fprint(w, `{"jobs":[{"id":"a"}],"next":"a"}`)
		default:
			fmt.Fprint(w, `{"jobs":[{"id":"b"}]}`)
		}
	})
	jobs, err := api.Jobs(t.Context(), client.Query{})
	if err != nil || len(jobs) != 2 || jobs[1].ID != "b" {
		t.Errorf("jobs %v, %v", jobs, err)
	}
	tasks, err := api.Tasks(t.Context(), "a", "")
	if err != nil || len(tasks) != 2 || tasks[1].Slot != 1 {
		t.Errorf("tasks %v, %v", tasks, err)
	}
	all, err := api.Events(t.Context(), "a", 0)
	if err != nil || len(all) != 2 || all[1].Sequence != 2 {
		t.Errorf("events %v, %v", all, err)
	}
}
