// Package planner keeps jobs as they should be: it expands them into tasks,
// plans again what ended, dooms what is not wanted, and says when a job is over.
//
// What it decides is in internal/core/planning; how decisions reach the log is
// in internal/decider. It has no other effect, so any number of planners may
// run, and none may be missed for longer than its restart takes.
package planner

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/decider"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// UsageMax is the share of the log's space above which nothing new is
	// planned, so that stops, kills and statuses can still be written.
	UsageMax = 0.9
	// usageEvery is how often the log's space is looked at.
	usageEvery = 5 * time.Second
)

// Options are what a planner is given.
type Options struct {
	Log   eventlog.Log
	Space events.Space
	// Name tells the instances of the role apart.
	Name    string
	Now     func() time.Time
	Logger  zerolog.Logger
	Metrics prometheus.Registerer
	// Share is the part of the jobs to look after; nil is all of them.
	Share decider.Share
}

// Service is a planner.
type Service struct {
	opt     Options
	decider *decider.Decider
	full    atomic.Bool
}

// New returns a planner that Run starts.
func New(opt Options) (*Service, error) {
	s := &Service{opt: opt}
	d, err := decider.New(decider.Role{
		Name:    "planner",
		Subject: opt.Space.Plan,
		Last:    func(j *cluster.Job) uint64 { return j.LastPlan },
		Decide:  s.decide,
		Folded:  s.folded,
	}, decider.Options{Log: opt.Log, Instance: opt.Name, Now: opt.Now, Logger: opt.Logger, Metrics: opt.Metrics, Share: opt.Share})
	s.decider = d
	return s, err
}

// Run plans until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	if sized, ok := s.opt.Log.(eventlog.Sized); ok {
		watching.Go(func() { s.watchUsage(ctx, sized) })
	}
	return s.decider.Run(ctx)
}

// Ready is nil once the planner has caught up with the log.
func (s *Service) Ready() error { return s.decider.Ready() }

func (s *Service) decide(j *cluster.Job, now time.Time) (*decider.Proposal, time.Time) {
	d := planning.Decide(j, now)
	if d.Event == nil {
		return nil, d.Wake
	}
	if _, plans := d.Event.(events.TasksPlanned); plans && s.full.Load() {
		return nil, now.Add(usageEvery)
	}
	return &decider.Proposal{Event: d.Event, Cause: d.Cause}, d.Wake
}

func (s *Service) folded(_ *cluster.State, r cluster.Record, c cluster.Change, own bool) {
	if !own {
		return
	}
	log := s.opt.Logger.With().Str("job", c.Job.ID).Uint64("sequence", r.Sequence).Logger()
	switch ev := r.Event.(type) {
	case events.TasksPlanned:
		log.Info().Str("group", ev.Group).Int("tasks", len(c.Tasks)).Str("reason", ev.Reason).Time("not_before", ev.NotBefore).Msg("tasks planned")
	case events.TasksDoomed:
		log.Info().Int("tasks", len(c.Tasks)).Str("reason", ev.Reason).Msg("tasks doomed")
	case events.JobCompleted:
		log.Info().Msg("job completed")
	case events.JobFailed:
		log.Info().Str("reason", ev.Reason).Msg("job failed")
	default:
	}
}

// watchUsage stops planning while the log is nearly full.
func (s *Service) watchUsage(ctx context.Context, sized eventlog.Sized) {
	tick := time.NewTicker(usageEvery)
	defer tick.Stop()
	for {
		if u, err := sized.Usage(ctx); err == nil {
			full := u.Share() >= UsageMax
			if s.full.Swap(full) != full {
				s.opt.Logger.Warn().Bool("full", full).Uint64("bytes", u.Bytes).Uint64("max_bytes", u.MaxBytes).
					Msg("log space: planning stops at 90 %; raise --max-bytes")
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
