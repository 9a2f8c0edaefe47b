package service_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// childEnv makes the test binary a service: "gentle" stops when it is told to,
// "stubborn" never does.
const childEnv = "TAURUS_TEST_CHILD"

// child is the service; it returns its exit status.
func child(kind string) int {
	stubborn := kind == "stubborn"
	return service.Main(command(building(&role{run: func(ctx context.Context) error {
		<-ctx.Done()
		if stubborn {
			select {}
		}
		return nil
	}})))
}

func TestSignals(t *testing.T) {
	for name, tc := range map[string]struct {
		kind    string
		signals []os.Signal
		status  int
		killed  bool // by one of the signals; or it exited
	}{
		"SIGTERM":             {kind: "gentle", signals: []os.Signal{syscall.SIGTERM}, status: service.ExitOK},
		"SIGINT":              {kind: "gentle", signals: []os.Signal{os.Interrupt}, status: service.ExitOK},
		"a second one":        {kind: "stubborn", signals: []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, killed: true},
		"a second, of either": {kind: "stubborn", signals: []os.Signal{os.Interrupt, syscall.SIGTERM}, killed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "announce")
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), self, "--admin-listen=127.0.0.1:0", "--announce="+file)
			cmd.Env = append(os.Environ(), childEnv+"="+tc.kind)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var a service.Announcement
			testwait.Until(t, "the service announces itself", func() bool {
				a, _ = service.ReadAnnouncement(file)
				return a.PID != 0
			})
			if err := cmd.Process.Signal(tc.signals[0]); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			err = hurry(cmd.Process, tc.signals[1:], ended)
			status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !ok {
				t.Fatalf("no wait status: %v", err)
			}
			// Which of two different ones comes first the system decides.
			if tc.killed && (!status.Signaled() || !slices.Contains(tc.signals, os.Signal(status.Signal()))) {
				t.Errorf("ended with %v, want one of %v", cmd.ProcessState, tc.signals)
			}
			if !tc.killed && status.ExitStatus() != tc.status {
				t.Errorf("ended with %v, want status %d", cmd.ProcessState, tc.status)
			}
		})
	}
}

// hurry sends what signals there are until the process has ended: one that
// comes before the first was heard counts as the first.
func hurry(p *os.Process, signals []os.Signal, ended <-chan error) error {
	for {
		for _, sig := range signals {
			_ = p.Signal(sig) // It may have ended by now.
		}
		select {
		case err := <-ended:
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}
