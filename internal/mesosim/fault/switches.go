package fault

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// Agents starts and ends the agents of a process that runs them.
type Agents interface {
	// Kill ends the agents that a pattern names as SIGKILL would.
	Kill(pattern string) error
	// Start starts those that were killed.
	Start(pattern string) error
}

// Switches are the faults of one master.
type Switches struct {
	agents Agents
	codec  *wire.Codec

	mu       sync.Mutex
	rng      *rand.Rand
	rules    []*Rule
	issued   int
	changed  chan struct{} // closed at the next change of the rules
	waiters  []*waiter
	sessions map[string][]string // names of the agent of a session
}

// New returns switches without a fault. The seed decides where a rule leaves it
// to chance. agents is nil where agents run in processes of their own.
func New(seed uint64, agents Agents) *Switches {
	return &Switches{
		agents: agents, codec: wire.NewCodec(),
		rng:     rand.New(rand.NewPCG(seed, 5)), // A seed has to repeat.
		changed: make(chan struct{}), sessions: map[string][]string{},
	}
}

// Add puts a rule into force and returns it with its id. Kill and Start are done
// at once and leave no rule. Errors are ErrRule, ErrNoAgents and ErrRuleLimit.
func (s *Switches) Add(r Rule) (Rule, error) {
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	if r.Action.among(Kill, Start) {
		return r, s.act(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rules) >= MaxRules {
		return Rule{}, ErrRuleLimit
	}
	s.issued++
	r.ID, r.Hits = strconv.Itoa(s.issued), 0
	s.rules = append(s.rules, &r)
	s.signal()
	if r.Action == Partition && r.For > 0 {
		time.AfterFunc(time.Duration(r.For), func() { s.Remove(r.ID) })
	}
	return r, nil
}

func (s *Switches) act(r Rule) error {
	switch {
	case s.agents == nil:
		return ErrNoAgents
	case r.Action == Kill:
		return s.agents.Kill(r.Agent)
	}
	return s.agents.Start(r.Agent)
}

// Remove takes a rule out of force, and reports whether it was in force.
func (s *Switches) Remove(id string) bool {
	return s.remove(func(r *Rule) bool { return r.ID == id })
}

// Clear takes all rules out of force.
func (s *Switches) Clear() { s.remove(func(*Rule) bool { return true }) }

func (s *Switches) remove(which func(*Rule) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.rules)
	s.rules = slices.DeleteFunc(s.rules, which)
	s.signal()
	return len(s.rules) < before
}

// signal wakes whoever waits for the rules to change; the lock is held.
func (s *Switches) signal() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Rules lists the rules in force, oldest first.
func (s *Switches) Rules() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Rule, 0, len(s.rules))
	for _, r := range s.rules {
		out = append(out, *r)
	}
	return out
}

// any reports whether a rule could match.
func (s *Switches) any(which func(*Rule) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.rules, which)
}

// strike returns the first rule that matches and is to strike now.
func (s *Switches) strike(which func(*Rule) bool) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rules {
		if !which(r) || r.Chance > 0 && s.rng.IntN(always) >= r.Chance {
			continue
		}
		r.Hits++
		hit := *r
		if r.Times > 0 && r.Hits >= r.Times {
			s.rules = slices.DeleteFunc(s.rules, func(x *Rule) bool { return x == r })
			s.signal()
		}
		return hit, true
	}
	return Rule{}, false
}

// Await is what a message from or to an agent has to pass: it waits while the
// agent, which goes by any of the names, is cut off, and takes longer when it is
// slow. The error is that of ctx.
func (s *Switches) Await(ctx context.Context, names ...string) error {
	var waited time.Duration
	for {
		cut, slow, changed := s.linkOf(names)
		switch {
		case cut:
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
		case slow > waited:
			if err := pause(ctx, slow-waited); err != nil {
				return err
			}
			waited = slow
		default:
			return ctx.Err()
		}
	}
}

// linkOf is the state of the link to an agent.
func (s *Switches) linkOf(names []string) (cut bool, slow time.Duration, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rules {
		if r.Agent == "" || !matches(r.Agent, names...) {
			continue
		}
		cut = cut || r.Action == Partition
		if r.Action == Slow {
			slow = max(slow, time.Duration(r.For))
		}
	}
	return cut, slow, s.changed
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Cut reports whether an agent is cut off now.
func (s *Switches) Cut(names ...string) bool {
	cut, _, _ := s.linkOf(names)
	return cut
}
