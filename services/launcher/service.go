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
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// DefaultLeaseTTL is how long the lease lasts that is not renewed.
const DefaultLeaseTTL = 10 * time.Second

// Mesos finds the leading master and subscribes to it.
type Mesos interface {
	Subscribe(ctx context.Context, f mesos.Framework) (Subscription, error)
	// Tasks lists the framework's tasks with what their labels say.
	Tasks(ctx context.Context, frameworkID string) ([]mesos.TaskRef, error)
	// Awaited is how many agents have not come back to the master since it began to
	// lead; it does not know their tasks.
	Awaited(ctx context.Context) (int, error)
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

	// Accept may keep nothing of the secrets: they are wiped once it has returned.
	Accept(ctx context.Context, a mesos.Accept, secrets mesos.Secrets) error
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
	// Instance is which process of the role this is.
	Instance string
	Now      func() time.Time
	Logger   zerolog.Logger
	Metrics  prometheus.Registerer

	Mesos     Mesos
	Framework mesos.Framework
	// RegisterAnew reports whether to register under a new framework id when Mesos
	// has removed ours, with all its tasks. Otherwise an operator has to act.
	RegisterAnew bool
	// Why is the verdict stream; nil means that verdicts are not recorded.
	Why eventlog.Log
	// Lease keeps the launchers from electing themselves in turn.
	Lease    eventlog.Lease
	LeaseTTL time.Duration
	// Secrets is where secrets are; nil if it was not told, and then tasks with some wait.
	Secrets secret.Provider
	// SecretTimeout bounds how long it may take to get one.
	SecretTimeout time.Duration
	// Handout is where agents fetch secrets in files for what Docker runs; nil if they cannot.
	Handout Handout
	// Marks keep how far the log was folded; nil for none.
	Marks fold.Marks
}

// Handout hands archives out to agents.
type Handout interface {
	// Offer takes an archive over and returns its URL, which can be fetched once; empty if it cannot.
	Offer(archive secret.Value) string
}

// Service is a launcher: the shell of a launching.Machine.
type Service struct {
	opt     Options
	machine *launching.Machine
	loop    *fold.Loop
	metrics *metrics

	keeper        *keeper
	lease         lease
	subscriptions subscriptions
	// session is that of the subscription listened to; owned by the loop.
	session *session

	trouble atomic.Pointer[error] // why it does not do its work; nil if it does
	// phase is how far the machine is, heard when Mesos last said something, in
	// nanoseconds since 1970.
	phase atomic.Uint32
	heard atomic.Int64
}

// New returns a launcher that Run starts.
func New(opt Options) (*Service, error) {
	if opt.LeaseTTL == 0 {
		opt.LeaseTTL = DefaultLeaseTTL
	}
	if opt.SecretTimeout == 0 {
		opt.SecretTimeout = DefaultSecretTimeout
	}
	state, source := cluster.New(), "taurus/launcher/"+opt.Instance
	state.CloseAtOnce() // Nobody asks a launcher what was.
	loop, err := fold.New(state, fold.Options{
		Log: opt.Log, Space: opt.Space, Role: "launcher", Source: source, Now: opt.Now, Logger: opt.Logger, Metrics: opt.Metrics,
		Marks: opt.Marks,
	})
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(opt.Metrics)
	if err != nil {
		return nil, err
	}
	return &Service{
		opt: opt, loop: loop, metrics: m, keeper: newKeeper(opt, m),
		machine: launching.New(launching.Config{
			Config: leading.Config{
				Space: opt.Space, Instance: opt.Instance, Source: source,
				// The one random value: it tells candidates apart that append at once.
				Nonce:    rand.Text(),
				LeaseTTL: opt.LeaseTTL, RegisterAnew: opt.RegisterAnew,
			},
			Explain: opt.Why != nil,
		}, state),
	}, nil
}

// Run launches until ctx ends, then returns nil with tasks running on; or until
// the log cannot be folded any further, and returns why.
func (s *Service) Run(ctx context.Context) error {
	err := s.loop.Run(ctx, measured{s}, s)
	s.leave()
	return err
}

// Notice is what operators are told, ready or not.
func (s *Service) Notice() string { return s.loop.Notice() }

// Ready is nil while the launcher is subscribed, or stands by with the log
// folded. Before it has caught up it returns fold.ErrNotCaughtUp, after that what
// Mesos said.
func (s *Service) Ready() error {
	if err := s.loop.Ready(); err != nil {
		return err
	}
	if trouble := s.trouble.Load(); trouble != nil {
		return *trouble
	}
	return nil
}

// HeardMax is how long Mesos may be silent while the launcher is subscribed:
// masters send a heartbeat every 15 s, and the client ends a stream that lacks
// five of them.
const HeardMax = 90 * time.Second

// Sequence is the last one folded.
func (s *Service) Sequence() uint64 { return s.loop.Sequence() }

