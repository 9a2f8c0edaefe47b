package launcher_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// launched is a rig whose task 0 was accepted.
func launched(t *testing.T) (*rig, *subscription) {
	t.Helper()
	r := newRig(t)
	sub := r.begin(1)
	sub.events <- offered("O1", 4)
	time.Sleep(time.Second)
	want(t, "launch", sub.called("ACCEPT"), "ACCEPT O1: web.0.1")
	return r, sub
}

// TestNothingIsProcessedBeforeItsOpening [V7]: offers and statuses wait until
// SubscriptionOpened was folded.
func TestNothingIsProcessedBeforeItsOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.on(events.FrameworkRegistered{}, held(5*time.Second))
		sub := r.begin(1)
		sub.events <- offered("O1", 4)
		sub.events <- mesos.Update{Status: mesos.Status{TaskID: "stranger", AgentID: "S", State: "TASK_RUNNING", UUID: []byte("x")}}
		time.Sleep(3 * time.Second)
		want(t, "before", sub.called(""))
		r.mu.Lock()
		listed := r.listed
		r.mu.Unlock()
		if n := len(records[events.TaskStaged](t, r.log)); n != 0 || listed != 0 {
			t.Errorf("before: %d tasks staged, strangers looked for %d times", n, listed)
		}
		time.Sleep(3 * time.Second)
		want(t, "after", sub.called("ACCEPT"), "ACCEPT O1: web.0.1")
	})
}

// TestAcceptFollowsTheFoldedStaging, never before.
func TestAcceptFollowsTheFoldedStaging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.on(events.TaskStaged{}, held(3*time.Second))
		sub := r.begin(2)
		sub.events <- offered("O1", 4)
		time.Sleep(2 * time.Second)
		want(t, "before", sub.called("ACCEPT"))
		time.Sleep(2 * time.Second)
		want(t, "after", sub.called("ACCEPT"), "ACCEPT O1: web.0.1,web.1.1")
		if task := r.task(0); task.State != cluster.Staged || task.ID != r.taskID(0) {
			t.Errorf("%s, called %q", task.State, task.ID)
		}
	})
}

// TestDoomedWhileStaging: the staging counts, but is not acted upon. The offer
// goes back, and Mesos is asked, in this order [V1, V3].
func TestDoomedWhileStaging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.on(events.TaskStaged{}, held(3*time.Second))
		sub := r.begin(1)
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		r.doom(0, 0)
		time.Sleep(4 * time.Second)
		want(t, "launch", sub.called("ACCEPT"))
		calls := sub.called("")
		declined := slices.IndexFunc(calls, func(c string) bool { return strings.HasPrefix(c, "DECLINE O1") })
		asked := slices.Index(calls, "RECONCILE "+r.taskID(0)+" on S")
		if declined < 0 || asked < declined {
			t.Fatalf("calls %q, want DECLINE before RECONCILE", calls)
		}
		gone := mesos.Status{TaskID: r.taskID(0), AgentID: "S", State: "TASK_GONE", Reason: "REASON_RECONCILIATION", Source: "SOURCE_MASTER"}
		sub.events <- mesos.Update{Status: gone}
		time.Sleep(time.Second)
		if task := r.task(0); task.State != cluster.Withdrawn {
			t.Errorf("the task is %s, want WITHDRAWN", task.State)
		}
	})
}

// TestLostAnswerOfAStaging: it was stored, but nobody may tell, so no ACCEPT
// ever follows; the task is resolved instead [V2].
func TestLostAnswerOfAStaging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var once sync.Once
		r.on(events.TaskStaged{}, func(stored bool) (err error) {
			if stored {
				once.Do(func() { err = eventlog.ErrOutcomeUnknown })
			}
			return err
		})
		sub := r.begin(1)
		sub.events <- offered("O1", 4)
		time.Sleep(30 * time.Second)
		want(t, "launch", sub.called("ACCEPT"))
		if n := len(records[events.TaskStaged](t, r.log)); n != 1 {
			t.Errorf("staged %d times", n)
		}
		if !slices.Contains(sub.called("RECONCILE"), "RECONCILE "+r.taskID(0)+" on S") {
			t.Errorf("not asked about: %q", sub.called(""))
		}
	})
}

// TestDoomedBeforeItsPlace is withdrawn, at once.
func TestDoomedBeforeItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.begin(1)
		r.doom(0, 0)
		time.Sleep(time.Second)
		if task := r.task(0); task.State != cluster.Withdrawn {
			t.Errorf("the task is %s, want WITHDRAWN", task.State)
		}
	})
}

