package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
)

const oneTask = `{"id":"web","tasks":[{"role":"web","container":{"image":"nginx"},"replicas":2}]}`

// rig is a service on a log in memory, and hands to write what the other
// services would.
type rig struct {
	t     *testing.T
	log   *memory.Log
	api   *api.Service
	space events.Space
	lines *bytes.Buffer

	epoch, counter uint64
	// document is the OpenAPI document, to which answers are held.
	document func() object
}

func newRig(t *testing.T, change ...func(*api.Options)) *rig {
	t.Helper()
	return rigOn(t, memory.New(), change...)
}

func rigOn(t *testing.T, log *memory.Log, change ...func(*api.Options)) *rig {
	t.Helper()
	r := &rig{t: t, log: log, space: events.NewSpace(0), lines: &bytes.Buffer{}}
	o := api.Options{
		Log: log, Space: r.space, Name: "test", Listen: "127.0.0.1:0", Logger: zerolog.New(zerolog.SyncWriter(r.lines)),
	}
	for _, f := range change {
		f(&o)
	}
	r.api = start(t, o)
	r.document = document(t)
	return r
}

// document reads what is served as /v2/openapi.json, once.
func document(t *testing.T) func() object {
	t.Helper()
	return sync.OnceValue(func() object {
		data, err := os.ReadFile("openapi.json")
		if err != nil {
			t.Error(err)
			return nil
		}
		var doc object
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Error(err)
		}
		return doc
	})
}

func start(t *testing.T, o api.Options) *api.Service {
	t.Helper()
	s, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	run(t, s)
	return s
}

// run runs a service until the test ends.
func run(t *testing.T, s *api.Service) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	for s.Ready() != nil {
		select {
		case err := <-ended:
			ended <- nil
			t.Fatalf("Run: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
}

// answer is a response read to its end.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

type header map[string]string

// do sends a request through the handler and holds the answer to the document.
func (r *rig) do(method, target, body string, headers ...header) answer {
	r.t.Helper()
	a := send(r.t, r.api, method, target, body, headers...)
	r.conforms(method, target, a)
	return a
}

// in is the rig for a subtest.
func (r *rig) in(t *testing.T) *rig {
	t.Helper()
	sub := *r
	sub.t = t
	return &sub
}

func send(t *testing.T, s *api.Service, method, target, body string, headers ...header) answer {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(t.Context(), method, target, reader)
	for _, h := range headers {
		for k, v := range h {
			req.Header.Set(k, v)
		}
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	return answer{t: t, status: w.Code, header: w.Header(), body: w.Body.String()}
}

// want checks the status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d; body %s", a.status, status, a.body)
	}
	return a
}

// into decodes the body.
func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v, json.MatchCaseInsensitiveNames(true)); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

// get decodes the answer of a GET that must be 200.
func get[T any](r *rig, target string) T {
	r.t.Helper()
	var v T
	r.do(http.MethodGet, target, "").want(http.StatusOK).into(&v)
	return v
}

// append writes an event as another service would, and waits until it is folded.
func (r *rig) append(subject string, ev events.Event) uint64 {
	r.t.Helper()
	r.counter++
	env := events.Envelope{ID: "test-" + strconv.FormatUint(r.counter, 10), Source: "test", Time: time.Now(), Epoch: r.epoch}
	if r.epoch != 0 {
		env.Counter = r.counter
	}
	m, err := events.Encode(subject, env, ev)
	if err != nil {
		r.t.Fatal(err)
	}
	receipt, err := r.log.Append(r.t.Context(), eventlog.Fact(m))
	if err != nil {
		r.t.Fatal(err)
	}
	send(r.t, r.api, http.MethodGet, "/v2/cluster?after="+strconv.FormatUint(receipt.Last, 10), "").want(http.StatusOK)
	return receipt.Last
}

// launch elects a launcher, plans and runs every slot of a job given.
func (r *rig) launch(job string, run uint64, slots uint32) {
	r.t.Helper()
	r.plan(job, run, slots)
	r.elect()
	for n := range slots {
		r.stage(job, run, n)
		r.status(job, run, n, "TASK_RUNNING")
	}
}

func (r *rig) plan(job string, run uint64, slots uint32) {
	r.t.Helper()
	r.append(r.space.Plan(job), events.TasksPlanned{
		Run: run, Version: 1, Group: "web", Slots: []events.SlotRange{{From: 0, To: slots - 1, Attempt: 1}},
	})
}

func (r *rig) elect() {
	r.t.Helper()
	r.epoch = 0
	r.epoch = r.append(r.space.Launcher(0), events.LauncherElected{Nonce: "n", Instance: "one"})
	r.append(r.space.Launcher(0), events.SubscriptionOpened{FrameworkID: "fw", StreamID: "secret-stream", Master: "http://m:5050"})
}

func (r *rig) stage(job string, run uint64, slot uint32) {
	r.t.Helper()
	r.append(r.space.Task(job, slot), events.TaskStaged{
		Run: run, Version: 1, Group: "web", Slot: slot, Attempt: 1, TaskID: job + "-" + strconv.Itoa(int(slot)),
		AgentID: "a1", Hostname: "host1", AgentURL: "http://host1:5051",
	})
}

func (r *rig) status(job string, run uint64, slot uint32, state string) {
	r.t.Helper()
	r.append(r.space.Task(job, slot), events.TaskStatusChanged{
		Run: run, Slot: slot, Attempt: 1, TaskID: job + "-" + strconv.Itoa(int(slot)), State: state, UUID: []byte{1},
	})
}

// create submits a job on /v2 and returns its run.
func (r *rig) create(spec string) uint64 {
	r.t.Helper()
	var v struct{ Run uint64 }
	r.do(http.MethodPost, "/v2/jobs", spec).want(http.StatusCreated).into(&v)
	return v.Run
}

// end lets the tasks of a stopped job end.
func (r *rig) end(job string, run uint64, slots uint32) {
	r.t.Helper()
	for n := range slots {
		r.status(job, run, n, "TASK_KILLED")
	}
}

func problemType(t *testing.T, a answer) string {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q, want application/problem+json", got)
	}
	var p struct {
		Type, Title, Instance string
		Status                int
	}
	a.into(&p)
	if p.Status != a.status || p.Title == "" || p.Instance == "" {
		t.Fatalf("incomplete problem: %s", a.body)
	}
	return strings.TrimPrefix(p.Type, "urn:taurus:problem:")
}
