package natstest

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
)

// Proxy stands between a client and a server and can hold the server's answers
// back, so that what was sent arrives and nobody learns of it.
type Proxy struct {
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	held    bool
	conns   map[net.Conn]struct{}
	changed *sync.Cond
}

// NewProxy returns a proxy for the server at url that ends with the test.
func NewProxy(t testing.TB, url string) *Proxy {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("proxy: %v", err)
	}
	p := &Proxy{target: strings.TrimPrefix(url, "nats://"), listener: l, conns: make(map[net.Conn]struct{})}
	p.changed = sync.NewCond(&p.mu)
	p.running.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.Release()
		p.running.Wait()
	})

	return p
}

// URL is where clients connect.
func (p *Proxy) URL() string { return "nats://" + p.listener.Addr().String() }

// Hold keeps back everything that the server says from now on.
func (p *Proxy) Hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
}

// Release cuts all connections and lets new ones through.
func (p *Proxy) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = false
	for c := range p.conns {
		_ = c.Close()
		delete(p.conns, c)
	}
	p.changed.Broadcast()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		var d net.Dialer
		upstream, err := d.DialContext(context.Background(), "tcp", p.target)
		if err != nil {
			_ = client.Close()

			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[upstream] = struct{}{}, struct{}{}
		p.mu.Unlock()
		p.running.Go(func() { p.pipe(upstream, client, false) })
		p.running.Go(func() { p.pipe(client, upstream, true) })
	}
}

// pipe copies until either end closes; answers wait while they are held.
func (p *Proxy) pipe(to, from net.Conn, answers bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if answers && !p.pass(to) {
			return
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits while answers are held and reports whether the connection lives.
func (p *Proxy) pass(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held {
		p.changed.Wait()
	}
	_, alive := p.conns[c]

	return alive
}
