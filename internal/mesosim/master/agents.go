package master

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
)

// register opens the session of an agent.
func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	var reg link.Register
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&reg); err != nil {
		text(w, http.StatusBadRequest, err.Error())
		return
	}
	ip := reg.IP
	if ip == "" {
		ip, _, _ = net.SplitHostPort(r.RemoteAddr)
	}
	session := s.Attach(ip, &reg)
	pump(w, r, session.out, func(msg link.ToAgent) ([]byte, error) { return json.Marshal(msg) })
	session.Close()
}

// messages takes what an agent has to say, in order.
func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	var list []link.FromAgent
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&list); err != nil {
		text(w, http.StatusBadRequest, err.Error())
		return
	}
	session := Session{server: s, id: r.Header.Get(link.HeaderSession)}
	if err := session.Send(r.Context(), list); err != nil {
		text(w, http.StatusGone, err.Error())
	}
}

// Session is a registered agent as its master knows it.
type Session struct {
	server *Server
	id     string
	out    *outbox[link.ToAgent]
}

// Attach registers an agent, which is at ip. What becomes of it is the first
// message of the session.
func (s *Server) Attach(ip string, reg *link.Register) *Session {
	session := &Session{server: s, id: newSession(), out: newOutbox[link.ToAgent]()}
	attached := false
	s.do(func(now time.Time, m *core.Master) {
		attached = true
		s.sessions[session.id] = session.out
		s.metrics.register(reg)
		m.Register(now, session.id, ip, reg)
	})
	if !attached {
		session.out.close()
	}
	return session
}

// Receive waits for what the master says next, all that there is of it; ok is
// false when the master has ended the session, or ctx is done.
func (c *Session) Receive(ctx context.Context) (list []link.ToAgent, ok bool) { return c.out.take(ctx) }

// Send takes what the agent has to say, in order. The error is ErrSession when
// the session is over.
func (c *Session) Send(_ context.Context, list []link.FromAgent) error {
	known := false
	c.server.do(func(now time.Time, m *core.Master) {
		if known = c.server.sessions[c.id] != nil; !known {
			return
		}
		for i := range list {
			c.server.metrics.message(&list[i])
			hear(now, m, c.id, &list[i])
		}
	})
	if !known {
		return ErrSession
	}
	return nil
}

// Ended reports whether the master has ended the session.
func (c *Session) Ended() bool { return c.out.ended() }

// Close ends the session as a broken connection does.
func (c *Session) Close() {
	c.server.do(func(now time.Time, m *core.Master) {
		delete(c.server.sessions, c.id)
		m.LinkBroken(now, c.id)
	})
}

func hear(now time.Time, m *core.Master, session string, msg *link.FromAgent) {
	switch {
	case msg.Pong:
		m.Pong(session)
	case msg.Unregister:
		m.Unregister(now, session)
	case msg.Update != nil:
		m.Updated(session, msg.Update)
	case msg.Operation != nil:
		m.OperationEnded(session, msg.Operation)
	}
}
