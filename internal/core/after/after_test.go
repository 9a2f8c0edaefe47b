package after_test

import (
	"slices"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/after"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// submit submits a service that comes after others.
func submit(l *clustertest.Log, id string, jobs ...string) {
	spec := clustertest.Service(id, 1)
	spec.After = jobs
	l.Submit(spec)
}

func TestCycles(t *testing.T) {
	l := clustertest.New()
	submit(l, "a", "b", "missing")
	submit(l, "b", "c")
	submit(l, "d", "a", "b")
	submit(l, "over", "c")
	l.Job("over", events.JobStopped{Run: l.State.Jobs["over"].Run})
	for _, c := range []struct {
		id    string
		after []string
		want  []string
	}{
		{"c", []string{"b"}, []string{"c", "b", "c"}},
		{"c", []string{"a"}, []string{"c", "a", "b", "c"}},
		{"c", []string{"x", "d"}, []string{"c", "d", "a", "b", "c"}},
		{"c", []string{"over"}, nil},
		{"missing", []string{"d"}, []string{"missing", "d", "a", "missing"}},
		{"e", []string{"a", "b", "d"}, nil},
		{"e", []string{"e"}, []string{"e", "e"}},
	} {
		if got := after.Cycle(c.id, c.after, l.State); !slices.Equal(got, c.want) {
			t.Errorf("%s after %v: %v, want %v", c.id, c.after, got, c.want)
		}
	}
}

// TestWhatIsMissing is told in words that say what to do.
func TestWhatIsMissing(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	submit(l, "shop", "ledger")
	shop := l.State.Jobs["shop"]
	missing := func(want string) {
		t.Helper()
		unmet, waits := after.Job(shop, l.State)
		if got := unmet.String(); waits != (want != "") || waits && got != "it starts after job ledger: "+want {
			t.Errorf("%t, %q, want %q", waits, got, want)
		}
	}
	missing("there is no such job; submit it")
	ledger := l.Submit(clustertest.Service("ledger", 2))
	missing("0 of 2 tasks are up of group web")
	l.Plan("ledger", events.TasksPlanned{Run: ledger.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 1, 1)})
	for slot := range uint32(2) {
		l.Stage(ledger.Slots[slot].Newest())
		l.Report(ledger.Slots[slot].Newest(), "TASK_RUNNING", "u")
	}
	missing("")
	l.Report(ledger.Slots[0].Newest(), "TASK_UNREACHABLE", "")
	missing("1 of 2 tasks are up of group web")
	l.Job("ledger", events.JobStopped{Run: ledger.Run})
	missing("it is stopped; submit it again")
	ledger = l.Submit(clustertest.Batch("ledger", 1))
	missing("it is not completed yet")
	l.Plan("ledger", events.JobFailed{Run: ledger.Run})
	missing("it has failed; submit it again")
	ledger = l.Submit(clustertest.Batch("ledger", 1))
	l.Plan("ledger", events.JobCompleted{Run: ledger.Run})
	missing("")
	if got := l.State.Dependants("ledger"); !slices.Equal(got, []string{"shop"}) {
		t.Errorf("dependants %v", got)
	}
	l.Job("shop", events.JobStopped{Run: shop.Run})
	if got := l.State.Dependants("ledger"); got != nil {
		t.Errorf("dependants %v of a job that is over", got)
	}
}