// TestNotBefore is held here.
func TestNotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(1)
		sub.events <- offered("O1", 2)
		time.Sleep(time.Second)
		due := time.Now().Add(time.Minute)
		r.put(r.space.Plan("web"), events.TasksPlanned{
			Run: r.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 1, To: 1, Attempt: 1}}, NotBefore: due,
		})
		time.Sleep(time.Until(due) - time.Second)
		sub.events <- offered("O2", 2)
		synctest.Wait()
		want(t, "before", sub.called("ACCEPT"), "ACCEPT O1: web.0.1")
		time.Sleep(2 * time.Second)
		sub.events <- offered("O3", 2)
		time.Sleep(time.Second)
		if calls := sub.called("ACCEPT"); len(calls) != 2 || !strings.HasSuffix(calls[1], ": web.1.1") {
			t.Errorf("launches %q", calls)
		}
	})
}

// TestAcknowledgesWhatIsFolded: a status is acknowledged once it stands in the
// log, not when it comes; a repeat of it at once.
func TestAcknowledgesWhatIsFolded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		r.on(events.TaskStatusChanged{}, held(5*time.Second))
		ack := "ACKNOWLEDGE " + r.taskID(0) + " on S: u1"
		sub.events <- r.update("TASK_RUNNING", "u1")
		time.Sleep(4 * time.Second)
		want(t, "before", sub.called("ACKNOWLEDGE"))
		time.Sleep(2 * time.Second)
		want(t, "after", sub.called("ACKNOWLEDGE"), ack)
		sub.events <- r.update("TASK_RUNNING", "u1")
		time.Sleep(time.Millisecond)
		want(t, "repeat", sub.called("ACKNOWLEDGE"), ack, ack)
		if n := len(records[events.TaskStatusChanged](t, r.log)); n != 1 {
			t.Errorf("%d statuses in the log, want 1", n)
		}
	})
}

// TestLostAnswersOfFacts: they are appended again, count once, and are
// acknowledged once, in their order.
func TestLostAnswersOfFacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		var mu sync.Mutex
		left := 3
		r.on(events.TaskStatusChanged{}, func(stored bool) error {
			mu.Lock()
			defer mu.Unlock()
			if left == 0 {
				return nil
			}
			left--
			if stored {
				return eventlog.ErrOutcomeUnknown
			}
			return nil
		})
		sub.events <- r.update("TASK_STARTING", "u1")
		sub.events <- r.update("TASK_RUNNING", "u2")
		sub.events <- r.update("TASK_FINISHED", "u3")
		time.Sleep(5 * time.Second)
		calls := sub.called("ACKNOWLEDGE")
		slices.Sort(calls) // They go out over a pool.
		on := "ACKNOWLEDGE " + r.taskID(0) + " on S: "
		want(t, "acknowledgements", calls, on+"u1", on+"u2", on+"u3")
		if task := r.task(0); task.State != cluster.Finished {
			t.Errorf("the task is %s", task.State)
		}
	})
}

// TestStaleFactIsNotAcknowledged: another launcher is elected while an exit is
// on its way into the log. It does not count, so it must not be acknowledged:
// the agent will tell it to the other one.
func TestStaleFactIsNotAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		r.on(events.TaskStatusChanged{}, held(5*time.Second))
		sub.events <- r.update("TASK_FAILED", "u1")
		time.Sleep(time.Second)
		r.put(r.space.Launcher(0), events.LauncherElected{Nonce: "other", Instance: "b"})
		time.Sleep(time.Second)
		synctest.Wait()
		sub.mu.Lock()
		closed := sub.closed
		sub.mu.Unlock()
		if !closed {
			t.Error("the subscription of the replaced launcher is open")
		}
		time.Sleep(4 * time.Second)
		want(t, "acknowledgements", sub.called("ACKNOWLEDGE"))
		if n := len(records[events.TaskStatusChanged](t, r.log)); n != 1 {
			t.Errorf("%d statuses in the log, want the one that does not count", n)
		}
		if task := r.task(0); task.State != cluster.Staged {
			t.Errorf("the task is %s, want STAGING", task.State)
		}
	})
}

