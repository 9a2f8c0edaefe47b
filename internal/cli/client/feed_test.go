package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// serve answers with a handler until the test ends.
func serve(t *testing.T, h http.HandlerFunc) *client.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		s.Close()
	})
	return client.New(s.URL, "ann")
}

func event(w http.ResponseWriter, sequence uint64) {
	fmt.Fprintf(w, ": a comment\nid: %d\nevent: x\ndata: {\"sequence\":%d,\ndata: \"type\":\"x\"}\n\n", sequence, sequence)
}

var errDone = errors.New("done")

func TestABrokenFeedGoesOnWithoutGapOrRepeat(t *testing.T) {
	var froms []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		froms = append(froms, r.URL.Query().Get("from"))
		if r.Header.Get("X-Taurus-Actor") != "ann" || r.URL.Query().Get("job") != "web" {
			t.Errorf("request %s with %v", r.URL, r.Header)
		}
		from, err := strconv.ParseUint(r.URL.Query().Get("from"), 10, 64)
		if err != nil {
			t.Error(err)
		}
		if len(froms) == 2 {
			http.Error(w, "starting", http.StatusServiceUnavailable)
			return
		}
		if len(froms) == 3 {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"title":"Too much at once","status":429}`)
			return
		}
		// The second event is sent again on the second connection.
		for n := max(from, 2) - 1; n < from+2; n++ {
			event(w, n)
		}
	})
	var got []uint64
	lost := 0
	err := c.Follow(t.Context(), client.Feed{Job: "web"}, func(error) { lost++ }, func(e projection.Event) error {
		got = append(got, e.Sequence)
		if e.Sequence == 4 {
			return errDone
		}
		return nil
	})
	if !errors.Is(err, errDone) {
		t.Fatalf("error %v", err)
	}
	if !slices.Equal(got, []uint64{1, 2, 3, 4}) || lost != 3 || !slices.Equal(froms, []string{"1", "3", "3", "3"}) {
		t.Errorf("events %v, lost %d, asked from %v", got, lost, froms)
	}
}

func TestAFeedThatCannotBeOpenedIsAnError(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusGone)
		fmt.Fprint(w, `{"title":"The log no longer keeps this","status":410}`)
	})
	err := c.Follow(t.Context(), client.Feed{}, nil, func(projection.Event) error { return nil })
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != http.StatusGone {
		t.Errorf("error %v", err)
	}
	gone := client.New("127.0.0.1:1", "")
	if err := gone.Follow(t.Context(), client.Feed{}, nil, func(projection.Event) error { return nil }); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("error %v", err)
	}
}

// A feed that ends with a problem says so to whoever waits, and is opened again.
func TestAFeedThatEndsWithAProblem(t *testing.T) {
	opened := 0
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if opened++; opened == 1 {
			event(w, 1)
			fmt.Fprint(w, "retry: 5000\nid: 1\nevent: problem\ndata: {\"title\":\"The log gives something else\",\"status\":503}\n\n")
			return
		}
		event(w, 2)
	})
	var why []string
	var got []uint64
	err := c.Follow(t.Context(), client.Feed{}, func(err error) { why = append(why, err.Error()) }, func(e projection.Event) error {
		if got = append(got, e.Sequence); e.Sequence == 2 {
			return errDone
		}
		return nil
	})
	if !errors.Is(err, errDone) || !slices.Equal(got, []uint64{1, 2}) || !slices.Equal(why, []string{"The log gives something else"}) {
		t.Errorf("events %v, told %q, ended with %v", got, why, err)
	}
}

func TestAFeedEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		event(w, 1)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	err := c.Follow(ctx, client.Feed{}, nil, func(projection.Event) error {
		cancel(errDone)
		return nil
	})
	if !errors.Is(err, errDone) {
		t.Errorf("error %v", err)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add("id: 1\ndata: {}\n\n")
	f.Add(": heartbeat\nid: 7\n\n")
	f.Add("data:a\ndata: b\n\ndata: c")
	f.Add("event: problem\ndata: {}\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		var got []string
		if err := client.Frames(strings.NewReader(text), func(_ string, data []byte) error {
			got = append(got, string(data))
			return nil
		}); err == nil {
			t.Error("a feed that ends is no error")
		}
		for _, data := range got {
			if data == "" {
				t.Errorf("an empty event in %q", text)
			}
		}
	})
}
