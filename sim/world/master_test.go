package world_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/sim/world"
)

// TestFates: what becomes of a message is what its fate says, for who sent it and
// for who should have got it.
func TestFates(t *testing.T) {
	for _, tc := range []struct {
		fate world.Fate
		// told is whether the launcher has an answer at once, done whether the master
		// has got the call at once, late whether it has in the end.
		told, done, late bool
	}{
		{world.Fate{Kind: world.Arrive}, true, true, true},
		{world.Fate{Kind: world.Lose}, true, false, false},
		{world.Fate{Kind: world.Swallow}, false, false, false},
		{world.Fate{Kind: world.Mute}, true, true, true},
		{world.Fate{Kind: world.Hold, For: time.Minute}, false, false, true},
		{world.Fate{Kind: world.Stray, For: time.Minute}, true, false, true},
	} {
		t.Run(tc.fate.Kind.String(), func(t *testing.T) {
			w := rig(0, "launcher") // Without offers it is not said again.
			first(w, launching.Suppress{}, tc.fate)
			w.Pass(0)
			p := w.Processes[1]
			if told := p.Calling == 0; told != tc.told {
				t.Errorf("the launcher was told %t, want %t", told, tc.told)
			}
			if w.Master.Stream.Suppressed != tc.done {
				t.Errorf("done at once %t, want %t", w.Master.Stream.Suppressed, tc.done)
			}
			w.Pass(world.CallTimeout)
			if p.Calling != 0 {
				t.Error("the launcher waits for longer than its deadline")
			}
			w.Pass(time.Minute)
			if w.Master.Stream.Suppressed != tc.late {
				t.Errorf("done in the end %t, want %t", w.Master.Stream.Suppressed, tc.late)
			}
		})
	}
}

// TestNewestSubscriptionWins: the older one is told, and its calls are refused.
func TestNewestSubscriptionWins(t *testing.T) {
	w := whole(1)
	before := w.Master.Stream
	w.Options.GenerousLease = true
	other := start(w, "launcher", "other")
	first(w, leading.Ended{}, world.Fate{Kind: world.Hold, For: time.Minute})
	w.Pass(30 * time.Second)
	if w.Master.Stream.Process != other || w.Master.Stream.ID == before.ID {
		t.Errorf("subscribed is %+v, was %+v", w.Master.Stream, before)
	}
	if w.Referee.Launcher.Instance != "other" {
		t.Errorf("%s leads", w.Referee.Launcher.Instance)
	}
}

// TestMasterRestart: a new master says nothing of tasks whose agents have not
// registered yet; then all is as before.
func TestMasterRestart(t *testing.T) {
	w := whole(3)
	must(t, w.Submit(world.Service("web", 3)))
	w.Pass(time.Minute)
	before := ids(w)
	w.KillMaster()
	w.Pass(5 * time.Second)
	w.StartMaster(3 * time.Second)
	w.Pass(time.Minute)
	for _, slot := range w.Referee.Jobs["web"].Slots {
		if task := slot.Newest(); task.Attempt != 1 || task.State != cluster.Running {
			t.Errorf("%s is %s", task.ID, task.State)
		}
	}
	if after := ids(w); len(after) != 3 || after[0] != before[0] || w.Master.Launches != 3 {
		t.Errorf("alive are %v, were %v", after, before)
	}
	agree(t, w)
}

// TestAgentDies: its tasks are replaced once it is given up, and known to be over
// once an operator says so.
func TestAgentDies(t *testing.T) {
	w := whole(2)
	must(t, w.Submit(world.Service("web", 2)))
	w.Pass(time.Minute)
	w.Crash(0)
	w.Pass(4 * time.Minute)
	wantAlive(t, w, "web", 1)
	w.Pass(3 * time.Minute)
	wantAlive(t, w, "web", 2)
	w.Replace(0)
	agree(t, w)
}

// TestFrameworkRemoved: no launcher was subscribed for longer than the failover
// timeout. Nothing is started again before an operator says so.
func TestFrameworkRemoved(t *testing.T) {
	w := world.New(world.Options{Agents: 2, FailoverTimeout: time.Minute})
	launcher := 2
	for _, role := range []string{"commander", "planner", "launcher", "reaper"} {
		start(w, role, role)
	}
	must(t, w.Submit(world.Service("web", 3)))
	w.Pass(time.Minute)
	w.Kill(launcher)
	w.Pass(10 * time.Minute)
	w.Start(launcher, 0)
	w.Pass(10 * time.Minute)
	if n := len(w.Alive()); n != 0 || w.Master.Launches != 3 {
		t.Errorf("%d alive of %d launched, want none of the three", n, w.Master.Launches)
	}
	w.Kill(launcher)
	w.Processes[launcher].RegisterAnew = true
	w.Start(launcher, 0)
	agree(t, w)
	if w.Master.Launches != 6 {
		t.Errorf("%d launched, want six", w.Master.Launches)
	}
}

// TestOrderlyStop: the next launcher need not wait for the lease to run out.
func TestOrderlyStop(t *testing.T) {
	w := whole(1)
	second := start(w, "launcher", "second")
	w.Pass(time.Minute)
	w.Stop(2)
	w.Pass(2 * time.Second)
	if w.Master.Stream.Process != second {
		t.Errorf("subscribed is %+v", w.Master.Stream)
	}
	if !w.Referee.Launcher.Subscription.OpenedAt.After(w.Now.Add(-2 * time.Second)) {
		t.Errorf("the subscription is that of %s", w.Referee.Launcher.Subscription.OpenedAt)
	}
}
