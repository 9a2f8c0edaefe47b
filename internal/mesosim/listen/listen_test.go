package listen_test

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/listen"
)

func TestWaitsForAPortThatIsAboutToBeFree(t *testing.T) {
	first, err := listen.On(t.Context(), "127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = first.Close() })
	second, err := listen.On(t.Context(), "127.0.0.1", first.Addr().(*net.TCPAddr).Port)
	if err != nil {
		t.Fatal(err)
	}
	if first.Addr().String() != second.Addr().String() {
		t.Errorf("%s became %s", first.Addr(), second.Addr())
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOtherFaultsAreTold(t *testing.T) {
	if _, err := listen.On(t.Context(), "192.0.2.1", 0); err == nil || errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("an address that is not ours: %v", err)
	}
}
