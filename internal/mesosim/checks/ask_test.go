package checks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t *testing.T) object {
	t.Helper()
	out := object{}
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	return out
}

// is wants a status and the whole body.
func (a answer) is(t *testing.T, what string, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("%s: %d %q, want %d %q", what, a.status, a.body, status, body)
	}
}

const (
	schedulerPath = "/api/v1/scheduler"
	operatorPath  = "/api/v1"
	streamHeader  = "Mesos-Stream-Id"
)

// jsonHeaders are those of an ordinary call.
func jsonHeaders(more ...string) http.Header {
	h := http.Header{"Content-Type": {wire.MediaJSON}, "Accept": {wire.MediaJSON}}
	for i := 0; i < len(more); i += 2 {
		h[more[i]] = []string{more[i+1]}
	}
	return h
}

// open sends a request and leaves the body of the answer to the caller.
func open(ctx context.Context, t *testing.T, method, addr, path string, h http.Header, body any) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+addr+path, bytes.NewReader(encode(t, body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// ask sends a request and returns the whole answer.
func ask(t *testing.T, method, addr, path string, h http.Header, body any) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testwait.Patience)
	defer cancel()
	res := open(ctx, t, method, addr, path, h, body)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

// post makes a scheduler call, without a stream id unless given.
func post(t *testing.T, addr string, body any, more ...string) answer {
	t.Helper()
	return ask(t, http.MethodPost, addr, schedulerPath, jsonHeaders(more...), body)
}

func get(t *testing.T, addr, path string) answer {
	t.Helper()
	return ask(t, http.MethodGet, addr, path, http.Header{}, nil)
}

// order makes an operator call.
func order(t *testing.T, addr, kind string, body object) answer {
	t.Helper()
	call := object{"type": kind}
	if body != nil {
		call[strings.ToLower(kind)] = body
	}
	return ask(t, http.MethodPost, addr, operatorPath, jsonHeaders(), call)
}

// operate makes an operator call that must be answered 200.
func operate(t *testing.T, addr, kind string, body object) object {
	t.Helper()
	a := order(t, addr, kind, body)
	if a.status != http.StatusOK {
		t.Fatalf("%s answered %d %s", kind, a.status, a.body)
	}
	if a.body == "" {
		return nil
	}
	return a.json(t)
}
