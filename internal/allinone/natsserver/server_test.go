package natsserver_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
)

func TestMain(m *testing.M) {
	child()
	testwait.Main(m)
}

func start(t *testing.T, o natsserver.Options) *natsserver.Server {
	t.Helper()
	s, err := natsserver.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func open(t *testing.T, address string) eventlog.Log {
	t.Helper()
	o := jetstream.Options{URL: "nats://" + address, Stream: "T", Subjects: []string{"t.>"}}
	if err := jetstream.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	log, err := jetstream.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// TestKeepsTheLog stops a server and starts another on the same directory.
func TestKeepsTheLog(t *testing.T) {
	dir := t.TempDir()
	for round := range uint64(3) {
		s := start(t, natsserver.Options{Listen: "127.0.0.1:0", StoreDir: dir, MaxStore: 64 << 20})
		if err := s.Ready(); err != nil {
			t.Fatalf("started but not ready: %v", err)
		}
		log := open(t, s.Addr())
		if b, err := log.Bounds(t.Context()); err != nil || b.Last != round {
			t.Fatalf("round %d: the log ends at %d, %v", round, b.Last, err)
		}
		if _, err := log.Append(t.Context(), eventlog.Decision(eventlog.Message{Subject: "t.a", Data: []byte("x")}, round)); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		s.Close()
		if err := s.Ready(); !errors.Is(err, natsserver.ErrNotServing) {
			t.Errorf("stopped but ready: %v", err)
		}
	}
}

func TestRun(t *testing.T) {
	s := start(t, natsserver.Options{Listen: "127.0.0.1:0", StoreDir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("stopped as asked: %v", err)
	}

	s = start(t, natsserver.Options{Listen: "127.0.0.1:0", StoreDir: t.TempDir()})
	go func() { ended <- s.Run(t.Context()) }()
	s.Close()
	if err := <-ended; !errors.Is(err, natsserver.ErrEnded) {
		t.Errorf("ended by itself: %v", err)
	}
}

func TestStartRefuses(t *testing.T) {
	taken := start(t, natsserver.Options{Listen: "127.0.0.1:0", StoreDir: t.TempDir()}).Addr()
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		options natsserver.Options
		option  bool
		says    string
	}{
		"no directory":     {natsserver.Options{Listen: "127.0.0.1:0"}, true, "store directory"},
		"negative":         {natsserver.Options{Listen: "127.0.0.1:0", StoreDir: dir, MaxStore: -1}, true, "negative"},
		"no port":          {natsserver.Options{Listen: "127.0.0.1", StoreDir: dir}, true, "listen"},
		"port by name":     {natsserver.Options{Listen: "127.0.0.1:nats", StoreDir: dir}, true, "listen"},
		"address taken":    {natsserver.Options{Listen: taken, StoreDir: dir}, false, taken},
		"directory's file": {natsserver.Options{Listen: "127.0.0.1:0", StoreDir: "/dev/null"}, false, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := natsserver.Start(t.Context(), tc.options)
			if err == nil || errors.Is(err, natsserver.ErrOption) != tc.option || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want %q in it", err, tc.says)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	var out bytes.Buffer
	run := func(ctx context.Context, args ...string) int {
		out.Reset()
		cmd := natsserver.Command()
		cmd.SetErr(&out)
		cmd.SetArgs(append([]string{"--admin-listen=127.0.0.1:0", "--listen=127.0.0.1:0"}, args...))
		return service.Execute(ctx, cmd)
	}
	if status := run(t.Context()); status != service.ExitUsage || !strings.Contains(out.String(), "store-dir") {
		t.Errorf("without a directory: %d, %s", status, &out)
	}
	if status := run(t.Context(), "--store-dir="+t.TempDir(), "--max-store=much"); status != service.ExitUsage || !strings.Contains(out.String(), "max-store") {
		t.Errorf("a wrong size: %d, %s", status, &out)
	}

	ctx, cancel := context.WithCancel(t.Context())
	file := filepath.Join(t.TempDir(), "announce")
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, "--store-dir="+t.TempDir(), "--announce="+file) }()
	var a service.Announcement
	for a.PID == 0 {
		a, _ = service.ReadAnnouncement(file)
	}
	if err := service.Health(t.Context(), a.AdminAddress+"/readyz"); err != nil || a.Role != "nats" {
		t.Errorf("%+v: %v", a, err)
	}
	log := open(t, a.Address)
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	if status := <-ended; status != service.ExitOK {
		t.Errorf("exit status %d: %s", status, &out)
	}
}
