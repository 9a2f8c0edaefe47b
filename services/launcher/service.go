package launcher

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Defaults of Options.
const (
	DefaultLeaseTTL = 10 * time.Second
	// leaseName is the lease of shard 0.
	leaseName = "launcher-0"
)

// Mesos finds the leading master and subscribes to it.
type Mesos interface {
	Subscribe(ctx context.Context, f mesos.Framework) (Subscription, error)
	// Tasks lists the framework's tasks with what their labels say.
	Tasks(ctx context.Context, frameworkID string) ([]mesos.TaskRef, error)
}

// Subscription is an open subscription. Calls but Acknowledge reach the master
// in the order they were made.
type Subscription interface {
	FrameworkID() string
	StreamID() string
	Master() string
	MasterID() string
	Events() <-chan mesos.Event
	// Err says why Events was closed.
	Err() error
	Close()

	Accept(ctx context.Context, a mesos.Accept) error
	Decline(ctx context.Context, offerIDs []string, refuse time.Duration) error
	AcceptInverse(ctx context.Context, offerIDs []string) error
	Revive(ctx context.Context, roles []string) error
	Suppress(ctx context.Context, roles []string) error
	Reconcile(ctx context.Context, tasks []mesos.TaskAgent) error
	Acknowledge(ctx context.Context, agentID, taskID string, uuid []byte) error
}

// Options are what a launcher is given.
type Options struct {
	Log   eventlog.Log
	Space events.Space
	// Name tells the instances of the role apart.
	Name    string
	Now     func() time.Time
	Logger  zerolog.Logger
	Metrics prometheus.Registerer

	Mesos     Mesos
	Framework mesos.Framework
	// RegisterAnew takes a new framework id when Mesos has removed ours, with all
	// its tasks. Without it an operator has to act.
	RegisterAnew bool
	// Why is the verdict stream; nil means that verdicts are not recorded.
	Why eventlog.Log
	// Lease keeps the launchers from electing themselves in turn.
	Lease    eventlog.Lease
	LeaseTTL time.Duration
}

// Service is a launcher.
type Service struct {
	opt    Options
	source string

	// Owned by the loop.
	state *cluster.State
	clock *fold.Clock // of back-offs; everything else is measured by Options.Now
	watch *watch
	phase phase
	nonce string
	held  eventlog.Held
	// stopRenewing ends the renewal of held.
	stopRenewing context.CancelFunc
	sess         *session
	// withdrawing says that a batch of withdrawals is being appended without a
	// session; withdrawAt is when the next may be.
	withdrawing bool
	withdrawAt  time.Time
	// asking says that a lease, an election or a subscription is being asked for.
	asking   bool
	retryAt  time.Time
	failures int
	// removed is the framework id that Mesos refused for good; empty if none.
	removed string
	// failingSince is when subscribing failed first; zero while it does not.
	failingSince time.Time
	batchNumber  uint64
	// counter numbers the facts of this process; see cluster.Repeated.
	counter  uint64
	verdicts *verdicts

	inbox   chan func()
	trouble atomic.Pointer[error] // why it is not ready; nil if it is
	metrics *metrics
}

// phase is how far a launcher is.
type phase uint8

const (
	replaying   phase = iota
	standby           // another leads, or nobody yet
	electing          // holds the lease, its election is not folded yet
	subscribing       // elected; no subscription
	opening           // subscribed; SubscriptionOpened is not folded yet
	active
)

// New returns a launcher that Run starts.
func New(opt Options) (*Service, error) {
	if opt.LeaseTTL == 0 {
		opt.LeaseTTL = DefaultLeaseTTL
	}
	m, err := newMetrics(opt.Metrics)
	if err != nil {
		return nil, err
	}
	s := &Service{
		opt: opt, source: "taurus/launcher/" + opt.Name,
		state: cluster.New(), clock: fold.NewClock(opt.Now), watch: newWatch(), verdicts: newVerdicts(),
		inbox: make(chan func(), 256), metrics: m,
		// The one random value: it tells candidates apart that append at once.
		nonce: rand.Text(),
	}
	s.report(fold.ErrNotCaughtUp)
	return s, nil
}

// Ready is nil while the launcher is subscribed, or stands by with the log
// folded. Before it has caught up it returns fold.ErrNotCaughtUp, after that what
// Mesos said.
func (s *Service) Ready() error {
	if trouble := s.trouble.Load(); trouble != nil {
		return *trouble
	}
	return nil
}

// report has Ready return err.
func (s *Service) report(err error) {
	if err == nil {
		s.trouble.Store(nil)
		return
	}
	s.trouble.Store(&err)
}

// envelope is that of the launcher's next event.
func (s *Service) envelope(id string, cause uint64) events.Envelope {
	return events.Envelope{ID: id, Source: s.source, Time: s.opt.Now(), Cause: cause, Epoch: s.state.Launcher.Epoch}
}

// post hands a result to the loop.
func (s *Service) post(ctx context.Context, f func()) {
	select {
	case s.inbox <- f:
	case <-ctx.Done():
	}
}

func (s *Service) encode(subject string, env events.Envelope, ev events.Event) (eventlog.Message, bool) {
	m, err := events.Encode(subject, env, ev)
	if err != nil {
		// Only a programming error can cause it; the task waits and the log says so.
		s.opt.Logger.Error().Err(err).Str("subject", subject).Msg("event not encodable")
		return m, false
	}
	return m, true
}

func decisionID(subject string, last uint64, ev events.Event, epoch, batch uint64) string {
	return fmt.Sprintf("%s@%d/%s/%d.%d", subject, last, ev.Type(), epoch, batch)
}
