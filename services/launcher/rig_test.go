package launcher_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/launcher"
)

// subscription is a fake one, which writes down what is called.
type subscription struct {
	id     string
	events chan mesos.Event

	mu     sync.Mutex
	calls  []string
	given  []string // the secrets of launches
	closed bool
	cut    bool // events was closed
	err    error
	// unfit are the tasks whose launch cannot be made, and why.
	unfit map[string]error
	// broken is what ACCEPT fails with, deaf what DECLINE does.
	broken, deaf error
}

func (s *subscription) FrameworkID() string        { return "F" }
func (s *subscription) StreamID() string           { return s.id }
func (s *subscription) Master() string             { return "http://m" }
func (s *subscription) MasterID() string           { return "M" }
func (s *subscription) Events() <-chan mesos.Event { return s.events }

func (s *subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// fail ends it.
func (s *subscription) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	close(s.events)
}

func (s *subscription) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *subscription) note(format string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
	return nil
}

func (s *subscription) Accept(_ context.Context, a mesos.Accept, secrets mesos.Secrets) error {
	var tasks []string
	for _, l := range a.Launches {
		if err := s.unfit[l.TaskID]; err != nil {
			return &mesos.LaunchError{TaskID: l.TaskID, Err: err}
		}
		tasks = append(tasks, fmt.Sprintf("%s.%d.%d", l.Job, l.Slot, l.Attempt))
		s.keep(l.TaskID, secrets[l.TaskID])
	}
	if s.broken != nil {
		return s.broken
	}
	return s.note("ACCEPT %s: %s", strings.Join(a.OfferIDs, ","), strings.Join(tasks, ","))
}

// keep notes what a task was launched with.
func (s *subscription) keep(taskID string, given mesos.TaskSecrets) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(given.Values)) {
		from := ""
		if given.Archive != "" {
			from = " from " + given.Archive
		}
		s.given = append(s.given, fmt.Sprintf("%s%s %s=%s", taskID, from, name, given.Values[name].Bytes()))
	}
}

// secrets are what tasks were launched with, in order.
func (s *subscription) secrets() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.given)
}

func (s *subscription) Decline(_ context.Context, ids []string, refuse time.Duration) error {
	s.mu.Lock()
	err := s.deaf
	s.mu.Unlock()
	return cmp.Or(err, s.note("DECLINE %s for %s", strings.Join(ids, ","), refuse))
}

func (s *subscription) AcceptInverse(_ context.Context, ids []string) error {
	return s.note("ACCEPT_INVERSE_OFFERS %s", strings.Join(ids, ","))
}

func (s *subscription) Revive(context.Context, []string) error   { return s.note("REVIVE") }
func (s *subscription) Suppress(context.Context, []string) error { return s.note("SUPPRESS") }

func (s *subscription) Reconcile(_ context.Context, tasks []mesos.TaskAgent) error {
	var names []string
	for _, t := range tasks {
		names = append(names, t.TaskID+" on "+t.AgentID)
	}
	return s.note("RECONCILE %s", strings.Join(names, ","))
}

func (s *subscription) Acknowledge(_ context.Context, agentID, taskID string, uuid []byte) error {
	return s.note("ACKNOWLEDGE %s on %s: %s", taskID, agentID, uuid)
}

// called are the calls that begin with a word, in order.
func (s *subscription) called(word string) []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.calls), func(c string) bool { return !strings.HasPrefix(c, word) })
}

// rig is a launcher between a log and a fake Mesos.
type rig struct {
	t     *testing.T
	log   *memory.Log
	why   *memory.Log
	space events.Space
	run   uint64
	n     int

	mu    sync.Mutex
	subs  []*subscription
	fault func(ev string, stored bool) error
	refs  []mesos.TaskRef
	// listed is how often the framework's tasks were listed, awaited how many agents
	// have not come back to the master.
	listed, awaited int
	// refusal is what SUBSCRIBE fails with, asked as which framework it was.
	refusal error
	asked   []string
	// registerAnew is Options.RegisterAnew.
	registerAnew bool
	// secrets and handout are Options.Secrets and Options.Handout.
	secrets secret.Provider
	handout launcher.Handout
	// lease is shared by all launchers; nil gives each its own.
	lease eventlog.Lease
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, space: events.NewSpace(0), why: memory.New(memory.WithClock(time.Now))}
	r.log = memory.New(memory.WithClock(time.Now), memory.WithFault(func(entries []eventlog.Entry, stored bool) error {
		h := entries[0].Message.Header
		r.mu.Lock()
		fault := r.fault
		r.mu.Unlock()
		if fault == nil || h[events.HeaderSource] == "test" {
			return nil
		}
		return fault(h[events.HeaderType], stored)
	}))
	return r
}

// on lets f decide about appends that begin with an event of a type.
func (r *rig) on(ev events.Event, f func(stored bool) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = func(name string, stored bool) error {
		if name != ev.Type() {
			return nil
		}
		return f(stored)
	}
}

