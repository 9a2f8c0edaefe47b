package replica_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/internal/replica"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// rig is a log, and replicas on it that complete every job.
type rig struct {
	t     *testing.T
	log   *memory.Log
	space events.Space

	mu       sync.Mutex
	attempts int
	busy     map[string]int // appends under way, by subject
	most     int            // that were under way at once
	fault    memory.Fault
	own      map[string]int // own decisions folded, by job
	behind   time.Duration  // of the replicas' clocks
	share    replica.Share  // of the next replica
	metrics  prometheus.Registerer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, space: events.NewSpace(0), busy: map[string]int{}, own: map[string]int{}}
	r.log = memory.New(memory.WithClock(time.Now), memory.WithFault(r.inject))
	return r
}

// now is the replicas' clock.
func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Add(-r.behind)
}

func (r *rig) inject(entries []eventlog.Entry, stored bool) error {
	r.mu.Lock()
	if r.fault == nil || entries[0].Message.Header[events.HeaderSource] == "test" {
		r.mu.Unlock()
		return nil
	}
	if !stored {
		r.attempts++
	}
	fault := r.fault
	r.mu.Unlock()
	return fault(entries, stored)
}

// counted counts what is under way while f decides the fate of an append.
func (r *rig) counted(f memory.Fault) memory.Fault {
	return func(entries []eventlog.Entry, stored bool) error {
		if stored {
			return f(entries, stored)
		}
		subject := entries[0].Message.Subject
		r.mu.Lock()
		r.busy[subject]++
		if r.busy[subject] > 1 {
			r.t.Errorf("%d appends to %s at once", r.busy[subject], subject)
		}
		r.most = max(r.most, len(r.busy))
		r.mu.Unlock()
		err := f(entries, stored)
		r.mu.Lock()
		delete(r.busy, subject)
		r.mu.Unlock()
		return err
	}
}

// put appends an event as somebody else.
func (r *rig) put(subject string, ev events.Event) uint64 {
	r.t.Helper()
	m, err := events.Encode(subject, events.Envelope{ID: "x", Source: "test", Time: time.Now()}, ev)
	if err != nil {
		r.t.Fatal(err)
	}
	receipt, err := r.log.Append(context.Background(), eventlog.Fact(m))
	if err != nil {
		r.t.Fatal(err)
	}
	return receipt.Last
}

func (r *rig) submit(id string) uint64 {
	return r.put(r.space.Job(id), events.JobSubmitted{Spec: []byte(`{"id":"` + id + `"}`)})
}

// decision is what a role decides about a job.
type decision func(*cluster.Job, time.Time) deciding.Proposal

// completes is a decision that ends every job that has not ended, once delay has
// passed since it was submitted.
func completes(delay time.Duration) decision {
	return func(j *cluster.Job, now time.Time) deciding.Proposal {
		if j.Outcome != cluster.OutcomeNone {
			return deciding.Proposal{}
		}
		if due := j.SubmittedAt.Add(delay); now.Before(due) {
			return deciding.Proposal{Wake: due}
		}
		return deciding.Proposal{Event: events.JobCompleted{Run: j.Run}, Cause: j.LastJob}
	}
}

// tester is a policy that writes where the planner does.
type tester struct {
	space  events.Space
	decide decision
}

func (tester) Role() string                { return "tester" }
func (r tester) Subject(job string) string { return r.space.Plan(job) }
func (tester) Last(j *cluster.Job) uint64  { return j.LastPlan }
func (r tester) Decide(_ *cluster.State, j *cluster.Job, now time.Time, _ deciding.Takes) deciding.Proposal {
	return r.decide(j, now)
}
func (tester) Concerned(*cluster.State, string) []string { return nil }

// counted is a machine that counts its own decisions once they are folded.
type counted struct {
	*deciding.Machine
	rig *rig
}

func (c counted) Step(at machine.Moment, in machine.Input) []machine.Effect {
	if f, ok := in.(machine.Folded); ok && f.Own && f.Record.Subject.Role == events.RolePlan && f.Change.Judgement == cluster.Counted {
		c.rig.mu.Lock()
		c.rig.own[f.Change.Job.ID]++
		c.rig.mu.Unlock()
	}
	return c.Machine.Step(at, in)
}

func (r *rig) replica(instance string, decide decision) *replica.Replica {
	r.t.Helper()
	state := cluster.New()
	m := counted{deciding.New(tester{r.space, decide}, r.space, instance, state), r}
	d, err := replica.New(state, m, replica.Options{
		Log: r.log, Role: "tester", Now: r.now, Logger: zerolog.Nop(), Metrics: r.metrics, Share: r.share,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// start runs a replica until the test ends.
func (r *rig) start(instance string, decide decision) *replica.Replica {
	r.t.Helper()
	d := r.replica(instance, decide)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, nil) }()
	r.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			r.t.Errorf("%s: %v", instance, err)
		}
	})
	return d
}

