package mesos

import (
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/rs/zerolog"
)

const zkSessionTimeout = 10 * time.Second

// zkConn adapts the ZooKeeper library, which connects in the background: no
// call returns before it has a connection, or is closed.
type zkConn struct {
	conn *zk.Conn
	auth string
}

func dialZK(servers []string, auth string, log zerolog.Logger) (zkReader, error) {
	conn, _, err := zk.Connect(servers, zkSessionTimeout, zk.WithLogger(zkLog{log}), zk.WithLogInfo(false))
	if err != nil {
		return nil, err
	}
	return zkConn{conn: conn, auth: auth}, nil
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
