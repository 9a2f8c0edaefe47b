package mesos

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// plainServer answers every request alike.
func plainServer(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func refusing(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, status) }
}

// redirecting points to another master as Mesos does: without a scheme, with
// the delegated path.
func redirecting(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "//"+to+"/master/api/v1/scheduler")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestSubscribeFindsTheLeader(t *testing.T) {
	m := newFakeMaster(t)
	second := plainServer(t, redirecting(m.host()))
	html := plainServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	for _, tt := range []struct{ name, master string }{
		{"itself", m.host()},
		{"with a scheme", "http://" + m.host() + "/"},
		{"one redirect", plainServer(t, redirecting(m.host()))},
		{"two redirects", plainServer(t, redirecting(second))},
		{"not recovered", plainServer(t, refusing(503, "Master has not finished recovery")) + "," + m.host()},
		{"just starting", plainServer(t, refusing(404, "404 Not Found.")) + "," + m.host()},
		{"dead", closedPort(t) + "," + m.host()},
		{"a redirect to a dead one", plainServer(t, redirecting(closedPort(t))) + "," + m.host()},
		{"no master at all", html + "," + m.host()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(m.subscriptions())
			s := m.subscribed(t, testConfig(tt.master))
			if s.Master() != "http://"+m.host() || s.FrameworkID() != testFramework || s.StreamID() != testStream ||
				s.MasterID() != "m-1" || s.HeartbeatInterval() != 15*time.Second {
				t.Errorf("got %+v %s %s", s.Target(), s.MasterID(), s.HeartbeatInterval())
			}
			if got := len(m.subscriptions()) - before; got != 1 {
				t.Errorf("subscribed %d times", got)
			}
			// What was learnt holds for every other call.
			if err := s.Revive(t.Context(), nil); err != nil {
				t.Error(err)
			}
			s.Close()
			if !errors.Is(s.Err(), ErrClosed) {
				t.Errorf("ended with %v", s.Err())
			}
		})
	}
}

func TestSubscribeRefused(t *testing.T) {
	endless := plainServer(t, func(w http.ResponseWriter, r *http.Request) { redirecting(r.Host)(w, r) })
	good := newFakeMaster(t)
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    error
		not     []error
	}{
		{"credentials", refusing(401, "401 Unauthorized."), ErrUnauthenticated, []error{ErrUnavailable}},
		{"no leader", refusing(503, "No leader elected"), ErrUnavailable, []error{ErrStaleStream}},
		{"starting", refusing(404, "404 Not Found."), ErrUnavailable, nil},
		{"redirected for ever", redirecting(endless), ErrUnavailable, []error{ErrStaleStream}},
		{"redirected nowhere", refusing(307, ""), ErrNotLeader, []error{ErrStaleStream}},
		{"removed", answering(errorEvent("Framework has been removed")), ErrFrameworkRemoved, []error{ErrUnavailable, ErrRefused}},
		{"refused", answering(errorEvent("Roles { x } are not present in the master's --roles")), ErrRefused, []error{ErrUnavailable}},
		{"hung up", answering(nil), ErrUnavailable, nil},
		{"hung up within an event", answering([]byte("100\nabc")), ErrUnavailable, nil},
		{"garbage", answering([]byte("<html>")), ErrProtocol, []error{ErrUnavailable}},
		{"undecodable", answering(frame([]byte{0xff, 0xff})), ErrProtocol, nil},
		{"heartbeat first", answering(heartbeat()), ErrProtocol, nil},
		{"too large", answering([]byte("300000000\n")), ErrEventTooLarge, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := testClient(t, testConfig(plainServer(t, tt.handler)))
			_, err := c.Subscribe(t.Context(), testInfo())
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			for _, not := range tt.not {
				if errors.Is(err, not) {
					t.Errorf("%v matches %v", err, not)
				}
			}
		})
	}
	t.Run("a decision is not asked of the next master", func(t *testing.T) {
		first := plainServer(t, answering(errorEvent("Framework has been removed")))
		c := testClient(t, testConfig(first+","+good.host()))
		if _, err := c.Subscribe(t.Context(), testInfo()); !errors.Is(err, ErrFrameworkRemoved) {
			t.Errorf("got %v", err)
		}
		if n := len(good.subscriptions()); n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

// answering sends the stream's head, some bytes and the end.
func answering(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaProtobuf)
		w.Header().Set(headerStreamID, testStream)
		_, _ = w.Write(data)
	}
}

