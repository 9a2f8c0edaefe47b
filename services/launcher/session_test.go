package launcher_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestRescindedWhileStaging: an offer that is taken back is not accepted, whether
// something was staged on it or not, and what was is resolved.
func TestRescindedWhileStaging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.on(events.TaskStaged{}, held(3*time.Second))
		sub := r.begin(2)
		sub.events <- offered("O1", 2)
		time.Sleep(time.Second)
		sub.events <- offered("O2", 2)
		sub.events <- mesos.Rescind{OfferID: "O1"}
		sub.events <- mesos.Rescind{OfferID: "O2"}
		time.Sleep(4 * time.Second)
		want(t, "launch", sub.called("ACCEPT"))
		if n := len(records[events.TaskStaged](t, r.log)); n != 1 {
			t.Errorf("%d tasks staged, want the one on the offer that was there", n)
		}
		if !slices.Contains(sub.called("RECONCILE"), "RECONCILE "+r.taskID(0)+" on S") {
			t.Errorf("not asked about: %q", sub.called(""))
		}
	})
}

// TestStoppedWhileStaging: the stop is folded, its doom is not yet.
func TestStoppedWhileStaging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.on(events.TaskStaged{}, held(3*time.Second))
		sub := r.begin(1)
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		r.put(r.space.Job("web"), events.JobStopped{Run: r.run})
		time.Sleep(4 * time.Second)
		want(t, "launch", sub.called("ACCEPT"))
	})
}

// TestUnknownStagingGivesItsOffersBack: what became of the batch is not known, so
// nothing will be launched on its offers.
func TestUnknownStagingGivesItsOffersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.on(events.TaskStaged{}, func(stored bool) error {
			if stored {
				return nil
			}
			return eventlog.ErrOutcomeUnknown
		})
		sub := r.begin(1)
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		want(t, "offers", sub.called("DECLINE"), "DECLINE O1 for 0s")
	})
}

// TestQuietMaster: the first REVIVE, or the offers, may have got lost.
func TestQuietMaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(1)
		time.Sleep(25 * time.Second)
		want(t, "before", sub.called("REVIVE"))
		time.Sleep(10 * time.Second)
		want(t, "after half a minute", sub.called("REVIVE"), "REVIVE")
		time.Sleep(20 * time.Second)
		want(t, "not all the time", sub.called("REVIVE"), "REVIVE")
	})
}

// TestLostSuppress: offers that come in spite of it go back, and Mesos is told
// again.
func TestLostSuppress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, sub := launched(t)
		want(t, "first", sub.called("SUPPRESS"), "SUPPRESS")
		sub.events <- offered("O9", 1)
		time.Sleep(time.Second)
		want(t, "again", sub.called("SUPPRESS"), "SUPPRESS", "SUPPRESS")
	})
}

// TestLostDecline: an ACCEPT may still arrive while the offers were not declined,
// so that an answer about the task would mean nothing [V3].
func TestLostDecline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		sub.mu.Lock()
		sub.deaf = mesos.ErrUnavailable
		sub.mu.Unlock()
		ask := "RECONCILE " + r.taskID(0) + " on S"
		time.Sleep(14 * time.Second)
		if slices.Contains(sub.called(""), ask) {
			t.Error("asked, though the offers were not declined")
		}
		sub.mu.Lock()
		sub.deaf = nil
		sub.mu.Unlock()
		time.Sleep(10 * time.Second)
		if !slices.Contains(sub.called(""), ask) {
			t.Error("not asked again once the offers could be declined")
		}
	})
}

// again is the subscription that follows when this one breaks.
func (r *rig) again(sub *subscription, err error) *subscription {
	r.t.Helper()
	sub.fail(err)
	time.Sleep(time.Second)
	return r.sub()
}

