package apitest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/services/api"
)

// Answer is a response read to its end.
type Answer struct {
	t      *testing.T
	Status int
	Header http.Header
	Body   string
}

// Headers are those of a request.
type Headers map[string]string

// Read is the answer that was recorded.
func Read(t *testing.T, w *httptest.ResponseRecorder) Answer {
	t.Helper()
	return Answer{t: t, Status: w.Code, Header: w.Header(), Body: w.Body.String()}
}

// Send sends a request through a service's handler.
func Send(t *testing.T, s *api.Service, method, target, body string, headers ...Headers) Answer {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(t.Context(), method, target, reader)
	req.Host = "localhost"
	for _, h := range headers {
		for k, v := range h {
			req.Header.Set(k, v)
		}
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	return Read(t, w)
}

// Want checks the status.
func (a Answer) Want(status int) Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d; body %s", a.Status, status, a.Body)
	}
	return a
}

// WantLegacy checks an answer of the original's routes; body * is any.
func (a Answer) WantLegacy(status int, body string) Answer {
	a.t.Helper()
	a.Want(status)
	const want = "application/json; charset=UTF-8"
	if got := a.Header.Get("Content-Type"); got != want {
		a.t.Fatalf("content type %q, want %q", got, want)
	}
	if got := strings.TrimSpace(a.Body); body != "*" && got != body {
		a.t.Fatalf("body %q, want %q", got, body)
	}
	return a
}

// Into decodes the body.
func (a Answer) Into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v, json.MatchCaseInsensitiveNames(true)); err != nil {
		a.t.Fatalf("%v in %s", err, a.Body)
	}
}

// Unmarshal decodes a text.
func Unmarshal(t *testing.T, text string, v any) {
	t.Helper()
	Answer{t: t, Body: text}.Into(v)
}

// Get decodes the answer of a GET that must be 200.
func Get[T any](r *Rig, target string) T {
	r.t.Helper()
	var v T
	r.Do(http.MethodGet, target, "").Want(http.StatusOK).Into(&v)
	return v
}

// ProblemType is the last part of the type of a problem, which must be whole.
func ProblemType(t *testing.T, a Answer) string {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q, want application/problem+json", got)
	}
	var p struct {
		Type, Title, Instance string
		Status                int
	}
	a.Into(&p)
	if p.Status != a.Status || p.Title == "" || p.Instance == "" {
		t.Fatalf("incomplete problem: %s", a.Body)
	}
	return strings.TrimPrefix(p.Type, "urn:taurus:problem:")
}
