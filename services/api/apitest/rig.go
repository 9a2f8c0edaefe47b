package apitest

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	v2 "github.com/milosgajdos/taurus/services/api/v2"
)

// OneTask is a job of one group with two tasks.
const OneTask = `{"id":"web","tasks":[{"role":"web","container":{"image":"nginx"},"replicas":2}]}`

// Job is what is shown of a job.
type Job struct {
	ID, State, Detail string
	Run, Version      uint64
	Sequence          uint64
	Tasks             struct{ Wanted, Running, Staging, Waiting, Unreachable, Ending, Finished uint32 }
	Spec              *job.Spec
}

// Rig is a service on a log in memory, and hands to write what the other
// services would.
type Rig struct {
	t     *testing.T
	Log   *memory.Log
	API   *api.Service
	Space events.Space
	// Lines is what the service logs.
	Lines *Lines
	// Audited is the audit stream.
	Audited *memory.Log

	// Document is the OpenAPI document, to which answers are held.
	Document func() Object

	epoch, counter uint64
}

// New returns a service on a log of its own.
func New(t *testing.T, change ...func(*api.Options)) *Rig {
	t.Helper()
	return On(t, memory.New(), change...)
}

// On returns a service on a log.
func On(t *testing.T, log *memory.Log, change ...func(*api.Options)) *Rig {
	t.Helper()
	space, lines, audited := events.NewSpace(0), &Lines{}, memory.New()
	o := api.Options{
		Anonymous: "admin",
		// What is tested of a job is not what its policy is.
		Policy: policy.Open(),
		Audit:  func(context.Context) (eventlog.Log, error) { return audited, nil },
		Log:    log, Space: space, Instance: "test", Listen: "127.0.0.1:0", Logger: zerolog.New(lines),
		HostNames: []string{"example.com"}, // As httptest's requests ask for it.
	}
	for _, f := range change {
		f(&o)
	}
	r := Of(t, Start(t, o))
	r.Log, r.Space, r.Lines, r.Audited = log, space, lines, audited
	return r
}

// Of returns a rig of a service that runs, whose log others have.
func Of(t *testing.T, s *api.Service) *Rig {
	t.Helper()
	return &Rig{t: t, API: s, Document: sync.OnceValue(func() Object { return document(t) })}
}

func document(t *testing.T) (doc Object) {
	t.Helper()
	if err := json.Unmarshal(v2.Document(), &doc); err != nil {
		t.Error(err)
	}
	return doc
}

// Start runs a service until the test ends.
func Start(t *testing.T, o api.Options) *api.Service {
	t.Helper()
	s, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	Run(t, s)
	return s
}

// Run runs a service until the test ends.
func Run(t testing.TB, s *api.Service) {
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

// Do sends a request through the handler and holds the answer to the document.
func (r *Rig) Do(method, target, body string, headers ...Headers) Answer {
	r.t.Helper()
	a := Send(r.t, r.API, method, target, body, headers...)
	r.Conforms(method, target, a)
	return a
}

// In is the rig for a subtest.
func (r *Rig) In(t *testing.T) *Rig {
	t.Helper()
	sub := *r
	sub.t = t
	return &sub
}

// Append writes an event as another service would, and waits until it is folded.
func (r *Rig) Append(subject string, ev events.Event) uint64 {
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
	receipt, err := r.Log.Append(r.t.Context(), eventlog.Fact(m))
	if err != nil {
		r.t.Fatal(err)
	}
	for r.API.Sequence() < receipt.Last { // Whoever the test asks as, they may not be allowed to.
		time.Sleep(time.Millisecond)
	}
	return receipt.Last
}

// Launch elects a launcher, plans and runs every slot of a job given.
func (r *Rig) Launch(job string, run uint64, slots uint32) {
	r.t.Helper()
	r.Plan(job, run, slots)
	r.Elect()
	for n := range slots {
		r.Stage(job, run, n)
		r.Status(job, run, n, "TASK_RUNNING")
	}
}

// Plan plans the first attempt of slots, as the planner would.
func (r *Rig) Plan(job string, run uint64, slots uint32) {
	r.t.Helper()
	r.Append(r.Space.Plan(job), events.TasksPlanned{
		Run: run, Version: 1, Group: "web", Slots: []events.SlotRange{{From: 0, To: slots - 1, Attempt: 1}},
	})
}

// Elect elects and subscribes a launcher.
func (r *Rig) Elect() {
	r.t.Helper()
	r.epoch = 0
	r.epoch = r.Append(r.Space.Launcher(0), events.LauncherElected{Nonce: "n", Instance: "one"})
	r.Append(r.Space.Launcher(0), events.SubscriptionOpened{FrameworkID: "fw", StreamID: "secret-stream", Master: "http://m:5050"})
}

// Stage places the first attempt of a slot.
func (r *Rig) Stage(job string, run uint64, slot uint32) {
	r.t.Helper()
	r.Append(r.Space.Task(job, slot), events.TaskStaged{
		Run: run, Version: 1, Group: "web", Slot: slot, Attempt: 1, TaskID: job + "-" + strconv.Itoa(int(slot)),
		AgentID: "a1", Hostname: "host1", AgentURL: "http://host1:5051",
	})
}

// Status reports a state of the first attempt of a slot, as Mesos would.
func (r *Rig) Status(job string, run uint64, slot uint32, state string) {
	r.t.Helper()
	r.Append(r.Space.Task(job, slot), events.TaskStatusChanged{
		Run: run, Slot: slot, Attempt: 1, TaskID: job + "-" + strconv.Itoa(int(slot)), State: state, UUID: []byte{1},
	})
}

// Create submits a job on /v2 and returns its run.
func (r *Rig) Create(spec string) uint64 {
	r.t.Helper()
	var v struct{ Run uint64 }
	r.Do(http.MethodPost, "/v2/jobs", spec).Want(http.StatusCreated).Into(&v)
	return v.Run
}

// End lets the tasks of a stopped job end.
func (r *Rig) End(job string, run uint64, slots uint32) {
	r.t.Helper()
	for n := range slots {
		r.Status(job, run, n, "TASK_KILLED")
	}
}
