package fault

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// maxBody bounds the part of a call that is looked at; a longer one passes.
const maxBody = 64 << 20

var errCut = errors.New("the connection is broken")

// Wrap puts the faults around all endpoints of a master.
func (s *Switches) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimSuffix(r.URL.Path, "/")
		switch {
		case path == link.PathRegister:
			s.register(w, r, next)
		case path == link.PathMessages:
			s.messages(w, r, next)
		case strings.HasSuffix(path, "/api/v1/scheduler"):
			s.call(w, r, next)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// call does a scheduler's call, with what goes wrong with it.
func (s *Switches) call(w http.ResponseWriter, r *http.Request, next http.Handler) {
	kind := s.kindOf(r)
	on := r.RemoteAddr
	if kind == scheduler.Call_SUBSCRIBE.String() {
		w = &eventWriter{ResponseWriter: w, ctx: r.Context(), switches: s, connection: on}
	}
	hit, struck := s.strike(func(x *Rule) bool {
		return x.Call != "" && (x.Call == "*" || x.Call == kind) && matches(x.Connection, on)
	})
	if struck && !s.hold(r.Context(), hit, on) {
		panic(http.ErrAbortHandler)
	}
	if struck && hit.Action.among(LoseAfter, LoseAnswer) {
		sink := &lostWriter{header: http.Header{}, broken: hit.Action == LoseAfter}
		next.ServeHTTP(sink, r)
		s.pass(kind, on)
		if hit.Action == LoseAnswer {
			<-r.Context().Done()
		}
		panic(http.ErrAbortHandler)
	}
	if kind == scheduler.Call_SUBSCRIBE.String() {
		s.pass(kind, on)
	}
	next.ServeHTTP(w, r)
	s.pass(kind, on)
}

// hold makes a call wait, and reports whether it arrives at all.
func (s *Switches) hold(ctx context.Context, hit Rule, on string) bool {
	switch hit.Action {
	case Delay:
		// A call that is on its way arrives even if its caller has gone.
		_ = pause(context.WithoutCancel(ctx), time.Duration(hit.For))
	case Reorder:
		s.overtaken(hit, on)
	case LoseBefore:
		return false
	case LoseAfter, LoseAnswer, Duplicate, Drop, Kill, Start, Partition, Slow:
	}
	return true
}

// waiter is a call that lets another one go ahead.
type waiter struct {
	kind, connection string
	passed           chan struct{}
}

// overtaken waits until a call has gone ahead on another connection.
func (s *Switches) overtaken(hit Rule, on string) {
	limit := time.Duration(hit.For)
	if limit == 0 {
		limit = defaultHold
	}
	w := &waiter{kind: hit.After, connection: on, passed: make(chan struct{})}
	s.mu.Lock()
	s.waiters = append(s.waiters, w)
	s.mu.Unlock()
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-w.passed:
	case <-t.C:
		s.mu.Lock()
		s.waiters = slices.DeleteFunc(s.waiters, func(x *waiter) bool { return x == w })
		s.mu.Unlock()
	}
}

// pass lets those go on that waited for this call to have its effect.
func (s *Switches) pass(kind, on string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiters = slices.DeleteFunc(s.waiters, func(w *waiter) bool {
		if w.kind != kind || w.connection == on {
			return false
		}
		close(w.passed)
		return true
	})
}

// kindOf reads the type of a call, and leaves the request as it was. It is empty
// when it cannot be told.
func (s *Switches) kindOf(r *http.Request) string {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	rest := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), rest}
	if err != nil || len(body) > maxBody {
		return ""
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return ""
		}
		if body, err = io.ReadAll(io.LimitReader(z, maxBody)); err != nil {
			return ""
		}
	}
	var call scheduler.Call
	if s.codec.Decode(r.Header.Get("Content-Type"), body, &call) != nil {
		return ""
	}
	return call.Type.String()
}

// lostWriter takes an answer that nobody gets.
type lostWriter struct {
	header http.Header
	broken bool
}

func (w *lostWriter) Header() http.Header { return w.header }

func (w *lostWriter) WriteHeader(int) {}

func (w *lostWriter) Write(b []byte) (int, error) {
	if w.broken {
		return 0, errCut
	}
	return len(b), nil
}

// FlushError implements what http.ResponseController asks for.
func (w *lostWriter) FlushError() error {
	if w.broken {
		return errCut
	}
	return nil
}
