package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/gate"
	"github.com/milosgajdos/taurus/internal/projection"
)

// Service is one instance of the api.
type Service struct {
	opts     Options
	log      zerolog.Logger
	live     *projection.Projection
	history  *projection.History
	why      *projection.Verdicts
	metrics  *metrics
	echo     *echo.Echo
	gate     *gate.Gate
	usage    usage
	patterns patterns

	// nonce and serial make the ids of this process's events its own.
	nonce  string
	serial atomic.Uint64

	stopping     chan struct{} // Closed when feeds must end.
	stoppingOnce sync.Once
	heartbeat    time.Duration
	settleWait   time.Duration
	readTimeout  time.Duration
	// feedWriteTimeout is how long a client of a feed may take nothing.
	feedWriteTimeout time.Duration

	mu     sync.Mutex
	addr   string
	failed error
}

// New makes a service; Run starts it. The error is ErrOptions, or that of
// registering metrics.
func New(o Options) (*Service, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("api: register metrics: %w", err)
	}
	nonce := make([]byte, 6)
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	s := &Service{
		opts: o, log: o.Logger, metrics: m,
		live: projection.New(o.Log), history: projection.NewHistory(o.Log), why: projection.NewVerdicts(o.Why),
		gate: gate.New(), patterns: newPatterns(), nonce: hex.EncodeToString(nonce), stopping: make(chan struct{}),
		heartbeat: heartbeat, settleWait: settleWait, readTimeout: readTimeout, feedWriteTimeout: feedWriteTimeout,
	}
	s.echo = s.router()
	return s, nil
}

// Handler serves every route; Run must be under way for it to be of use.
func (s *Service) Handler() http.Handler { return s.echo }

// Addr is where the service listens, empty before Run does.
func (s *Service) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Ready returns nil once the service has caught up with the log and listens;
// before that ErrNotReady, after Run has failed its error.
func (s *Service) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return s.failed
	}
	if s.addr == "" {
		return fmt.Errorf("%w: not listening yet", ErrNotReady)
	}
	return s.caughtUp()
}

func (s *Service) caughtUp() error {
	select {
	case <-s.live.CaughtUp():
		return nil
	default:
		return fmt.Errorf("%w: at %d of %d", ErrNotReady, s.live.Sequence(), s.live.Tail())
	}
}

// Run folds the log and serves until ctx ends, then stops gently: requests are
// given time to finish and feeds are ended. It returns nil then, otherwise what
// made it fail.
func (s *Service) Run(ctx context.Context) error {
	lc := net.ListenConfig{}
	listener, err := lc.Listen(ctx, "tcp", s.opts.Listen)
	if err != nil {
		return fmt.Errorf("api: listen on %s: %w", s.opts.Listen, err)
	}
	s.log.Info().Stringer("listen", listener.Addr()).Msg("api serves")
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
	part("fold the log", func() error { return s.live.Run(foldCtx) })
	parts.Go(func() {
		// Verdicts explain and decide nothing: without them the rest goes on.
		if err := s.why.Run(foldCtx); err != nil && foldCtx.Err() == nil {
			s.log.Warn().Err(err).Msg("the verdict stream cannot be followed; explanations lack verdicts")
		}
	})
	part("serve", func() error { return server.Serve(listener) })

	<-ctx.Done()
	s.shutdown(ctx, server)
	stopFold()
	parts.Wait()
	close(failures)
	return <-failures
}

func (s *Service) server() *http.Server {
	return &http.Server{
		Handler: s.echo, ReadHeaderTimeout: headerTimeout, ReadTimeout: s.readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerMax, ErrorLog: log.New(s.log, "", 0),
	}
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

// now is the clock's time in UTC.
func (s *Service) now() time.Time { return s.opts.Now().UTC() }
