package inprocess

import (
	"context"
	"errors"
	"fmt"
	"path"
	"sync"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

const (
	masterIP   = "10.255.255.254"
	masterPort = 5050
	agentPort  = 5051

	// DefaultResources are those of an agent.
	DefaultResources = "cpus:4;mem:4096;disk:10240;ports:[31000-31999]"
)

// Options configure a cluster. Zero values mean Mesos' defaults.
type Options struct {
	// Seed decides what is left to chance.
	Seed uint64
	// Agents is how many there are; they are called host-0 and so on.
	Agents int
	// Resources of each agent; default DefaultResources.
	Resources string
	// Attributes are the agents' in turn, as a Mesos agent's flag has them; none for none.
	Attributes []string
	// Latency bounds the time that each request, each answer and each message
	// between master and agents takes; zero is none.
	Latency time.Duration
	// Listen makes the master listen on IP and Port, so that clients of other
	// processes find it. Agents and Network stay without sockets.
	Listen   bool
	IP       string
	Port     int
	Hostname string
	// Faults makes switches for faults. Without, there is nothing in the way.
	Faults bool
	// Ephemeral keeps no records, for benchmarks: what is killed forgets all.
	Ephemeral bool
	// Simulate says how tasks behave that do not say so themselves.
	Simulate simulated.Options
	// Observer is told what runs; nil is nobody.
	Observer Observer

	AllocationInterval time.Duration
	OfferTimeout       time.Duration
	PingTimeout        time.Duration
	MaxPingTimeouts    int
	ReregisterTimeout  time.Duration

	Log zerolog.Logger
}

// Cluster is a master and its agents.
type Cluster struct {
	opts      Options
	ctx       context.Context //nolint:containedctx // A cluster and all in it end together.
	cancel    context.CancelFunc
	network   *Network
	faults    *fault.Switches
	files     *disk.Memory // the master's
	addr      string       // of the first master; later ones have it too
	resources []mesos.Resource
	// attributes are the agents' in turn.
	attributes [][]mesos.Attribute
	nodes      []*node
	wg         sync.WaitGroup

	mu     sync.Mutex
	master *running // nil while it is killed
}

// running is a master that runs.
type running struct {
	server *master.Server
	stop   context.CancelFunc
	done   chan struct{}
}

// Start starts a cluster. It ends with ctx or Close, which must be called.
func Start(ctx context.Context, opts Options) (*Cluster, error) {
	if !opts.Listen {
		opts.IP, opts.Port = masterIP, masterPort
	}
	if opts.Resources == "" {
		opts.Resources = DefaultResources
	}
	rs, err := resource.Parse(opts.Resources)
	if err != nil {
		return nil, err
	}
	var attributes [][]mesos.Attribute
	for _, text := range opts.Attributes {
		list, err := resource.ParseAttributes(text)
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, list)
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &Cluster{
		attributes: attributes,
		opts:       opts, ctx: ctx, cancel: cancel, network: NewNetwork(opts.Seed, opts.Latency),
		files: disk.NewMemory(), resources: rs,
	}
	if opts.Faults {
		c.faults = fault.New(opts.Seed, c)
	}
	if err := c.StartMaster(); err != nil {
		cancel()
		return nil, err
	}
	for i := range opts.Agents {
		c.nodes = append(c.nodes, newNode(c, i))
	}
	if err := c.Start("*"); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Addr is the master's address as its clients have it, host:port.
func (c *Cluster) Addr() string { return c.addr }

// Done is closed when the cluster has ended.
func (c *Cluster) Done() <-chan struct{} { return c.ctx.Done() }

// Network is what its clients are connected by.
func (c *Cluster) Network() *Network { return c.network }

// Faults are the switches; nil without Options.Faults.
func (c *Cluster) Faults() *fault.Switches { return c.faults }

// Close ends everything.
func (c *Cluster) Close() {
	c.KillMaster()
	c.cancel()
	c.wg.Wait()
}

// StartMaster starts the master again that was killed, with its registry.
func (c *Cluster) StartMaster() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.master != nil {
		return nil
	}
	o := master.Options{
		InProcess: !c.opts.Listen, IP: c.opts.IP, Port: c.opts.Port, Hostname: c.opts.Hostname, Files: c.files, Ephemeral: c.opts.Ephemeral, Seed: c.opts.Seed + 1,
		AllocationInterval: c.opts.AllocationInterval, OfferTimeout: c.opts.OfferTimeout, PingTimeout: c.opts.PingTimeout,
		MaxPingTimeouts: c.opts.MaxPingTimeouts, ReregisterTimeout: c.opts.ReregisterTimeout, Log: c.opts.Log,
	}
	if c.faults != nil {
		o.Wrap = c.faults.Mount
	}
	m, err := master.New(o)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(c.ctx)
	r := &running{server: m, stop: stop, done: make(chan struct{})}
	c.wg.Go(func() {
		defer close(r.done)
		if err := m.Run(ctx); err != nil {
			c.opts.Log.Error().Err(err).Msg("the master ended")
		}
	})
	c.master = r
	c.addr = m.Addr()
	c.opts.Port = m.Port()
	c.network.Serve(c.addr, m.Handler())
	return nil
}

// KillMaster ends the master as SIGKILL would: all connections to it break.
func (c *Cluster) KillMaster() {
	c.mu.Lock()
	r := c.master
	c.master = nil
	c.mu.Unlock()
	if r == nil {
		return
	}
	c.network.Serve(c.addr, nil)
	r.stop()
	<-r.done
	_ = r.server.Close() // There is no socket that could fail.
	c.network.Cut("*")
}

func (c *Cluster) leader() *master.Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.master == nil {
		return nil
	}
	return c.master.server
}

// Kill ends agents as SIGKILL would: their tasks go on, as far as simulated
// tasks do. It implements fault.Agents.
func (c *Cluster) Kill(pattern string) error {
	return c.each(pattern, func(n *node) error {
		n.kill()
		return nil
	})
}

// Start starts agents that were killed. It implements fault.Agents.
func (c *Cluster) Start(pattern string) error { return c.each(pattern, (*node).start) }

func (c *Cluster) each(pattern string, do func(*node) error) error {
	var errs []error
	for _, n := range c.nodes {
		ok, err := path.Match(pattern, n.host)
		if err != nil {
			return fmt.Errorf("agents: %w", err)
		}
		if ok {
			errs = append(errs, do(n))
		}
	}
	return errors.Join(errs...)
}
