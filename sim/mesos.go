package sim

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/services/launcher"
)

// Mesos is a model of a master and its agents, as strict as the real one where
// it matters: streams, offers, status streams with acknowledgements, the
// reconciliation table.
type Mesos struct {
	mu     sync.Mutex
	ctx    context.Context //nolint:containedctx // The model lives as long as its world.
	rng    *rand.Rand
	faults Faults

	framework string
	streams   int
	sub       *subscription
	agents    map[string]*agent
	tasks     map[string]*task
	offers    map[string]*pendingOffer
	offerSeq  int
	filters   map[string]time.Time

	// Accepts, when set, takes an ACCEPT before anything else does; it returns
	// true if the call is dealt with.
	Accepts func(deliver func()) (err error, taken bool)

	subscribePause time.Duration

	violations []string
	launches   int
}

func (m *Mesos) pauseSubscribe(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.subscribePause = d
}

// Faults are the chances, out of a hundred, that a call goes wrong.
type Faults struct {
	LostCall, LateCall, LostAnswer int
	Latency                        time.Duration
}

type agent struct {
	id, host  string
	cpus      offer.Milli
	mem       offer.Milli
	connected bool
	cutAt     time.Time
}

type task struct {
	id, agentID string
	launch      mesos.Launch
	state       string // the agent's newest
	forwarded   string // what the master knows
	alive       bool
	killed      bool
	queue       []mesos.Status
	sentAt      time.Time
}

// NewMesos returns a master with n agents of four cores each.
func NewMesos(ctx context.Context, seed uint64, n int) *Mesos {
	m := &Mesos{
		ctx: ctx, rng: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // A simulation has to repeat.
		agents: map[string]*agent{}, tasks: map[string]*task{}, offers: map[string]*pendingOffer{}, filters: map[string]time.Time{},
	}
	for i := range n {
		id := fmt.Sprintf("S%d", i)
		m.agents[id] = &agent{id: id, host: "host-" + id, cpus: 4000, mem: 4096_000, connected: true}
	}
	go m.everySecond(m.offerAll)
	go m.everySecond(m.resend)
	return m
}

// SetFaults changes the chances of faults.
func (m *Mesos) SetFaults(f Faults) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = f
}

// Violations are the broken invariants so far.
func (m *Mesos) Violations() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.violations)
}

// Launches counts the tasks ever launched.
func (m *Mesos) Launches() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.launches
}

// Alive lists the tasks that run, by id.
func (m *Mesos) Alive() []mesos.Launch {
	m.mu.Lock()
	defer m.mu.Unlock()
	var alive []mesos.Launch
	for _, id := range slices.Sorted(maps.Keys(m.tasks)) {
		if t := m.tasks[id]; t.alive {
			alive = append(alive, t.launch)
		}
	}
	return alive
}

func (m *Mesos) violate(format string, args ...any) {
	m.violations = append(m.violations, fmt.Sprintf(format, args...))
}

func (m *Mesos) chance(percent int) bool { return percent > 0 && m.rng.IntN(100) < percent }

// sleep ends early with the world.
func (m *Mesos) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-m.ctx.Done():
	}
}

func (m *Mesos) pause() {
	m.mu.Lock()
	var d time.Duration
	if m.faults.Latency > 0 {
		d = time.Duration(m.rng.Int64N(int64(m.faults.Latency)))
	}
	m.mu.Unlock()
	m.sleep(d)
}

// Subscribe implements launcher.Mesos. The newest subscription of a framework
// always wins; the offers of the older one are void, and agents send again what
// was not acknowledged.
func (m *Mesos) Subscribe(ctx context.Context, f mesos.Framework) (launcher.Subscription, error) {
	m.mu.Lock()
	held := m.subscribePause
	m.mu.Unlock()
	m.sleep(held)
	m.pause()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.framework == "" {
		m.framework = "framework-1"
	}
	if f.ID != "" && f.ID != m.framework {
		return nil, mesos.ErrFrameworkRemoved
	}
	if f.ID == "" && m.launches > 0 {
		m.violate("subscribed without a framework id while tasks exist")
	}
	if m.sub != nil {
		m.sub.end(mesos.ErrFailedOver)
	}
	m.streams++
	m.sub = newSubscription(m, fmt.Sprintf("stream-%d", m.streams))
	clear(m.offers)
	clear(m.filters)
	for _, t := range m.tasks {
		m.forward(t)
	}
	return m.sub, nil
}

