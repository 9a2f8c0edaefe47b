package inprocess

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"path"
	"sync"
	"time"
)

// The errors of a network that is none.
var (
	// ErrRefused is returned for a request to an address that nobody serves.
	ErrRefused = errors.New("connection refused")
	// ErrReset is returned for a request whose connection broke.
	ErrReset = errors.New("connection reset")
	// ErrDead is returned for a request of a client that was killed.
	ErrDead = errors.New("the client is dead")
)

// Network carries HTTP requests between clients and handlers of one process,
// without sockets. Requests on one connection arrive in the order in which they
// were made; between connections the seed decides, for every request and every
// answer takes a time of its own below Latency.
type Network struct {
	seed    uint64
	latency time.Duration

	mu        sync.Mutex
	hosts     map[string]http.Handler
	clients   map[string]int // transports made, by name
	exchanges map[*exchange]bool
}

// NewNetwork returns a network. At latency zero it takes no time at all, and
// whatever is ready first arrives first.
func NewNetwork(seed uint64, latency time.Duration) *Network {
	return &Network{
		seed: seed, latency: latency,
		hosts: map[string]http.Handler{}, clients: map[string]int{}, exchanges: map[*exchange]bool{},
	}
}

// Serve answers requests to addr, host:port, by h; nil takes the host away.
// Connections stay as they are.
func (n *Network) Serve(addr string, h http.Handler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if h == nil {
		delete(n.hosts, addr)
		return
	}
	n.hosts[addr] = h
}

// Cut breaks the connections whose addresses match a pattern (path.Match).
// Requests that are under way may still arrive, as they may on a real network.
func (n *Network) Cut(pattern string) {
	n.mu.Lock()
	var hit []*exchange
	for x := range n.exchanges {
		if ok, err := path.Match(pattern, x.from); ok && err == nil {
			hit = append(hit, x)
		}
	}
	n.mu.Unlock()
	for _, x := range hit {
		x.fail(ErrReset)
	}
}

// Client is one process as the network sees it.
type Client struct {
	network *Network
	name    string
	dead    chan struct{}
	once    sync.Once
}

// Client returns a client; its connections have addresses that begin with name.
func (n *Network) Client(name string) *Client {
	return &Client{network: n, name: name, dead: make(chan struct{})}
}

// Kill breaks all connections of a client and lets it make no others.
func (c *Client) Kill() {
	c.once.Do(func() { close(c.dead) })
	c.network.Cut(c.name + ".*")
}

// Transport returns a transport with at most conns connections, without a limit
// at zero. The addresses of its connections are <name>.<transport>:<connection>.
func (c *Client) Transport(conns int) http.RoundTripper {
	n := c.network
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clients[c.name]++
	t := &transport{client: c, name: fmt.Sprintf("%s.%d", c.name, n.clients[c.name])}
	if conns > 0 {
		t.slots = make(chan int, conns)
		for i := range conns {
			t.slots <- i + 1
		}
	}
	return t
}

// transport implements http.RoundTripper.
type transport struct {
	client *Client
	name   string
	slots  chan int // free connections; nil: as many as are wanted

	mu   sync.Mutex
	sent int
}

// take waits for a connection.
func (t *transport) take(ctx context.Context) (int, error) {
	select {
	case <-t.client.dead:
		return 0, ErrDead
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	default:
	}
	if t.slots == nil {
		return 0, nil
	}
	select {
	case slot := <-t.slots:
		return slot, nil
	case <-t.client.dead:
		return 0, ErrDead
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (t *transport) give(slot int) {
	if t.slots != nil {
		t.slots <- slot
	}
}

// delays are how long a request and its answer take. They follow from the seed,
// the connection and the number of the request alone, so that they do not depend
// on which goroutine is first.
func (t *transport) delays(from string) (there, back time.Duration) {
	t.mu.Lock()
	t.sent++
	sent := t.sent
	t.mu.Unlock()
	n := t.client.network
	if n.latency <= 0 {
		return 0, 0
	}
	return draw(n.seed, from, sent, "there", n.latency), draw(n.seed, from, sent, "back", n.latency)
}

// draw is a duration below limit that follows from its other arguments.
func draw(seed uint64, from string, sent int, what string, limit time.Duration) time.Duration {
	h := fnv.New64a()
	fmt.Fprint(h, seed, " ", from, " ", sent, " ", what)
	return time.Duration(h.Sum64() % uint64(limit))
}
