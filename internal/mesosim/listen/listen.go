package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/milosgajdos/taurus/internal/pause"
)

// The patience with a port that is still taken.
const (
	patience = 3 * time.Second
	again    = 20 * time.Millisecond
)

// On listens on a TCP port of ip; port 0 is any free one.
func On(ctx context.Context, ip string, port int) (net.Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var lc net.ListenConfig
	for {
		l, err := lc.Listen(context.WithoutCancel(ctx), "tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("listen: %w", err)
		}
		if pause.For(ctx, again) != nil {
			return nil, fmt.Errorf("listen: for %s: %w", patience, err)
		}
	}
}
