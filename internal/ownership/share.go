package ownership

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TTL is how long a member that vanished is still believed to be there; one that
// stops in an orderly way leaves at once.
const TTL = 10 * time.Second

// Options are what a share is given.
type Options struct {
	Members eventlog.Members
	Space   events.Space
	// Role is whose jobs are shared out, Instance which of its replicas this is. Two
	// that are one instance share the same part.
	Role, Instance string
	Logger         zerolog.Logger
	Metrics        prometheus.Registerer
}

// Share is one replica's part of the partitions. Until Run has seen the replica
// among the members, it is all of them. It is safe for concurrent use.
type Share struct {
	opt     Options
	owned   prometheus.Gauge
	mine    atomic.Pointer[[]bool] // by partition; nil is all
	changed chan struct{}
}

// New returns a share that Run keeps.
func New(opt Options) (*Share, error) {
	s := &Share{
		opt: opt, changed: make(chan struct{}, 1),
		owned: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taurus_owned_partitions", Help: "Partitions whose jobs this replica looks after.",
			ConstLabels: prometheus.Labels{"role": opt.Role},
		}),
	}
	s.owned.Set(float64(opt.Space.Partitions()))
	if opt.Metrics == nil {
		return s, nil
	}
	if err := opt.Metrics.Register(s.owned); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return s, nil
}

// Partitions tells which partitions are this replica's; nil is all of them.
func (s *Share) Partitions() []bool {
	if mine := s.mine.Load(); mine != nil {
		return slices.Clone(*mine)
	}
	return nil
}

// Changed is signalled after Partitions has changed.
func (s *Share) Changed() <-chan struct{} { return s.changed }

// Run keeps this replica among the members, and its part as they say, until ctx
// ends. It returns when the replica has left.
func (s *Share) Run(ctx context.Context) {
	var joined sync.WaitGroup
	defer joined.Wait()
	joined.Go(func() {
		if err := s.opt.Members.Join(ctx, s.opt.Role, s.opt.Instance, TTL); err != nil {
			s.opt.Logger.Error().Err(err).Msg("not among the members of the role: looking after every job")
		}
	})
	tick := time.NewTicker(TTL / 5)
	defer tick.Stop()
	var known []string
	for {
		members, err := s.opt.Members.List(ctx, s.opt.Role)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.opt.Logger.Debug().Err(err).Msg("members not listed; going on with those known")
		case !slices.Equal(members, known):
			known = members
			s.divide(members)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// divide shares the partitions out among members, and sets this replica's part.
func (s *Share) divide(members []string) {
	all := s.opt.Space.Partitions()
	if !slices.Contains(members, s.opt.Instance) {
		members = []string{s.opt.Instance}
	}
	mine, n := make([]bool, all), 0
	for p := range all {
		if Owner(p, members) == s.opt.Instance {
			mine[p], n = true, n+1
		}
	}
	s.mine.Store(&mine)
	s.owned.Set(float64(n))
	s.opt.Logger.Info().Strs("members", members).Int("partitions", n).Uint32("of", all).Msg("partitions shared out")
	select {
	case s.changed <- struct{}{}:
	default:
	}
}
