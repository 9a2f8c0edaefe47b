package checks_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// The first things that may be wrong with a request, in order (1.1).
func TestCheck02NoContentType(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	a := ask(t, http.MethodPost, m.addr, schedulerPath, http.Header{"Accept": {wire.MediaJSON}}, "{}")
	a.is(t, "no Content-Type", 400, "Expecting 'Content-Type' to be present")
	if got := a.header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	ask(t, http.MethodPost, m.addr, operatorPath, http.Header{}, "{}").is(t, "operator", 400, "Expecting 'Content-Type' to be present")
}

func TestCheck05RequiredFields(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	const prefix = "Failed to convert JSON into Call protobuf: "
	for body, want := range map[string]string{
		`{"type":"SUBSCRIBE","subscribe":{"framework_info":{"name":"n"}}}`: "Missing required fields: subscribe.framework_info.user",
		`{"type":"SUBSCRIBE","subscribe":{"framework_info":{}}}`:           "Missing required fields: subscribe.framework_info.user, subscribe.framework_info.name",
		`{"type":"SUBSCRIBE","subscribe":{}}`:                              "Missing required fields: subscribe.framework_info",
		`{"type":"KILL","framework_id":{},"kill":{}}`:                      "Missing required fields: framework_id.value, kill.task_id",
	} {
		post(t, m.addr, body).is(t, body, 400, prefix+want)
	}
	for _, body := range []string{`[]`, `{"type":5}`, `{"framework_id":"x"}`, `{"type":"ACKNOWLEDGE","acknowledge":{"uuid":"%%"}}`} {
		if a := post(t, m.addr, body); a.status != 400 || !strings.HasPrefix(a.body, "Failed to") {
			t.Errorf("%s: %d %q", body, a.status, a.body)
		}
	}
}

