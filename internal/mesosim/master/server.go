package master

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	operator "github.com/mesos/mesos-go/api/v1/lib/master"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/listen"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// granularity is how often the passage of time is looked at.
const granularity = 100 * time.Millisecond

// Server is a master that serves.
type Server struct {
	opts     Options
	codec    *wire.Codec
	store    registrar
	info     mesos.MasterInfo
	listener net.Listener
	http     *http.Server
	started  time.Time

	mu        sync.Mutex
	standing               // in the election
	core      *core.Master // nil while this master does not lead
	stopped   bool
	fault     error         // what ended the master
	failed    chan struct{} // closed then
	streams   map[string]*outbox[*scheduler.Event]
	sessions  map[string]*outbox[link.ToAgent]
	operators []*outbox[*operator.Event] // oldest first
	metrics   metrics
}

// New returns a master that listens already and serves once Run is called.
func New(opts Options) (*Server, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	s := &Server{
		opts: opts, codec: newCodec(), started: time.Now(),
		streams: map[string]*outbox[*scheduler.Event]{}, sessions: map[string]*outbox[link.ToAgent]{},
		metrics: newMetrics(), failed: make(chan struct{}),
	}
	if !opts.InProcess {
		l, err := listen.On(context.Background(), opts.IP, opts.Port)
		if err != nil {
			return nil, fmt.Errorf("master: %w", err)
		}
		s.listener = opts.TLS.Wrap(l)
	}
	s.info = s.masterInfo()
	if opts.Election == nil {
		if err := s.leadAlone(); err != nil {
			return nil, err
		}
	}
	handler := s.routes()
	if opts.Wrap != nil {
		handler = opts.Wrap(handler)
	}
	s.http = &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	return s, nil
}

// leadAlone makes this master the leader of a cluster without any other.
func (s *Server) leadAlone() error {
	st, registry, err := openStore(&s.opts)
	if err != nil {
		if s.listener != nil {
			_ = s.listener.Close()
		}
		return err
	}
	self := s.describe()
	s.leader, s.elected = &self, s.started
	s.lead(st, registry, s.started)
	return nil
}

// rand is where chance comes from. All that it decides is fair either way.
func (s *Server) rand() *mrand.Rand {
	seed := s.opts.Seed
	if seed == 0 {
		seed = uint64(s.started.UnixNano())
	}
	return mrand.New(mrand.NewPCG(seed, 0)) // A seed has to repeat.
}

// Handler serves all endpoints, where there is no socket.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// masterInfo describes this master to frameworks. Its id is new with each
// start, as in Mesos: ids that it issues never collide with earlier ones.
func (s *Server) masterInfo() mesos.MasterInfo {
	port, version, hostname := uint32(s.opts.Port), core.Version, s.opts.Hostname
	if s.listener != nil {
		port = uint32(s.listener.Addr().(*net.TCPAddr).Port)
	}
	pid := fmt.Sprintf("master@%s:%d", s.opts.IP, port)
	ip := s.opts.IP
	info := mesos.MasterInfo{
		Domain: s.opts.Domain, ID: uuid.NewString(), Port: &port, PID: &pid, Hostname: &hostname, Version: &version,
		Address: &mesos.Address{Hostname: &hostname, IP: &ip, Port: int32(port)},
	}
	if v4 := net.ParseIP(s.opts.IP).To4(); v4 != nil {
		info.IP = binary.LittleEndian.Uint32(v4) // network order in memory
	}
	for c := mesos.MasterInfo_Capability_AGENT_UPDATE; c <= wire.QuotaV2; c++ {
		info.Capabilities = append(info.Capabilities, mesos.MasterInfo_Capability{Type: c})
	}
	return info
}

// Addr is the address it serves on, host:port.
func (s *Server) Addr() string {
	if s.listener == nil {
		return net.JoinHostPort(s.opts.IP, strconv.Itoa(s.opts.Port))
	}
	return s.listener.Addr().String()
}

// Port is the port of Addr.
func (s *Server) Port() int { return int(s.info.GetPort()) }

// Run serves until ctx is done or Close is called; it returns nil then. It returns
// ErrLeadershipLost when another master leads in the place of this one, and what
// happened when the registry could not be stored.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { s.tick(ctx) })
	if s.opts.Election != nil {
		wg.Go(func() {
			if err := s.stand(ctx); err != nil {
				s.depose(err)
			}
		})
	}
	s.opts.Log.Info().Str("addr", s.Addr()).Msg("master serves")
	err := s.serve(ctx)
	cancel()
	wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil {
		return s.fault
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("master: %w", err)
}

func (s *Server) serve(ctx context.Context) error {
	if s.listener != nil {
		return s.http.Serve(s.listener)
	}
	select {
	case <-ctx.Done():
	case <-s.failed:
	}
	return http.ErrServerClosed
}

// Close ends the master as a kill would: streams break off, and what frameworks
// and agents make of it is up to them.
func (s *Server) Close() error {
	s.mu.Lock()
	s.stopped = true
	if s.listener == nil {
		s.breakAll()
	}
	s.mu.Unlock()
	return s.http.Close()
}

// breakAll ends what a socket would end with it; the lock is held.
func (s *Server) breakAll() {
	for _, o := range s.streams {
		o.close()
	}
	for _, o := range s.sessions {
		o.close()
	}
}

func (s *Server) tick(ctx context.Context) {
	t := time.NewTicker(min(granularity, s.opts.AllocationInterval))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.do(func(now time.Time, m *core.Master) { m.Advance(now) })
		}
	}
}

// do runs fn on the state and carries out its effects; ok reports whether they are
// for good. Nothing happens once the master is stopped, so that its end is not
// taken for that of its frameworks.
func (s *Server) do(fn func(now time.Time, m *core.Master)) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || s.core == nil {
		return false
	}
	now := time.Now()
	fn(now, s.core)
	s.core.Allocate(now)
	s.carryOut(s.core.Effects())
	return !s.stopped
}

func (s *Server) carryOut(effects []core.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case core.Send:
			if o := s.streams[e.Stream]; o != nil {
				o.put(e.Event)
			}
		case core.Close:
			if o := s.streams[e.Stream]; o != nil {
				o.close()
			}
		case core.Tell:
			if o := s.sessions[e.Session]; o != nil {
				o.put(e.Message)
			}
		case core.HangUp:
			if o := s.sessions[e.Session]; o != nil {
				o.close()
			}
		case core.Announce:
			for _, o := range s.operators {
				o.put(e.Event)
			}
		case core.SaveRegistry:
			if err := s.store.save(s.core.Registry()); err != nil {
				s.fail(err)
				return // What follows must not be seen.
			}
		}
	}
}

// fail ends a master that leads no more, or cannot keep its registry: what it
// would answer after that could be forgotten. Mesos does the same. The lock is held.
func (s *Server) fail(err error) {
	s.opts.Log.Error().Err(err).Msg("the master ends")
	s.stopped = true
	if s.fault == nil {
		s.fault = fmt.Errorf("master: %w", err)
		close(s.failed)
	}
	go func() { _ = s.http.Close() }()
}

func newStreamID() string { return uuid.NewString() }

func newSession() string { return rand.Text() }
