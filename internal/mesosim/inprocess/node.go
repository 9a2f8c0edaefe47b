package inprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
)

// node is the host of one agent.
type node struct {
	cluster *Cluster
	host    string
	ip      string
	index   int
	files   *disk.Memory // what it remembers when it is started again

	mu     sync.Mutex
	starts int
	stop   context.CancelFunc // nil while it is killed
	done   chan struct{}
}

func newNode(c *Cluster, i int) *node {
	const octet = 256
	return &node{
		cluster: c, index: i, host: "host-" + strconv.Itoa(i), files: disk.NewMemory(),
		ip: fmt.Sprintf("10.%d.%d.%d", i/octet/octet, i/octet%octet, i%octet),
	}
}

func (n *node) start() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop != nil {
		return nil
	}
	o := &n.cluster.opts
	n.starts++
	var build agent.Build
	if o.Observer != nil {
		build = observe(n.host, o.Observer)
	}
	a, err := agent.New(agent.Options{
		Dial: n.dial, Files: n.files, IP: n.ip, Port: agentPort, Hostname: n.host, Resources: n.cluster.resources,
		Attributes: n.attributes(),
		Executor:   agent.Simulated, Simulate: o.Simulate, Build: build, Ephemeral: o.Ephemeral,
		Seed: o.Seed + uint64(n.index)<<16 + uint64(n.starts), Log: o.Log,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(n.cluster.ctx)
	n.stop, n.done = stop, make(chan struct{})
	n.cluster.wg.Go(func() {
		defer close(n.done)
		if err := a.Run(ctx); err != nil {
			o.Log.Info().Err(err).Str("agent", n.host).Msg("the agent ended")
		}
	})
	return nil
}

func (n *node) kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop == nil {
		return
	}
	n.stop()
	<-n.done
	n.stop = nil
}

// names are what faults know its agent by.
func (n *node) names(id string) []string {
	return []string{n.host, id, net.JoinHostPort(n.ip, strconv.Itoa(agentPort))}
}

var errNoMaster = errors.New("no master")

// dial implements agent.Dial.
func (n *node) dial(ctx context.Context, reg link.Register) (agent.Link, error) {
	l := &memoryLink{node: n, names: n.names(reg.Agent.Value.GetID().GetValue())}
	if err := l.pass(ctx, "dial"); err != nil {
		return nil, err
	}
	m := n.cluster.leader()
	if m == nil {
		return nil, errNoMaster
	}
	l.session = m.Attach(n.ip, &reg)
	return l, nil
}

// memoryLink is an agent.Link without HTTP.
type memoryLink struct {
	node    *node
	names   []string
	session *master.Session
	queue   []link.ToAgent

	mu   sync.Mutex
	sent map[string]int
}

// pass is the way of one message: as long as the seed says, and not while the
// agent is cut off.
func (l *memoryLink) pass(ctx context.Context, what string) error {
	c := l.node.cluster
	if c.faults != nil {
		if err := c.faults.Await(ctx, l.names...); err != nil {
			return err
		}
	}
	if c.opts.Latency <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(draw(c.opts.Seed, l.node.host, l.count(what), what, c.opts.Latency))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *memoryLink) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sent == nil {
		l.sent = map[string]int{}
	}
	l.sent[what]++
	return l.sent[what]
}

// Receive implements agent.Link. What the master had to say before it ended a
// session that could not be reached is lost with it.
func (l *memoryLink) Receive(ctx context.Context) (link.ToAgent, error) {
	if len(l.queue) == 0 {
		list, ok := l.session.Receive(ctx)
		if !ok {
			return link.ToAgent{}, io.EOF
		}
		held := l.cut()
		if err := l.pass(ctx, "receive"); err != nil {
			return link.ToAgent{}, err
		}
		if held && l.session.Ended() {
			return link.ToAgent{}, io.EOF
		}
		l.queue = list
	}
	msg := l.queue[0]
	l.queue = l.queue[1:]
	if msg.Registered != nil {
		l.names = l.node.names(msg.Registered.AgentID)
	}
	return msg, nil
}

// Send implements agent.Link.
func (l *memoryLink) Send(ctx context.Context, list []link.FromAgent) error {
	if err := l.pass(ctx, "send"); err != nil {
		return err
	}
	return l.session.Send(ctx, list)
}

// Close implements agent.Link. The master hears of it once it can.
func (l *memoryLink) Close() {
	if !l.cut() {
		l.session.Close()
		return
	}
	c := l.node.cluster
	c.wg.Go(func() {
		if c.faults.Await(c.ctx, l.names...) == nil {
			l.session.Close()
		}
	})
}

func (l *memoryLink) cut() bool {
	f := l.node.cluster.faults
	return f != nil && f.Cut(l.names...)
}

// attributes are those of the node's agent.
func (n *node) attributes() []mesos.Attribute {
	all := n.cluster.attributes
	if len(all) == 0 {
		return nil
	}
	return all[n.index%len(all)]
}
