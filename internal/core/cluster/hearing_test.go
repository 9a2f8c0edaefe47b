package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestHeard: when somebody listened to Mesos, by what launchers wrote and when.
func TestHeard(t *testing.T) {
	type at struct {
		minute int
		what   string
	}
	for name, c := range map[string]struct {
		log          []at
		from, to     int
		heard        int
		silent, ever bool
		since        int
	}{
		"no launcher":             {nil, 0, 10, 0, true, false, 0},
		"elected only":            {[]at{{0, "elected"}}, 0, 10, 0, true, false, 0},
		"subscribed":              {[]at{{0, "elected"}, {2, "opened 1"}}, 0, 10, 8, false, true, 0},
		"asked of a part":         {[]at{{0, "elected"}, {2, "opened 1"}}, 5, 10, 5, false, true, 0},
		"closed":                  {[]at{{0, "elected"}, {2, "opened 1"}, {5, "closed 1"}}, 0, 10, 3, true, true, 5},
		"another's closed":        {[]at{{0, "elected"}, {2, "opened 1"}, {5, "closed 9"}}, 0, 10, 8, false, true, 0},
		"closed and opened":       {[]at{{0, "elected"}, {2, "opened 1"}, {5, "closed 1"}, {8, "opened 2"}}, 0, 10, 5, false, true, 0},
		"between":                 {[]at{{0, "elected"}, {2, "opened 1"}, {5, "closed 1"}, {8, "opened 2"}}, 6, 7, 0, false, true, 0},
		"late after its close":    {[]at{{0, "elected"}, {2, "opened 1"}, {5, "closed 1"}, {6, "wrote"}}, 0, 10, 3, true, true, 5},
		"its close is lost":       {[]at{{0, "elected"}, {2, "opened 1"}, {4, "wrote"}, {8, "opened 2"}}, 0, 10, 4, false, true, 0},
		"written down again":      {[]at{{0, "elected"}, {2, "opened 1"}, {8, "opened 1"}}, 0, 10, 8, false, true, 0},
		"killed":                  {[]at{{0, "elected"}, {2, "opened 1"}, {4, "wrote"}, {7, "elected"}}, 0, 10, 2, true, true, 4},
		"killed and followed":     {[]at{{0, "elected"}, {2, "opened 1"}, {4, "wrote"}, {7, "elected"}, {8, "opened 2"}}, 0, 10, 4, false, true, 0},
		"killed once it closed":   {[]at{{0, "elected"}, {2, "opened 1"}, {4, "closed 1"}, {7, "elected"}, {8, "opened 2"}}, 0, 10, 4, false, true, 0},
		"twice":                   {[]at{{0, "elected"}, {1, "opened 1"}, {2, "closed 1"}, {3, "opened 2"}, {4, "closed 2"}, {5, "opened 3"}}, 0, 10, 7, false, true, 0},
		"it writes, so it does":   {[]at{{0, "elected"}, {3, "wrote"}}, 0, 10, 7, false, true, 0},
		"the replaced one writes": {[]at{{0, "elected"}, {2, "opened 1"}, {5, "elected"}, {7, "old wrote"}}, 0, 10, 0, true, true, 2},
		"time goes back":          {[]at{{0, "elected"}, {4, "opened 1"}, {2, "closed 1"}, {6, "opened 2"}}, 0, 10, 4, false, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := clustertest.New()
			j := l.Submit(clustertest.Service("web", 1))
			l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
			begin := l.Now
			minute := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Minute) }
			for _, a := range c.log {
				l.Now = minute(a.minute)
				launcherSays(l, a.what)
			}
			h := l.State.Hears()
			if got := h.Heard(minute(c.from), minute(c.to)); got != time.Duration(c.heard)*time.Minute {
				t.Errorf("heard for %v, want %d minutes", got, c.heard)
			}
			since, silent := h.SilentSince()
			if silent != c.silent || silent && since.IsZero() == c.ever || c.silent && c.ever && !since.Equal(minute(c.since)) {
				t.Errorf("silent %t since %v", silent, since)
			}
			until := h.Until(minute(c.from), time.Hour, minute(c.to))
			if want := minute(c.to).Add(time.Hour - time.Duration(c.heard)*time.Minute); silent != until.IsZero() || !silent && !until.Equal(want) {
				t.Errorf("an hour is over at %v, want %v", until, want)
			}
		})
	}
}

// launcherSays has the launcher write something: "elected", "opened 1", "closed 1", "wrote"
// about the one task there is, or "old wrote", in the epoch before.
func launcherSays(l *clustertest.Log, what string) cluster.Change {
	subject, env := events.Subject{Role: events.RoleLauncher}, events.Envelope{Epoch: l.State.Launcher.Epoch}
	var stream string
	_, _ = fmt.Sscanf(what, "opened %s", &stream)
	_, _ = fmt.Sscanf(what, "closed %s", &stream)
	switch {
	case what == "elected":
		return l.Append(subject, events.Envelope{}, events.LauncherElected{Nonce: "n", Instance: "test"})
	case what == "wrote", what == "old wrote":
		if what == "old wrote" {
			env.Epoch--
		}
		return l.Append(events.Subject{Role: events.RoleTask, Job: "web", Slot: 0}, env, events.TaskWithdrawn{Run: 1, Slot: 0, Attempt: 9, Reason: "test"})
	case what[:6] == "opened":
		return l.Append(subject, env, events.SubscriptionOpened{FrameworkID: "F", StreamID: stream, Master: "http://m"})
	}
	return l.Append(subject, env, events.SubscriptionClosed{StreamID: stream, Reason: "test"})
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// TestHearingHolds: whatever launchers write and whenever, of a time no more was heard
// than it is long and no less than nothing, parts add up, and what was heard once the log
// is at an end is heard for good unless the next election takes it back.
func TestHearingHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := clustertest.New()
		l.Submit(clustertest.Service("web", 1))
		begin := l.Now
		for range rapid.IntRange(0, 200).Draw(t, "events") {
			l.Pass(time.Duration(rapid.IntRange(-3, 20).Draw(t, "seconds")) * time.Second)
			c := launcherSays(l, rapid.SampledFrom([]string{"elected", "opened 1", "opened 2", "closed 1", "closed 2", "wrote"}).Draw(t, "what"))
			_, silent := l.State.Hears().SilentSince()
			if twin := l.State.Clone(); c.Hearing {
				if _, also := twin.Hears().SilentSince(); also != silent {
					t.Fatal("a clone hears otherwise")
				}
			}
		}
		h := l.State.Hears()
		times := make([]time.Time, 3)
		at := begin.Add(-time.Minute)
		for i := range times {
			at = at.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "later")) * time.Second)
			times[i] = at
		}
		times[2] = latest(times[2], l.Now.Add(time.Hour)) // The log's time went back by minutes at most.
		a, b, c := times[0], times[1], times[2]
		if d := h.Heard(a, c); d < 0 || d > c.Sub(a) || d != h.Heard(a, b)+h.Heard(b, c) {
			t.Fatalf("%v of %v, in parts %v and %v", d, c.Sub(a), h.Heard(a, b), h.Heard(b, c))
		}
		if until := h.Until(a, time.Hour, c); !until.IsZero() {
			if d := h.Heard(a, until); !until.Before(c) && d != time.Hour {
				t.Fatalf("an hour was to be over at %v, and %v were heard", until, d)
			}
		}
	})
}