// TestOrderOfCalls: a launch, what is left, and the questions go through one
// queue of calls; nothing waits any more, so Mesos is told to hold its offers back.
func TestOrderOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		sub.events <- offered("O2", 1)
		time.Sleep(time.Second)
		calls := sub.called("")
		accept := slices.Index(calls, "ACCEPT O1: web.0.1")
		decline := slices.Index(calls, "DECLINE O2 for 1h0m0s")
		suppress := slices.Index(calls, "SUPPRESS")
		if accept < 0 || suppress < accept || decline < suppress {
			t.Errorf("calls %q", calls)
		}
		time.Sleep(15 * time.Second) // no status of the launched task
		calls = sub.called("")
		decline, ask := slices.Index(calls, "DECLINE O1 for 0s"), slices.Index(calls, "RECONCILE "+r.taskID(0)+" on S")
		if decline < 0 || ask != decline+1 {
			t.Errorf("calls %q, want DECLINE and then RECONCILE", calls)
		}
	})
}

// TestStrangersAreAdopted: Mesos runs a task of ours that the log does not know.
func TestStrangersAreAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		r.mu.Lock()
		r.refs = []mesos.TaskRef{
			{TaskID: "stranger", AgentID: "S7", State: "TASK_RUNNING", Ours: true, Job: "lost", Run: 3, Group: "g", Slot: 2, Attempt: 5, Version: 1},
			{TaskID: "foreign", AgentID: "S7", State: "TASK_RUNNING"},
			{TaskID: r.taskID(0), AgentID: "S", State: "TASK_RUNNING", Ours: true, Job: "web", Run: r.run, Group: "g", Attempt: 1},
		}
		r.mu.Unlock()
		sub.events <- mesos.Update{Status: mesos.Status{TaskID: "stranger", AgentID: "S7", State: "TASK_RUNNING", UUID: []byte("x")}}
		time.Sleep(time.Second)
		adopted := records[events.TaskAdopted](t, r.log)
		want := events.TaskAdopted{Run: 3, Version: 1, Group: "g", Slot: 2, Attempt: 5, TaskID: "stranger", AgentID: "S7", State: "TASK_RUNNING"}
		if len(adopted) != 1 || fmt.Sprint(adopted[0]) != fmt.Sprint(want) {
			t.Errorf("adopted %+v, want %+v", adopted, want)
		}
	})
}

// TestNothingIsLaunchedBlindly: after the loss of a part of the log Mesos is asked what
// it runs before anything is launched, while agents have not come back to the master
// again and again; what it runs is not launched a second time.
func TestNothingIsLaunchedBlindly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.put(events.LogSubject, events.LossAccepted{From: 46, To: 80, Reason: "test"})
		r.awaited = 1
		r.plan(2)
		r.refs = []mesos.TaskRef{{
			TaskID: r.taskID(0), AgentID: "S7", State: "TASK_RUNNING", Ours: true, Job: "web", Run: r.run, Group: "g", Attempt: 1, Version: 1,
		}}
		s := r.start()
		sub := r.sub()
		sub.events <- offered("O1", 4)
		time.Sleep(5 * time.Minute)
		want(t, "blindly", sub.called("ACCEPT"))
		if err := s.Ready(); err == nil || !strings.Contains(err.Error(), "the master waits for 1 agent,") {
			t.Errorf("readiness says %v", err)
		}
		r.mu.Lock()
		r.awaited = 0
		r.mu.Unlock()
		time.Sleep(time.Minute)
		sub.events <- offered("O2", 4)
		time.Sleep(time.Second)
		want(t, "after the list", sub.called("ACCEPT"), "ACCEPT O2: web.1.1")
		if task := r.task(0); task.State != cluster.Running || !task.Adopted {
			t.Errorf("slot 0 is %s, adopted %t", task.State, task.Adopted)
		}
		if err := s.Ready(); err != nil {
			t.Error(err)
		}
	})
}

// TestVerdictsChange: only what is new about why a group waits is written down.
func TestVerdictsChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(2)
		for i := range 5 {
			sub.events <- offered(fmt.Sprint("O", i), 1)
			time.Sleep(2 * time.Second)
		}
		verdicts := records[events.VerdictChanged](t, r.why)
		if len(verdicts) != 1 || verdicts[0].Waiting != 2 || verdicts[0].Reasons["cpus"] != 1 || verdicts[0].Run != r.run {
			t.Fatalf("verdicts %+v, want one: two tasks wait for cpus", verdicts)
		}
		sub.events <- offered("O9", 2) // one finds a place
		time.Sleep(2 * time.Second)
		sub.events <- offered("O10", 1)
		time.Sleep(2 * time.Second)
		verdicts = records[events.VerdictChanged](t, r.why)
		if last := verdicts[len(verdicts)-1]; len(verdicts) != 2 || last.Waiting != 1 {
			t.Errorf("verdicts %+v, want a second: one task waits", verdicts)
		}
	})
}

