package api

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/audit"
)

// Service is one instance of the api.
type Service struct {
	opts      Options
	log       zerolog.Logger
	live      *projection.Projection
	commander *commander.Commander
	why       *projection.Verdicts
	audit     *audit.Audit
	metrics   *metrics
	handler   http.Handler

	stopping     chan struct{} // Closed when feeds must end.
	stoppingOnce sync.Once

	// held is closed once the file of the policy, if there is one, was looked at.
	held     chan struct{}
	holdOnce sync.Once

	mu     sync.Mutex
	addr   string
	failed error
	// refused is why the file of the policy is not what jobs are held to.
	refused error
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
	source := "taurus/api/" + o.Instance
	live, err := projection.Of(fold.Options{
		Log: o.Log, Space: o.Space, Role: "api", Source: source, Now: o.Now, Logger: o.Logger, Rejected: m.rejected, Marks: o.Marks,
	}, o.ReadLog)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	live.KeepEnded(o.KeepEnded)
	gauge := newJobsGauge(live)
	if err := register(o.Metrics, &gauge); err != nil {
		return nil, fmt.Errorf("api: register metrics: %w", err)
	}
	s := &Service{
		opts: o, log: o.Logger, metrics: m, live: live, why: projection.NewVerdicts(o.Why, o.Space), stopping: make(chan struct{}), held: make(chan struct{}),
		audit: audit.New(audit.Options{
			Open: o.Audit, Source: source, Now: o.Now, Logger: o.Logger, Recorded: m.recorded, Lost: m.unrecorded,
		}),
	}
	s.commander, err = commander.New(commander.Options{
		Loop: live.Loop(), State: live.State(), Log: o.Log, Space: o.Space, Instance: o.Instance, Source: source,
		SettleWait: o.SettleWait, WeighEvery: o.WeighEvery, Unset: o.Policy, Appended: m.appended,
	})
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if o.PolicyFile == "" {
		s.settled()
	}
	if s.handler, err = s.newHandler(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return s, nil
}

// Handler serves every route; Run must be under way for it to be of use.
func (s *Service) Handler() http.Handler { return s.handler }

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

// Sequence is the last one folded.
func (s *Service) Sequence() uint64 { return s.live.Sequence() }

// Alive returns why the api's loop does not turn, nil if it does.
func (s *Service) Alive() error { return s.live.Loop().Alive() }

// Notice is what operators are told, ready or not.
func (s *Service) Notice() string { return s.live.Notice() }

// caughtUp returns nil once requests can be answered: the log is folded, and jobs are held to
// the policy of the file.
func (s *Service) caughtUp() error {
	select {
	case <-s.live.CaughtUp():
	default:
		return fmt.Errorf("%w: at %d of %d", ErrNotReady, s.live.Sequence(), s.live.Tail())
	}
	select {
	case <-s.held:
		return nil
	default:
		return fmt.Errorf("%w: the policy of %s is not read yet", ErrNotReady, s.opts.PolicyFile)
	}
}

// settled says that the file of the policy was looked at.
func (s *Service) settled() { s.holdOnce.Do(func() { close(s.held) }) }
