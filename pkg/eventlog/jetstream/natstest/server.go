package natstest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// ready bounds how long a server or a cluster may take to start.
const ready = 3 * time.Minute

// Server is an embedded nats-server with JetStream. Its methods may be called
// from the test's goroutine only.
type Server struct {
	options *server.Options
	running *server.Server
}

// Start returns a server of its own that ends with the test; change may change
// its options.
func Start(t testing.TB, change ...func(*server.Options)) *Server {
	t.Helper()
	s := &Server{options: specs(t, 1)[0].options()}
	for _, f := range change {
		f(s.options)
	}
	s.Restart(t)
	t.Cleanup(s.Stop)

	return s
}

// URL is where clients connect; it stays the same over restarts.
func (s *Server) URL() string {
	return fmt.Sprintf("nats://%s:%d", s.options.Host, s.options.Port)
}

// Store is the directory that the server keeps its streams in, for tests that damage
// or copy it while the server is stopped.
func (s *Server) Store() string { return s.options.StoreDir }

// Restart stops the server if it runs, and starts it.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop()
	s.start(t)
	if !s.running.ReadyForConnections(ready) {
		t.Fatalf("nats-server %s is not ready after %v", s.options.ServerName, ready)
	}
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	running, err := server.NewServer(s.options.Clone())
	if err != nil {
		t.Fatalf("nats-server: %v", err)
	}
	s.running = running
	running.Start()
}

// Stop shuts the server down in good order.
func (s *Server) Stop() {
	if s.running != nil {
		s.running.Shutdown()
		s.running.WaitForShutdown()
		s.running = nil
	}
}

// Kill stops the server and takes away what only a stop in good order leaves on
// disk, so that it recovers its streams by reading them, as after kill -9.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.Stop()
	if err := removeIndexes(s.options.StoreDir); err != nil {
		t.Fatalf("kill nats-server %s: %v", s.options.ServerName, err)
	}
}

// removeIndexes removes the index that a stream's store writes when it is closed.
func removeIndexes(store string) error {
	root, err := os.OpenRoot(store)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() == "index.db" && strings.Contains(path, "streams") {
			err = root.Remove(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // The server still tidies up for a moment behind its shutdown.
		}
		return err
	})
}

// Cluster is some servers in one cluster.
type Cluster struct {
	Servers []*Server
}

// StartCluster returns a cluster of n servers, elected and current, that ends
// with the test.
func StartCluster(t testing.TB, n int) *Cluster {
	t.Helper()
	c := &Cluster{}
	for _, spec := range specs(t, n) {
		s := &Server{options: spec.options()}
		c.Servers = append(c.Servers, s)
		s.start(t)
		t.Cleanup(s.Stop)
	}
	c.Await(t)

	return c
}

// URL lists all servers.
func (c *Cluster) URL() string {
	urls := make([]string, len(c.Servers))
	for i, s := range c.Servers {
		urls[i] = s.URL()
	}

	return strings.Join(urls, ",")
}

// Await returns once every running server takes clients and knows a leader.
func (c *Cluster) Await(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(ready); !c.formed(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the cluster has not formed after %v", ready)
		}
	}
}

// formed reports whether every running server is in the cluster, and one leads it.
func (c *Cluster) formed() bool {
	led := false
	for _, s := range c.Servers {
		if s.running == nil {
			continue
		}
		if !s.running.ReadyForConnections(time.Second) || !s.running.JetStreamIsCurrent() {
			return false
		}
		led = led || s.running.JetStreamIsLeader()
	}

	return led
}

// StreamLeader returns the server that leads a stream.
func (c *Cluster) StreamLeader(t testing.TB, stream string) *Server {
	t.Helper()
	for deadline := time.Now().Add(ready); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, s := range c.Servers {
			if s.running != nil && s.running.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, stream) {
				return s
			}
		}
	}
	t.Fatalf("stream %s has no leader after %v", stream, ready)

	return nil
}

// Rejoin starts a server of the cluster again.
func (c *Cluster) Rejoin(t testing.TB, s *Server) {
	t.Helper()
	s.Restart(t)
	c.Await(t)
}
