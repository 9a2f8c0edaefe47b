package checks_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// What an agent objects to in a request, in its own words and order (7.2).
func TestAgentRequests(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	a := startAgent(t, m, simulated)
	const all = "application/json or application/x-protobuf or application/recordio"
	record := func(body string) string { return string(wire.Frame([]byte(body))) }
	health, streaming := `{"type":"GET_HEALTH"}`, []string{"Content-Type", wire.MediaRecordIO, "Message-Content-Type", wire.MediaJSON}
	for _, c := range []struct {
		headers []string
		body    string
		status  int
		want    string
	}{
		{[]string{"Content-Type", "text/plain"}, "x", 415, "Expecting 'Content-Type' of " + all},
		{[]string{"Message-Content-Type", wire.MediaJSON}, health, 415, "Expecting 'Message-Content-Type' to be not set for non-streaming requests"},
		{[]string{"Content-Type", wire.MediaRecordIO}, "", 400, "Expecting 'Message-Content-Type' to be set for streaming requests"},
		{
			[]string{"Content-Type", wire.MediaRecordIO, "Message-Content-Type", "x"},
			"", 415,
			"Expecting 'Message-Content-Type' of application/json or application/x-protobuf",
		},
		{[]string{"Accept", "text/html"}, "not looked at", 406, "Expecting 'Accept' to allow " + all},
		{[]string{"Message-Accept", wire.MediaJSON}, health, 406, "Expecting 'Message-Accept' to be not set for non-streaming responses"},
		{
			[]string{"Accept", wire.MediaRecordIO, "Message-Accept", "x"},
			health, 406,
			"Expecting 'Message-Accept' to allow application/json or application/x-protobuf",
		},
		{[]string{"Accept", wire.MediaRecordIO}, health, 406, "Streaming response is not supported for GET_HEALTH call"},
		{streaming, record(health), 415, "Streaming 'Content-Type' application/recordio is not supported for GET_HEALTH call"},
		{streaming, "", 400, "Received EOF while reading request body"},
		{
			nil, `{"type":"ATTACH_CONTAINER_INPUT","attach_container_input":{"type":"PROCESS_IO"}}`, 415,
			"Expecting 'Content-Type' to be application/recordio for ATTACH_CONTAINER_INPUT call",
		},
		{nil, "x", 400, "Failed to parse body into JSON: syntax error at line 1 near: x"},
		{nil, `{"type":1}`, 400, "Not expecting a JSON number for field 'type'"},
		{[]string{"Content-Type", wire.MediaProtobuf}, "x", 400, "Failed to parse body into a protobuf object"},
		{nil, "{}", 400, "Failed to validate agent::Call: Expecting 'type' to be present"},
		{nil, `{"type":"UNKNOWN"}`, 501, "501 Not Implemented."},
	} {
		ask(t, http.MethodPost, a.addr, operatorPath, jsonHeaders(c.headers...), c.body).is(t, c.want, c.status, c.want)
	}
	ask(t, http.MethodGet, a.addr, operatorPath, jsonHeaders(), "").
		is(t, "GET", 405, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.")
	input := func(body string) answer {
		return ask(t, http.MethodPost, a.addr, operatorPath, jsonHeaders(streaming...), record(`{"type":"ATTACH_CONTAINER_INPUT","attach_container_input":`+body+`}`))
	}
	input(`{"type":"CONTAINER_ID","container_id":{"value":"nope"}}`).is(t, "input", 404, "Container nope cannot be found")
	input(`{"type":"PROCESS_IO"}`).is(t, "input without a container", 400, "Expecting 'attach_container_input.type' to be CONTAINER_ID")
	const prefix = "Failed to validate agent::Call: "
	input(`{}`).is(t, "input of no type", 400, prefix+"Expecting 'attach_container_input.type' to be present")
	input(`{"type":"CONTAINER_ID"}`).is(t, "input into nothing", 400, prefix+"'attach_container_input.container_id' is invalid: ID must not be empty")
}

// What an agent's calls lack (7.2).
func TestAgentValidation(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	a := startAgent(t, m, simulated)
	const prefix = "Failed to validate agent::Call: "
	for _, kind := range []string{
		"GET_METRICS", "SET_LOGGING_LEVEL", "LIST_FILES", "READ_FILE", "LAUNCH_NESTED_CONTAINER", "LAUNCH_NESTED_CONTAINER_SESSION",
		"WAIT_NESTED_CONTAINER", "KILL_NESTED_CONTAINER", "ATTACH_CONTAINER_OUTPUT",
	} {
		order(t, a.addr, kind, nil).is(t, kind, 400, prefix+"Expecting '"+strings.ToLower(kind)+"' to be present")
	}
	id := func(value string, parent any) object {
		return object{"container_id": object{"value": value, "parent": parent}}
	}
	long := strings.Repeat("x", 243)
	for _, kind := range []string{"LAUNCH_NESTED_CONTAINER", "LAUNCH_NESTED_CONTAINER_SESSION", "WAIT_NESTED_CONTAINER", "KILL_NESTED_CONTAINER"} {
		part := strings.ToLower(kind)
		for _, c := range []struct {
			body object
			want string
		}{
			{id("c", nil), "Expecting '" + part + ".container_id.parent' to be present"},
			{id("", nil), "'" + part + ".container_id' is invalid: ID must not be empty"},
			{id("a b", nil), "'" + part + ".container_id' is invalid: 'ContainerID.value' 'a b' contains invalid characters"},
			{id(long, nil), "'" + part + ".container_id' is invalid: 'ContainerID.value' '" + long + "' exceeds the maximum length (242)"},
			{
				id("c", object{"value": "p.q"}),
				"'" + part + ".container_id' is invalid: 'ContainerID.parent' is invalid: 'ContainerID.value' 'p.q' contains invalid characters",
			},
		} {
			order(t, a.addr, kind, c.body).is(t, kind, 400, prefix+c.want)
		}
	}
	nested := id("c", object{"value": "p"})
	order(t, a.addr, "LAUNCH_NESTED_CONTAINER", nested).is(t, "launch", 400, "Parent container p does not exist")
	order(t, a.addr, "WAIT_NESTED_CONTAINER", nested).is(t, "wait", 404, "Container p.c cannot be found")
	order(t, a.addr, "KILL_NESTED_CONTAINER", nested).is(t, "kill", 404, "Container 'p.c' cannot be found (or is already killed)")
	order(t, a.addr, "ATTACH_CONTAINER_OUTPUT", nested).is(t, "attach", 404, "Container p.c cannot be found")
}
