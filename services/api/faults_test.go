package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
)

// fault fails appends as the next of its steps says.
type fault struct {
	mu    sync.Mutex
	steps []step
}

type step struct {
	stored bool // Fail after storing, not before.
	err    error
}

func (f *fault) of(_ []eventlog.Entry, stored bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.steps) == 0 || f.steps[0].stored != stored {
		return nil
	}
	err := f.steps[0].err
	f.steps = f.steps[1:]
	return err
}

// Whatever becomes of the answer of an append, the client learns the truth and
// the event is there once at most.
func TestAppendsWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	lost, down := eventlog.ErrOutcomeUnknown, eventlog.ErrUnavailable
	for name, row := range map[string]struct {
		steps  []step
		status int
		stored uint64
	}{
		"stored, answer lost":               {[]step{{true, lost}}, 201, 1},
		"not stored, answer lost":           {[]step{{false, lost}}, 201, 1},
		"not stored twice":                  {[]step{{false, lost}, {false, lost}}, 201, 1},
		"lost, then the log is down":        {[]step{{false, lost}, {false, down}}, 201, 1},
		"lost, then stored and lost again":  {[]step{{false, lost}, {true, lost}}, 201, 1},
		"down":                              {[]step{{false, down}}, 503, 0},
		"full":                              {[]step{{false, eventlog.ErrFull}}, 507, 0},
		"a conflict that nobody else wrote": {[]step{{false, eventlog.ErrConflict}}, 201, 1},
		"too large":                         {[]step{{false, eventlog.ErrTooLarge}}, 413, 0},
		"an error inside":                   {[]step{{false, errors.New("secret place")}}, 500, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fault{steps: row.steps}
			r := rigOn(t, memory.New(memory.WithFault(f.of)))
			api.SetSettleWait(r.api, 20*time.Millisecond)
			a := r.do("POST", "/v2/jobs", oneTask).want(row.status)
			if b, err := r.log.Bounds(t.Context()); err != nil || b.Last != row.stored {
				t.Fatalf("log at %d, %v", b.Last, err)
			}
			if row.status == 503 && a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			if strings.Contains(a.body, "secret") {
				t.Errorf("the inside leaks: %s", a.body)
			}
		})
	}
}

// The answer was lost and another instance came first: the client hears of the
// conflict, not of a success.
func TestLostAnswerAndLostRace(t *testing.T) {
	t.Parallel()
	var log *memory.Log
	var once atomic.Bool
	space := events.NewSpace(0)
	log = memory.New(memory.WithFault(func(entries []eventlog.Entry, stored bool) error {
		if stored || entries[0].Message.Header[events.HeaderSource] != "taurus/api/test" || once.Swap(true) {
			return nil
		}
		env := events.Envelope{ID: "rival", Source: "taurus/api/rival", Time: time.Unix(1, 0)}
		m, err := events.Encode(space.Job("web"), env, events.JobSubmitted{Spec: []byte(`{"id":"web","tasks":null}`)})
		if err == nil {
			_, err = log.Append(context.Background(), eventlog.Decision(m, 0))
		}
		return errors.Join(eventlog.ErrOutcomeUnknown, err)
	}))
	r := rigOn(t, log)
	if got := problemType(t, r.do("POST", "/v2/jobs", oneTask).want(409)); got != "job-exists" {
		t.Fatalf("problem %s", got)
	}
	if b, err := log.Bounds(t.Context()); err != nil || b.Last != 1 {
		t.Fatalf("log at %d, %v", b.Last, err)
	}
}

func TestReadsGoOnWithoutTheLog(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.create(oneTask)
	down := &down{Log: r.log}
	second := start(t, api.Options{Log: down, Name: "second", Listen: "127.0.0.1:0"})
	down.set(true)
	send(t, second, "GET", "/v2/jobs/web", "").want(200)
	send(t, second, "GET", "/job/all", "").want(200)
	a := send(t, second, "POST", "/v2/jobs/web/stop", "").want(503)
	if problemType(t, a) != "log-unavailable" || a.header.Get("Retry-After") == "" {
		t.Fatalf("got %s %v", a.body, a.header)
	}
	send(t, second, "DELETE", "/job/web", "").legacyWant(503, "")
	down.set(false)
	send(t, second, "POST", "/v2/jobs/web/stop", "").want(200)
}

// down is a log that cannot be written.
type down struct {
	eventlog.Log
	is atomic.Bool
}

func (d *down) set(is bool) { d.is.Store(is) }

func (d *down) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	if d.is.Load() {
		return eventlog.Receipt{}, eventlog.ErrUnavailable
	}
	return d.Log.Append(ctx, entries...)
}