func TestCheck08Accept(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	call := object{"type": "SUBSCRIBE", "subscribe": object{"framework_info": info()}}
	for accept, want := range map[string]string{
		"": wire.MediaJSON, "*/*": wire.MediaJSON, "application/*": wire.MediaJSON, "application/json": wire.MediaJSON,
		"application/x-protobuf":                          wire.MediaProtobuf,
		"application/x-protobuf, application/json":        wire.MediaJSON,
		"application/json;q=0, application/x-protobuf":    wire.MediaProtobuf,
		"text/html, application/x-protobuf;q=0.1":         wire.MediaProtobuf,
		"application/json;q=0, */*":                       wire.MediaProtobuf,
		"text/html":                                       "",
		"application/json;q=0,application/x-protobuf;q=0": "",
	} {
		h := http.Header{"Content-Type": {wire.MediaJSON}}
		if accept != "" {
			h["Accept"] = []string{accept}
		}
		res := open(t.Context(), t, http.MethodPost, m.addr, schedulerPath, h, call)
		if want == "" {
			_ = res.Body.Close()
			ask(t, http.MethodPost, m.addr, schedulerPath, h, call).is(t, accept, 406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'")
			continue
		}
		if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != want {
			t.Errorf("Accept %q: %d %q", accept, res.StatusCode, got)
		}
		_ = res.Body.Close()
	}
	// Other calls never look at Accept.
	f := subscribe(t, m.addr, info())
	h := http.Header{"Content-Type": {wire.MediaJSON}, "Accept": {"text/html"}, streamHeader: {f.streamID}}
	a := ask(t, http.MethodPost, m.addr, schedulerPath, h, object{"type": "REVIVE", "framework_id": object{"value": f.id}})
	a.is(t, "REVIVE", 202, "")
	a = ask(t, http.MethodPost, m.addr, schedulerPath, h, object{
		"type": "RECONCILE_OPERATIONS", "framework_id": object{"value": f.id}, "reconcile_operations": object{},
	})
	a.is(t, "RECONCILE_OPERATIONS", 406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'")
	ask(t, http.MethodPost, m.addr, operatorPath, h, object{"type": "GET_HEALTH"}).is(t, "operator", 406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'")
}

func TestCheck11StreamID(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	f := subscribe(t, m.addr, info())
	revive := object{"type": "REVIVE", "framework_id": object{"value": f.id}}
	post(t, m.addr, revive).is(t, "without", 400, "All non-subscribe calls should include the 'Mesos-Stream-Id' header")
	post(t, m.addr, revive, streamHeader, "wrong").is(t, "wrong", 400,
		"The stream ID 'wrong' included in this request didn't match the stream ID currently associated with framework ID "+f.id)
	post(t, m.addr, revive, streamHeader, "").is(t, "empty", 400,
		"The stream ID '' included in this request didn't match the stream ID currently associated with framework ID "+f.id)
	post(t, m.addr, object{"type": "SUBSCRIBE", "subscribe": object{"framework_info": info()}}, streamHeader, "").is(t, "SUBSCRIBE", 400,
		"Subscribe calls should not include the 'Mesos-Stream-Id' header")
	post(t, m.addr, revive, streamHeader, f.streamID).is(t, "right", 202, "")
}

func TestCheck14UnknownType(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	f := subscribe(t, m.addr, info())
	call := object{"type": "UNKNOWN", "framework_id": object{"value": f.id}}
	if a := post(t, m.addr, call, streamHeader, f.streamID); a.status != http.StatusNotImplemented {
		t.Errorf("%d %q", a.status, a.body)
	}
	f.call("REVIVE", nil)
}

func TestCheck17Authentication(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) {
		o.AuthenticateFrameworks, o.Credentials = true, map[string]string{"alice": "secret", "bob": "other"}
	})
	basic := func(user, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+secret))
	}
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		for _, h := range []http.Header{
			jsonHeaders(), jsonHeaders("Authorization", basic("alice", "wrong")), jsonHeaders("Authorization", basic("carol", "secret")),
			jsonHeaders("Authorization", "Bearer x"),
		} {
			a := ask(t, method, m.addr, schedulerPath, h, "{}")
			a.is(t, method, 401, "401 Unauthorized.")
			if got := a.header.Get("Www-Authenticate"); got != `Basic realm="mesos-master-scheduler"` {
				t.Errorf("WWW-Authenticate %q", got)
			}
		}
	}
	alice := basic("alice", "secret")
	credentials := func(as string, s *stream) []string {
		return []string{"Authorization", as, streamHeader, s.header.Get(streamHeader)}
	}
	call := object{"type": "SUBSCRIBE", "subscribe": object{"framework_info": with(info(), "principal", "bob")}}
	post(t, m.addr, call, "Authorization", alice).is(t, "other principal", 400, "Failed to validate scheduler::Call: "+
		"Authenticated principal 'alice' does not match principal 'bob' set in `FrameworkInfo`")
	call = object{"type": "SUBSCRIBE", "subscribe": object{"framework_info": info()}}
	s := stream200(t, m.addr, schedulerPath, call, "Authorization", alice)
	e := s.next()
	id := at(e, "subscribed.framework_id")
	fs := operate(t, m.addr, "GET_FRAMEWORKS", nil)
	match(t, "GET_FRAMEWORKS", fs, object{"get_frameworks.frameworks.0.framework_info.principal": "alice"})
	revive := object{"type": "REVIVE", "framework_id": id}
	post(t, m.addr, revive, credentials(basic("bob", "other"), s)...).is(t, "bob", 400,
		"Authenticated principal 'bob' does not match principal 'alice' set in `FrameworkInfo`")
	post(t, m.addr, revive, credentials(alice, s)...).is(t, "alice", 202, "")
	// Unlike a SUBSCRIBE, an update has to name the principal.
	update := object{"type": "UPDATE_FRAMEWORK", "framework_id": id, "update_framework": object{"framework_info": with(info(), "id", id)}}
	post(t, m.addr, update, credentials(alice, s)...).is(t, "update", 400,
		"FrameworkInfo update is not valid: Changing framework's principal is not allowed.")
	update["update_framework"] = object{"framework_info": with(info(), "id", id, "principal", "alice")}
	post(t, m.addr, update, credentials(alice, s)...).is(t, "update with principal", 200, "")
}

