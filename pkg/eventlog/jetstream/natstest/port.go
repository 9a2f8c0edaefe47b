package natstest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// Ports are given out of a range below the one that systems take those of
// connections from. A port of that one may be some connection's before the server
// that it was given to listens, and the server is not there then.
const (
	firstPort = 10_000
	endPort   = 32_000
	portTries = 200
)

// taken are the ports that were given out in this process.
//
//nolint:gochecknoglobals // It is of the process, as ports are.
var taken sync.Map

// FreePorts returns ports of the loopback that nobody listens on, each given out once
// in this process: a server that stops has its own when it starts again.
func FreePorts(t testing.TB, n int) []int {
	t.Helper()
	var (
		lc    net.ListenConfig
		ports []int
		last  error
	)
	for range portTries * n {
		if len(ports) == n {
			break
		}
		port := firstPort + rand.IntN(endPort-firstPort)
		l, err := lc.Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			last = err

			continue
		}
		_ = l.Close()
		if _, given := taken.LoadOrStore(port, true); !given {
			ports = append(ports, port)
		}
	}
	if len(ports) < n {
		t.Fatalf("no free port: %v", last)
	}

	return ports
}