// Near the limit nothing new is taken, but what runs can be stopped.
func TestNearlyFull(t *testing.T) {
	t.Parallel()
	r := rigOn(t, memory.New(memory.WithMaxBytes(20_000)), func(o *api.Options) {
		now := time.Unix(0, 0)
		o.Now = func() time.Time { now = now.Add(2 * time.Second); return now }
	})
	status := 0
	for n := 0; n < 100 && status != 507; n++ {
		status = r.do("POST", "/v2/jobs", strings.Replace(oneTask, "web", fmt.Sprintf("web%d", n), 1)).status
	}
	if status != 507 {
		t.Fatalf("never full, last status %d", status)
	}
	r.do("POST", "/job/new", oneTask).legacyWant(507, "")
	r.do("POST", "/v2/jobs/web0/stop", "").want(200)
}

func TestNotReadyBeforeTheLogIsReplayed(t *testing.T) {
	t.Parallel()
	s, err := api.New(api.Options{Log: memory.New(), Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(s.Ready(), api.ErrNotReady) {
		t.Fatalf("ready: %v", s.Ready())
	}
	if got := problemType(t, send(t, s, "GET", "/v2/jobs", "").want(503)); got != "not-ready" {
		t.Fatalf("problem %s", got)
	}
	send(t, s, "GET", "/job/all", "").legacyWant(503, "")
	send(t, s, "GET", "/v2/version", "").want(200)
}

// A log with a hole, or with what cannot be read, ends the service loudly.
func TestRunFailsOnWhatItMustNotSkip(t *testing.T) {
	t.Parallel()
	log := memory.New()
	m := events.Message{Subject: events.NewSpace(0).Job("web"), Header: map[string]string{
		events.HeaderID: "x", events.HeaderType: "taurus.job.submitted.v2", events.HeaderTime: "2026-01-01T00:00:00Z",
	}}
	if _, err := log.Append(t.Context(), eventlog.Fact(m)); err != nil {
		t.Fatal(err)
	}
	s, err := api.New(api.Options{Log: log, Name: "test", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); !errors.Is(err, events.ErrUnknownMajor) {
		t.Fatalf("Run: %v", err)
	}
	if !errors.Is(s.Ready(), events.ErrUnknownMajor) {
		t.Fatalf("Ready: %v", s.Ready())
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]api.Options{
		"no log":       {Name: "test"},
		"no name":      {Log: memory.New()},
		"odd name":     {Log: memory.New(), Name: "a b"},
		"negative max": {Log: memory.New(), Name: "test", BodyMax: -1},
	} {
		if _, err := api.New(o); !errors.Is(err, api.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := api.New(api.Options{Log: memory.New(), Name: "test", Listen: "256.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "256.0.0.1:1") {
		t.Fatalf("Run: %v", err)
	}
}

// panicking is a sandbox that does.
type panicking struct{}

func (panicking) ReadFile(context.Context, string, string, string, string, int64, int) ([]byte, int64, error) {
	panic("secret place")
}

func TestPanicsStayInside(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *api.Options) { o.Sandbox = panicking{} })
	r.launch("web", r.create(oneTask), 2)
	a := r.do("GET", "/v2/jobs/web/tasks/0/logs/stdout", "", header{"X-Request-Id": "req-7"}).want(500)
	if problemType(t, a) != "internal" || strings.Contains(a.body, "secret") || !strings.Contains(a.body, "req-7") {
		t.Fatalf("got %s", a.body)
	}
	if line := lineWith(t, r.lines, "req-7"); !strings.Contains(line, "secret place") || !strings.Contains(line, `"level":"error"`) {
		t.Fatalf("logged %s", line)
	}
	r.do("GET", "/v2/jobs/web", "").want(200)
}

// aborting is a sandbox that asks for the answer to be broken off.
type aborting struct{}

func (aborting) ReadFile(context.Context, string, string, string, string, int64, int) ([]byte, int64, error) {
	panic(http.ErrAbortHandler)
}

// What net/http is meant to see goes on to it.
func TestAbortedAnswersStayAborted(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *api.Options) { o.Sandbox = aborting{} })
	r.launch("web", r.create(oneTask), 2)
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v", err)
		}
	}()
	r.do("GET", "/v2/jobs/web/tasks/0/logs/stdout", "")
}