// decisions are the records on the plan subjects, by job.
func (r *rig) decisions() map[string]int {
	r.t.Helper()
	found := map[string]int{}
	for _, rec := range foldtest.Records(r.t, r.log) {
		if s, err := events.ParseSubject(rec.Subject); err == nil && s.Role == events.RolePlan {
			found[s.Job]++
		}
	}
	return found
}

func (r *rig) tries() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.attempts
}

func (r *rig) owned(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.own[id]
}

// once checks that n jobs were decided about exactly once each.
func (r *rig) once(n int) {
	r.t.Helper()
	found := r.decisions()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(found) != n {
		r.t.Errorf("%d jobs were decided about, want %d", len(found), n)
	}
	for id, times := range found {
		if times != 1 || r.own[id] != 1 {
			r.t.Errorf("%s was decided about %d times, and %d replicas think they did", id, times, r.own[id])
		}
	}
}

// TestReplicasActOnce: however many there are, one of them wins, and knows.
func TestReplicasActOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.fault = func([]eventlog.Entry, bool) error { time.Sleep(time.Millisecond); return nil }
		for i := range 20 {
			r.submit(fmt.Sprintf("before-%d", i))
		}
		for _, name := range []string{"a", "b", "c"} {
			r.start(name, completes(0))
		}
		for i := range 20 {
			r.submit(fmt.Sprintf("after-%d", i))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		r.once(40)
		if n := r.tries(); n <= 40 {
			t.Errorf("%d attempts: the replicas never met", n)
		}
	})
}

// TestManyJobsAtOnce: more jobs than may have an append under way are due at
// once; none is forgotten, none has two under way.
func TestManyJobsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.fault = r.counted(func([]eventlog.Entry, bool) error { time.Sleep(50 * time.Millisecond); return nil })
		for i := range 300 {
			r.submit(fmt.Sprint("job-", i))
		}
		r.start("a", completes(0))
		time.Sleep(5 * time.Second)
		r.once(300)
		synctest.Wait()
		if r.most != 64 {
			t.Errorf("%d appends at once, want the limit of 64", r.most)
		}
	})
}

// TestLostRace: somebody else of the role was first. The job is looked at again
// once that was folded, and the decision stands on what it finds then.
func TestLostRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var first sync.Once
		r.fault = func([]eventlog.Entry, bool) error {
			first.Do(func() { r.put(r.space.Plan("web"), events.TasksPlanned{Run: 1}) })
			return nil
		}
		r.submit("web")
		r.start("a", completes(0))
		time.Sleep(time.Second)
		synctest.Wait()
		if n := r.decisions()["web"]; n != 2 || r.owned("web") != 1 || r.tries() != 2 {
			t.Errorf("%d records, %d own, %d attempts; want the other's and one's own, in two", n, r.owned("web"), r.tries())
		}
	})
}

// TestLostAnswer: it was stored, but the answer was lost. It is not stored again.
func TestLostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.fault = func(_ []eventlog.Entry, stored bool) error {
			if stored {
				return eventlog.ErrOutcomeUnknown
			}
			return nil
		}
		r.submit("web")
		r.start("a", completes(0))
		time.Sleep(time.Minute)
		r.once(1)
		if n := r.tries(); n != 1 {
			t.Errorf("%d attempts, want 1", n)
		}
	})
}

// TestTrouble: nothing was stored. The decision is made again, about once a
// second, until it is.
func TestTrouble(t *testing.T) {
	for _, trouble := range []error{eventlog.ErrOutcomeUnknown, eventlog.ErrUnavailable, eventlog.ErrFull, eventlog.ErrConflict} {
		t.Run(trouble.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				until := time.Now().Add(10 * time.Second)
				r.fault = func(_ []eventlog.Entry, stored bool) error {
					if !stored && time.Now().Before(until) {
						return trouble
					}
					return nil
				}
				r.submit("web")
				r.start("a", completes(0))
				time.Sleep(9 * time.Second)
				if n := r.tries(); n < 8 || n > 40 {
					t.Errorf("%d attempts in 9 s", n)
				}
				if len(r.decisions()) != 0 {
					t.Error("stored in spite of the trouble")
				}
				time.Sleep(3 * time.Second)
				r.once(1)
			})
		})
	}
}

