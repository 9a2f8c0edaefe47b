package handout

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

const (
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 10 * time.Second
	headersMax   = 8 << 10
)

// Listener accepts connections over TLS.
type Listener struct{ net.Listener }

// Listen listens with a certificate that is read anew for each connection, since certificates are renewed in their files.
func Listen(ctx context.Context, address, certFile, keyFile string) (Listener, error) {
	load := func() (*tls.Certificate, error) {
		c, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, fmt.Errorf("read the certificate that secrets are handed out with: %w", err)
		}
		return &c, nil
	}
	if _, err := load(); err != nil {
		return Listener{}, err
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return Listener{}, fmt.Errorf("listen for agents that fetch secrets: %w", err)
	}
	return Listener{tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return load() },
	})}, nil
}

func serve(ctx context.Context, s *Server, l Listener) error {
	server := &http.Server{
		Handler: s, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headersMax,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	defer s.Close()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("hand secrets out to agents: %w", err)
	}
	return nil
}
