package api

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/services/api/web"
)

const (
	// sendBuffer bounds what the kernel holds of an answer for a client that does not take
	// it, in bytes; it doubles that.
	sendBuffer = 128 << 10
	// refusals is how many are told at once that there is no room, and refusalTime how
	// long that may take; others are cut off without a word.
	refusals    = 64
	refusalTime = time.Second
)

// connections lets in so many at once, and so many of one client, which is known by its
// network (web.Network). Where there are too many, the one that has been idle for the longest gives way.
type connections struct {
	net.Listener
	most, each int
	// secure reports whether clients speak TLS: none is told then why it is refused, as that
	// would take a handshake.
	secure   bool
	refused  func()
	refusing chan struct{}

	mu  sync.Mutex
	all map[*connection]struct{}
	of  map[string]int
}

// connection is one that was let in.
type connection struct {
	net.Conn
	in     *connections
	client string
	once   sync.Once
	// idle is since when no request is under way; zero while one is.
	idle time.Time
}

func newConnections(l net.Listener, most, each int, secure bool, refused func()) *connections {
	return &connections{
		Listener: l, most: most, each: each, secure: secure, refused: refused, refusing: make(chan struct{}, refusals),
		all: map[*connection]struct{}{}, of: map[string]int{},
	}
}

// Accept implements net.Listener.
func (cs *connections) Accept() (net.Conn, error) {
	for {
		conn, err := cs.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetWriteBuffer(sendBuffer) // If it fails, the system's bound holds.
		}
		c, why := cs.enter(conn)
		if c != nil {
			return c, nil
		}
		cs.refuse(conn, why)
	}
}

// enter lets a connection in, or tells why not.
func (cs *connections) enter(conn net.Conn) (c *connection, why string) {
	client, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		client = conn.RemoteAddr().String()
	}
	client = web.Network(client)
	c = &connection{Conn: conn, in: cs, client: client, idle: time.Now()}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.of[client] >= cs.each && !cs.giveWay(client) {
		return nil, fmt.Sprintf("One client may have %d connections at most (--connections-per-client).", cs.each)
	}
	if len(cs.all) >= cs.most && !cs.giveWay("") {
		return nil, fmt.Sprintf("There may be %d connections at most (--connections-max).", cs.most)
	}
	cs.all[c] = struct{}{}
	cs.of[client]++
	return c, ""
}

// giveWay closes the connection, of a client or of all, that has been idle for the
// longest, and reports whether there was one.
func (cs *connections) giveWay(client string) bool {
	var longest *connection
	for c := range cs.all {
		if c.idle.IsZero() || client != "" && c.client != client {
			continue
		}
		if longest == nil || c.idle.Before(longest.idle) {
			longest = c
		}
	}
	if longest == nil {
		return false
	}
	cs.forget(longest)
	_ = longest.Conn.Close()
	return true
}

// forget makes room for another.
func (cs *connections) forget(c *connection) {
	if _, there := cs.all[c]; !there {
		return
	}
	delete(cs.all, c)
	if cs.of[c.client]--; cs.of[c.client] == 0 {
		delete(cs.of, c.client)
	}
}

// changed hears from the server what a connection is doing.
func (cs *connections) changed(conn net.Conn, state http.ConnState) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	c, ok := conn.(*connection)
	if !ok {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	switch state {
	case http.StateIdle:
		c.idle = time.Now()
	case http.StateActive:
		c.idle = time.Time{}
	case http.StateNew, http.StateHijacked, http.StateClosed:
	}
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.once.Do(func() {
		c.in.mu.Lock()
		defer c.in.mu.Unlock()
		c.in.forget(c)
	})
	return c.Conn.Close()
}

// refuse answers whatever will be asked, if not too many are to be told.
func (cs *connections) refuse(conn net.Conn, why string) {
	cs.refused()
	if cs.secure {
		_ = conn.Close()
		return
	}
	select {
	case cs.refusing <- struct{}{}:
	default:
		_ = conn.Close()
		return
	}
	go func() {
		defer func() {
			_ = conn.Close()
			<-cs.refusing
		}()
		_ = conn.SetDeadline(time.Now().Add(refusalTime))
		why += " End some, or try again later.\n"
		_, err := fmt.Fprintf(conn, "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"+
			"Retry-After: 1\r\nConnection: close\r\n\r\n%s", len(why), why)
		if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
			// What the client still sends must be read, or it would lose the answer.
			_ = tcp.CloseWrite()
			_, _ = io.CopyN(io.Discard, conn, headerMax)
		}
	}()
}