// TestHangingAppend: one that gets no answer at all is given up, and does not
// hold up other jobs.
func TestHangingAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var first sync.Once
		r.fault = func(entries []eventlog.Entry, stored bool) (err error) {
			if stored || !strings.HasSuffix(entries[0].Message.Subject, "web") {
				return nil
			}
			first.Do(func() {
				time.Sleep(10 * time.Second)
				err = context.DeadlineExceeded
			})
			return err
		}
		r.submit("web")
		r.submit("other")
		r.start("a", completes(0))
		time.Sleep(time.Second)
		if found := r.decisions(); found["other"] != 1 || found["web"] != 0 {
			t.Errorf("decided %v", found)
		}
		time.Sleep(20 * time.Second)
		r.once(2)
	})
}

// TestWakeByTime: nothing is folded, but the time has come.
func TestWakeByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.submit("web")
		r.start("a", completes(90*time.Second))
		time.Sleep(90*time.Second - 1)
		if len(r.decisions()) != 0 {
			t.Fatal("decided too early")
		}
		time.Sleep(2 * time.Nanosecond)
		synctest.Wait()
		r.once(1)
	})
}

// TestClockFallsBehind, as that of a machine that was suspended does: with the next
// record the jobs that wait for a time are looked at again.
func TestClockFallsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.start("a", completes(10*time.Minute))
		r.submit("waits")
		time.Sleep(time.Minute)
		r.mu.Lock()
		r.behind = 5 * time.Minute
		r.mu.Unlock()
		time.Sleep(time.Minute)
		r.submit("other")
		time.Sleep(7 * time.Minute)
		if n := r.decisions()["waits"]; n != 0 {
			t.Error("decided before it was due")
		}
		time.Sleep(90 * time.Second)
		if n := r.decisions()["waits"]; n != 1 {
			t.Errorf("%d decisions half a minute after it was due", n)
		}
	})
}

// TestCatchesUpFirst: what the log says last is what counts, so nothing is
// decided, not even tried, on the way there.
func TestCatchesUpFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.fault = func([]eventlog.Entry, bool) error { return nil }
		for i := range 3000 {
			id := fmt.Sprint("job-", i)
			run := r.submit(id)
			r.put(r.space.Plan(id), events.JobCompleted{Run: run})
		}
		d := r.replica("a", completes(0))
		if err := d.Ready(); !errors.Is(err, fold.ErrNotCaughtUp) {
			t.Errorf("before it runs it is %v", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx, nil) }()
		synctest.Wait()
		if err := d.Ready(); err != nil {
			t.Error(err)
		}
		if n := r.tries(); n != 0 {
			t.Errorf("%d attempts on the way", n)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestHistoryIsNotOwn: a process that was started again under its name does not
// take for its own what its predecessor appended; or it would act on all of it.
func TestHistoryIsNotOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.submit("web")
		for range 3 {
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			d := r.replica("a", completes(0))
			go func() { done <- d.Run(ctx, nil) }()
			time.Sleep(time.Second)
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		r.once(1)
	})
}

// TestLogThatCannotBeFolded ends the replica, with the reason.
func TestLogThatCannotBeFolded(t *testing.T) {
	for _, c := range []struct {
		name string
		harm func(t *testing.T, r *rig)
		want error
	}{
		{"newer major version", func(t *testing.T, r *rig) {
			if _, err := r.log.Append(t.Context(), eventlog.Fact(foldtest.Newer())); err != nil {
				t.Fatal(err)
			}
		}, events.ErrUnknownMajor},
		{"truncated", func(_ *testing.T, r *rig) {
			r.submit("b")
			r.log.Forget(1)
		}, eventlog.ErrTruncated},
		{"closed", func(_ *testing.T, r *rig) { _ = r.log.Close() }, eventlog.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.submit("web")
				c.harm(t, r)
				err := r.replica("a", completes(0)).Run(t.Context(), nil)
				if !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), "tester: ") {
					t.Errorf("ended with %v, want %v", err, c.want)
				}
			})
		})
	}
}

// TestDecisionsAreCounted by what became of them.
func TestDecisionsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		reg := prometheus.NewRegistry()
		r.metrics = reg
		answers := []error{eventlog.ErrConflict, eventlog.ErrUnavailable, eventlog.ErrOutcomeUnknown}
		r.fault = func(_ []eventlog.Entry, stored bool) (err error) {
			if !stored && len(answers) > 0 {
				err, answers = answers[0], answers[1:]
			}
			return err
		}
		r.submit("web")
		r.start("a", completes(0))
		time.Sleep(time.Minute)
		r.once(1)
		const want = `
			# HELP taurus_decisions_total Decisions appended, by outcome: ok, conflict (another replica was first), error.
			# TYPE taurus_decisions_total counter
			taurus_decisions_total{outcome="conflict",role="tester"} 1
			taurus_decisions_total{outcome="error",role="tester"} 2
			taurus_decisions_total{outcome="ok",role="tester"} 1
		`
		if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "taurus_decisions_total"); err != nil {
			t.Error(err)
		}
	})
}
