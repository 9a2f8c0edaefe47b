package reaper_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/reaper"
)

const grace = 3 * time.Second

// sent is a KILL that reached the fake master.
type sent struct {
	task, agent, stream string
	grace               time.Duration
	at                  time.Time
}

// rig is a log and a master that takes calls of one stream only.
type rig struct {
	t     *testing.T
	log   *memory.Log
	space events.Space
	epoch uint64

	mu     sync.Mutex
	stream string
	calls  []sent // all, taken or not
	taken  []sent
	hang   bool
	named  map[string]bool // the masters that the configuration names; nil is all
	n      int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, log: memory.New(memory.WithClock(time.Now)), space: events.NewSpace(0)}
	r.epoch = r.put(r.space.Launcher(0), 0, events.LauncherElected{Nonce: "n"})
	return r
}

// name makes the configuration name a master, or no longer.
func (r *rig) name(master string, yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.named == nil {
		r.named = map[string]bool{}
	}
	r.named[master] = yes
}

// Named implements reaper.Killer.
func (r *rig) Named(_ context.Context, master string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.named == nil || r.named[master] {
		return nil
	}
	return &mesos.HostError{Host: master, Err: mesos.ErrHostNotNamed}
}

// Kill implements reaper.Killer.
func (r *rig) Kill(ctx context.Context, target mesos.Target, taskID, agentID string, grace time.Duration) error {
	if err := r.Named(ctx, target.Master); err != nil {
		return err
	}
	r.mu.Lock()
	k := sent{task: taskID, agent: agentID, stream: target.StreamID, grace: grace, at: time.Now()}
	r.calls = append(r.calls, k)
	hang, stale := r.hang, target.StreamID != r.stream
	if !stale && !hang {
		r.taken = append(r.taken, k)
	}
	r.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if stale {
		return fmt.Errorf("%w: %s", mesos.ErrStaleStream, target.StreamID)
	}
	return nil
}

func (r *rig) put(subject string, epoch uint64, ev events.Event) uint64 {
	r.t.Helper()
	r.n++
	m, err := events.Encode(subject, events.Envelope{ID: fmt.Sprint("test-", r.n), Source: "test", Time: time.Now(), Epoch: epoch}, ev)
	if err != nil {
		r.t.Fatal(err)
	}
	receipt, err := r.log.Append(context.Background(), eventlog.Fact(m))
	if err != nil {
		r.t.Fatal(err)
	}
	return receipt.Last
}

// open opens a subscription, which the master takes from now on.
func (r *rig) open(stream string) {
	r.mu.Lock()
	r.stream = stream
	r.mu.Unlock()
	r.announce(stream)
}

// announce writes a subscription down.
func (r *rig) announce(stream string) {
	r.put(r.space.Launcher(0), r.epoch, events.SubscriptionOpened{FrameworkID: "F", StreamID: stream, Master: "http://m"})
}

// plan plans n tasks of the job.
func (r *rig) plan(n uint32) (run uint64) {
	run = r.put(r.space.Job("web"), 0, events.JobSubmitted{Spec: []byte(`{"id":"web","tasks":[{"name":"g","replicas":9,"container":{"image":"x"}}]}`)})
	r.put(r.space.Plan("web"), 0, events.TasksPlanned{Run: run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: n - 1, Attempt: 1}}})
	return run
}

func (r *rig) stage(run uint64, slot uint32) {
	r.put(r.space.Task("web", slot), r.epoch, events.TaskStaged{
		Run: run, Group: "g", Slot: slot, Attempt: 1, TaskID: fmt.Sprint("t", slot), AgentID: fmt.Sprint("S", slot),
	})
}

func (r *rig) report(run uint64, slot uint32, state string) {
	r.put(r.space.Task("web", slot), r.epoch, events.TaskStatusChanged{
		Run: run, Slot: slot, Attempt: 1, TaskID: fmt.Sprint("t", slot), State: state, UUID: []byte("u"),
	})
}

// run makes n running tasks.
func (r *rig) run(n uint32) (run uint64) {
	run = r.plan(n)
	for slot := range n {
		r.stage(run, slot)
		r.report(run, slot, "TASK_RUNNING")
	}
	return run
}

