package zktest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// jar is where Debian's package puts ZooKeeper and, by its manifest, all it needs.
const jar = "/usr/share/java/zookeeper.jar"

// tick is ZooKeeper's unit of time; a session ends at most 20 of them after its
// client was last heard of, which must be more than a busy machine keeps a client
// that lives from saying so.
const tick = 500 * time.Millisecond

// Server is a ZooKeeper that can be stopped and started again with its data.
type Server struct {
	Addr string // host:port

	t    testing.TB
	java string
	conf string
	cmd  *exec.Cmd
}

// Start runs a server for the length of a test. Without ZooKeeper the test is
// skipped, except in CI, where it fails.
func Start(t testing.TB) *Server {
	t.Helper()
	java, err := exec.LookPath("java")
	if _, jarErr := os.Stat(jar); err != nil || jarErr != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("ZooKeeper is not installed")
		}
		t.Skip("ZooKeeper is not installed; the fake one of the other tests stands in")
	}
	s := &Server{Addr: freeAddr(t), t: t, java: java}
	_, port, _ := net.SplitHostPort(s.Addr)
	dir := t.TempDir()
	s.conf = filepath.Join(dir, "zoo.cfg")
	text := fmt.Sprintf("tickTime=%d\ndataDir=%s\nclientPort=%s\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n", tick.Milliseconds(), dir, port)
	if err := os.WriteFile(s.conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	t.Cleanup(s.Stop)
	return s
}

// Restart starts a server that was stopped. It does not wait until that serves.
func (s *Server) Restart() {
	s.t.Helper()
	s.cmd = exec.Command(s.java, "-Xmx64m", "-cp", jar, "org.apache.zookeeper.server.ZooKeeperServerMain", s.conf) //nolint:gosec,noctx // A test's own arguments; it is killed by Stop.
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// Stop kills the server.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// freeAddr is an address that nobody listens on.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}
