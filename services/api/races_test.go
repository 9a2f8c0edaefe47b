package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

type header = apitest.Headers

// crowd is a log whose appends give others every chance to come in between; it
// counts how many were under way at once.
type crowd struct {
	eventlog.Log
	inside, most atomic.Int32
}

func (c *crowd) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	n := c.inside.Add(1)
	defer c.inside.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	for range 2000 {
		runtime.Gosched()
	}
	return c.Log.Append(ctx, entries...)
}

// at once runs f n times at the same time.
func atOnce(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

// One instance writes about a job, and under a key, one after the other.
func TestWritesOfOneInstanceTakeTurns(t *testing.T) {
	t.Parallel()
	c := &crowd{Log: memory.New()}
	r := apitest.New(t, func(o *api.Options) { o.Log = c })
	var created atomic.Int32
	atOnce(8, func(i int) {
		body := strings.Replace(apitest.OneTask, "web", fmt.Sprintf("web%d", i), 1)
		switch a := r.Do("POST", "/v2/jobs", body, header{"Idempotency-Key": "k"}); a.Status {
		case http.StatusCreated:
			created.Add(1)
		case http.StatusUnprocessableEntity:
		default:
			t.Errorf("status %d: %s", a.Status, a.Body)
		}
	})
	if created.Load() != 1 {
		t.Errorf("%d jobs under one key", created.Load())
	}
	r.Create(apitest.OneTask)
	c.most.Store(0)
	atOnce(8, func(i int) {
		r.Do("POST", "/v2/jobs/web/scale", fmt.Sprintf(`{"replicas":%d}`, 10+i)).Want(200)
	})
	if c.most.Load() != 1 {
		t.Errorf("%d appends about one job at once", c.most.Load())
	}
}

// hooked is a log with something to do before its first append.
type hooked struct {
	eventlog.Log
	once   sync.Once
	before func()
}

func (h *hooked) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	h.once.Do(h.before)
	return h.Log.Append(ctx, entries...)
}

// The same request reached another instance first: its answer is the answer.
func TestKeyThatAnotherInstanceWasFirstWith(t *testing.T) {
	t.Parallel()
	first := apitest.New(t)
	key := header{"Idempotency-Key": "k"}
	var won apitest.Answer
	second := apitest.Start(t, api.Options{
		Anonymous: "admin",
		Log:       &hooked{Log: first.Log, before: func() { won = first.Do("POST", "/v2/jobs", apitest.OneTask, key) }},
		Instance:  "second", Listen: "127.0.0.1:0",
	})
	a := apitest.Send(t, second, "POST", "/v2/jobs", apitest.OneTask, key).Want(201)
	if a.Body != won.Want(201).Body || a.Header.Get("ETag") != won.Header.Get("ETag") {
		t.Fatalf("got %s, first %s", a.Body, won.Body)
	}
}

// A client that gives up while the log does not answer hears that nobody knows.
func TestOutcomeUnknownWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	appends := 0
	r := apitest.On(t, memory.New(memory.WithFault(func(_ []eventlog.Entry, stored bool) error {
		if appends++; appends == 2 {
			cancel()
		}
		return eventlog.ErrOutcomeUnknown
	})), func(o *api.Options) { o.SettleWait = time.Millisecond })
	w := httptest.NewRecorder()
	r.API.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/v2/jobs", strings.NewReader(apitest.OneTask)))
	a := apitest.Read(t, w)
	if apitest.ProblemType(t, a.Want(503)) != "outcome-unknown" || a.Header.Get("Retry-After") == "" {
		t.Fatalf("got %s %v", a.Body, a.Header)
	}
}

// A write that is under way when the service stops is answered as ever.
func TestStopLetsWritesEnd(t *testing.T) {
	t.Parallel()
	stopping, inside := make(chan struct{}), make(chan struct{})
	log := memory.New()
	s, err := api.New(api.Options{
		Anonymous: "admin",
		Log:       &hooked{Log: log, before: func() { close(inside); <-stopping }}, Instance: "test", Listen: "127.0.0.1:0",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for s.Ready() != nil {
		runtime.Gosched()
	}
	feed := apitest.Feed(t, s, "/v2/events")
	status := make(chan int, 1)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.Addr()+"/v2/jobs", strings.NewReader(apitest.OneTask))
		if err != nil {
			t.Error(err)
			status <- 0
			return
		}
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			t.Error(err)
			status <- 0
			return
		}
		status <- resp.StatusCode
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}()
	<-inside
	cancel()
	if _, ok := feed.Next(); ok {
		t.Error("an event out of nothing")
	}
	close(stopping)
	if got := <-status; got != 201 {
		t.Errorf("status %d", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Those who submit while the log does not say how full it is wait together, and
// no longer than they want to.
func TestSubmissionsWaitTogetherForALogThatIsAway(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	away := &away{Log: r.Log, asked: make(chan struct{}), answer: make(chan error)}
	s := apitest.Start(t, api.Options{
		Anonymous: "admin",
		Log:       away, Instance: "second", Listen: "127.0.0.1:0", Now: func() time.Time { return time.Unix(1, 0) },
		HostNames: []string{"example.com"},
	})
	post := func(ctx context.Context, id string) int {
		w := httptest.NewRecorder()
		body := strings.NewReader(strings.Replace(apitest.OneTask, "web", id, 1))
		s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/v2/jobs", body))
		return w.Code
	}
	statuses := make(chan int, 2)
	submit := func(ctx context.Context, id string) { statuses <- post(ctx, id) }
	expect := func(want int) {
		t.Helper()
		if got := <-statuses; got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
	// Who gives up while asking says nothing to those who come next.
	asker, giveUp := context.WithCancel(t.Context())
	go submit(asker, "asker")
	<-away.asked
	giveUp()
	expect(503)
	// Who does not want to wait does not, and those who do are told what the
	// first was told.
	go submit(t.Context(), "first")
	<-away.asked
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if got := post(gone, "gone"); got != 503 {
		t.Errorf("who does not wait is answered %d", got)
	}
	go submit(t.Context(), "second")
	away.answer <- eventlog.ErrUnavailable
	expect(503)
	expect(503)
	if got := away.times.Load(); got != 2 {
		t.Errorf("the log was asked %d times", got)
	}
}

// away is a log that is slow to say how full it is.
type away struct {
	eventlog.Log
	asked  chan struct{}
	answer chan error
	times  atomic.Int32
}

func (a *away) Usage(ctx context.Context) (eventlog.Usage, error) {
	if a.times.Add(1) > 2 {
		return eventlog.Usage{}, errors.New("asked once too often")
	}
	a.asked <- struct{}{}
	select {
	case err := <-a.answer:
		return eventlog.Usage{}, err
	case <-ctx.Done():
		return eventlog.Usage{}, ctx.Err()
	}
}
