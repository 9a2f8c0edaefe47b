package wiring

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/milosgajdos/taurus/internal/service"
)

// loadTLS makes the configuration of TLS, if any of its settings is given.
func (n *NATS) loadTLS(s *service.Settings) error {
	if n.ca == "" && n.cert == "" && n.key == "" {
		return nil
	}
	n.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	return errors.Join(n.loadCA(s), n.loadCert(s))
}

func (n *NATS) loadCA(s *service.Settings) error {
	if n.ca == "" {
		return nil
	}
	pem, err := os.ReadFile(n.ca)
	if err != nil {
		return s.Refuse("nats-ca", "cannot be read: "+err.Error())
	}
	n.tls.RootCAs = x509.NewCertPool()
	if !n.tls.RootCAs.AppendCertsFromPEM(pem) {
		return s.Refuse("nats-ca", "holds no PEM certificate")
	}
	return nil
}

// loadCert has the certificate read for each handshake: it may be renewed while
// the process runs.
func (n *NATS) loadCert(s *service.Settings) error {
	switch {
	case n.cert == "" && n.key == "":
		return nil
	case n.cert == "":
		return s.Refuse("nats-key", "needs --nats-cert")
	case n.key == "":
		return s.Refuse("nats-cert", "needs --nats-key")
	}
	load := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(n.cert, n.key)
		if err != nil {
			return nil, fmt.Errorf("no pair with --nats-key: %w", err)
		}
		return &pair, nil
	}
	if _, err := load(); err != nil {
		return s.Refuse("nats-cert", err.Error())
	}
	n.tls.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	return nil
}