func lineWith(t *testing.T, lines *bytes.Buffer, part string) string {
	t.Helper()
	for line := range strings.SplitSeq(lines.String(), "\n") {
		if strings.Contains(line, part) {
			return line
		}
	}
	t.Fatalf("no line with %s in %s", part, lines)
	return ""
}

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
	r := newRig(t, func(o *api.Options) { o.Sandbox = f })
	run := r.create(strings.Replace(oneTask, `"replicas":2`, `"replicas":3`, 1))
	r.launch("web", run, 2)
	r.append(r.space.Plan("web"), events.TasksPlanned{Run: run, Group: "web", Slots: []events.SlotRange{{From: 2, To: 2, Attempt: 1}}})
	a := r.do("GET", "/v2/jobs/web/tasks/1/logs/stderr?offset=7&length=3&attempt=1", "").want(200)
	if a.body != "wor" || a.header.Get("X-Taurus-Offset") != "7" || a.header.Get("X-Taurus-Size") != "12" ||
		f.got != "http://host1:5051 fw web-1 stderr" || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("got %q %v from %s", a.body, a.header, f.got)
	}
	r.do("GET", "/v2/jobs/web/tasks/1/logs/stdout?length=0", "").want(400)
	r.do("GET", "/v2/jobs/web/tasks/1/logs/stdout?attempt=9", "").want(404)
	if got := problemType(t, r.do("GET", "/v2/jobs/web/tasks/2/logs/stdout", "").want(404)); got != "no-output" {
		t.Fatalf("problem %s", got)
	}
	// While a failed task backs off its last words are what is asked for.
	r.append(r.space.Task("web", 1), events.TaskStatusChanged{Run: run, Slot: 1, Attempt: 1, State: "TASK_FAILED", UUID: []byte{1}})
	r.append(r.space.Plan("web"), events.TasksPlanned{Run: run, Group: "web", Slots: []events.SlotRange{{From: 1, To: 1, Attempt: 2}}})
	for _, query := range []string{"", "?attempt=1"} {
		a := r.do("GET", "/v2/jobs/web/tasks/1/logs/stdout"+query, "").want(200)
		if a.body != f.data || a.header.Get("X-Taurus-Attempt") != "1" || f.got != "http://host1:5051 fw web-1 stdout" {
			t.Fatalf("%s: got %q %v from %s", query, a.body, a.header, f.got)
		}
	}
	if got := problemType(t, r.do("GET", "/v2/jobs/web/tasks/1/logs/stdout?attempt=2", "").want(404)); got != "no-output" {
		t.Fatalf("problem %s", got)
	}
	f.err = fmt.Errorf("agent: %w", fs.ErrNotExist)
	if got := problemType(t, r.do("GET", "/v2/jobs/web/tasks/1/logs/stdout", "").want(404)); got != "no-output" {
		t.Fatalf("problem %s", got)
	}
	f.err = errors.New("connection refused by 10.0.0.7")
	if a := r.do("GET", "/v2/jobs/web/tasks/1/logs/stdout", "").want(502); strings.Contains(a.body, "10.0.0.7") {
		t.Fatalf("the inside leaks: %s", a.body)
	}
}

func TestRequestsAreLoggedAndCounted(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	r := newRig(t, func(o *api.Options) { o.Metrics = registry })
	if _, err := api.New(api.Options{Log: r.log, Name: "second", Metrics: registry}); err != nil {
		t.Fatalf("two instances on one registry: %v", err)
	}
	a := r.do("POST", "/v2/jobs", oneTask, header{"X-Request-Id": "req-1", "X-Taurus-Actor": "an\nn "}).want(201)
	if a.header.Get("X-Request-Id") != "req-1" {
		t.Fatalf("request id %q", a.header.Get("X-Request-Id"))
	}
	line := lineWith(t, r.lines, "req-1")
	for _, part := range []string{`"job":"web"`, `"seq":1`, `"status":201`, `"actor":"ann"`, `"method":"POST"`} {
		if !strings.Contains(line, part) {
			t.Errorf("no %s in %s", part, line)
		}
	}
	if got := r.do("GET", "/v2/jobs", "", header{"X-Request-Id": "a b\"c"}).header.Get("X-Request-Id"); len(got) != 16 {
		t.Errorf("request id %q", got)
	}
	n, err := testutil.GatherAndCount(registry, "taurus_api_requests_total", "taurus_api_appends_total")
	if err != nil || n != 3 {
		t.Fatalf("%d series, %v", n, err)
	}
	// Methods that nobody knows share one series, however many there are.
	r.do("ONE", "/v2/jobs", "").want(405)
	r.do("TWO", "/v2/jobs", "").want(405)
	if n, err := testutil.GatherAndCount(registry, "taurus_api_requests_total"); err != nil || n != 3 {
		t.Fatalf("%d series, %v", n, err)
	}
	if get[jobView](r, "/v2/jobs/web").ID != "web" {
		t.Fatal("lost")
	}
}

func TestActorIsWhoAsks(t *testing.T) {
	t.Parallel()
	for want, h := range map[string]header{
		"ann":       {"Authorization": "Basic YW5uOnB3", "X-Taurus-Actor": "bob"},
		"bob":       {"X-Taurus-Actor": "bob"},
		"böb":       {"X-Taurus-Actor": " b\xffö\x85b\t"},
		"192.0.2.1": {},
	} {
		r := newRig(t)
		var v struct {
			SubmittedBy string `json:"submitted_by"`
		}
		r.do("POST", "/v2/jobs", oneTask, h).want(201).into(&v)
		if v.SubmittedBy != want {
			t.Errorf("actor %q, want %q", v.SubmittedBy, want)
		}
	}
}

func TestRunLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, err := api.New(api.Options{Log: memory.New(), Why: memory.New(), Name: "test", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, before)
}
