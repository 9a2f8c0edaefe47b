package mesos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/rs/zerolog"
)

const (
	zkSessionTimeout = 10 * time.Second
	// zkLookupTimeout bounds the search for the servers' addresses.
	zkLookupTimeout = 3 * time.Second
)

// zkConn adapts the ZooKeeper library, which connects in the background: no
// call returns before it has a connection, or is closed.
type zkConn struct {
	conn *zk.Conn
	auth string
}

func dialZK(ctx context.Context, servers []string, auth string, log zerolog.Logger) (zkReader, error) {
	found, err := lookUp(ctx, net.DefaultResolver.LookupHost, servers)
	if len(found) == 0 {
		return nil, err
	}
	if err != nil {
		log.Warn().Err(err).Msg("zookeeper: going on with the servers that were found")
	}
	conn, _, err := zk.Connect(found, zkSessionTimeout, zk.WithLogger(zkLog{log}), zk.WithLogInfo(false))
	if err != nil {
		return nil, err
	}
	return zkConn{conn: conn, auth: auth}, nil
}

// lookUp finds the addresses of the servers, and says of which there are none.
// The library's own lookup takes any failure for that of all of them, and one
// server that is down for good may have lost its name.
func lookUp(ctx context.Context, lookup func(context.Context, string) ([]string, error), servers []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, zkLookupTimeout)
	defer cancel()
	found, failed := make([][]string, len(servers)), make([]error, len(servers))
	var lookups sync.WaitGroup
	for i, server := range servers {
		lookups.Go(func() {
			host, port, err := net.SplitHostPort(server)
			if err != nil {
				failed[i] = err
				return
			}
			addrs, err := lookup(ctx, host)
			if err != nil {
				failed[i] = fmt.Errorf("server %s: %w", server, err)
			}
			for _, addr := range addrs {
				found[i] = append(found[i], net.JoinHostPort(addr, port))
			}
		})
	}
	lookups.Wait()
	return slices.Concat(found...), errors.Join(failed...)
}

// Children lists the nodes below path.
func (c zkConn) Children(path string) ([]string, error) {
	if c.auth != "" {
		if err := c.conn.AddAuth("digest", []byte(c.auth)); err != nil {
			return nil, err
		}
	}
	names, _, err := c.conn.Children(path)
	return names, err
}

// Get reads a node.
func (c zkConn) Get(path string) ([]byte, error) {
	data, _, err := c.conn.Get(path)
	return data, err
}

// Close ends the session.
func (c zkConn) Close() { c.conn.Close() }

// zkLog passes on what the library has to say.
type zkLog struct{ log zerolog.Logger }

// Printf logs at debug level: what matters comes back as an error too.
func (l zkLog) Printf(format string, args ...any) { l.log.Debug().Msgf("zookeeper: "+format, args...) }