// Tasks implements launcher.Mesos.
func (m *Mesos) Tasks(context.Context, string) ([]mesos.TaskRef, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var refs []mesos.TaskRef
	for _, t := range m.tasks {
		if !t.alive {
			continue
		}
		refs = append(refs, mesos.TaskRef{
			TaskID: t.id, AgentID: t.agentID, State: t.forwarded, Ours: true, Job: t.launch.Job, Run: t.launch.Run,
			Group: t.launch.Group.Name, Slot: t.launch.Slot, Attempt: t.launch.Attempt, Version: t.launch.Version,
		})
	}
	return refs, nil
}

// Kill implements reaper.Killer, on connections of its own.
func (m *Mesos) Kill(ctx context.Context, target mesos.Target, taskID, agentID string, _ time.Duration) error {
	m.pause()
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if m.sub == nil || m.sub.stream != target.StreamID {
		return mesos.ErrStaleStream
	}
	if m.chance(m.faults.LostCall) {
		return mesos.ErrUnavailable
	}
	t := m.tasks[taskID]
	if t == nil || !t.alive {
		m.answer(taskID, agentID)
		return nil
	}
	if m.agents[t.agentID].connected && !t.killed {
		t.killed = true
		go m.end(t, "TASK_KILLING", "TASK_KILLED", 200*time.Millisecond)
	}
	return nil
}

// CutStream breaks the subscription's connection.
func (m *Mesos) CutStream() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sub != nil {
		m.sub.end(mesos.ErrDisconnected)
		m.sub = nil
		clear(m.offers)
	}
}

// Partition cuts an agent off: its tasks run on, unreachable.
func (m *Mesos) Partition(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.agents[id]
	if !a.connected {
		return
	}
	a.connected, a.cutAt = false, time.Now()
	for offerID, o := range m.offers {
		if o.agentID == id {
			delete(m.offers, offerID)
			m.emit(mesos.Rescind{OfferID: offerID})
		}
	}
	for _, t := range m.tasks {
		if t.agentID == id && (t.alive || len(t.queue) > 0) {
			m.status(mesos.Status{
				TaskID: t.id, AgentID: id, State: "TASK_UNREACHABLE", Source: "SOURCE_MASTER", Reason: "REASON_AGENT_REMOVED",
			})
		}
	}
}

// Heal brings an agent back.
func (m *Mesos) Heal(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.agents[id]
	if a.connected {
		return
	}
	a.connected = true
	for _, t := range m.tasks {
		if t.agentID == id && t.alive {
			m.status(mesos.Status{
				TaskID: t.id, AgentID: id, State: t.forwarded, Source: "SOURCE_MASTER", Reason: "REASON_AGENT_REREGISTERED",
			})
		}
		m.forward(t)
	}
}

// emit sends an event to the current subscription, if there is one.
func (m *Mesos) emit(ev mesos.Event) {
	if m.sub != nil {
		m.sub.push(ev)
	}
}

func (m *Mesos) status(st mesos.Status) {
	st.Time = time.Now()
	m.emit(mesos.Update{Status: st})
}

// everySecond does something under the lock until the world ends.
func (m *Mesos) everySecond(do func()) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-m.ctx.Done():
			return
		case <-tick.C:
			m.mu.Lock()
			do()
			m.mu.Unlock()
		}
	}
}

// newUUID is a version 4 UUID of the seed's making.
func (m *Mesos) newUUID() []byte {
	var b [16]byte
	for i := range b {
		b[i] = byte(m.rng.IntN(256))
	}
	u := uuid.UUID(b)
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u[:]
}
