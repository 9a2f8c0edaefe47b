package natstest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// childEnv holds the spec of the server that a child process is to be.
const childEnv = "TAURUS_NATSTEST_SERVER"

// Process is a nats-server in a process of its own, so that kill -9 is meant
// literally. The test binary itself is that process: see Main.
type Process struct {
	spec spec
	cmd  *exec.Cmd
}

// Main must be called first thing in TestMain of a package that starts
// processes: in such a process it becomes the server and does not return.
func Main() {
	encoded, ok := os.LookupEnv(childEnv)
	if !ok {
		return
	}
	if err := serve(encoded); err != nil {
		fmt.Fprintln(os.Stderr, "nats-server:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(encoded string) error {
	var s spec
	if err := json.Unmarshal([]byte(encoded), &s); err != nil {
		return err
	}
	running, err := server.NewServer(s.options())
	if err != nil {
		return err
	}
	running.Start()
	// The test holds the other end: whatever ends it, ends its servers.
	_, err = io.Copy(io.Discard, os.Stdin)

	return err
}

// StartProcesses returns n servers, a cluster if there are several, that end
// with the test. They may still be electing.
func StartProcesses(t testing.TB, n int) []*Process {
	t.Helper()
	var processes []*Process
	for _, s := range specs(t, n) {
		p := &Process{spec: s}
		processes = append(processes, p)
		p.start(t)
		t.Cleanup(p.stop)
	}
	for _, p := range processes {
		p.await(t)
	}

	return processes
}

// Name is what the server calls itself.
func (p *Process) Name() string { return p.spec.Name }

// URL is where clients connect; it stays the same over restarts.
func (p *Process) URL() string { return p.spec.url() }

// Kill ends the server with SIGKILL.
func (p *Process) Kill() { p.stop() }

// Restart starts the server again after Kill.
func (p *Process) Restart(t testing.TB) {
	t.Helper()
	p.start(t)
	p.await(t)
}

func (p *Process) start(t testing.TB) {
	t.Helper()
	encoded, err := json.Marshal(p.spec)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(self) //nolint:noctx // Ourselves; the cleanup ends it.
	p.cmd.Env = append(os.Environ(), childEnv+"="+string(encoded))
	p.cmd.Stderr = os.Stderr
	if _, err := p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("nats-server %s: %v", p.spec.Name, err)
	}
}

func (p *Process) stop() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

// await returns once the server takes connections.
func (p *Process) await(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), ready)
	defer cancel()
	for {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", p.spec.Port))
		if err == nil {
			_ = c.Close()

			return
		}
		if ctx.Err() != nil {
			t.Fatalf("nats-server %s is not ready after %v", p.spec.Name, ready)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
