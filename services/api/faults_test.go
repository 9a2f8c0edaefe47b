package api_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
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
			r := apitest.On(t, memory.New(memory.WithFault(f.of)), func(o *api.Options) { o.SettleWait = 20 * time.Millisecond })
			a := r.Do("POST", "/v2/jobs", apitest.OneTask).Want(row.status)
			if b, err := r.Log.Bounds(t.Context()); err != nil || b.Last != row.stored {
				t.Fatalf("log at %d, %v", b.Last, err)
			}
			if (row.status == 503 || row.status == 507) && a.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			if strings.Contains(a.Body, "secret") {
				t.Errorf("the inside leaks: %s", a.Body)
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
	r := apitest.On(t, log)
	if got := apitest.ProblemType(t, r.Do("POST", "/v2/jobs", apitest.OneTask).Want(409)); got != "job-exists" {
		t.Fatalf("problem %s", got)
	}
	if b, err := log.Bounds(t.Context()); err != nil || b.Last != 1 {
		t.Fatalf("log at %d, %v", b.Last, err)
	}
}

func TestReadsGoOnWithoutTheLog(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	down := &down{Log: r.Log}
	second := apitest.Start(t, api.Options{Anonymous: "admin", Log: down, Instance: "second", Listen: "127.0.0.1:0"})
	down.set(true)
	apitest.Send(t, second, "GET", "/v2/jobs/web", "").Want(200)
	apitest.Send(t, second, "GET", "/job/all", "").Want(200)
	a := apitest.Send(t, second, "POST", "/v2/jobs/web/stop", "").Want(503)
	if apitest.ProblemType(t, a) != "log-unavailable" || a.Header.Get("Retry-After") == "" {
		t.Fatalf("got %s %v", a.Body, a.Header)
	}
	apitest.Send(t, second, "DELETE", "/job/web", "").WantLegacy(503, "")
	down.set(false)
	apitest.Send(t, second, "POST", "/v2/jobs/web/stop", "").Want(200)
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

// Near the limit nothing new is taken, and who would begin it is told how full the log
// is and what to do; what runs can be stopped.
func TestNearlyFull(t *testing.T) {
	t.Parallel()
	r := apitest.On(t, memory.New(memory.WithMaxBytes(400<<10)), func(o *api.Options) {
		var asked atomic.Int64
		o.Now = func() time.Time { return time.Unix(2*asked.Add(1), 0) }
		o.WeighEvery = time.Millisecond
	})
	var a apitest.Answer
	for n := 0; n < 100 && a.Status != 507; n++ {
		a = r.Do("POST", "/v2/jobs", strings.Replace(apitest.OneTask, "web", fmt.Sprintf("web%d", n), 1))
	}
	if a.Status != 507 {
		t.Fatalf("never full, last status %d", a.Status)
	}
	if apitest.ProblemType(t, a) != "log-full" || a.Header.Get("Retry-After") == "" {
		t.Errorf("got %s %v", a.Body, a.Header)
	}
	for _, words := range []string{"% of 0.4 MiB are used", "reserved", "stops are", "taurus log resize"} {
		if !strings.Contains(a.Body, words) {
			t.Errorf("%s does not say %q", a.Body, words)
		}
	}
	r.Do("POST", "/job/new", apitest.OneTask).WantLegacy(507, "")
	m, err := events.Encode(events.NewSpace(0).Job("filler"), events.Envelope{ID: "x", Source: "test", Time: time.Unix(1, 0)},
		events.JobStopped{Reason: strings.Repeat("x", 40<<10)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Log.Append(t.Context(), eventlog.Fact(m)); err != nil {
		t.Fatal(err)
	}
	testwait.Until(t, "explain says that the log is full", func() bool {
		body := r.Do("GET", "/v2/jobs/web0/explain", "").Want(200).Body
		return strings.Contains(body, "log_full") && strings.Contains(body, "nothing new begins: ") && strings.Contains(body, "taurus log resize --max-bytes 1MiB")
	})
	if checks := fmt.Sprint(r.API.Checks()); !strings.Contains(checks, "nothing new begins: ") {
		t.Errorf("readyz says %s", checks)
	}
	r.Do("POST", "/v2/jobs/web0/stop", "").Want(200)
}

func TestNotReadyBeforeTheLogIsReplayed(t *testing.T) {
	t.Parallel()
	s, err := api.New(api.Options{Anonymous: "admin", Log: memory.New(), Instance: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(s.Ready(), api.ErrNotReady) {
		t.Fatalf("ready: %v", s.Ready())
	}
	a := apitest.Send(t, s, "GET", "/v2/jobs", "").Want(503)
	if got := apitest.ProblemType(t, a); got != "not-ready" || a.Header.Get("Retry-After") == "" {
		t.Fatalf("problem %s, %v", got, a.Header)
	}
	old := apitest.Send(t, s, "GET", "/job/all", "")
	if old.WantLegacy(503, ""); old.Header.Get("Retry-After") == "" {
		t.Errorf("the original's clients are not told when to come back: %v", old.Header)
	}
	apitest.Send(t, s, "GET", "/v2/version", "").Want(200)
}

// A log with a hole, or with what cannot be read, ends the service loudly.
func TestRunFailsOnWhatItMustNotSkip(t *testing.T) {
	t.Parallel()
	log := memory.New()
	if _, err := log.Append(t.Context(), eventlog.Fact(foldtest.Newer())); err != nil {
		t.Fatal(err)
	}
	s, err := api.New(api.Options{Anonymous: "admin", Log: log, Instance: "test", Listen: "127.0.0.1:0"})
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
		"no log":       {Instance: "test"},
		"no name":      {Log: memory.New()},
		"odd instance": {Log: memory.New(), Instance: "a b"},
		"negative max": {Log: memory.New(), Instance: "test", BodyMax: -1},
	} {
		if _, err := api.New(o); !errors.Is(err, api.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := api.New(api.Options{Anonymous: "admin", Log: memory.New(), Instance: "test", Listen: "256.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "256.0.0.1:1") {
		t.Fatalf("Run: %v", err)
	}
}

func TestRunLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, err := api.New(api.Options{Anonymous: "admin", Log: memory.New(), Why: memory.New(), Instance: "test", Listen: "127.0.0.1:0"})
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
	testwait.NoGoroutines(t, before)
}

// Bug 7: an address lost its scheme and something else was listened on.
func TestBug7AddressesAreTakenWhole(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"unix:///tmp/taurus.sock", "http://127.0.0.1:0", "127.0.0.1", "127.0.0.1:http2"} {
		s, err := api.New(api.Options{Anonymous: "admin", Log: memory.New(), Instance: "test", Listen: listen})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), listen) || s.Addr() != "" {
			t.Errorf("%s: listens on %q, %v", listen, s.Addr(), err)
		}
	}
}
