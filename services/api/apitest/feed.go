package apitest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
)

// SSE is a client of a feed.
type SSE struct {
	t      *testing.T
	body   io.ReadCloser
	cancel context.CancelFunc
	// Lines are what is left of the feed.
	Lines *bufio.Scanner
	// Gone is closed when the client gives up by itself.
	Gone <-chan struct{}
	// Last is the Last-Event-ID a browser would have.
	Last string
	// Retry is the wait before it comes back, in milliseconds.
	Retry string
}

// Event is one of a feed.
type Event struct {
	ID, Kind, Data string
}

// Feed opens a feed of the rig's service.
func (r *Rig) Feed(target string, headers ...Headers) *SSE {
	r.t.Helper()
	return Feed(r.t, r.API, target, headers...)
}

// Feed opens a feed, until the test ends or some time has passed.
func Feed(t *testing.T, s *api.Service, target string, headers ...Headers) *SSE {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testwait.Patience)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr()+target, http.NoBody)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	for _, h := range headers {
		for k, v := range h {
			req.Header.Set(k, v)
		}
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport}).Do(req) //nolint:bodyclose // The client of the feed closes it.
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	f := &SSE{
		t: t, body: resp.Body, Lines: bufio.NewScanner(resp.Body), cancel: cancel, Gone: ctx.Done(),
	}
	t.Cleanup(f.Close)
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("status %d, type %s", resp.StatusCode, got)
	}
	return f
}

// Close lets go of the feed.
func (f *SSE) Close() {
	f.cancel()
	_ = f.body.Close()
}

// Next reads as a browser does: a block without data moves the id only.
func (f *SSE) Next() (ev Event, ok bool) {
	f.t.Helper()
	for f.Lines.Scan() {
		line := f.Lines.Text()
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "":
			if ev.ID != "" {
				f.Last = ev.ID
			}
			if ev.Data != "" {
				return ev, true
			}
			ev = Event{}
		case name == "retry":
			f.Retry = value
		case name == "id":
			ev.ID = value
		case name == "event":
			ev.Kind = value
		case name == "data":
			ev.Data = value
		}
	}
	return ev, false
}

// Must is the next event, which there must be.
func (f *SSE) Must() Event {
	f.t.Helper()
	ev, ok := f.Next()
	if !ok {
		f.t.Fatalf("the feed ended: %v", f.Lines.Err())
	}
	return ev
}

// Touch appends n events about a job, by asking nothing of the service.
func (r *Rig) Touch(job string, n int) {
	r.t.Helper()
	for range n {
		r.Append(r.Space.Plan(job), events.TasksPlanned{Run: 1, Group: "none"})
	}
}