// TestSubscribesAgain as the framework that the log names, and writes down that the
// subscription ended. Mesos is asked for strangers, for each task that it has
// spoken of until it answers, and about one that is only staged after its offers
// were declined, which an earlier question would not be [V3].
func TestSubscribesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		sub.events <- r.update("TASK_RUNNING", "u1")
		r.put(r.space.Plan("web"), events.TasksPlanned{Run: r.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 1, To: 1, Attempt: 1}}})
		time.Sleep(time.Second)
		sub.events <- offered("O2", 2)
		time.Sleep(time.Second)
		next := r.again(sub, mesos.ErrDisconnected)
		want(t, "subscribed as", r.subscribed(), "", "F")
		if closed := records[events.SubscriptionClosed](t, r.log); len(closed) != 1 || closed[0].StreamID != "s1" || closed[0].Reason == "" {
			t.Errorf("ended: %+v", closed)
		}
		time.Sleep(4 * time.Second)
		running, staged := "RECONCILE "+r.taskID(0)+" on S", "RECONCILE "+r.taskID(1)+" on S"
		calls := next.called("")
		if !slices.Contains(calls, "RECONCILE ") || !slices.Contains(calls, running) {
			t.Errorf("not asked for all, or not about the one that runs: %q", calls)
		}
		if !slices.Contains(calls, staged) {
			t.Errorf("not asked about the one that is staged: %q", calls)
		}
		declined := 0
		for _, call := range calls {
			switch call {
			case "DECLINE O2 for 0s":
				declined++
			case staged:
				if declined--; declined < 0 {
					t.Errorf("%q, want a DECLINE before each question about the staged one", calls)
				}
			}
		}
		asked := func() int {
			n := 0
			for _, c := range next.called("RECONCILE") {
				if c == running {
					n++
				}
			}
			return n
		}
		time.Sleep(3 * time.Second)
		if n := asked(); n != 2 {
			t.Errorf("asked %d times about a task of which Mesos says nothing, want twice", n)
		}
		next.events <- r.update("TASK_RUNNING", "")
		time.Sleep(time.Minute)
		if n := asked(); n != 2 {
			t.Errorf("asked %d times, the answer was there", n)
		}
	})
}

// TestFailedOver: Mesos has cut the subscription because another one was opened;
// the log will say by whom, in a moment.
func TestFailedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		sub.fail(mesos.ErrFailedOver)
		time.Sleep(900 * time.Millisecond)
		if n := len(r.subscribed()); n != 1 {
			t.Errorf("subscribed again within a second")
		}
		time.Sleep(200 * time.Millisecond)
		if n := len(r.subscribed()); n != 2 {
			t.Errorf("subscribed %d times, want again after a second", n)
		}
	})
}

// TestRefused: a framework that was removed is asked for rarely, anything else
// more and more so; what was never launched can end meanwhile.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		refusal     error
		least, most int // subscriptions in a minute
	}{{mesos.ErrFrameworkRemoved, 2, 3}, {errors.New("refused"), 6, 12}} {
		t.Run(c.refusal.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.refusal = c.refusal
				r.start()
				r.plan(1)
				time.Sleep(time.Minute)
				if n := len(r.subscribed()); n < c.least || n > c.most {
					t.Errorf("subscribed %d times in a minute, want %d to %d", n, c.least, c.most)
				}
				r.doom(0, 0)
				time.Sleep(2 * time.Second)
				if task := r.task(0); task.State != cluster.Withdrawn {
					t.Errorf("the doomed task is %s", task.State)
				}
			})
		})
	}
}

// TestRemoved: another framework id is asked for only if the operator wants it.
func TestRemoved(t *testing.T) {
	for anew, asked := range map[bool][]string{false: {"", "F", "F"}, true: {"", "F", ""}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.registerAnew = anew
			r.start()
			sub := r.sub()
			r.mu.Lock()
			r.refusal = mesos.ErrFrameworkRemoved
			r.mu.Unlock()
			close(sub.events)
			time.Sleep(time.Minute)
			if got := r.subscribed(); len(got) < 3 || !slices.Equal(got[:3], asked) {
				t.Errorf("anew %t: asked as %q, want %q", anew, got, asked)
			}
		})
	}
}

// TestYields: who cannot subscribe gives the lease back, for anybody who can.
func TestYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.refusal = mesos.ErrUnavailable
		r.start()
		time.Sleep(50 * time.Second)
		if n := len(records[events.LauncherElected](t, r.log)); n != 1 {
			t.Errorf("%d elections in the first minute, want one", n)
		}
		time.Sleep(50 * time.Second)
		if n := len(records[events.LauncherElected](t, r.log)); n != 2 {
			t.Errorf("%d elections, want another after the lease was given back", n)
		}
	})
}

