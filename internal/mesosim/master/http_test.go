package master

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
	"github.com/milosgajdos/taurus/internal/testwait"
)

const subscribeText = `{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n"}}}`

func newTestServer(t *testing.T, opts Options) *Server {
	t.Helper()
	opts.WorkDir, opts.Log = t.TempDir(), zerolog.Nop()
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.listener.Close() })
	return s
}

// cut is the answer to a request whose client goes once it has read a heartbeat,
// the last of what is written to a stream at once.
type cut struct {
	*httptest.ResponseRecorder
	goes context.CancelFunc
}

func (c *cut) Write(p []byte) (int, error) {
	n, err := c.ResponseRecorder.Write(p)
	if bytes.Contains(c.Body.Bytes(), []byte(`{"type":"HEARTBEAT"}`)) {
		c.goes()
	}
	return n, err
}

// exchange is one request, and of a stream its beginning.
func exchange(t *testing.T, s *Server, method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testwait.Patience)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.http.Handler.ServeHTTP(&cut{w, cancel}, r)
	return w
}

func jsonHeader(more ...string) map[string]string {
	h := map[string]string{"Content-Type": wire.MediaJSON, "Accept": wire.MediaJSON}
	for i := 0; i < len(more); i += 2 {
		h[more[i]] = more[i+1]
	}
	return h
}