// held holds back what is about to be stored.
func held(d time.Duration) func(bool) error {
	return func(stored bool) error {
		if !stored {
			time.Sleep(d)
		}
		return nil
	}
}

// Subscribe implements launcher.Mesos.
func (r *rig) Subscribe(_ context.Context, f mesos.Framework) (launcher.Subscription, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, f.ID)
	if r.refusal != nil {
		return nil, r.refusal
	}
	s := &subscription{id: fmt.Sprint("s", len(r.subs)+1), events: make(chan mesos.Event, 100)}
	r.subs = append(r.subs, s)
	return s, nil
}

// subscribed are the framework ids that were subscribed as, so far.
func (r *rig) subscribed() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asked)
}

// Tasks implements launcher.Mesos.
func (r *rig) Tasks(context.Context, string) ([]mesos.TaskRef, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listed++
	return r.refs, nil
}

// Awaited implements launcher.Mesos.
func (r *rig) Awaited(context.Context) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.awaited, nil
}

// make makes a launcher that does not run yet.
func (r *rig) make() *launcher.Service {
	r.t.Helper()
	lease := r.lease
	if lease == nil {
		lease = memory.NewLeases(time.Now)
	}
	s, err := launcher.New(launcher.Options{
		Log: r.log, Why: r.why, Space: r.space, Instance: "a", Now: time.Now, Logger: zerolog.Nop(), Mesos: r,
		Lease: lease, RegisterAnew: r.registerAnew, Secrets: r.secrets, Handout: r.handout,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// start makes a launcher and runs it.
func (r *rig) start() *launcher.Service {
	r.t.Helper()
	s := r.make()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	})
	return s
}

// begin plans n tasks, starts the launcher, and is the subscription to follow. The
// other way round chance would decide whether the launcher, with nothing to launch,
// sends a SUPPRESS first.
func (r *rig) begin(n uint32) *subscription {
	r.t.Helper()
	r.plan(n)
	r.start()
	return r.sub()
}

// sub is the newest subscription, a second after whatever was before.
func (r *rig) sub() *subscription {
	r.t.Helper()
	time.Sleep(time.Second)
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.subs) == 0 {
		r.t.Fatal("nobody subscribed")
	}
	return r.subs[len(r.subs)-1]
}

func (r *rig) put(subject string, ev events.Event) uint64 {
	r.t.Helper()
	r.n++
	m, err := events.Encode(subject, events.Envelope{ID: fmt.Sprint("test-", r.n), Source: "test", Time: time.Now()}, ev)
	if err != nil {
		r.t.Fatal(err)
	}
	receipt, err := r.log.Append(context.Background(), eventlog.Fact(m))
	if err != nil {
		r.t.Fatal(err)
	}
	return receipt.Last
}

// plan submits the job and plans n tasks that want two cores each.
func (r *rig) plan(n uint32) {
	r.run = r.put(r.space.Job("web"), events.JobSubmitted{Spec: []byte(
		`{"id":"web","tasks":[{"name":"g","replicas":9,"container":{"image":"x"},"resources":{"cpu":2,"memory":10}}]}`)})
	r.put(r.space.Plan("web"), events.TasksPlanned{Run: r.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: n - 1, Attempt: 1}}})
}

func (r *rig) doom(from, to uint32) {
	r.put(r.space.Plan("web"), events.TasksDoomed{
		Run: r.run, Slots: []events.SlotRange{{From: from, To: to, Attempt: 1}}, Reason: "test", GraceMillis: 1000,
	})
}

func offered(id string, cpus int) mesos.Event {
	return mesos.Offers{Offers: []offer.Offer{{
		ID: id, AgentID: "S", Hostname: "h", Role: "*",
		Resources: offer.Resources{CPUs: offer.Milli(cpus * 1000), Mem: 1_000_000},
	}}}
}

// taskID is the id that the launcher gives a task of the job.
func (r *rig) taskID(slot uint32) string { return fmt.Sprintf("web-%d-%d-1", r.run, slot) }

func (r *rig) update(state, uuid string) mesos.Event {
	st := mesos.Status{TaskID: r.taskID(0), AgentID: "S", State: state, Source: "SOURCE_EXECUTOR"}
	if uuid != "" {
		st.UUID = []byte(uuid)
	}
	return mesos.Update{Status: st}
}

// records are the events of one type in a log.
func records[E events.Event](t *testing.T, log *memory.Log) []E {
	t.Helper()
	synctest.Wait()
	return foldtest.Events[E](t, log)
}

// task is what the log says of a task of the job.
func (r *rig) task(slot uint32) *cluster.Task {
	r.t.Helper()
	synctest.Wait()
	return foldtest.State(r.t, r.log).Jobs["web"].Slots[slot].Newest()
}
