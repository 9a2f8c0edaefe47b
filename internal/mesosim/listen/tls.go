package listen

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
)

// The environment of libprocess by which a master or agent speaks TLS.
const (
	EnvEnabled   = "LIBPROCESS_SSL_ENABLED"
	EnvCert      = "LIBPROCESS_SSL_CERT_FILE"
	EnvKey       = "LIBPROCESS_SSL_KEY_FILE"
	EnvDowngrade = "LIBPROCESS_SSL_SUPPORT_DOWNGRADE"
)

// ErrNoKeyPair is returned where TLS is enabled without a certificate.
var ErrNoKeyPair = errors.New("TLS is enabled without a certificate: set " + EnvCert + " and " + EnvKey + " to PEM files")

// TLS is how connections are encrypted. Nil means that they are not.
type TLS struct {
	Certificate tls.Certificate
	// Downgrade accepts plain connections too, on the same port.
	Downgrade bool
}

// FromEnv reads libprocess' environment; getenv is os.Getenv.
func FromEnv(getenv func(string) string) (*TLS, error) {
	on := func(name string) bool { v := getenv(name); return v == "1" || v == "true" }
	if !on(EnvEnabled) {
		return nil, nil
	}
	if getenv(EnvCert) == "" || getenv(EnvKey) == "" {
		return nil, ErrNoKeyPair
	}
	pair, err := tls.LoadX509KeyPair(getenv(EnvCert), getenv(EnvKey))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return &TLS{Certificate: pair, Downgrade: on(EnvDowngrade)}, nil
}

// Scheme is how others are addressed: https where TLS is spoken.
func (t *TLS) Scheme() string {
	if t == nil {
		return "http"
	}
	return "https"
}

// Client is how others are spoken to. Like libprocess, which verifies nothing
// unless told to, it takes any certificate.
func (t *TLS) Client() *tls.Config {
	if t == nil {
		return nil
	}
	return &tls.Config{InsecureSkipVerify: true} //nolint:gosec // LIBPROCESS_SSL_VERIFY_SERVER_CERT is false by default.
}

// Wrap has the connections of l encrypted.
func (t *TLS) Wrap(l net.Listener) net.Listener {
	if t == nil {
		return l
	}
	config := &tls.Config{Certificates: []tls.Certificate{t.Certificate}, MinVersion: tls.VersionTLS12}
	if !t.Downgrade {
		return tls.NewListener(l, config)
	}
	return &eitherListener{Listener: l, config: config}
}

// eitherListener tells TLS from plain connections by their first byte.
type eitherListener struct {
	net.Listener
	config *tls.Config
}

// Accept implements net.Listener. It does not wait for that byte.
func (l *eitherListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &either{Conn: c, config: l.config}, nil
}

// either is a connection that decides when it is first used.
type either struct {
	net.Conn
	config *tls.Config
	once   sync.Once
	inner  net.Conn
	err    error
}

// handshake is the first byte of a TLS connection (RFC 8446, 5.1).
const handshake = 22

func (e *either) decide() {
	first := make([]byte, 1)
	if _, e.err = e.Conn.Read(first); e.err != nil {
		return
	}
	e.inner = &replayed{Conn: e.Conn, first: first}
	if first[0] == handshake {
		e.inner = tls.Server(e.inner, e.config)
	}
}

// Read implements net.Conn.
func (e *either) Read(p []byte) (int, error) {
	if e.once.Do(e.decide); e.err != nil {
		return 0, e.err
	}
	return e.inner.Read(p)
}

// Write implements net.Conn.
func (e *either) Write(p []byte) (int, error) {
	if e.once.Do(e.decide); e.err != nil {
		return 0, e.err
	}
	return e.inner.Write(p)
}

// replayed is a connection of which the first byte has been read.
type replayed struct {
	net.Conn
	first []byte
}

// Read implements net.Conn.
func (r *replayed) Read(p []byte) (int, error) {
	if len(r.first) > 0 && len(p) > 0 {
		n := copy(p, r.first)
		r.first = r.first[n:]
		return n, nil
	}
	return r.Conn.Read(p)
}
