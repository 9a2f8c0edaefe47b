package mesos

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

const (
	testFramework = "f-0001"
	testStream    = "stream-1"
)

// received is a call as a fake master saw it.
type received struct {
	call     *scheduler.Call
	streamID string
	user     string
	password string
	conn     string
}

// fakeMaster is a master that does as it is told.
type fakeMaster struct {
	*httptest.Server
	// events are written to the stream after SUBSCRIBED, until closed.
	events chan []byte
	// subscribe answers SUBSCRIBE instead of the usual, if set.
	subscribe http.HandlerFunc
	// answer answers all other calls instead of 202, if set.
	answer func(w http.ResponseWriter, r *http.Request, call *scheduler.Call)

	mu    sync.Mutex
	calls []received
}

func newFakeMaster(t *testing.T) *fakeMaster {
	t.Helper()
	m := &fakeMaster{events: make(chan []byte)}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *fakeMaster) host() string { return m.Listener.Addr().String() }

func (m *fakeMaster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := new(scheduler.Call)
	if err := call.Unmarshal(body); err != nil {
		http.Error(w, "Failed to parse body into Call protobuf", http.StatusBadRequest)
		return
	}
	user, password, _ := r.BasicAuth()
	m.mu.Lock()
	m.calls = append(m.calls, received{
		call: call, streamID: r.Header.Get(headerStreamID), user: user, password: password, conn: r.RemoteAddr,
	})
	m.mu.Unlock()
	switch {
	case call.Type == scheduler.Call_SUBSCRIBE && m.subscribe != nil:
		m.subscribe(w, r)
	case call.Type == scheduler.Call_SUBSCRIBE:
		m.serveStream(w, r, subscribed(15))
	case m.answer != nil:
		m.answer(w, r, call)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

func (m *fakeMaster) serveStream(w http.ResponseWriter, r *http.Request, first []byte) {
	w.Header().Set("Content-Type", mediaProtobuf)
	w.Header().Set(headerStreamID, testStream)
	_, _ = w.Write(first)
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case ev, ok := <-m.events:
			if !ok {
				return
			}
			_, _ = w.Write(ev)
			_ = http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// received gives the calls seen so far, but for SUBSCRIBE.
func (m *fakeMaster) received() []received {
	m.mu.Lock()
	defer m.mu.Unlock()
	var calls []received
	for _, c := range m.calls {
		if c.call.Type != scheduler.Call_SUBSCRIBE {
			calls = append(calls, c)
		}
	}
	return calls
}

// subscriptions gives the SUBSCRIBE calls seen so far.
func (m *fakeMaster) subscriptions() []received {
	m.mu.Lock()
	defer m.mu.Unlock()
	var calls []received
	for _, c := range m.calls {
		if c.call.Type == scheduler.Call_SUBSCRIBE {
			calls = append(calls, c)
		}
	}
	return calls
}

// record frames a message as RecordIO.
func record(msg marshaler) []byte {
	data, err := msg.Marshal()
	if err != nil {
		panic(err)
	}
	return frame(data)
}

func frame(data []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d\n", len(data))
	b.Write(data)
	return b.Bytes()
}

func subscribed(heartbeat float64) []byte {
	return record(&scheduler.Event{Type: scheduler.Event_SUBSCRIBED, Subscribed: &scheduler.Event_Subscribed{
		FrameworkID:              &mesos.FrameworkID{Value: testFramework},
		HeartbeatIntervalSeconds: &heartbeat,
		MasterInfo:               &mesos.MasterInfo{ID: "m-1", IP: 1, Port: new(uint32)},
	}})
}

func heartbeat() []byte { return record(&scheduler.Event{Type: scheduler.Event_HEARTBEAT}) }

func errorEvent(text string) []byte {
	return record(&scheduler.Event{Type: scheduler.Event_ERROR, Error: &scheduler.Event_Error{Message: text}})
}

func offersEvent(offers ...mesos.Offer) []byte {
	return record(&scheduler.Event{Type: scheduler.Event_OFFERS, Offers: &scheduler.Event_Offers{Offers: offers}})
}

func updateEvent(status mesos.TaskStatus) []byte {
	return record(&scheduler.Event{Type: scheduler.Event_UPDATE, Update: &scheduler.Event_Update{Status: status}})
}

func testConfig(master string) Config {
	return Config{Master: master, CallTimeout: testwait.Patience, Log: zerolog.Nop()}
}

func testClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func testInfo() Framework {
	return Framework{Name: "taurus", User: "root", Roles: []string{"r"}, Checkpoint: true, FailoverTimeout: time.Hour}
}

// subscribe subscribes to a fake master and closes the subscription at the end.
func (m *fakeMaster) subscribed(t *testing.T, cfg Config) *Subscription {
	t.Helper()
	if cfg.Master == "" {
		cfg = testConfig(m.host())
	}
	s, err := testClient(t, cfg).Subscribe(t.Context(), testInfo())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// next is the next event, or a failure if the stream ended.
func next(t *testing.T, s *Subscription) Event {
	t.Helper()
	ev, ok := <-s.Events()
	if !ok {
		t.Fatalf("stream ended: %v", s.Err())
	}
	return ev
}

// ended waits for the end of the stream and gives its reason.
func ended(s *Subscription) error {
	for range s.Events() {
	}
	return s.Err()
}

// wireTestOffer is an offer of agent a for role r.
func wireTestOffer(id string, resources ...mesos.Resource) mesos.Offer {
	role := "r"
	return mesos.Offer{
		ID:             mesos.OfferID{Value: id},
		FrameworkID:    mesos.FrameworkID{Value: testFramework},
		AgentID:        mesos.AgentID{Value: "a"},
		Hostname:       "host-a",
		Resources:      resources,
		AllocationInfo: &mesos.Resource_AllocationInfo{Role: &role},
	}
}

func scalar(name string, value float64, reservations ...string) mesos.Resource {
	kind, role := mesos.SCALAR, "r"
	r := mesos.Resource{
		Name: name, Type: &kind, Scalar: &mesos.Value_Scalar{Value: value},
		AllocationInfo: &mesos.Resource_AllocationInfo{Role: &role},
	}
	for i := range reservations {
		static := mesos.Resource_ReservationInfo_STATIC
		r.Reservations = append(r.Reservations, mesos.Resource_ReservationInfo{Type: &static, Role: &reservations[i]})
	}
	return r
}

func portsResource(ranges ...mesos.Value_Range) mesos.Resource {
	kind, role := mesos.RANGES, "r"
	return mesos.Resource{
		Name: resourcePorts, Type: &kind, Ranges: &mesos.Value_Ranges{Range: ranges},
		AllocationInfo: &mesos.Resource_AllocationInfo{Role: &role},
	}
}