// What of a call must be there, for each type (1.1, 12).
func TestCallValidation(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	const prefix = "Failed to validate scheduler::Call: "
	id := object{"value": "f"}
	for _, kind := range []string{
		"ACCEPT", "DECLINE", "ACCEPT_INVERSE_OFFERS", "DECLINE_INVERSE_OFFERS", "KILL", "SHUTDOWN", "ACKNOWLEDGE",
		"ACKNOWLEDGE_OPERATION_STATUS", "RECONCILE", "RECONCILE_OPERATIONS", "MESSAGE", "REQUEST", "UPDATE_FRAMEWORK",
	} {
		post(t, m.addr, object{"type": kind}).is(t, kind, 400, prefix+"Expecting 'framework_id' to be present")
		post(t, m.addr, object{"type": kind, "framework_id": id}).is(t, kind, 400, prefix+"Expecting '"+strings.ToLower(kind)+"' to be present")
	}
	for _, kind := range []string{"REVIVE", "SUPPRESS", "TEARDOWN"} {
		post(t, m.addr, object{"type": kind}).is(t, kind, 400, prefix+"Expecting 'framework_id' to be present")
		post(t, m.addr, object{"type": kind, "framework_id": id}).is(t, kind, 400, "Framework cannot be found")
	}
	post(t, m.addr, object{"type": "SUBSCRIBE"}).is(t, "SUBSCRIBE", 400, prefix+"Expecting 'subscribe' to be present")
	v4 := base64.StdEncoding.EncodeToString([]byte{1, 2, 3, 4, 5, 6, 0x40, 8, 0x80, 1, 2, 3, 4, 5, 6, 7})
	op := object{"uuid": v4, "operation_id": object{"value": "o"}}
	post(t, m.addr, object{"type": "ACKNOWLEDGE_OPERATION_STATUS", "framework_id": id, "acknowledge_operation_status": op}).
		is(t, "no agent", 400, prefix+"Expecting 'agent_id' to be present")
	bad := with(op, "uuid", base64.StdEncoding.EncodeToString([]byte("xxxxxxxxxxxxxxxx")), "agent_id", object{"value": "a"})
	post(t, m.addr, object{"type": "ACKNOWLEDGE_OPERATION_STATUS", "framework_id": id, "acknowledge_operation_status": bad}).
		is(t, "bad uuid", 400, prefix+"Not a valid UUID")
	post(t, m.addr, object{"type": "UPDATE_FRAMEWORK", "framework_id": id, "update_framework": object{"framework_info": info()}}).
		is(t, "UPDATE_FRAMEWORK", 400, prefix+"'framework_id' differs from 'update_framework.framework_info.id'")
	post(t, m.addr, object{"type": "SUBSCRIBE", "framework_id": id, "subscribe": object{"framework_info": info()}}).
		is(t, "one unset", 400, prefix+"'framework_id' differs from 'subscribe.framework_info.id'")
}

// The order of the checks: the first that fails answers.
func TestOrderOfRefusals(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	f := subscribe(t, m.addr, info())
	f.cancel()
	testwait.Until(t, "the framework is away", func() bool {
		return post(t, m.addr, object{"type": "REVIVE", "framework_id": object{"value": f.id}}).status == 403
	})
	post(t, m.addr, object{"type": "REVIVE", "framework_id": object{"value": f.id}}).is(t, "no stream id", 403, "Framework is not subscribed")
	sub := object{"type": "SUBSCRIBE", "subscribe": object{"framework_info": info()}}
	ask(t, http.MethodPost, m.addr, schedulerPath, jsonHeaders("Accept", "text/html", streamHeader, "x"), sub).
		is(t, "406 before stream id", 406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'")
	ask(t, http.MethodPut, m.addr, schedulerPath, http.Header{}, "").
		is(t, "method first", 405, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'PUT'.")
	if a := get(t, m.addr, "/no/such/path"); a.status != 404 || a.body != "404 Not Found." {
		t.Errorf("%d %q", a.status, a.body)
	}
	if a := ask(t, http.MethodPost, m.addr, "/master/api/v1/scheduler/deeper/", jsonHeaders(), "{}"); a.status != 400 {
		t.Errorf("a longer path: %d %q", a.status, a.body)
	}
}