func (r *rig) doom(run uint64, from, to uint32) {
	r.put(r.space.Plan("web"), 0, events.TasksDoomed{
		Run: run, Slots: []events.SlotRange{{From: from, To: to, Attempt: 1}}, Reason: "test", GraceMillis: grace.Milliseconds(),
	})
}

// start runs a reaper; stop ends it.
func (r *rig) start(name string) (stop func()) {
	r.t.Helper()
	s, err := reaper.New(reaper.Options{Log: r.log, Space: r.space, Instance: name, Now: time.Now, Logger: zerolog.Nop(), Killer: r})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("%s: %v", name, err)
		}
	})
	r.t.Cleanup(stop)
	return stop
}

// kills are the KILLs that the master took, by task.
func (r *rig) kills() map[string][]sent {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string][]sent{}
	for _, k := range r.taken {
		found[k.task] = append(found[k.task], k)
	}
	return found
}

// announced are the KillIssued in the log.
func (r *rig) announced() []eventlog.Record {
	r.t.Helper()
	synctest.Wait()
	return slices.DeleteFunc(foldtest.Records(r.t, r.log), func(rec eventlog.Record) bool {
		return rec.Header[events.HeaderType] != (events.KillIssued{}).Type()
	})
}

// TestOnlyTheAnnouncerSends: of several reapers one announces, and sends.
func TestOnlyTheAnnouncerSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open("s1")
		for _, name := range []string{"a", "b", "c"} {
			r.start(name)
		}
		run := r.run(5)
		r.doom(run, 1, 3)
		time.Sleep(time.Second)
		found := r.kills()
		for _, id := range []string{"t1", "t2", "t3"} {
			if k := found[id]; len(k) != 1 || k[0].agent != "S"+id[1:] || k[0].grace != grace || k[0].stream != "s1" {
				t.Errorf("%s was killed by %+v", id, k)
			}
		}
		if n := len(r.announced()); len(found) != 3 || n != 1 {
			t.Errorf("%d tasks killed in %d announcements, want 3 in one", len(found), n)
		}
	})
}

// TestWhatMesosNeverSpokeOfIsLeftAlone [V1], and what is unreachable, and what
// is not doomed: until that changes.
func TestWhatMesosNeverSpokeOfIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open("s1")
		r.start("a")
		run := r.plan(4)
		r.stage(run, 1)
		r.stage(run, 2)
		r.report(run, 2, "TASK_RUNNING")
		r.report(run, 2, "TASK_UNREACHABLE")
		r.doom(run, 0, 2)
		time.Sleep(10 * time.Minute)
		if found := r.kills(); len(found) != 0 {
			t.Fatalf("killed %v", found)
		}
		r.report(run, 1, "TASK_STAGING")
		r.report(run, 2, "TASK_RUNNING")
		time.Sleep(time.Second)
		if found := r.kills(); len(found) != 2 || len(found["t1"]) != 1 || len(found["t2"]) != 1 {
			t.Errorf("killed %v, want t1 and t2", found)
		}
	})
}

// TestRepetition: after grace and margin, not before, until the task is over.
func TestRepetition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open("s1")
		r.start("a")
		r.start("b")
		run := r.run(1)
		began := time.Now()
		r.doom(run, 0, 0)
		time.Sleep(2*(grace+reaping.Margin) + time.Second)
		kills := r.kills()["t0"]
		if len(kills) != 3 {
			t.Fatalf("killed %d times, want 3", len(kills))
		}
		for i, k := range kills {
			if due := began.Add(time.Duration(i) * (grace + reaping.Margin)); k.at.Before(due) || k.at.After(due.Add(time.Second)) {
				t.Errorf("kill %d after %s, want %s", i, k.at.Sub(began), due.Sub(began))
			}
		}
		r.report(run, 0, "TASK_KILLED")
		time.Sleep(10 * time.Minute)
		if n := len(r.kills()["t0"]); n != 3 {
			t.Errorf("%d kills of a task that is over", n-3)
		}
	})
}

