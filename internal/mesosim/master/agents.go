package master

import (
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
	session, out := newSession(), newOutbox[link.ToAgent]()
	s.do(func(now time.Time, m *core.Master) {
		s.sessions[session] = out
		m.Register(now, session, ip, &reg)
	})
	pump(w, r, out, func(msg link.ToAgent) ([]byte, error) { return json.Marshal(msg) })
	s.do(func(now time.Time, m *core.Master) {
		delete(s.sessions, session)
		m.LinkBroken(now, session)
	})
}

// messages takes what an agent has to say, in order.
func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	var list []link.FromAgent
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&list); err != nil {
		text(w, http.StatusBadRequest, err.Error())
		return
	}
	session, known := r.Header.Get(link.HeaderSession), false
	s.do(func(now time.Time, m *core.Master) {
		if known = s.sessions[session] != nil; !known {
			return
		}
		for i := range list {
			hear(now, m, session, &list[i])
		}
	})
	if !known {
		text(w, http.StatusGone, "no such session")
	}
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
