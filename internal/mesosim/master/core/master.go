package core

import (
	"fmt"
	"math/rand/v2"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// The defaults of Mesos' master flags.
const (
	DefaultAllocationInterval = time.Second
	DefaultPingTimeout        = 15 * time.Second
	DefaultMaxPingTimeouts    = 5
	DefaultReregisterTimeout  = 10 * time.Minute
	// HeartbeatInterval is fixed in Mesos.
	HeartbeatInterval = 15 * time.Second
)

// Limits are how much a master remembers of what is over.
type Limits struct {
	CompletedFrameworks int
	// CompletedTasks and UnreachableTasks are those of one framework.
	CompletedTasks, UnreachableTasks int
	// AgentCount and AgentAge are how many unreachable agents the registry keeps,
	// and for how long, and the same of agents that are gone; PruneInterval is how
	// often it is looked through (5.1).
	AgentCount              int
	AgentAge, PruneInterval time.Duration
}

// DefaultLimits are those of Mesos.
func DefaultLimits() Limits {
	return Limits{
		CompletedFrameworks: 50, CompletedTasks: 1000, UnreachableTasks: 1000,
		AgentCount: 102_400, AgentAge: 14 * 24 * time.Hour, PruneInterval: 15 * time.Minute,
	}
}

// Config is what a master is told at start.
type Config struct {
	Info               mesos.MasterInfo // ID is the prefix of all ids that it issues
	AllocationInterval time.Duration
	PingTimeout        time.Duration
	MaxPingTimeouts    int
	ReregisterTimeout  time.Duration
	OfferTimeout       time.Duration // zero: offers do not expire
	Roles              []string      // that frameworks may have; empty: any
	RejectRoot         bool          // no framework may be of user root
	// MinAllocatable are the least amounts that are offered; default 0.01 cpus or
	// 32 MB.
	MinAllocatable []resource.Set
	// Limits are DefaultLimits when nil.
	Limits *Limits
	// Rand orders agents within an allocation.
	Rand *rand.Rand
}

// Master is the state of a leading master.
type Master struct {
	cfg        Config
	limits     Limits
	frameworks map[string]*framework
	completed  []*framework // oldest first
	agents     map[string]*agent
	order      []*agent          // the same, by id
	addresses  map[string]*agent // the same, by ip and port
	sessions   map[string]*agent // connected agents
	registry   Registry
	offers     map[string]*offer
	operations map[operationKey]*operation
	ended      map[mesos.TaskState]int // tasks, ever
	turns      map[string]int          // by role: how many offers were made, ever

	issuedFrameworks, issuedAgents, issuedOffers, issuedTasks int

	effects    []Effect
	watched    bool
	pruneAt    time.Time // of the registry
	allocateAt time.Time // next batch allocation
	allocate   bool      // one is wanted at once
	changed    []*agent  // or one for these agents only
	inverses   map[string]*inverse
}

// New returns a master that has just been elected, with the registry that an
// earlier one left. Its agents are recovered until they register again.
func New(cfg Config, registry Registry, now time.Time) *Master {
	registry.init()
	m := &Master{
		cfg: cfg, limits: DefaultLimits(), registry: registry,
		frameworks: map[string]*framework{}, agents: map[string]*agent{}, offers: map[string]*offer{},
		operations: map[operationKey]*operation{}, turns: map[string]int{}, ended: map[mesos.TaskState]int{}, sessions: map[string]*agent{}, addresses: map[string]*agent{}, inverses: map[string]*inverse{},
		allocateAt: now.Add(cfg.AllocationInterval),
	}
	if cfg.Limits != nil {
		m.limits = *cfg.Limits
	}
	m.pruneAt = now.Add(m.limits.PruneInterval)
	for id, r := range m.registry.Admitted {
		r.recoverBy = now.Add(cfg.ReregisterTimeout)
		m.registry.Admitted[id] = r
	}
	return m
}

// Advance does what has become due at now, and an allocation when one is.
func (m *Master) Advance(now time.Time) {
	m.advanceFrameworks(now)
	m.advanceAgents(now)
	m.advanceOffers(now)
	if !now.Before(m.pruneAt) {
		m.pruneAt = now.Add(m.limits.PruneInterval)
		m.prune(now)
	}
	if !now.Before(m.allocateAt) {
		m.allocateAt = now.Add(m.cfg.AllocationInterval)
		m.allocate = true
	}
	m.Allocate(now)
}

// Allocate runs an allocation if a call or message asked for one at once; runs
// are coalesced (2.1).
func (m *Master) Allocate(now time.Time) {
	agents := m.changed
	if m.allocate {
		agents = m.sortedAgents()
	}
	if len(agents) == 0 && !m.allocate {
		return
	}
	m.allocate, m.changed = false, nil
	m.allocateOn(now, agents)
}

func (m *Master) newFrameworkID() string {
	id := fmt.Sprintf("%s-%04d", m.cfg.Info.ID, m.issuedFrameworks)
	m.issuedFrameworks++
	return id
}

func (m *Master) newAgentID() string {
	id := fmt.Sprintf("%s-S%d", m.cfg.Info.ID, m.issuedAgents)
	m.issuedAgents++
	return id
}

func (m *Master) newOfferID() string {
	id := fmt.Sprintf("%s-O%d", m.cfg.Info.ID, m.issuedOffers)
	m.issuedOffers++
	return id
}

// Info is the MasterInfo that frameworks and operators see.
func (m *Master) Info() mesos.MasterInfo { return m.cfg.Info }

// total is what all agents have together, for shares.
func (m *Master) total() amounts {
	sum := amounts{}
	for _, a := range m.agents {
		sum.add(a.total)
	}
	return sum
}

// amounts are scalars by name.
type amounts map[string]resource.Milli

func (a amounts) add(s resource.Set) {
	for name, v := range s.Scalars() {
		a[name] += v
	}
}

func (a amounts) sub(s resource.Set) {
	for name, v := range s.Scalars() {
		a[name] -= v
	}
}

// share is the dominant share of a in total (DRF).
func (a amounts) share(total amounts) float64 {
	var dominant float64
	for name, v := range a {
		if t := total[name]; t > 0 {
			dominant = max(dominant, float64(v)/float64(t))
		}
	}
	return dominant
}