// TestLongLogIsFoldedWhole before anything is done: more than is folded in one
// burst, and more than the feed buffers.
func TestLongLogIsFoldedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.plan(2)
		for range 6000 {
			r.put(r.space.Job("other"), events.JobStopped{})
		}
		r.doom(1, 1)
		r.start()
		sub := r.sub()
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		want(t, "launch", sub.called("ACCEPT"), "ACCEPT O1: web.0.1")
	})
}

// TestRepeatOfWhatIsUnderWay: the master's own account of a state that is on its
// way into the log says nothing new.
func TestRepeatOfWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		r.on(events.TaskStatusChanged{}, held(2*time.Second))
		sub.events <- r.update("TASK_RUNNING", "u1")
		for range 3 {
			sub.events <- r.update("TASK_RUNNING", "")
		}
		time.Sleep(20 * time.Second)
		if n := len(records[events.TaskStatusChanged](t, r.log)); n != 1 {
			t.Errorf("%d statuses in the log, want one", n)
		}
		want(t, "acknowledgements", sub.called("ACKNOWLEDGE"), "ACKNOWLEDGE "+r.task(0).ID+" on "+r.task(0).AgentID+": u1")
	})
}

// TestStatusOfAnything: an executor may say what it likes. It is recorded and
// acknowledged, and holds up nothing that comes after it.
func TestStatusOfAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sub := launched(t)
		said := mesos.Status{
			TaskID: r.taskID(0), AgentID: "S", State: "TASK_RUNNING", Source: "SOURCE_EXECUTOR", UUID: []byte("u1"),
			Message:   "\xff" + strings.Repeat("é", 2<<20),
			Addresses: append([]string{strings.Repeat("1", 2<<20)}, slices.Repeat([]string{"10.0.0.1"}, 1<<20)...),
			Time:      time.Date(33658, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		sub.events <- mesos.Update{Status: said}
		time.Sleep(time.Second)
		sub.events <- r.update("TASK_FINISHED", "u2")
		time.Sleep(time.Second)
		want(t, "acknowledged", sub.called("ACKNOWLEDGE"),
			"ACKNOWLEDGE "+r.taskID(0)+" on S: u1", "ACKNOWLEDGE "+r.taskID(0)+" on S: u2")
		if task := r.task(0); task.State != cluster.Finished {
			t.Errorf("the task is %s, want FINISHED", task.State)
		}
		all := records[events.TaskStatusChanged](t, r.log)
		if len(all) != 2 {
			t.Fatalf("%d statuses recorded, want 2", len(all))
		}
		if got := all[0]; !strings.HasSuffix(got.Message, "éé [cut]") || len(got.Addresses) != 64 || !got.At.IsZero() {
			t.Errorf("recorded %.20q... of %d bytes, %d addresses, at %v", got.Message, len(got.Message), len(got.Addresses), got.At)
		}
	})
}

// TestAdoptionOfWhatOnlyWaits: a log that lost its end plans a task again that
// Mesos runs already. It is adopted, once, and not launched beside itself.
func TestAdoptionOfWhatOnlyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(2)
		ref := mesos.TaskRef{TaskID: r.taskID(0), AgentID: "S", State: "TASK_RUNNING", Ours: true, Job: "web", Run: r.run, Group: "g", Attempt: 1}
		other := ref // Says that it is the same attempt; there can be but one.
		other.TaskID = "other"
		for _, found := range []mesos.TaskRef{ref, other} {
			r.mu.Lock()
			r.refs = []mesos.TaskRef{found}
			r.mu.Unlock()
			sub.events <- mesos.Update{Status: mesos.Status{TaskID: found.TaskID, AgentID: "S", State: "TASK_RUNNING", UUID: []byte("u")}}
			time.Sleep(5 * time.Second)
		}
		if n := len(records[events.TaskAdopted](t, r.log)); n != 1 {
			t.Errorf("adopted %d times, want once", n)
		}
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		want(t, "launch", sub.called("ACCEPT"), "ACCEPT O1: web.1.1")
		if task := r.task(0); task.ID != r.taskID(0) || task.State != cluster.Running || !task.Confirmed {
			t.Errorf("%s is %s, confirmed %t", task.ID, task.State, task.Confirmed)
		}
	})
}