// TestSubscriptionsThatDoNotLast are asked for ever more rarely: each is three
// records in the log.
func TestSubscriptionsThatDoNotLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.start()
		end := time.Now().Add(2 * time.Minute)
		for time.Now().Before(end) {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			r.mu.Lock()
			if n := len(r.subs); n > 0 && !r.subs[n-1].cut {
				r.subs[n-1].cut = true
				close(r.subs[n-1].events)
			}
			r.mu.Unlock()
		}
		if n := len(r.subscribed()); n < 10 || n > 16 {
			t.Errorf("subscribed %d times in two minutes, want 0.25 s, 0.5 s, ... and then every 15 s", n)
		}
		time.Sleep(time.Minute)
		lasting, before := r.sub(), len(r.subscribed())
		if r.again(lasting, mesos.ErrDisconnected); len(r.subscribed()) != before+1 {
			t.Error("not subscribed again at once after one that lasted")
		}
	})
}

// TestFactsKeepTheirOrder: one that is slow to be stored holds back those after it.
func TestFactsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		var slow sync.Once
		r.on(events.TaskStatusChanged{}, func(bool) error {
			slow.Do(func() { time.Sleep(5 * time.Second) })
			return nil
		})
		sub.events <- r.update("TASK_RUNNING", "u1")
		time.Sleep(time.Second)
		sub.events <- r.update("TASK_FINISHED", "u2")
		time.Sleep(10 * time.Second)
		var states []string
		for _, ev := range records[events.TaskStatusChanged](t, r.log) {
			states = append(states, ev.State)
		}
		want(t, "recorded", states, "TASK_RUNNING", "TASK_FINISHED")
	})
}

// TestMoreDemandAsksForWhatWasRefused: offers that did not fit what waited may fit
// what came since.
func TestMoreDemandAsksForWhatWasRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(1)
		sub.events <- offered("O1", 1)
		time.Sleep(2 * time.Second)
		want(t, "refused", sub.called("DECLINE"), "DECLINE O1 for 20s")
		want(t, "before", sub.called("REVIVE"))
		r.put(r.space.Plan("web"), events.TasksPlanned{Run: r.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 1, To: 1, Attempt: 1}}})
		time.Sleep(time.Second)
		want(t, "after", sub.called("REVIVE"), "REVIVE")
	})
}

// TestSlotThatIsTakenAgain [V6]: an attempt that was gone turns up alive when the
// next one is planned already. That one waits until the other has ended.
func TestSlotThatIsTakenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		sub.events <- r.update("TASK_RUNNING", "u1")
		time.Sleep(time.Second)
		sub.events <- r.update("TASK_GONE", "")
		time.Sleep(time.Second)
		r.put(r.space.Plan("web"), events.TasksPlanned{Run: r.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 2}}})
		time.Sleep(time.Second)
		r.mu.Lock()
		r.refs = []mesos.TaskRef{{TaskID: r.taskID(0), AgentID: "S", State: "TASK_RUNNING", Ours: true, Job: "web", Run: r.run, Group: "g", Attempt: 1}}
		r.mu.Unlock()
		sub.events <- r.update("TASK_RUNNING", "u2")
		time.Sleep(time.Second)
		sub.events <- offered("O2", 4)
		time.Sleep(5 * time.Second)
		want(t, "launched beside it", sub.called("ACCEPT"), "ACCEPT O1: web.0.1")
		sub.events <- r.update("TASK_KILLED", "u3")
		time.Sleep(2 * time.Second)
		sub.events <- offered("O3", 4)
		time.Sleep(time.Second)
		want(t, "launched after it", sub.called("ACCEPT"), "ACCEPT O1: web.0.1", "ACCEPT O3: web.0.2")
	})
}

// TestAStoppedLauncherSaysSo: nobody is to believe in its subscription until
// another is opened.
func TestAStoppedLauncherSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		s := r.make()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		sub := r.sub()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		closed := records[events.SubscriptionClosed](t, r.log)
		if len(closed) != 1 || closed[0].StreamID != sub.id || closed[0].Reason != "the launcher stopped" {
			t.Errorf("written down: %+v, want the end of %s", closed, sub.id)
		}
	})
}

// TestAStandbyLeavesNoWord: it has no subscription that could end.
func TestAStandbyLeavesNoWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.on(events.FrameworkRegistered{}, held(5*time.Second))
		s := r.make()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		r.sub()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Second) // The append that was under way ends by itself.
		if closed := records[events.SubscriptionClosed](t, r.log); len(closed) != 0 {
			t.Errorf("written down: %+v, though nothing was opened", closed)
		}
	})
}
