package replica_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// part is a share of the partitions of some jobs.
type part struct {
	mine    atomic.Pointer[[]bool]
	changed chan struct{}
	running atomic.Int32
}

func partOf(jobs ...string) *part {
	p := &part{changed: make(chan struct{}, 1)}
	p.become(jobs...)
	return p
}

func (p *part) Run(ctx context.Context) {
	p.running.Add(1)
	<-ctx.Done()
	p.running.Add(-1)
}

func (p *part) Partitions() []bool       { return *p.mine.Load() }
func (p *part) Changed() <-chan struct{} { return p.changed }

func (p *part) become(jobs ...string) {
	space := events.NewSpace(0)
	mine := make([]bool, space.Partitions())
	for _, id := range jobs {
		mine[space.Partition(id)] = true
	}
	p.mine.Store(&mine)
	p.changed <- struct{}{}
}

// TestSharedJobsAreNotFoughtOver: with a share each, no replica comes too late.
func TestSharedJobsAreNotFoughtOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.fault = func([]eventlog.Entry, bool) error { time.Sleep(time.Millisecond); return nil }
		jobs := map[string][]string{}
		for i := range 20 {
			id := fmt.Sprintf("job-%d", i)
			name := string("ab"[r.space.Partition(id)%2])
			jobs[name] = append(jobs[name], id)
		}
		for _, name := range []string{"a", "b"} {
			r.share = partOf(jobs[name]...)
			r.start(name, completes(0))
		}
		synctest.Wait()
		for _, id := range slices.Concat(jobs["a"], jobs["b"]) {
			r.submit(id)
		}
		time.Sleep(time.Minute)
		r.once(20)
		if n := r.tries(); n != 20 {
			t.Errorf("%d attempts for 20 decisions", n)
		}
	})
}

// TestAJobIsLeftToAnotherForAWhile: and decided about when the other does not.
func TestAJobIsLeftToAnotherForAWhile(t *testing.T) {
	for name, delay := range map[string]time.Duration{"due at once": 0, "due meanwhile": time.Second, "due later": time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.share = partOf("mine-1")
				r.start("a", completes(delay))
				synctest.Wait()
				r.submit("yours-1")
				r.submit("mine-1")
				time.Sleep(delay + time.Millisecond)
				if r.owned("mine-1") != 1 || r.owned("yours-1") != 0 {
					t.Errorf("decided about %v", r.decisions())
				}
				time.Sleep(5 * time.Second)
				r.once(2)
			})
		})
	}
}

// TestATouchedJobIsNotPutOff: a job of another that changes all the time is taken
// when its time is over, counted from the first change.
func TestATouchedJobIsNotPutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.share = partOf("mine-1")
		looked := 0
		r.start("a", func(*cluster.Job, time.Time) deciding.Proposal {
			looked++
			return deciding.Proposal{}
		})
		synctest.Wait()
		run := r.submit("yours")
		for i := range uint32(100) {
			r.put(r.space.Job("yours"), events.JobScaled{Run: run, Version: uint64(i) + 2, Group: "web", Replicas: i})
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if looked < 4 || looked > 6 {
			t.Errorf("looked %d times in 10 s, want every 2 s", looked)
		}
	})
}

// TestANewShareIsTakenUpAtOnce: the jobs of one that has gone wait no longer.
func TestANewShareIsTakenUpAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		p := partOf("mine-1")
		r.share = p
		r.start("a", completes(0))
		synctest.Wait()
		if p.running.Load() != 1 {
			t.Errorf("the share is kept %d times", p.running.Load())
		}
		r.submit("yours")
		synctest.Wait()
		if r.owned("yours") != 0 {
			t.Error("decided about another's job at once")
		}
		p.become("yours")
		synctest.Wait()
		r.once(1)
	})
}

// TestAJobGivenAwayIsNotForgotten: it was to be looked at soon, before its new
// owner's time is over.
func TestAJobGivenAwayIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		p := partOf("job")
		r.share = p
		r.start("a", completes(10*time.Second))
		synctest.Wait()
		r.submit("job")
		time.Sleep(9 * time.Second)
		p.become("other")
		time.Sleep(5 * time.Second)
		r.once(1)
	})
}
