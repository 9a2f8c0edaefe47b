package mesos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// offered subscribes and receives offers.
func offered(t *testing.T, m *fakeMaster, offers ...mesos.Offer) *Subscription {
	t.Helper()
	s := m.subscribed(t, Config{})
	m.events <- offersEvent(offers...)
	if got, ok := next(t, s).(Offers); !ok || len(got.Offers) != len(offers) {
		t.Fatalf("got %#v", got)
	}
	return s
}

func sleepGroup() *job.Group {
	return &job.Group{Name: "g", Container: &job.Container{Command: job.Command{Shell: "sleep 1"}}}
}

func testLaunch(id string) Launch {
	return Launch{
		TaskID: id, Name: "web", AgentID: "a", Role: "r", Hostname: "host-a", Job: "j",
		Resources: offer.Resources{CPUs: 500}, Group: sleepGroup(),
	}
}

// orderedCalls are the calls that share a connection.
func orderedCalls(s *Subscription) []func(context.Context) error {
	return []func(context.Context) error{
		func(ctx context.Context) error {
			return s.Accept(ctx, Accept{OfferIDs: []string{"o"}, Launches: []Launch{testLaunch("t")}}, nil)
		},
		func(ctx context.Context) error { return s.Decline(ctx, []string{"p"}, time.Hour) },
		func(ctx context.Context) error { return s.Suppress(ctx, nil) },
		func(ctx context.Context) error { return s.Revive(ctx, []string{"r"}) },
		func(ctx context.Context) error {
			return s.Reconcile(ctx, []TaskAgent{{TaskID: "t", AgentID: "a"}, {TaskID: "u"}})
		},
		func(ctx context.Context) error { return s.AcceptInverse(ctx, []string{"i"}) },
	}
}

