package conformance_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// The agents of the record.
const (
	agentAttributes = "rack:r1;zone:z1"
	agentResources  = "cpus:4;mem:2048;disk:4096;ports:[31000-31999]"
)

// busier is how many times longer a master waits here for the answer to a ping.
const busier = 3

// member is a master or agent that can be ended and started again.
type member struct {
	dir   string
	addr  string
	stop  func()
	agent *agent.Server
	flags agent.Options
}

// cluster is the master and the agents of one check.
type cluster struct {
	t       *testing.T
	dir     string
	options master.Options
	master  *member
	agents  map[string]*member // by name
	last    string             // name of the newest agent
	link    *gate
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, dir: t.TempDir(), agents: map[string]*member{}, link: newGate()}
	t.Cleanup(c.link.open)
	return c
}

// serve runs a server until its stop is called.
func (c *cluster) serve(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && !errors.Is(err, agent.ErrRefused) { // an agent that is gone ends
			c.t.Error(err)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// startMaster starts the master with flags of mesos-master.
func (c *cluster) startMaster(flags []string) {
	c.t.Helper()
	c.options = master.Options{WorkDir: filepath.Join(c.dir, "master"), Wrap: c.link.wrap, Log: zerolog.Nop()}
	for _, f := range flags {
		name, value, _ := strings.Cut(strings.TrimPrefix(f, "--"), "=")
		switch name {
		case "offer_timeout":
			c.options.OfferTimeout = c.duration(value)
		case "agent_ping_timeout":
			// The record's agents had a machine of their own: ours may be slow to answer.
			c.options.PingTimeout = busier * c.duration(value)
		case "max_agent_ping_timeouts":
			n, err := strconv.Atoi(value)
			if err != nil {
				c.t.Fatal(err)
			}
			c.options.MaxPingTimeouts = n
		default:
			c.t.Fatalf("the record starts a master with %s", f)
		}
	}
	c.runMaster()
}

func (c *cluster) runMaster() {
	c.t.Helper()
	m, err := master.New(c.options)
	if err != nil {
		c.t.Fatal(err)
	}
	c.master = &member{addr: m.Addr(), stop: c.serve(m.Run)}
}

// restartMaster ends the master as a kill does and starts it with the same
// state on the same port.
func (c *cluster) restartMaster() {
	c.t.Helper()
	c.master.stop()
	c.options.Port = c.port(c.master.addr)
	c.runMaster()
}

func (c *cluster) duration(s string) time.Duration {
	c.t.Helper()
	d, err := time.ParseDuration(strings.TrimSuffix(s, "ecs"))
	if err != nil {
		c.t.Fatal(err)
	}
	return d
}

func (c *cluster) port(addr string) int {
	c.t.Helper()
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		c.t.Fatal(err)
	}
	n, err := strconv.Atoi(p)
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

// startAgent starts an agent of the record and waits until it is registered.
func (c *cluster) startAgent(name string, kind agent.Kind) {
	c.t.Helper()
	rs, err := resource.Parse(agentResources)
	if err != nil {
		c.t.Fatal(err)
	}
	as, err := resource.ParseAttributes(agentAttributes)
	if err != nil {
		c.t.Fatal(err)
	}
	m := &member{dir: filepath.Join(c.dir, name), flags: agent.Options{
		Master: c.master.addr, WorkDir: filepath.Join(c.dir, name), Resources: rs, Attributes: as, Executor: kind,
		Backoff: 100 * time.Millisecond, Log: zerolog.Nop(),
	}}
	c.agents[name], c.last = m, name
	c.runAgent(m)
	c.awaitAgent(m)
}

func (c *cluster) runAgent(m *member) {
	c.t.Helper()
	a, err := agent.New(m.flags)
	if err != nil {
		c.t.Fatal(err)
	}
	m.agent, m.addr, m.stop = a, a.Addr(), c.serve(a.Run)
	m.flags.Port = c.port(m.addr)
}

// kill ends an agent as a kill does: its tasks go on.
func (c *cluster) kill(name string) {
	m := c.agents[name]
	m.stop()
	m.stop = nil
}

// restart starts a killed agent with its state on its port.
func (c *cluster) restart(name string) {
	c.t.Helper()
	c.runAgent(c.agents[name])
	c.awaitAgent(c.agents[name])
}

// unregister has an agent say good-bye, after which it ends.
func (c *cluster) unregister(name string) {
	m := c.agents[name]
	m.agent.Unregister()
}

// awaitAgent waits until the master has the agent as active.
func (c *cluster) awaitAgent(m *member) {
	c.t.Helper()
	c.poll("the agent is registered", func() bool {
		body := post(c.t, c.master.addr, map[string]any{"type": "GET_AGENTS"})
		agents, _ := at(body, "get_agents.agents").([]any)
		for _, a := range agents {
			if at(a, "active") == true && strings.HasSuffix(textAt(a, "pid"), "@"+m.addr) {
				return true
			}
		}
		return false
	})
}

// poll waits until ready.
func (c *cluster) poll(what string, ready func() bool) {
	c.t.Helper()
	testwait.Until(c.t, what, ready)
}

// end tears the frameworks down, has every agent, the killed ones too, end what
// it runs, and stops all.
func (c *cluster) end(frameworks []string) {
	c.link.open()
	if c.master == nil {
		return
	}
	for _, id := range frameworks {
		post(c.t, c.master.addr, map[string]any{"type": "TEARDOWN", "teardown": map[string]any{"framework_id": map[string]any{"value": id}}})
	}
	for _, m := range c.agents {
		if m.stop == nil {
			c.runAgent(m)
		}
		c.poll(m.dir+" keeps no tasks", func() bool { return !busy(m.dir) })
		m.stop()
	}
	c.master.stop()
}

// busy reports whether an agent has records of tasks.
func busy(dir string) bool {
	records, err := filepath.Glob(filepath.Join(dir, "meta", "runs", "*.json"))
	return err != nil || len(records) > 0
}

// dockerSocket is where the checks of docker tasks find their engine.
const dockerSocket = "/var/run/docker.sock"

// dockerMissing reports whether this machine runs no engine, which only a
// developer's may lack. An engine that has ended may leave its socket behind.
func dockerMissing() bool {
	conn, err := net.Dial("unix", dockerSocket)
	if err == nil {
		_ = conn.Close() // Nothing was asked.
	}
	return err != nil && os.Getenv("CI") == ""
}

// gate holds back all that agents say while it is shut: to the master, they are
// stopped by SIGSTOP then.
type gate struct {
	mu   sync.Mutex
	pass chan struct{} // closed while open
}

func newGate() *gate {
	g := &gate{pass: make(chan struct{})}
	close(g.pass)
	return g
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.pass:
	default:
		close(g.pass)
	}
}

func (g *gate) wait(ctx context.Context) {
	g.mu.Lock()
	pass := g.pass
	g.mu.Unlock()
	select {
	case <-pass:
	case <-ctx.Done():
	}
}

func (g *gate) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == link.PathRegister || r.URL.Path == link.PathMessages {
			g.wait(r.Context())
		}
		next.ServeHTTP(w, r)
	})
}
