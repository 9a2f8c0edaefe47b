// Package reaper issues the kills.
//
// Which tasks are due is decided in internal/core/reaping. A kill is announced
// first (KillIssued, appended conditionally), and only the reaper that reads its
// own announcement back sends it, over connections of its own, in the name of
// the subscription that the launcher wrote down. A KILL may get lost anywhere:
// the announcement is repeated, after the task's grace and a margin, until the
// task has ended.
package reaper

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/decider"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// sendersMax is how many KILL calls are under way at once.
const sendersMax = 16

// Killer sends a KILL in the name of a subscription. internal/mesos has one.
type Killer interface {
	Kill(ctx context.Context, t mesos.Target, taskID, agentID string, grace time.Duration) error
}

// Options are what a reaper is given.
type Options struct {
	Log   eventlog.Log
	Space events.Space
	// Name tells the instances of the role apart.
	Name    string
	Now     func() time.Time
	Logger  zerolog.Logger
	Metrics prometheus.Registerer
	Killer  Killer
	// Share is the part of the jobs to look after; nil is all of them.
	Share decider.Share
}

// Service is a reaper.
type Service struct {
	opt     Options
	decider *decider.Decider
	queue   *queue

	mu     sync.Mutex
	target mesos.Target // of the newest subscription; zero if there is none
	opened chan struct{}
}

type kill struct {
	job      string
	taskID   string
	agentID  string
	grace    time.Duration
	sequence uint64
	target   mesos.Target
}

// New returns a reaper that Run starts.
func New(opt Options) (*Service, error) {
	s := &Service{opt: opt, queue: newQueue(), opened: make(chan struct{})}
	d, err := decider.New(decider.Role{
		Name:    "reaper",
		Subject: opt.Space.Kill,
		Last:    func(j *cluster.Job) uint64 { return j.LastKill },
		Decide:  s.decide,
		Folded:  s.folded,
	}, decider.Options{Log: opt.Log, Instance: opt.Name, Now: opt.Now, Logger: opt.Logger, Metrics: opt.Metrics, Share: opt.Share})
	s.decider = d
	return s, err
}

// Run reaps until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var senders sync.WaitGroup
	for range sendersMax {
		senders.Go(func() { s.send(ctx) })
	}
	err := s.decider.Run(ctx)
	cancel()
	senders.Wait()
	return err
}

// Ready is nil once the reaper has caught up with the log.
func (s *Service) Ready() error { return s.decider.Ready() }

// decide announces the kills of a job that are due. Without a subscription
// nothing could be sent, so nothing is announced.
func (s *Service) decide(j *cluster.Job, now time.Time) (*decider.Proposal, time.Time) {
	var (
		due  []*cluster.Task
		wake time.Time
	)
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			yes, at := reaping.Due(t, now)
			if yes {
				due = append(due, t)
			}
			if !at.IsZero() && at.After(now) && (wake.IsZero() || at.Before(wake)) {
				wake = at
			}
		}
	}
	if len(due) == 0 {
		return nil, wake
	}
	if s.currentTarget().StreamID == "" {
		return nil, now.Add(time.Second)
	}
	ev, taken := reaping.Issue(due)
	return &decider.Proposal{Event: ev, Cause: taken[0].Doom.Sequence}, wake
}

func (s *Service) folded(state *cluster.State, r cluster.Record, c cluster.Change, own bool) {
	switch r.Event.(type) {
	case events.SubscriptionOpened:
		if c.Judgement == cluster.Counted {
			s.retarget(state.Launcher)
		}
	case events.KillIssued:
		if own {
			s.enqueue(r, c)
		}
	default:
	}
}

func (s *Service) retarget(l cluster.Launcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = mesos.Target{Master: l.Subscription.Master, FrameworkID: l.FrameworkID, StreamID: l.Subscription.StreamID}
	close(s.opened)
	s.opened = make(chan struct{})
}

func (s *Service) currentTarget() mesos.Target {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.target
}

// enqueue hands kills to the senders.
func (s *Service) enqueue(r cluster.Record, c cluster.Change) {
	for _, t := range c.Tasks {
		if t.Doom == nil {
			continue
		}
		s.queue.put(kill{job: t.Job, taskID: t.ID, agentID: t.AgentID, grace: t.Doom.Grace, sequence: r.Sequence, target: s.currentTarget()})
	}
}

func (s *Service) send(ctx context.Context) {
	for {
		k, ok := s.queue.take(ctx)
		if !ok {
			return
		}
		s.kill(ctx, k)
	}
}

// kill sends one KILL. If its subscription turns out to be of the past it waits
// for the next one, for as long as the kill is not about to be repeated anyway.
func (s *Service) kill(ctx context.Context, k kill) {
	ctx, cancel := context.WithTimeout(ctx, k.grace+reaping.Margin)
	defer cancel()
	log := s.opt.Logger.With().Str("job", k.job).Str("task", k.taskID).Uint64("sequence", k.sequence).Logger()
	for {
		err := s.opt.Killer.Kill(ctx, k.target, k.taskID, k.agentID, k.grace)
		if err == nil {
			log.Info().Msg("kill sent")
			return
		}
		if ctx.Err() != nil {
			return
		}
		log.Warn().Err(err).Bool("stale", errors.Is(err, mesos.ErrStaleStream)).Msg("kill not taken; waiting for a newer subscription")
		next, ok := s.newer(ctx, k.target)
		if !ok {
			return
		}
		k.target = next
	}
}

// newer waits for a subscription other than the one given.
func (s *Service) newer(ctx context.Context, than mesos.Target) (mesos.Target, bool) {
	for {
		s.mu.Lock()
		target, opened := s.target, s.opened
		s.mu.Unlock()
		if target != than {
			return target, true
		}
		select {
		case <-opened:
		case <-ctx.Done():
			return mesos.Target{}, false
		}
	}
}