// Alive returns why the launcher's loop does not turn, nil if it does.
func (s *Service) Alive() error { return s.loop.Alive() }

// Checks say more than Ready: whether Mesos' stream is alive.
func (s *Service) Checks() []ready.Check {
	return []ready.Check{ready.Work(s.loop.Ready()), s.checkMesos()}
}

func (s *Service) checkMesos() ready.Check {
	c := ready.Check{Name: ready.CheckMesos}
	trouble := s.trouble.Load()
	heard := s.heard.Load()
	silent := s.opt.Now().Sub(time.Unix(0, heard))
	switch phase := leading.Phase(s.phase.Load()); {
	case trouble != nil:
		c.Level, c.Detail = ready.Fail, (*trouble).Error()
	case phase == leading.Standby:
		c.Detail = "stands by for another launcher"
	case phase == leading.Active && heard != 0 && silent > HeardMax:
		c.Level, c.Restart = ready.Fail, true
		c.Detail = fmt.Sprintf("subscribed, but Mesos has said nothing for %v, the most is %v", ready.Round(silent), HeardMax)
	case phase == leading.Electing:
		c.Detail = "is being elected"
	case phase == leading.Active && heard != 0:
		c.Detail = fmt.Sprintf("subscribed; Mesos was heard %v ago", ready.Round(silent))
	}
	return c
}

// measured is the machine with what is counted and shown of it.
type measured struct{ *Service }

// Step implements machine.Machine.
func (m measured) Step(at machine.Moment, in machine.Input) []machine.Effect {
	effects := m.machine.Step(at, in)
	m.metrics.observe(in, effects)
	m.phase.Store(uint32(m.machine.Phase()))
	if m.machine.Trouble() != nil {
		trouble := m.machine.Trouble()
		m.trouble.Store(&trouble)
	} else {
		m.trouble.Store(nil)
	}
	return effects
}

// Wake implements machine.Machine.
func (m measured) Wake() time.Time { return m.machine.Wake() }

// Carry carries out what the machine wants.
func (s *Service) Carry(ctx context.Context, e machine.Effect) {
	switch e := e.(type) {
	case leading.Lease:
		go s.acquire(ctx)
	case leading.Release:
		go s.release(ctx, s.lease.giveUp())
	case leading.Subscribe:
		go s.subscribe(ctx, e)
	case leading.Listen:
		s.listen(ctx, e.Session)
	case leading.Close:
		s.close(e.Session)
	case launching.List:
		go s.list(ctx, e)
	case launching.Explain:
		go s.explain(ctx, e)
	case launching.GetSecrets:
		s.keeper.get(ctx, e, func(got launching.GotSecrets) { s.loop.Post(ctx, got) })
	case launching.ForgetSecrets:
		s.keeper.forget(e.Ticket)
	case launching.Accept:
		if s.session != nil {
			s.session.carry(acceptWith{e, s.keeper.give(e.Launches)})
		}
	default:
		if s.session != nil {
			s.session.carry(e)
		}
	}
}

func (s *Service) list(ctx context.Context, e launching.List) {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	listed := launching.Listed{Ticket: e.Ticket}
	if e.Whole { // Before the tasks: of an agent that comes back in between they are listed.
		listed.Awaited, listed.Err = s.opt.Mesos.Awaited(bounded)
	}
	if listed.Err == nil {
		listed.Tasks, listed.Err = s.opt.Mesos.Tasks(bounded, e.FrameworkID)
	}
	s.loop.Post(ctx, listed)
}

// explain records verdicts. They decide nothing: one that is lost is merely
// missing from the answer to why a job waits.
func (s *Service) explain(ctx context.Context, e launching.Explain) {
	if out := fold.Append(ctx, s.opt.Why, e.Drafts...); out.Err != nil && ctx.Err() == nil {
		s.opt.Logger.Warn().Err(out.Err).Int("verdicts", len(e.Drafts)).Msg("verdicts not recorded")
	}
}

// leaveTimeout bounds each of the last words of a launcher that stops.
const leaveTimeout = time.Second

// leave gives back what the launcher holds. Tasks run on: the subscription is
// closed, never the framework.
func (s *Service) leave() {
	ctx := context.Background()
	defer s.keeper.leave()
	defer s.subscriptions.leave()
	for _, e := range s.machine.Step(s.loop.Now(), leading.Stop{}) {
		switch e := e.(type) {
		case machine.Append:
			bounded, cancel := context.WithTimeout(ctx, leaveTimeout)
			if out := fold.Append(bounded, s.opt.Log, e.Drafts...); out.Err != nil {
				s.opt.Logger.Warn().Err(out.Err).Msg("end of the subscription not written down")
			}
			cancel()
		case machine.Note:
			fold.Write(s.opt.Logger, e)
		case leading.Release:
			s.release(ctx, s.lease.giveUp())
		default:
			s.Carry(ctx, e)
		}
	}
}
