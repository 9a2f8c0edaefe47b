package api

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 10 * time.Second
	headerMax     = 32 << 10
)

// Run folds the log and serves until ctx ends, then stops gently: requests are
// given time to finish and feeds are ended. It returns nil then, otherwise what
// made it fail.
func (s *Service) Run(ctx context.Context) error {
	lc := net.ListenConfig{}
	listener, err := lc.Listen(ctx, "tcp", s.opts.Listen)
	if err != nil {
		return fmt.Errorf("api: listen on %s: %w", s.opts.Listen, err)
	}
	s.log.Info().Stringer("listen", listener.Addr()).Bool("tls", s.opts.TLS != nil).Msg("api serves")
	s.mu.Lock()
	s.addr = listener.Addr().String()
	s.mu.Unlock()

	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	err = s.run(inner, cancel, listener)
	s.stop(err)
	return err
}

func (s *Service) stop(err error) {
	s.stoppingOnce.Do(func() { close(s.stopping) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed = err; err == nil {
		s.failed = fmt.Errorf("%w: stopped", ErrNotReady)
	}
}

// run keeps its parts together: when one ends all do, and the first real error
// is the result.
func (s *Service) run(ctx context.Context, cancel func(), listener net.Listener) error {
	server := s.server()
	limited := newConnections(listener, s.opts.Connections, s.opts.ConnectionsEach, s.opts.TLS != nil, s.metrics.turned.Inc)
	server.ConnState = limited.changed
	// The projections outlive the server, so that writes under way see their end.
	foldCtx, stopFold := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFold()
	failures := make(chan error, 3)
	var parts sync.WaitGroup
	part := func(name string, f func() error) {
		parts.Go(func() {
			defer cancel()
			if err := f(); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, http.ErrServerClosed) {
				failures <- fmt.Errorf("api: %s: %w", name, err)
			}
		})
	}
	part("fold the log", func() error { return s.commander.Run(foldCtx) })
	parts.Go(func() {
		// Verdicts explain and decide nothing: without them the rest goes on.
		if err := s.why.Run(foldCtx); err != nil && foldCtx.Err() == nil {
			s.log.Warn().Err(err).Msg("the verdict stream cannot be followed; explanations lack verdicts")
		}
	})
	if s.opts.PolicyFile != "" {
		parts.Go(func() { s.keepPolicy(foldCtx) })
	}
	parts.Go(func() { s.audit.Run(foldCtx) }) // It outlives the server, too, for its last answers.
	part("serve", func() error { return serve(server, limited) })

	<-ctx.Done()
	s.shutdown(ctx, server)
	stopFold()
	parts.Wait()
	close(failures)
	return <-failures
}

func serve(server *http.Server, l net.Listener) error {
	if server.TLSConfig == nil {
		return server.Serve(l)
	}
	return server.ServeTLS(l, "", "")
}

// server bounds what one connection may take; requests are bounded by
// web.RequestTimeout, their answers by web.AnswerPatience, and what a feed writes by
// its patience.
func (s *Service) server() *http.Server {
	server := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: s.opts.ReadTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerMax, ErrorLog: log.New(s.log, "", 0),
	}
	if s.opts.TLS != nil {
		server.TLSConfig = s.opts.TLS.Config()
	}
	return server
}

func (s *Service) shutdown(ctx context.Context, server *http.Server) {
	s.stoppingOnce.Do(func() { close(s.stopping) })
	gentle, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := server.Shutdown(gentle); err != nil {
		s.log.Warn().Err(err).Msg("requests were cut off by the stop")
		_ = server.Close() // The listener's error says nothing that the warning does not.
	}
}
