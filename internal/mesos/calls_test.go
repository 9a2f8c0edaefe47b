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
			return s.Accept(ctx, Accept{OfferIDs: []string{"o"}, Launches: []Launch{testLaunch("t")}})
		},
		func(ctx context.Context) error { return s.Decline(ctx, []string{"p"}, time.Hour) },
		func(ctx context.Context) error { return s.Suppress(ctx, nil) },
		func(ctx context.Context) error { return s.Revive(ctx, []string{"r"}) },
		func(ctx context.Context) error { return s.Reconcile(ctx, []TaskAgent{{"t", "a"}, {"u", ""}}) },
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

func TestAcceptRefusesWithoutSending(t *testing.T) {
	other := wireTestOffer("other-agent", scalar("cpus", 1))
	other.AgentID.Value = "b"
	role := "q"
	foreign := wireTestOffer("other-role", scalar("cpus", 1))
	foreign.AllocationInfo = &mesos.Resource_AllocationInfo{Role: &role}
	m := newFakeMaster(t)
	s := offered(t, m, wireTestOffer("o", scalar("cpus", 1)), other, foreign)
	launch := func(change func(*Launch)) []Launch {
		l := testLaunch("t")
		change(&l)
		return []Launch{l}
	}
	for _, tt := range []struct {
		name     string
		offers   []string
		launches []Launch
		want     error
	}{
		{"no offer", nil, nil, ErrOfferUnknown},
		{"unknown offer", []string{"o", "x"}, nil, ErrOfferUnknown},
		{"an offer twice", []string{"o", "o"}, nil, ErrOfferUnknown},
		{"two agents", []string{"o", "other-agent"}, nil, ErrOffersMixed},
		{"two roles", []string{"o", "other-role"}, nil, ErrOffersMixed},
		{"too much", []string{"o"}, launch(func(l *Launch) { l.Resources.CPUs = 1001 }), ErrInsufficient},
		{"too much together", []string{"o"}, []Launch{testLaunch("t"), testLaunch("u"), testLaunch("v")}, ErrInsufficient},
		{"another agent", []string{"o"}, launch(func(l *Launch) { l.AgentID = "b" }), ErrLaunchInvalid},
		{"another role", []string{"o"}, launch(func(l *Launch) { l.Role = "q" }), ErrLaunchInvalid},
		{"no task id", []string{"o"}, launch(func(l *Launch) { l.TaskID = "" }), ErrLaunchInvalid},
		{"no group", []string{"o"}, launch(func(l *Launch) { l.Group = nil }), ErrLaunchInvalid},
		{"nothing to run", []string{"o"}, launch(func(l *Launch) { l.Group = &job.Group{} }), ErrLaunchInvalid},
		{"ports without a group's", []string{"o"}, launch(func(l *Launch) { l.HostPorts = []uint32{1} }), ErrLaunchInvalid},
	} {
		if err := s.Accept(t.Context(), Accept{OfferIDs: tt.offers, Launches: tt.launches}); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if n := len(m.received()); n != 0 {
		t.Errorf("%d calls were sent", n)
	}
	// All offers are as they were.
	if err := s.Accept(t.Context(), Accept{OfferIDs: []string{"o"}, Launches: []Launch{testLaunch("t"), testLaunch("u")}}); err != nil {
		t.Error(err)
	}
}

func TestOffersAreUsedOnce(t *testing.T) {
	m := newFakeMaster(t)
	s := offered(t, m,
		wireTestOffer("accepted", scalar("cpus", 1)), wireTestOffer("declined", scalar("cpus", 1)),
		wireTestOffer("rescinded", scalar("cpus", 1)))
	m.events <- record(&scheduler.Event{
		Type: scheduler.Event_RESCIND, Rescind: &scheduler.Event_Rescind{OfferID: mesos.OfferID{Value: "rescinded"}},
	})
	next(t, s)
	if err := s.Accept(t.Context(), Accept{OfferIDs: []string{"accepted"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Decline(t.Context(), []string{"declined"}, 0); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"accepted", "declined", "rescinded"} {
		if err := s.Accept(t.Context(), Accept{OfferIDs: []string{id}}); !errors.Is(err, ErrOfferUnknown) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// Whether an ACCEPT without an answer arrived cannot be known, so its offers
// are gone and it cannot be sent again by mistake.
func TestAcceptIsNeverRepeated(t *testing.T) {
	m := newFakeMaster(t)
	m.answer = func(w http.ResponseWriter, _ *http.Request, _ *scheduler.Call) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	s := offered(t, m, wireTestOffer("o", scalar("cpus", 1)))
	a := Accept{OfferIDs: []string{"o"}, Launches: []Launch{testLaunch("t")}}
	if err := s.Accept(t.Context(), a); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := s.Accept(t.Context(), a); !errors.Is(err, ErrOfferUnknown) {
		t.Errorf("again: %v", err)
	}
	if n := len(m.received()); n != 1 {
		t.Errorf("arrived %d times", n)
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
		s.target.Master = "http://master"
		s.ordered.http.Transport = answerWith(400, "Framework cannot be found")
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
		s.target.Master = "http://master"
		s.ordered.http.Transport = answerWith(400, "The stream ID 'a' included in this request didn't match the stream ID currently associated with framework ID f")
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
