package natsserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/natsauth"
)

// DefaultListen is where NATS listens when nothing else is said.
const DefaultListen = "127.0.0.1:4222"

const (
	// startTimeout bounds the recovery of the streams on disk.
	startTimeout = 5 * time.Minute
	// readyPoll is how often the starting server is looked at.
	readyPoll = 50 * time.Millisecond
)

var (
	// ErrOption is returned when an option cannot work.
	ErrOption = errors.New("natsserver: wrong option")

	// ErrNotServing is returned by Ready while clients cannot use JetStream.
	ErrNotServing = errors.New("NATS does not serve")

	// ErrFrozen is returned by Run when the disk was full, or refused a write, and
	// has room again: a server that is started anew stores again.
	ErrFrozen = errors.New("natsserver: the disk refused a write, and nothing more is stored before a start anew")

	// ErrEnded is returned by Run when the server ended by itself.
	ErrEnded = errors.New("natsserver: the server ended by itself")
)

// Options configure a Server.
type Options struct {
	// Listen is host:port; port 0 takes any free one. Default DefaultListen.
	Listen string
	// StoreDir is where streams are kept. Required. One server at a time.
	StoreDir string
	// MaxStore is how many bytes all streams may take; 0 leaves it to the
	// server, which takes three quarters of what the disk has free.
	MaxStore int64
	// Users are who may connect, and what they may do. None leaves the server open to
	// whoever reaches it.
	Users []natsauth.User
	Log   zerolog.Logger
}

// Server is a nats-server. Use Start.
type Server struct {
	nats  *server.Server
	store string
	log   zerolog.Logger
	// waits is what the server waits for while it cannot store; nil before.
	waits atomic.Pointer[string]
}

// Start starts a server and returns once it serves. It is stopped by Run's ctx,
// or by Close.
func Start(ctx context.Context, o Options) (*Server, error) {
	opts, err := o.server()
	if err != nil {
		return nil, err
	}
	if err := o.prepare(); err != nil {
		return nil, err
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("natsserver: %w", err)
	}
	log := &logger{log: o.Log}
	ns.SetLoggerV2(log, o.Log.GetLevel() <= zerolog.DebugLevel, false, false)
	if len(o.Users) == 0 {
		o.Log.Warn().Msg("NATS is open: whoever reaches it may write into the log, and delete it; close it by --keys")
	}
	s := &Server{nats: ns, store: o.StoreDir, log: o.Log}
	go ns.Start()
	if err := s.await(ctx, log); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (o Options) server() (*server.Options, error) {
	if o.StoreDir == "" {
		return nil, fmt.Errorf("%w: the store directory is missing", ErrOption)
	}
	if o.MaxStore < 0 {
		return nil, fmt.Errorf("%w: the most to store is negative", ErrOption)
	}
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	host, digits, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w: listen: %w", ErrOption, err)
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%w: listen: the port is no number", ErrOption)
	}
	if host == "" {
		host = server.DEFAULT_HOST
	}
	opts := &server.Options{
		ServerName: natsauth.BuiltIn,
		Host:       host,
		Port:       int(port),
		NoSigs:     true,
		JetStream:  true,
		StoreDir:   o.StoreDir,
		// Without it an acknowledged event can be lost on power failure.
		SyncAlways:        true,
		JetStreamMaxStore: o.MaxStore,
	}
	if port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if len(o.Users) > 0 {
		if err := opts.ProcessConfigString(natsauth.Accounts(o.Users)); err != nil {
			return nil, fmt.Errorf("natsserver: %w", err)
		}
	}
	return opts, nil
}

// await waits until clients are served, the server gives up, or time does.
func (s *Server) await(ctx context.Context, log *logger) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for ctx.Err() == nil {
		if s.nats.ReadyForConnections(readyPoll) && s.nats.JetStreamEnabled() {
			return nil
		}
		if fatal := log.fatal.Load(); fatal != nil {
			return fmt.Errorf("natsserver: %s", *fatal)
		}
	}
	return fmt.Errorf("natsserver: not up in time: %w", ctx.Err())
}

// Run returns nil once ctx has ended and the server has stopped in good order, and
// ErrFrozen when it is to be started anew; then it runs on until Close, or the end of
// the process.
func (s *Server) Run(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.nats.WaitForShutdown()
	}()
	stop := make(chan struct{})
	frozen := make(chan error, 1)
	go func() { frozen <- s.watch(stop) }()
	var why error
	select {
	case <-ctx.Done():
		s.Close()
		<-ended
	case <-ended:
		why = ErrEnded
	case why = <-frozen:
		return why
	}
	close(stop)
	if late := <-frozen; ctx.Err() == nil {
		why = errors.Join(why, late)
	}
	return why
}

// Close stops the server in good order and waits for that.
func (s *Server) Close() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
}

// Ready returns nil while clients are served.
func (s *Server) Ready() error {
	if !s.nats.Running() || !s.nats.JetStreamEnabled() {
		return ErrNotServing
	}
	if why := s.waits.Load(); why != nil {
		return fmt.Errorf("%w: %s", ErrNotServing, *why)
	}
	return nil
}

// Addr is where clients connect, host:port.
func (s *Server) Addr() string {
	addr := s.nats.Addr()
	if addr == nil {
		return ""
	}
	return addr.String()
}