// A master that takes the call and says nothing is given up after the timeout.
func TestSubscribeTimesOut(t *testing.T) {
	for name, head := range map[string]bool{"before the head": false, "after the head": true} {
		t.Run(name, func(t *testing.T) {
			silent := newFakeMaster(t)
			silent.subscribe = func(w http.ResponseWriter, r *http.Request) {
				if head {
					answering(nil)(w, r)
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			}
			cfg := testConfig(silent.host())
			cfg.CallTimeout = 50 * time.Millisecond
			_, err := testClient(t, cfg).Subscribe(t.Context(), testInfo())
			if !errors.Is(err, ErrUnavailable) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSubscribeStopsWithItsContext(t *testing.T) {
	silent, other := newFakeMaster(t), newFakeMaster(t)
	ctx, cancel := context.WithCancel(t.Context())
	silent.subscribe = func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}
	_, err := testClient(t, testConfig(silent.host()+","+other.host())).Subscribe(ctx, testInfo())
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if len(other.subscriptions()) != 0 {
		t.Error("went on after the end of its context")
	}
}

// Credentials go along with a redirect to a host that is named, which Go's own client would not do.
func TestRedirectKeepsCredentials(t *testing.T) {
	m := newFakeMaster(t)
	cfg := testConfig(plainServer(t, redirecting(m.host())))
	cfg.Principal, cfg.Secret, cfg.Hosts = "taurus", "s3cret", m.host()
	s := m.subscribed(t, cfg)
	if err := s.Suppress(t.Context(), []string{"r"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range slices.Concat(m.subscriptions(), m.received()) {
		if c.user != "taurus" || c.password != "s3cret" {
			t.Errorf("%s came as %q %q", c.call.Type, c.user, c.password)
		}
	}
	if got := m.subscriptions()[0].call.Subscribe.FrameworkInfo.GetPrincipal(); got != "taurus" {
		t.Errorf("framework principal %q", got)
	}
}

// A principal without a secret is a name only: an empty password is none.
func TestPrincipalWithoutASecret(t *testing.T) {
	m := newFakeMaster(t)
	cfg := testConfig(m.host())
	cfg.Principal = "taurus"
	m.subscribed(t, cfg)
	if got := m.subscriptions()[0]; got.user != "" || got.call.Subscribe.FrameworkInfo.GetPrincipal() != "taurus" {
		t.Errorf("authenticated as %q, framework principal %q", got.user, got.call.Subscribe.FrameworkInfo.GetPrincipal())
	}
}

func TestRedirectKeepsTheScheme(t *testing.T) {
	for _, tt := range []struct{ base, location, want string }{
		{"http://a:5050", "//b:5051/master/api/v1/scheduler", "http://b:5051"},
		{"https://a:5050", "//b:5051/master/api/v1/scheduler", "https://b:5051"},
		{"http://a:5050", "https://b:5051/x", "https://b:5051"},
		{"http://a:5050", "//[::1]:5051", "http://[::1]:5051"},
		{"http://a:5050", "", ""},
		{"http://a:5050", "http://", ""},
		{"http://a:5050", "//%zz", ""},
		{"http://a:5050", "ftp://b:5051", ""},
	} {
		got, err := redirected(tt.base, &CallError{Call: callSubscribe, Status: 307, Location: tt.location})
		if (tt.want == "") != errors.Is(err, ErrProtocol) || tt.want != "" && (err != nil || got.String() != tt.want) {
			t.Errorf("%s from %s: got %v, %v", tt.location, tt.base, got, err)
		}
	}
	_, err := redirected("https://a:5050", &CallError{Call: callSubscribe, Status: 307, Location: "http://b:5051/x"})
	if !errors.Is(err, ErrCleartext) || errors.Is(err, ErrProtocol) || !strings.Contains(err.Error(), "b:5051") {
		t.Errorf("out of TLS: %v", err)
	}
}

func TestSubscribeSaysWhoTaurusIs(t *testing.T) {
	m := newFakeMaster(t)
	f := testInfo()
	f.ID, f.Hostname, f.WebUIURL, f.SuppressedRoles = testFramework, "h", "http://h:8080", []string{"r"}
	s, err := testClient(t, testConfig(m.host())).Subscribe(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	got := m.subscriptions()[0]
	info := got.call.Subscribe.FrameworkInfo
	if got.call.FrameworkID.Value != testFramework || info.ID.Value != testFramework || got.streamID != "" {
		t.Errorf("subscribed as %v with stream %q", got.call.FrameworkID, got.streamID)
	}
	if info.GetFailoverTimeout() != 3600 || !info.GetCheckpoint() || info.GetUser() != "root" || info.Role != nil ||
		!slices.Equal(info.Roles, []string{"r"}) || !slices.Equal(got.call.Subscribe.SuppressedRoles, []string{"r"}) {
		t.Errorf("framework %v", info)
	}
	want := []string{"PARTITION_AWARE", "TASK_KILLING_STATE", "MULTI_ROLE", "RESERVATION_REFINEMENT", "REGION_AWARE"}
	if got := capabilities(info); !slices.Equal(got, want) {
		t.Errorf("capabilities %v", got)
	}
	f.GPUs = true
	if got := capabilities(f.info("")); !slices.Equal(got, append(want, "GPU_RESOURCES")) {
		t.Errorf("with GPUs, capabilities %v", got)
	}
	if got.call.Type != scheduler.Call_SUBSCRIBE {
		t.Errorf("call %v", got.call.Type)
	}
}

func capabilities(info *mesos.FrameworkInfo) []string {
	var names []string
	for _, c := range info.Capabilities {
		names = append(names, c.Type.String())
	}
	return names
}
