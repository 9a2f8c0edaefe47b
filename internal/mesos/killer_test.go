package mesos

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

func testKiller(t *testing.T) *Killer {
	t.Helper()
	k, err := NewKiller(testConfig(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

func TestKill(t *testing.T) {
	m := newFakeMaster(t)
	k := testKiller(t)
	target := Target{Master: m.URL, FrameworkID: testFramework, StreamID: testStream}
	if err := k.Kill(t.Context(), target, "t", "a", 1500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := k.Kill(t.Context(), target, "t", "", 0); err != nil {
		t.Fatal(err)
	}
	calls := m.received()
	first, second := calls[0], calls[1]
	if first.streamID != testStream || first.call.FrameworkID.Value != testFramework || first.call.Type != scheduler.Call_KILL {
		t.Errorf("sent %+v", first)
	}
	if kill := first.call.Kill; kill.TaskID.Value != "t" || kill.AgentID.Value != "a" || kill.KillPolicy.GracePeriod.Nanoseconds != 1.5e9 {
		t.Errorf("sent %v", kill)
	}
	if kill := second.call.Kill; kill.AgentID != nil || kill.KillPolicy != nil {
		t.Errorf("sent %v", kill)
	}
}

func TestKillErrors(t *testing.T) {
	k := testKiller(t)
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    error
		not     error
	}{
		{"removed framework", refusing(400, "Framework cannot be found"), ErrStaleStream, ErrUnavailable},
		{"newer stream", refusing(400, "The stream ID 'a' included in this request didn't match the stream ID currently associated with framework ID f"), ErrStaleStream, ErrUnavailable},
		{"disconnected", refusing(403, "Framework is not subscribed"), ErrStaleStream, ErrUnavailable},
		{"former leader", redirecting("elsewhere:5050"), ErrStaleStream, ErrUnavailable},
		{"former leader again", redirecting("elsewhere:5050"), ErrNotLeader, ErrUnavailable},
		{"starting", refusing(404, "404 Not Found."), ErrUnavailable, ErrStaleStream},
		{"electing", refusing(503, "No leader elected"), ErrUnavailable, ErrStaleStream},
		{"credentials", refusing(401, ""), ErrUnauthenticated, ErrStaleStream},
	} {
		target := Target{Master: "http://" + plainServer(t, tt.handler), FrameworkID: "f", StreamID: "s"}
		err := k.Kill(t.Context(), target, "t", "a", 0)
		if !errors.Is(err, tt.want) || errors.Is(err, tt.not) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	for name, text := range map[string]string{"validation": "Failed to validate scheduler::Call: x", "firewall": "Endpoint is disabled"} {
		status := map[string]int{"validation": 400, "firewall": 403}[name]
		target := Target{Master: "http://" + plainServer(t, refusing(status, text)), FrameworkID: "f", StreamID: "s"}
		err := k.Kill(t.Context(), target, "t", "a", 0)
		if err == nil || errors.Is(err, ErrStaleStream) || errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := k.Kill(t.Context(), Target{Master: "http://" + closedPort(t)}, "t", "a", 0); !errors.Is(err, ErrUnavailable) {
		t.Errorf("nobody there: %v", err)
	}
}

// A master that hangs does not hang the reaper.
func TestKillTimesOut(t *testing.T) {
	m := newFakeMaster(t)
	m.answer = func(_ http.ResponseWriter, r *http.Request, _ *scheduler.Call) { <-r.Context().Done() }
	cfg := testConfig("")
	cfg.CallTimeout = 50 * time.Millisecond
	k, err := NewKiller(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	target := Target{Master: m.URL}
	if err := k.Kill(t.Context(), target, "t", "a", 0); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Kill(ctx, target, "t", "a", 0); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		t.Errorf("cancelled: got %v", err)
	}
}