// TestNoSubscription: nothing could be sent, so nothing is announced.
func TestNoSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.start("a")
		run := r.run(1)
		r.doom(run, 0, 0)
		time.Sleep(time.Minute)
		if n := len(r.announced()); n != 0 {
			t.Errorf("%d announcements without a subscription", n)
		}
		r.open("s1")
		time.Sleep(2 * time.Second)
		if n := len(r.kills()["t0"]); n != 1 {
			t.Errorf("killed %d times once there is one", n)
		}
	})
}

// TestStaleStream: the kill waits for a newer subscription than the one that
// was refused, and does not try the old one again.
func TestStaleStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.announce("old") // the master is somewhere else already
		r.start("a")
		run := r.run(1)
		r.doom(run, 0, 0)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if r.callsOn("old") != 1 || len(r.kills()) != 0 {
			t.Fatalf("%d calls on the old stream", r.callsOn("old"))
		}
		r.announce("stale too")
		r.open("new")
		time.Sleep(time.Second)
		if kills := r.kills()["t0"]; len(kills) != 1 || kills[0].stream != "new" {
			t.Errorf("killed %+v, want once on the new stream", kills)
		}
		if n := len(r.announced()); n != 1 || r.callsOn("old") != 1 {
			t.Errorf("%d announcements, %d calls on the old stream", n, r.callsOn("old"))
		}
	})
}

func (r *rig) callsOn(stream string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(r.calls), func(k sent) bool { return k.stream != stream }))
}

// TestStaleStreamIsGivenUp when the repetition is due: two waiters would kill
// twice.
func TestStaleStreamIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.announce("old")
		r.start("a")
		run := r.run(1)
		r.doom(run, 0, 0)
		time.Sleep(3*(grace+reaping.Margin) + time.Second)
		r.open("new")
		time.Sleep(time.Second)
		if n := len(r.kills()["t0"]); n != 1 {
			t.Errorf("killed %d times at once", n)
		}
	})
}

// TestStaleEpochsOpening is no subscription to kill in the name of.
func TestStaleEpochsOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open("s1")
		r.put(r.space.Launcher(0), r.epoch+1000, events.SubscriptionOpened{FrameworkID: "F", StreamID: "ghost", Master: "http://m"})
		r.start("a")
		run := r.run(1)
		r.doom(run, 0, 0)
		time.Sleep(time.Second)
		if r.callsOn("ghost") != 0 || len(r.kills()["t0"]) != 1 {
			t.Errorf("%d calls in the ghost's name, kills %v", r.callsOn("ghost"), r.kills())
		}
	})
}

// TestRestartUnderTheSameName does not send what its predecessor announced; it
// repeats it when that is due.
func TestRestartUnderTheSameName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open("s1")
		stop := r.start("a")
		run := r.run(2)
		r.doom(run, 0, 1)
		time.Sleep(time.Second)
		r.report(run, 1, "TASK_KILLED")
		for range 3 {
			stop()
			stop = r.start("a")
			time.Sleep(time.Second)
		}
		if n := len(r.kills()["t0"]); n != 1 {
			t.Errorf("killed %d times within the grace", n)
		}
		time.Sleep(grace + reaping.Margin)
		if found := r.kills(); len(found["t0"]) != 2 || len(found["t1"]) != 1 {
			t.Errorf("killed %d and %d times, want the one that lives again", len(found["t0"]), len(found["t1"]))
		}
	})
}

// TestHangingMaster: kills that get no answer hold up neither the fold nor
// announcements, and end with the reaper.
func TestHangingMaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open("s1")
		r.hang = true
		r.start("a")
		run := r.run(40)
		r.doom(run, 0, 19)
		time.Sleep(time.Second)
		r.doom(run, 20, 39)
		time.Sleep(time.Second)
		if n := len(r.announced()); n != 2 {
			t.Errorf("%d announcements while the master hangs, want 2", n)
		}
		r.mu.Lock()
		if n := len(r.calls); n != 16 {
			t.Errorf("%d kills are sent at once, want 16", n)
		}
		r.hang = false
		r.mu.Unlock()
		time.Sleep(2 * (grace + reaping.Margin))
		if n := len(r.kills()); n != 40 {
			t.Errorf("%d of 40 killed once the master answers", n)
		}
	})
}
