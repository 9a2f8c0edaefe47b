package servertls

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// lookEvery is how often the files are read at most: a change shows with the first
// handshake after that.
const lookEvery = time.Second

// Files are PEM files.
type Files struct {
	// Cert is the certificate, with those between it and its authority; Key is its key.
	Cert, Key string
	// ClientCA are the authorities of clients' certificates; empty has none asked for.
	ClientCA string
}

// Options are what a Server is given; all are required.
type Options struct {
	Files
	// Now is the clock.
	Now func() time.Time
	// Logger hears of what was read anew, and of what could not be used.
	Logger zerolog.Logger
	// Metrics registers the server's metrics.
	Metrics prometheus.Registerer
}

// Server is the TLS of a server. It is safe for concurrent use.
type Server struct {
	opts     Options
	unusable prometheus.Counter

	mu     sync.Mutex
	looked time.Time
	// used is what the files had when config was made of it, refused what they had when
	// it could not be used.
	used, refused contents
	state         State
}

// State is what was made of the files. It is not changed.
type State struct {
	// Config is for handshakes.
	Config *tls.Config
	// Leaf is the server's certificate.
	Leaf *x509.Certificate
	// ClientCAs are the authorities of clients; nil for none.
	ClientCAs *x509.CertPool
}

// contents are those of the files.
type contents struct{ cert, key, clientCA []byte }

func (c *contents) equal(other *contents) bool {
	return bytes.Equal(c.cert, other.cert) && bytes.Equal(c.key, other.key) && bytes.Equal(c.clientCA, other.clientCA)
}

// New reads the files. The error is that of a file that cannot be used, or that of
// registering metrics.
func New(o Options) (*Server, error) {
	s := &Server{opts: o, unusable: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "taurus_api_certificate_unusable_total",
		Help: "Times that the files of certificate, key or authorities had changed and could not be used; what was there before goes on.",
	})}
	expires := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "taurus_api_certificate_expires_timestamp_seconds", Help: "When the certificate that is shown to clients expires, in Unix time.",
	}, func() float64 { return float64(s.State().Leaf.NotAfter.Unix()) })
	read, err := o.read()
	if err == nil {
		s.state, err = read.state(o.ClientCA != "")
	}
	if err != nil {
		return nil, err
	}
	s.used, s.looked = read, o.Now()
	s.warn()
	return s, errors.Join(o.Metrics.Register(s.unusable), o.Metrics.Register(expires))
}

// Config is for the server. What it says holds for the handshakes that are to come.
func (s *Server) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protocols(),
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.State().Config, nil },
	}
}

func protocols() []string { return []string{"h2", "http/1.1"} }

// State is what holds at present. It reads the files anew if it is time to.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.opts.Now(); now.Sub(s.looked) >= lookEvery || now.Before(s.looked) {
		s.looked = now
		s.look()
	}
	return s.state
}

// Watch looks at the files until ctx ends, also when nobody comes: a pair that cannot be used
// is to be told of before the one in use expires.
func (s *Server) Watch(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.State()
		case <-ctx.Done():
			return
		}
	}
}

// look takes over what the files have now, if it can be used. It says so once, however
// often it is found.
func (s *Server) look() {
	read, err := s.opts.read()
	if err == nil && read.equal(&s.used) {
		s.refused = contents{}
		return
	}
	var state State
	if err == nil {
		state, err = read.state(s.opts.ClientCA != "")
	}
	switch {
	case err == nil:
		s.used, s.refused, s.state = read, contents{}, state
		s.opts.Logger.Info().Time("expires", state.Leaf.NotAfter).Strs("names", state.Names()).Msg("certificate and key are read anew")
		s.warn()
	case s.refused.cert == nil || !read.equal(&s.refused):
		s.refused = read
		if s.refused.cert == nil {
			s.refused.cert = []byte{} // It could not even be read.
		}
		s.unusable.Inc()
		s.opts.Logger.Error().Err(err).Time("expires", s.state.Leaf.NotAfter).
			Msg("certificate and key have changed and cannot be used; those from before go on")
	}
}

// warn tells of a certificate that no client will take.
func (s *Server) warn() {
	if now := s.opts.Now(); now.After(s.state.Leaf.NotAfter) || now.Before(s.state.Leaf.NotBefore) {
		s.opts.Logger.Warn().Time("from", s.state.Leaf.NotBefore).Time("until", s.state.Leaf.NotAfter).
			Msg("the certificate is not valid at this time; clients will refuse it")
	}
}

func (f Files) read() (c contents, err error) {
	if c.cert, err = os.ReadFile(f.Cert); err != nil {
		return c, fmt.Errorf("servertls: the certificate: %w", err)
	}
	if c.key, err = os.ReadFile(f.Key); err != nil {
		return c, fmt.Errorf("servertls: the key: %w", err)
	}
	if f.ClientCA == "" {
		return c, nil
	}
	if c.clientCA, err = os.ReadFile(f.ClientCA); err != nil {
		return c, fmt.Errorf("servertls: the authorities of clients: %w", err)
	}
	return c, nil
}

// state makes what handshakes need. A client that resumes a session is held against the
// authorities of now (crypto/tls), so one of an authority that is gone has to shake hands anew.
func (c *contents) state(clients bool) (State, error) {
	pair, err := tls.X509KeyPair(c.cert, c.key)
	if err != nil {
		return State{}, fmt.Errorf("servertls: certificate and key: %w", err)
	}
	s := State{Leaf: pair.Leaf, Config: &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protocols(), Certificates: []tls.Certificate{pair},
	}}
	if !clients {
		return s, nil
	}
	s.ClientCAs = x509.NewCertPool()
	if !s.ClientCAs.AppendCertsFromPEM(c.clientCA) {
		return State{}, errors.New("servertls: the authorities of clients: the file has no PEM certificate")
	}
	s.Config.ClientCAs, s.Config.ClientAuth = s.ClientCAs, tls.VerifyClientCertIfGiven
	return s, nil
}

// Names are the names that the certificate is for, in lower case. One that begins with
// "*." is for all that have one part more.
func (s State) Names() []string {
	names := make([]string, len(s.Leaf.DNSNames))
	for i, name := range s.Leaf.DNSNames {
		names[i] = strings.ToLower(name)
	}
	return names
}
