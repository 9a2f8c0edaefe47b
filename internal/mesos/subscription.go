package mesos

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Subscription is one epoch of a framework with a leading master: a stream of
// events, and calls that carry its stream id.
type Subscription struct {
	target    Target
	masterID  string
	heartbeat time.Duration
	cfg       Config
	log       zerolog.Logger

	book    *book
	ordered *doer
	turn    chan struct{}
	acks    *doer
	stream  *doer

	events chan Event
	done   <-chan struct{}
	end    context.CancelCauseFunc
	closed sync.WaitGroup

	mu  sync.Mutex
	err error
}

// FrameworkID is the id that the master gave or confirmed.
func (s *Subscription) FrameworkID() string { return s.target.FrameworkID }

// StreamID is what the master tells this subscription from older ones by.
func (s *Subscription) StreamID() string { return s.target.StreamID }

// Master is the base URL of the master, "http://host:port".
func (s *Subscription) Master() string { return s.target.Master }

// Target is what a [Killer] needs.
func (s *Subscription) Target() Target { return s.target }

// MasterID changes with every election.
func (s *Subscription) MasterID() string { return s.masterID }

// HeartbeatInterval is how often the master sends a heartbeat.
func (s *Subscription) HeartbeatInterval() time.Duration { return s.heartbeat }

// Events is closed at the end of the subscription; Err says why then. A reader
// that is slow makes the stream wait.
func (s *Subscription) Events() <-chan Event { return s.events }

// Err is why the subscription ended, nil before Events is closed.
func (s *Subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close ends the subscription and waits for its goroutine. The framework stays
// registered for its failover timeout.
func (s *Subscription) Close() {
	s.end(ErrClosed)
	s.closed.Wait()
}

// secure reports whether the master is talked to over TLS.
func (s *Subscription) secure() bool { return strings.HasPrefix(s.target.Master, "https://") }
