package election

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/pause"
)

// SessionTimeout is how long a master may be out of touch before another one
// leads, ZooKeeper permitting (Mesos' --zk_session_timeout).
const SessionTimeout = 10 * time.Second

// retryEvery is how often a request is repeated that found no connection.
const retryEvery = 50 * time.Millisecond

// Session is one session with ZooKeeper.
type Session struct {
	address Address
	conn    *zk.Conn
	acl     []zk.ACL
	ready   chan struct{}
	lost    chan struct{}

	mu    sync.Mutex
	away  *time.Timer // runs while there is no connection
	begun bool
	ended bool
}

// Dial opens a session and makes sure that the path exists. It waits for a server
// until ctx is done.
func Dial(ctx context.Context, a Address, log zerolog.Logger) (*Session, error) {
	s := &Session{address: a, acl: zk.WorldACL(zk.PermAll), ready: make(chan struct{}), lost: make(chan struct{})}
	if a.Auth != "" {
		// As Mesos: everyone may read, only the creator's user writes.
		s.acl = append(zk.AuthACL(zk.PermAll), zk.WorldACL(zk.PermRead)...)
	}
	conn, _, err := zk.Connect(a.Servers, SessionTimeout, zk.WithLogger(debugLog{log}), zk.WithLogInfo(false), zk.WithEventCallback(s.observe))
	if err != nil {
		return nil, fmt.Errorf("zookeeper: %w", err)
	}
	s.conn = conn
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("zookeeper %s: %w", strings.Join(a.Servers, ","), err)
	}
	return s, nil
}

func (s *Session) open(ctx context.Context) error {
	select {
	case <-s.ready:
	case <-s.lost:
		return ErrSessionLost
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if s.address.Auth != "" {
		if err := s.retry(ctx, func() error { return s.conn.AddAuth("digest", []byte(s.address.Auth)) }); err != nil {
			return err
		}
	}
	for i := 1; i <= len(s.address.Path); i++ {
		if i < len(s.address.Path) && s.address.Path[i] != '/' {
			continue
		}
		if err := s.mkdir(ctx, s.address.Path[:i]); err != nil {
			return fmt.Errorf("%s: %w", s.address.Path[:i], err)
		}
	}
	return nil
}

// mkdir creates what is not there; others may do so too, and may forbid it to us
// where it is.
func (s *Session) mkdir(ctx context.Context, dir string) error {
	err := s.retry(ctx, func() error {
		there, _, err := s.conn.Exists(dir)
		if err == nil && !there {
			_, err = s.conn.Create(dir, nil, 0, s.acl)
		}
		return err
	})
	if errors.Is(err, zk.ErrNodeExists) {
		return nil
	}
	return err
}

// observe follows the state of the connection.
func (s *Session) observe(e zk.Event) {
	if e.Type != zk.EventSession {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.State {
	case zk.StateHasSession:
		if !s.begun {
			s.begun = true
			close(s.ready)
		}
		if s.away != nil {
			s.away.Stop()
			s.away = nil
		}
	case zk.StateDisconnected:
		if s.begun && s.away == nil && !s.ended {
			s.away = time.AfterFunc(SessionTimeout, s.lose)
		}
	case zk.StateExpired, zk.StateAuthFailed:
		s.end()
	default:
		// On the way to one of the others.
	}
}

func (s *Session) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

func (s *Session) end() {
	if s.ended {
		return
	}
	s.ended = true
	if s.away != nil {
		s.away.Stop()
	}
	close(s.lost)
}

// Lost is closed when the session is over, be it lost or closed.
func (s *Session) Lost() <-chan struct{} { return s.lost }

// Close ends the session; its ephemeral nodes go away at once if ZooKeeper can be
// reached.
func (s *Session) Close() {
	s.lose()
	s.conn.Close()
}

// retry repeats a request as long as the session may come back to its connection.
func (s *Session) retry(ctx context.Context, request func() error) error {
	for {
		select {
		case <-s.lost:
			return ErrSessionLost
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		done := make(chan error, 1)
		go func() { done <- request() }()
		var err error
		select {
		case err = <-done:
		case <-s.lost:
			return ErrSessionLost
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		switch {
		case errors.Is(err, zk.ErrSessionExpired), errors.Is(err, zk.ErrClosing):
			return ErrSessionLost
		case errors.Is(err, zk.ErrNoServer), errors.Is(err, zk.ErrConnectionClosed):
			_ = pause.For(ctx, retryEvery) // The loop looks at ctx.
		default:
			return err
		}
	}
}

// enlist creates an ephemeral sequential node. A connection that breaks meanwhile
// can leave a second one; both say the same.
func (s *Session) enlist(ctx context.Context, path string, data []byte) error {
	return s.retry(ctx, func() error {
		_, err := s.conn.Create(path, data, zk.FlagEphemeral|zk.FlagSequence, s.acl)
		return err
	})
}

// children lists the nodes of a directory, and watches it.
func (s *Session) children(ctx context.Context, path string) (names []string, changed <-chan struct{}, err error) {
	wake := make(chan struct{})
	type listing struct {
		names  []string
		events <-chan zk.Event
	}
	found := make(chan listing, 1)
	err = s.retry(ctx, func() error {
		names, _, events, err := s.conn.ChildrenW(path)
		if err == nil {
			found <- listing{names, events}
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	l := <-found
	go func() {
		defer close(wake)
		select {
		case <-l.events:
		case <-s.lost:
		}
	}()
	return l.names, wake, nil
}

// get reads a node.
func (s *Session) get(ctx context.Context, path string) (data []byte, ok bool, err error) {
	data, version, err := s.load(ctx, path)
	return data, version != absent, err
}

// absent is the version of a node that is not there.
const absent int32 = -1

// load reads a node and its version.
func (s *Session) load(ctx context.Context, path string) (data []byte, version int32, err error) {
	type content struct {
		data    []byte
		version int32
	}
	found := make(chan content, 1)
	err = s.retry(ctx, func() error {
		data, stat, err := s.conn.Get(path)
		if err == nil {
			found <- content{data, stat.Version}
		}
		return err
	})
	if errors.Is(err, zk.ErrNoNode) {
		return nil, absent, nil
	}
	if err != nil {
		return nil, absent, err
	}
	c := <-found
	return c.data, c.version, nil
}

// store writes a node if it has still a version.
func (s *Session) store(ctx context.Context, path string, data []byte, version int32) (int32, error) {
	next := version + 1
	err := s.retry(ctx, func() error {
		if version == absent {
			_, err := s.conn.Create(path, data, 0, s.acl)
			return err
		}
		_, err := s.conn.Set(path, data, version)
		return err
	})
	if !errors.Is(err, zk.ErrBadVersion) && !errors.Is(err, zk.ErrNodeExists) && !errors.Is(err, zk.ErrNoNode) {
		return next, err
	}
	// The request may have been repeated after it had its effect.
	now, at, err := s.load(ctx, path)
	if err != nil {
		return 0, err
	}
	if at == next && bytes.Equal(now, data) {
		return next, nil
	}
	return 0, ErrFenced
}

// debugLog passes on what the library has to say.
type debugLog struct{ log zerolog.Logger }

// Printf logs at debug level: what matters comes back as an error too.
func (l debugLog) Printf(format string, args ...any) {
	l.log.Debug().Msgf("zookeeper: "+format, args...)
}
