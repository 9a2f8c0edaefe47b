package master

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/election"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/pause"
)

// standing is a master's place among the masters of its cluster; the server's
// lock guards it. A master that leads, and has recovered, has a state.
type standing struct {
	leader  *election.Master // nil: none is known
	elected time.Time        // zero: this one does not lead
}

// standAgain is how long a master waits after an election that failed.
const standAgain = time.Second

// capabilities are what this master tells of what it can do.
func capabilities() []string { return []string{"AGENT_UPDATE", "AGENT_DRAINING", "QUOTA_V2"} }

// describe is what this master tells the others of itself.
func (s *Server) describe() election.Master {
	i := &s.info
	m := election.NewMaster(i.ID, i.Address.GetIP(), i.GetHostname(), int(i.GetPort()), i.GetVersion(), capabilities()...)
	if d := i.Domain.GetFaultDomain(); d != nil {
		m.Domain = &election.Domain{FaultDomain: election.FaultDomain{Region: election.Name{Name: d.Region.Name}, Zone: election.Name{Name: d.Zone.Name}}}
	}
	return m
}

// stand stands for election until ctx is done. A standby that lost its session
// stands again; a leader that did is one no more, and that is ErrLeadershipLost.
func (s *Server) stand(ctx context.Context) error {
	for {
		err := s.candidacy(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // Told to stop: how the candidacy ended does not matter.
		case s.isElected():
			return fmt.Errorf("%w: %w", ErrLeadershipLost, err)
		}
		s.opts.Log.Warn().Err(err).Msg("candidacy lost; stands for election again")
		s.follow(nil)
		_ = pause.For(ctx, standAgain) // The next candidacy looks at ctx.
	}
}

// candidacy is one session of the election.
func (s *Server) candidacy(ctx context.Context) error {
	session, err := election.Dial(ctx, *s.opts.Election, s.opts.Log)
	if err != nil {
		return err
	}
	defer session.Close()
	if err := session.Contend(ctx, s.describe()); err != nil {
		return err
	}
	return session.Detect(ctx, func(leader *election.Master) error {
		switch {
		case leader != nil && leader.ID == s.info.ID:
			return s.elect(ctx, session)
		case s.isElected():
			return errReplaced
		}
		s.follow(leader)
		return nil
	})
}

func (s *Server) isElected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.elected.IsZero()
}

// follow takes note of who leads.
func (s *Server) follow(leader *election.Master) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leader = leader
	if leader == nil {
		s.opts.Log.Info().Msg("no master leads")
		return
	}
	s.opts.Log.Info().Str("leader", leader.Authority()).Msg("another master leads")
}

// elect makes this master the leader, which it is already when its node was there
// twice. The registry is taken over before anything is answered.
func (s *Server) elect(ctx context.Context, session *election.Session) error {
	if s.isElected() {
		return nil
	}
	self := s.describe()
	s.mu.Lock()
	s.leader, s.elected = &self, time.Now()
	s.mu.Unlock()
	s.opts.Log.Info().Msg("elected as the leading master")
	shared, text, err := session.Recover(ctx, s.info.ID)
	if err != nil {
		return err
	}
	var registry core.Registry
	if len(text) > 0 {
		if err := json.Unmarshal(text, &registry); err != nil {
			return fmt.Errorf("registry: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lead(sharedStore{shared}, registry, s.elected)
	s.opts.Log.Info().Int("agents", len(registry.Admitted)).Msg("recovered the registry")
	return nil
}

// lead begins the leadership with the registry that the last leader left.
func (s *Server) lead(st registrar, registry core.Registry, now time.Time) {
	s.store = st
	s.core = core.New(core.Config{
		Info: s.info, AllocationInterval: s.opts.AllocationInterval, PingTimeout: s.opts.PingTimeout,
		MaxPingTimeouts: s.opts.MaxPingTimeouts, ReregisterTimeout: s.opts.ReregisterTimeout, OfferTimeout: s.opts.OfferTimeout,
		Rand: s.rand(), Roles: s.opts.Roles, RejectRoot: s.opts.RejectRoot, MinAllocatable: s.opts.MinAllocatable, Limits: s.opts.Limits,
	}, registry, now)
}

// registrar stores the registry. After an error it may or may not be stored.
type registrar interface {
	save(r core.Registry) error
}

// sharedStore is the registry that all masters of a cluster have in common.
type sharedStore struct{ registry *election.Registry }

// save waits for ZooKeeper, but not longer than the session lives.
func (s sharedStore) save(r core.Registry) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return s.registry.Save(context.Background(), text)
}

// leads reports whether this master leads, by checks 3 to 5 of 1.1. If it does not,
// the request is answered.
func (s *Server) leads(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	leader, elected, recovered := s.leader, !s.elected.IsZero(), s.core != nil
	s.mu.Unlock()
	switch {
	case recovered:
		return true
	case elected:
		text(w, http.StatusServiceUnavailable, "Master has not finished recovery")
	case leader == nil:
		text(w, http.StatusServiceUnavailable, "No leader elected")
	default:
		path := r.URL.RequestURI()
		if !strings.HasPrefix(path, "/master/") {
			path = "/master" + path
		}
		toLeader(w, leader, path)
	}
	return false
}

// led serves a path only on the leader.
func (s *Server) led(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.leads(w, r) {
			serve(w, r)
		}
	}
}

// redirect points to the leading master, also when it is this one.
func (s *Server) redirect(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	leader := s.leader
	s.mu.Unlock()
	if leader == nil {
		text(w, http.StatusServiceUnavailable, "No leader elected")
		return
	}
	toLeader(w, leader, "")
}

// toLeader redirects by an address that keeps the scheme, as Mesos does.
func toLeader(w http.ResponseWriter, leader *election.Master, path string) {
	w.Header().Set("Location", "//"+leader.Authority()+path)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// depose ends the master, which Run then returns err for.
func (s *Server) depose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(err)
}

// errReplaced says that another master's node comes first.
var errReplaced = errors.New("another master leads")