// All ordered calls, made from as many goroutines, arrive one after the other
// over one connection; none overtakes.
func TestOrderedCallsShareOneConnection(t *testing.T) {
	m := newFakeMaster(t)
	var mu sync.Mutex
	inside := 0
	m.answer = func(w http.ResponseWriter, _ *http.Request, _ *scheduler.Call) {
		mu.Lock()
		inside++
		if inside > 1 {
			t.Error("two calls at once")
		}
		mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
		mu.Lock()
		inside--
		mu.Unlock()
	}
	s := offered(t, m, wireTestOffer("o", scalar("cpus", 1)))
	var wg sync.WaitGroup
	for _, call := range orderedCalls(s) {
		wg.Go(func() {
			if err := call(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	conns := map[string]bool{}
	for _, c := range m.received() {
		conns[c.conn] = true
		if c.streamID != testStream || c.call.FrameworkID.Value != testFramework {
			t.Errorf("%s with stream %q of %v", c.call.Type, c.streamID, c.call.FrameworkID)
		}
	}
	if len(conns) != 1 || conns[m.subscriptions()[0].conn] {
		t.Errorf("connections %v", conns)
	}
}

func TestOrderedCallsSayWhatWasAsked(t *testing.T) {
	m := newFakeMaster(t)
	s := offered(t, m, wireTestOffer("o", scalar("cpus", 1)))
	for _, call := range orderedCalls(s) {
		if err := call(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := m.received()
	var types []scheduler.Call_Type
	for _, c := range got {
		types = append(types, c.call.Type)
	}
	want := []scheduler.Call_Type{
		scheduler.Call_ACCEPT, scheduler.Call_DECLINE, scheduler.Call_SUPPRESS, scheduler.Call_REVIVE,
		scheduler.Call_RECONCILE, scheduler.Call_ACCEPT_INVERSE_OFFERS,
	}
	if !slices.Equal(types, want) {
		t.Fatalf("order %v", types)
	}
	accept := got[0].call.Accept
	if accept.OfferIDs[0].Value != "o" || accept.Filters.GetRefuseSeconds() != 0 || accept.Filters.RefuseSeconds == nil {
		t.Errorf("accept %v", accept)
	}
	task := accept.Operations[0].Launch.TaskInfos[0]
	if task.TaskID.Value != "t" || task.Resources[0].Scalar.Value != 0.5 || task.Resources[0].GetAllocationInfo().GetRole() != "r" {
		t.Errorf("task %v", task)
	}
	if d := got[1].call.Decline; d.OfferIDs[0].Value != "p" || d.Filters.GetRefuseSeconds() != 3600 {
		t.Errorf("decline %v", d)
	}
	if r := got[3].call.Revive; !slices.Equal(r.Roles, []string{"r"}) {
		t.Errorf("revive %v", r)
	}
	r := got[4].call.Reconcile.Tasks
	if r[0].TaskID.Value != "t" || r[0].AgentID.Value != "a" || r[1].AgentID != nil {
		t.Errorf("reconcile %v", r)
	}
	if i := got[5].call.AcceptInverseOffers.InverseOfferIDs; i[0].Value != "i" {
		t.Errorf("inverse %v", i)
	}
}

// A call waits for the answer to the one before, but not longer than its context.
func TestOrderedCallWaitsItsTurn(t *testing.T) {
	m := newFakeMaster(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	m.answer = func(w http.ResponseWriter, _ *http.Request, call *scheduler.Call) {
		if call.Type == scheduler.Call_SUPPRESS {
			close(arrived)
			<-release
		}
		w.WriteHeader(http.StatusAccepted)
	}
	s := m.subscribed(t, Config{})
	first := make(chan error, 1)
	go func() { first <- s.Suppress(t.Context(), nil) }()
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Revive(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("second: %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Errorf("first: %v", err)
	}
	if n := len(m.received()); n != 1 {
		t.Errorf("%d calls arrived", n)
	}
}

// Calls that had to wait arrive in the order in which they were made.
func TestOrderedCallsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 20
		s, _ := piped(t.Context(), 1)
		var got []string
		s.ordered.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Millisecond)
			body, _ := io.ReadAll(r.Body)
			call := new(scheduler.Call)
			if err := call.Unmarshal(body); err != nil {
				return nil, err
			}
			got = append(got, call.Revive.Roles[0])
			return answerWith(http.StatusAccepted, "").RoundTrip(r)
		})
		var want []string
		var wg sync.WaitGroup
		for i := range calls {
			role := fmt.Sprint("r", i)
			want = append(want, role)
			wg.Go(func() {
				if err := s.Revive(t.Context(), []string{role}); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		if !slices.Equal(got, want) {
			t.Errorf("arrived as %v", got)
		}
		s.Close()
	})
}

// Acknowledgements do not wait for each other, nor for ordered calls.
func TestAcknowledgementsRunAtOnce(t *testing.T) {
	const parallel = 8
	m := newFakeMaster(t)
	all := make(chan struct{})
	var mu sync.Mutex
	inside := 0
	m.answer = func(w http.ResponseWriter, r *http.Request, _ *scheduler.Call) {
		mu.Lock()
		if inside++; inside == parallel {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusAccepted)
	}
	s := m.subscribed(t, Config{})
	var wg sync.WaitGroup
	for i := range parallel {
		wg.Go(func() {
			if err := s.Acknowledge(t.Context(), "a", fmt.Sprint("t", i), make([]byte, 16)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := s.Acknowledge(t.Context(), "a", "t", nil); err != nil || len(m.received()) != parallel {
		t.Errorf("a status without a uuid: %v, %d calls", err, len(m.received()))
	}
	if a := m.received()[0].call.Acknowledge; a.AgentID.Value != "a" || len(a.UUID) != 16 {
		t.Errorf("acknowledged %v", a)
	}
}

// A call that fails leaves the subscription alone, whatever the status.
func TestFailedCallsLeaveTheStreamAlone(t *testing.T) {
	m := newFakeMaster(t)
	status := 0
	m.answer = func(w http.ResponseWriter, _ *http.Request, _ *scheduler.Call) { http.Error(w, "why", status) }
	s := m.subscribed(t, Config{})
	for _, status = range []int{400, 401, 403, 404, 500, 501, 503} {
		err := s.Revive(t.Context(), nil)
		var call *CallError
		if !errors.As(err, &call) || call.Status != status || call.Body != "why" || call.Call != "REVIVE" {
			t.Errorf("%d: got %v", status, err)
		}
		if errors.Is(err, ErrStaleStream) {
			t.Errorf("%d: stale", status)
		}
	}
	m.events <- heartbeat()
	next(t, s)
}

// A stale stream is over, even if its connection does not know.
func TestStaleStreamEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := piped(t.Context(), 1)
		s.ordered.transport = answerWith(400, "Framework cannot be found")
		start := time.Now()
		if err := s.Revive(t.Context(), nil); !errors.Is(err, ErrStaleStream) {
			t.Fatalf("got %v", err)
		}
		if err := ended(s); !errors.Is(err, ErrStaleStream) || time.Since(start) != staleGrace {
			t.Errorf("ended with %v after %s", err, time.Since(start))
		}
	})
}

// The master says on the stream why it is stale; that is what Err has to say.
func TestStaleStreamIsExplained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := piped(t.Context(), 1)
		s.ordered.transport = answerWith(400, "The stream ID 'a' included in this request didn't match the stream ID currently associated with framework ID f")
		if err := s.Revive(t.Context(), nil); !errors.Is(err, ErrStaleStream) {
			t.Fatalf("got %v", err)
		}
		if _, err := w.Write(errorEvent("Framework failed over")); err != nil {
			t.Fatal(err)
		}
		if err := ended(s); !errors.Is(err, ErrFailedOver) {
			t.Errorf("ended with %v", err)
		}
		time.Sleep(staleGrace)
	})
}

// roundTrip is a transport without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answerWith(status int, text string) http.RoundTripper {
	return roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}, nil
	})
}
