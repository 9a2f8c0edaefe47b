package master

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// cutWriter ends a request once something of a stream was written.
type cutWriter struct {
	*httptest.ResponseRecorder
	cut context.CancelFunc
}

// FlushError implements what http.ResponseController asks for.
func (w cutWriter) FlushError() error {
	w.cut()
	return nil
}

// target is a master with one agent and one framework, which has an offer.
func target(t *testing.T) (s *Server, stream string, agent *Session, offer string) {
	t.Helper()
	s, err := New(Options{InProcess: true, Ephemeral: true, Port: 5050, Seed: 1, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	port, cpus := int32(5051), 4.0
	reg := &link.Register{IP: "10.0.0.1"}
	reg.Agent.Value = mesos.AgentInfo{
		Hostname: "h", Port: &port, ID: &mesos.AgentID{Value: "a"},
		Resources: []mesos.Resource{{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: cpus}}},
	}
	agent = s.Attach("10.0.0.1", reg)
	out := newOutbox[*scheduler.Event]()
	stream = "stream"
	failover := 1e6
	info := &mesos.FrameworkInfo{User: "u", Name: "n", ID: &mesos.FrameworkID{Value: "f"}, FailoverTimeout: &failover}
	s.streams[stream] = out
	s.core.Subscribe(s.started, stream, &scheduler.Call_Subscribe{FrameworkInfo: info}, "")
	s.core.Allocate(s.started)
	s.carryOut(s.core.Effects())
	events, _ := out.take(t.Context())
	for _, e := range events {
		for _, o := range e.GetOffers().GetOffers() {
			offer = o.ID.Value
		}
	}
	if offer == "" {
		t.Fatal("no offer to fuzz with")
	}
	return s, stream, agent, offer
}

// FuzzEndpoints: no body that anybody may send crashes a master. OFFER in a body
// stands for an offer that is there.
func FuzzEndpoints(f *testing.F) {
	paths := []string{"/api/v1/scheduler", "/api/v1", link.PathRegister, link.PathMessages, "/maintenance/schedule", "/teardown"}
	for _, seed := range []struct {
		path byte
		body string
	}{
		{0, `{"type":"ACCEPT","framework_id":{"value":"f"},"accept":{"offer_ids":[{"value":"OFFER"}],"operations":[{"type":"LAUNCH","launch":{"task_infos":[{"name":"t","task_id":{"value":"t"},"agent_id":{"value":"a"},"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":1}}],"command":{"value":"sleep 1"}}]}}],"filters":{"refuse_seconds":1e300}}}`},
		{0, `{"type":"ACCEPT","framework_id":{"value":"f"},"accept":{"offer_ids":[{"value":"OFFER"}],"operations":[{"type":"RESERVE","id":{"value":"o"},"reserve":{"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":1},"reservations":[{"type":"DYNAMIC","role":"r"}]}]}},{"type":"LAUNCH_GROUP","launch_group":{"executor":{"type":"DEFAULT","executor_id":{"value":"e"}},"task_group":{"tasks":[]}}}]}}`},
		{0, `{"type":"DECLINE","framework_id":{"value":"f"},"decline":{"offer_ids":[{"value":"OFFER"}]}}`},
		{0, `{"type":"KILL","framework_id":{"value":"f"},"kill":{"task_id":{"value":"t"},"agent_id":{"value":"a"}}}`},
		{0, `{"type":"RECONCILE","framework_id":{"value":"f"},"reconcile":{"tasks":[{"task_id":{"value":"t"},"agent_id":{"value":"a"}}]}}`},
		{0, `{"type":"ACKNOWLEDGE","framework_id":{"value":"f"},"acknowledge":{"agent_id":{"value":"a"},"task_id":{"value":"t"},"uuid":"AAAAAAAAAAAAAAAAAAAAAA=="}}`},
		{0, `{"type":"UPDATE_FRAMEWORK","framework_id":{"value":"f"},"update_framework":{"framework_info":{"user":"u","name":"n","id":{"value":"f"},"offer_filters":{"*":{}}}}}`},
		{0, subscribeText},
		{1, `{"type":"GET_STATE"}`},
		{1, `{"type":"SUBSCRIBE"}`},
		{1, `{"type":"DRAIN_AGENT","drain_agent":{"agent_id":{"value":"a"},"max_grace_period":{"nanoseconds":-5}}}`},
		{1, `{"type":"UPDATE_MAINTENANCE_SCHEDULE","update_maintenance_schedule":{"schedule":{"windows":[{"machine_ids":[{"hostname":"h"}],"unavailability":{"start":{"nanoseconds":1}}}]}}}`},
		{2, `{"agent":"CgFo","ip":"10.0.0.2","tasks":[{"framework_id":"f","info":"","state":6}]}`},
		{3, `[{"update":{"framework_id":"f","status":"CgMKAXQYAQ==","latest":1}},{"pong":true},{"operation":{"framework_id":"f","operation_id":"o"}},{"unregister":true}]`},
		{4, `{"windows":[{"machine_ids":[{"hostname":"h"}],"unavailability":{"start":{"nanoseconds":1}}}]}`},
		{5, `frameworkId=f`},
	} {
		f.Add(seed.path, false, false, []byte(seed.body))
	}
	f.Add(byte(0), true, true, []byte("\x0a\x03\x0a\x01f\x10\x0a"))
	f.Fuzz(func(t *testing.T, which byte, protobuf, zipped bool, body []byte) {
		s, stream, agent, offer := target(t)
		body = bytes.ReplaceAll(body, []byte("OFFER"), []byte(offer))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, paths[int(which)%len(paths)], bytes.NewReader(pack(t, zipped, body)))
		r.Header.Set("Content-Type", wire.MediaJSON)
		if protobuf {
			r.Header.Set("Content-Type", wire.MediaProtobuf)
		}
		if zipped {
			r.Header.Set("Content-Encoding", "gzip")
		}
		if !bytes.Contains(body, []byte("SUBSCRIBE")) {
			r.Header.Set(headerStream, stream)
		}
		r.Header.Set(link.HeaderSession, agent.id)
		w := cutWriter{httptest.NewRecorder(), cancel}
		s.Handler().ServeHTTP(w, r)
		// What it left behind must be bearable too.
		for _, call := range []string{"GET_STATE", "GET_ROLES", "GET_MAINTENANCE_STATUS"} {
			q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1", strings.NewReader(`{"type":"`+call+`"}`))
			q.Header.Set("Content-Type", wire.MediaJSON)
			s.Handler().ServeHTTP(httptest.NewRecorder(), q)
		}
		s.core.Advance(s.started.Add(1e18))
	})
}

func pack(t *testing.T, zipped bool, body []byte) []byte {
	t.Helper()
	if !zipped {
		return body
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// FuzzCredentials: no file of credentials crashes a master.
func FuzzCredentials(f *testing.F) {
	f.Add([]byte(`{"credentials":[{"principal":"p","secret":"s"}]}`))
	f.Add([]byte("p s\nq r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if list, err := parseCredentials(text); err == nil && list == nil {
			t.Error("neither credentials nor an error")
		}
	})
}