// The checks of 1.1, each with all earlier ones passed and later ones failing.
func TestOrderOfChecks(t *testing.T) {
	const path = "/api/v1/scheduler"
	s := newTestServer(t, Options{AuthenticateFrameworks: true, Credentials: map[string]string{"alice": "secret"}})
	auth := "Basic YWxpY2U6c2VjcmV0"
	for _, c := range []struct {
		name         string
		method, body string
		header       map[string]string
		status       int
		text         string
	}{
		{"no credentials", "GET", "x", nil, 401, "401 Unauthorized."},
		{"wrong credentials", "GET", "x", map[string]string{"Authorization": "Basic YWxpY2U6bm8="}, 401, "401 Unauthorized."},
		{"method", "GET", "x", map[string]string{"Authorization": auth}, 405, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'."},
		{"no content type", "POST", "x", map[string]string{"Authorization": auth}, 400, "Expecting 'Content-Type' to be present"},
		{"content type with parameters", "POST", "x", jsonHeader("Authorization", auth, "Content-Type", "application/json; charset=utf-8"), 415, "Expecting 'Content-Type' of application/json or application/x-protobuf"},
		{"protobuf", "POST", "x", jsonHeader("Authorization", auth, "Content-Type", wire.MediaProtobuf), 400, "Failed to parse body into Call protobuf"},
		{"syntax", "POST", "x", jsonHeader("Authorization", auth), 400, "Failed to parse body into JSON: "},
		{"required field", "POST", `{"type":"SUBSCRIBE","subscribe":{"framework_info":{"name":"n"}}}`, jsonHeader("Authorization", auth), 400, "Failed to convert JSON into Call protobuf: Missing required fields: subscribe.framework_info.user"},
		{"type", "POST", `{}`, jsonHeader("Authorization", auth), 400, "Failed to validate scheduler::Call: Expecting 'type' to be present"},
		{"principal", "POST", `{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n","principal":"bob"}}}`, jsonHeader("Authorization", auth, "Accept", "text/html"), 400, "Failed to validate scheduler::Call: Authenticated principal 'alice' does not match principal 'bob' set in `FrameworkInfo`"},
		{"accept", "POST", subscribeText, jsonHeader("Authorization", auth, "Accept", "text/html", "Mesos-Stream-Id", "q"), 406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'"},
		{"stream id", "POST", subscribeText, jsonHeader("Authorization", auth, "Mesos-Stream-Id", "q"), 400, "Subscribe calls should not include the 'Mesos-Stream-Id' header"},
		{"framework", "POST", `{"type":"REVIVE","framework_id":{"value":"f"}}`, jsonHeader("Authorization", auth, "Accept", "text/html"), 400, "Framework cannot be found"},
	} {
		w := exchange(t, s, c.method, path, c.body, c.header)
		if w.Code != c.status || !strings.HasPrefix(w.Body.String(), c.text) {
			t.Errorf("%s: %d %q, want %d %q", c.name, w.Code, w.Body, c.status, c.text)
		}
		if got := w.Header().Get("Content-Type"); got != plainText {
			t.Errorf("%s: Content-Type %q", c.name, got)
		}
	}
}

// 1.1: which media type an answer has.
func TestAccept(t *testing.T) {
	for _, c := range []struct {
		header []string
		want   string
	}{
		{nil, wire.MediaJSON},
		{[]string{"*/*"}, wire.MediaJSON},
		{[]string{"application/*"}, wire.MediaJSON},
		{[]string{wire.MediaProtobuf}, wire.MediaProtobuf},
		{[]string{wire.MediaProtobuf, wire.MediaJSON}, wire.MediaJSON},
		{[]string{"application/json;q=0, application/x-protobuf"}, wire.MediaProtobuf},
		{[]string{"application/json;q=0, */*"}, wire.MediaProtobuf},
		{[]string{"*/*;q=0"}, ""},
		{[]string{"text/html"}, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
		r.Header["Accept"] = c.header
		if got := accepted(r); got != c.want {
			t.Errorf("%q: %q, want %q", c.header, got, c.want)
		}
	}
}

// 1.1: the longest registered prefix serves, with and without /master.
func TestPaths(t *testing.T) {
	s := newTestServer(t, Options{})
	for path, want := range map[string]int{
		"/health": 200, "/master/health": 200, "/api/v1/scheduler": 405, "/master/api/v1/scheduler/": 405, "/api/v1/scheduler/x": 405,
		"/api/v1": 405, "/api/v1/other": 405, "/redirect": 307, "/master/redirect": 307, "/redirect/x": 404, "/": 404, "": 404,
		"/nothing": 404, "/state": 200, "/metrics/snapshot": 200, "/metrics": 404,
	} {
		if path == "" {
			continue
		}
		if w := exchange(t, s, http.MethodGet, path, "", nil); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	// A target without a slash, as of "PRI * HTTP/2.0".
	w := httptest.NewRecorder()
	r := httptest.NewRequest("PRI", "/", http.NoBody)
	r.URL.Path = "*"
	if s.http.Handler.ServeHTTP(w, r); w.Code != http.StatusNotFound {
		t.Errorf("*: %d, want 404", w.Code)
	}
}

func TestGzip(t *testing.T) {
	s := newTestServer(t, Options{})
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, subscribeText); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w := exchange(t, s, http.MethodPost, "/api/v1/scheduler", b.String(), jsonHeader("Content-Encoding", "gzip", "Accept-Encoding", "gzip"))
	if w.Code != 200 || w.Header().Get("Content-Encoding") != "" || !strings.Contains(w.Body.String(), `{"type":"SUBSCRIBED"`) {
		t.Errorf("a stream: %d %v %q", w.Code, w.Header(), w.Body)
	}
	w = exchange(t, s, http.MethodPost, "/api/v1", `{"type":"GET_METRICS","get_metrics":{}}`, jsonHeader("Accept-Encoding", "gzip"))
	if w.Code != 200 || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("a long answer: %d %v", w.Code, w.Header())
	}
	w = exchange(t, s, http.MethodPost, "/api/v1", `{"type":"GET_HEALTH"}`, jsonHeader("Accept-Encoding", "gzip"))
	if got := w.Body.String(); got != `{"type":"GET_HEALTH","get_health":{"healthy":true}}` {
		t.Errorf("a short answer: %s", got)
	}
}

// 1.3, 1.2: the first two records of a stream.
func TestStreamBegins(t *testing.T) {
	s := newTestServer(t, Options{})
	w := exchange(t, s, http.MethodPost, "/api/v1/scheduler", subscribeText, jsonHeader())
	r := wire.NewRecordReader(w.Body)
	for _, want := range []string{`{"type":"SUBSCRIBED","subscribed":{"framework_id":{"value":"`, `{"type":"HEARTBEAT"}`} {
		record, err := r.Next()
		if err != nil || !strings.HasPrefix(string(record), want) {
			t.Errorf("%s %v, want %s", record, err, want)
		}
	}
	if w.Header().Get("Mesos-Stream-Id") == "" || w.Header().Get("Content-Type") != wire.MediaJSON {
		t.Errorf("%v", w.Header())
	}
}

// The embedded master answers what kills a real one (1.1, 21).
func TestUnknownCall(t *testing.T) {
	s := newTestServer(t, Options{})
	w := exchange(t, s, http.MethodPost, "/api/v1/scheduler", `{"type":"UNKNOWN","framework_id":{"value":"f"}}`, jsonHeader())
	if w.Code != 400 || w.Body.String() != "Framework cannot be found" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"json":  {`{"credentials":[{"principal":"a","secret":"b"},{"principal":"c","secret":"d"}]}`, 2},
		"lines": {"a b\n\nc d\n", 2},
		"bad":   {"a b c\n", -1},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := LoadCredentials(path)
		if (err != nil) != (c.want < 0) || (c.want >= 0 && len(got) != c.want) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{{}, {WorkDir: "x", AuthenticateFrameworks: true}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

// A registry that cannot be read stops the start rather than forgetting agents.
func TestBrokenRegistryStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "registry.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{WorkDir: dir, Log: zerolog.Nop()}); err == nil {
		t.Error("a broken registry is taken")
	}
}
