package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// register carries the session of an agent that may be cut off or slow.
func (s *Switches) register(w http.ResponseWriter, r *http.Request, next http.Handler) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var reg link.Register
	names := []string{}
	if json.Unmarshal(body, &reg) == nil {
		info := &reg.Agent.Value
		names = []string{info.Hostname, info.GetID().GetValue(), net.JoinHostPort(reg.IP, strconv.Itoa(int(info.GetPort())))}
	}
	if s.Await(r.Context(), names...) != nil {
		panic(http.ErrAbortHandler)
	}
	lw := &linkWriter{ResponseWriter: w, ctx: r.Context(), switches: s, names: names}
	defer lw.end()
	next.ServeHTTP(lw, r)
}

// messages carries what an agent says. When its caller gives up while it waits,
// it never arrives.
func (s *Switches) messages(w http.ResponseWriter, r *http.Request, next http.Handler) {
	s.mu.Lock()
	names := s.sessions[r.Header.Get(link.HeaderSession)]
	s.mu.Unlock()
	if len(names) > 0 && s.Await(r.Context(), names...) != nil {
		panic(http.ErrAbortHandler)
	}
	next.ServeHTTP(w, r)
}

// linkWriter is what a master says to an agent, each message one Write.
type linkWriter struct {
	http.ResponseWriter
	ctx      context.Context //nolint:containedctx // That of the request it answers.
	switches *Switches
	names    []string
	session  string
}

// Write waits until the agent can be reached. The first message tells its id and
// its session.
func (w *linkWriter) Write(frame []byte) (int, error) {
	if w.session == "" {
		w.learn(frame)
	}
	if err := w.switches.Await(w.ctx, w.names...); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(frame)
}

// Unwrap lets http.ResponseController flush.
func (w *linkWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *linkWriter) learn(frame []byte) {
	_, record, _ := bytes.Cut(frame, []byte("\n"))
	var msg link.ToAgent
	if json.Unmarshal(record, &msg) != nil || msg.Registered == nil {
		return
	}
	w.session = msg.Registered.Session
	w.names = append(w.names, msg.Registered.AgentID)
	w.switches.mu.Lock()
	defer w.switches.mu.Unlock()
	w.switches.sessions[w.session] = w.names
}

func (w *linkWriter) end() {
	w.switches.mu.Lock()
	defer w.switches.mu.Unlock()
	delete(w.switches.sessions, w.session)
}
