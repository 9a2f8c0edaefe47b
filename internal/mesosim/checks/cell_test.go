package checks_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// tick is the allocation interval of the tests' masters.
const tick = 50 * time.Millisecond

// node is a master or an agent that can be stopped and started again.
type node struct {
	addr  string
	stop  func()
	done  <-chan struct{}
	agent *agent.Server
	again func() *node
}

func serve(t *testing.T, addr string, fn func(context.Context) error) *node {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := fn(ctx); err != nil && !errors.Is(err, agent.ErrRefused) {
			t.Errorf("%s: %v", addr, err)
		}
	}()
	n := &node{addr: addr, done: done, stop: sync.OnceFunc(func() {
		cancel()
		<-done
	})}
	t.Cleanup(n.stop)
	return n
}

func portOf(t *testing.T, addr string) int {
	t.Helper()
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(p)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func startMaster(t *testing.T, edit ...func(*master.Options)) *node {
	t.Helper()
	o := master.Options{WorkDir: t.TempDir(), AllocationInterval: tick, Log: zerolog.Nop()}
	for _, e := range edit {
		e(&o)
	}
	m, err := master.New(o)
	if err != nil {
		t.Fatal(err)
	}
	n := serve(t, m.Addr(), m.Run)
	n.again = func() *node {
		return startMaster(t, append(edit, func(x *master.Options) { x.WorkDir, x.Port = o.WorkDir, portOf(t, n.addr) })...)
	}
	return n
}

// startAgent starts an agent with 4 cpus, 2048 MB, 4096 MB of disk and a hundred
// ports of its own.
func startAgent(t *testing.T, m *node, edit ...func(*agent.Options)) *node {
	t.Helper()
	rs, err := resource.Parse("cpus:4;mem:2048;disk:4096;ports:[31000-31099]")
	if err != nil {
		t.Fatal(err)
	}
	o := agent.Options{
		Master: m.addr, WorkDir: t.TempDir(), Resources: rs, Executor: agent.Mesos, Backoff: tick, Log: zerolog.Nop(),
	}
	for _, e := range edit {
		e(&o)
	}
	a, err := agent.New(o)
	if err != nil {
		t.Fatal(err)
	}
	n := serve(t, a.Addr(), a.Run)
	n.agent = a
	t.Cleanup(func() { // its tasks would go on without it
		if o.Executor == agent.Simulated {
			return
		}
		a.Unregister()
		testwait.Receive(t, "the end of an agent", n.done)
	})
	n.again = func() *node {
		return startAgent(t, m, append(edit, func(x *agent.Options) { x.WorkDir, x.Port = o.WorkDir, portOf(t, n.addr) })...)
	}
	return n
}

// agentOptions spares the tests an import.
type agentOptions = agent.Options

func simulated(o *agent.Options) { o.Executor = agent.Simulated }

// offering has the agent offer these resources.
func offering(t *testing.T, text string) func(*agent.Options) {
	t.Helper()
	rs, err := resource.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *agent.Options) { o.Resources = rs }
}

// sandboxOf is where an agent keeps a task's output.
func sandboxOf(t *testing.T, workDir, task string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(workDir, "slaves", "*", "frameworks", "*", "executors", task, "runs", "latest"))
	if err != nil || len(found) != 1 {
		t.Fatalf("sandbox of %s: %v, %v", task, found, err)
	}
	return found[0]
}

// awaitWritten waits until a task has written a text, as it does when it has set
// itself up for what is to come.
func awaitWritten(t *testing.T, workDir, task, text string) {
	t.Helper()
	out := filepath.Join(sandboxOf(t, workDir, task), "stdout")
	testwait.Until(t, task+" writes "+text, func() bool {
		b, err := os.ReadFile(out)
		return err == nil && strings.Contains(string(b), text)
	})
}
