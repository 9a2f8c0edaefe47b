package launching_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/pkg/events"
)

// What to do about each status of a task in each state, written by hand:
// i(gnore), k(acknowledge), r(ecord), w(ithdraw), a(dopt), d(identify). STAGED is
// staged and never heard of, STAGING is confirmed, CUT is running on an agent
// that is cut off, "none" is not known at all. Statuses with a uuid are an
// agent's and wait for an acknowledgement; those without are a master's answer
// to RECONCILE.
const (
	withUUID = `
                 STAGING STARTING RUNNING KILLING FINISHED FAILED KILLED ERROR LOST DROPPED GONE GONE_BY_OPERATOR UNKNOWN UNREACHABLE FROZEN
none             d       d        d       d       k        k      k      k     k    k       k    k                k       d           k
STAGED           r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
STAGING          r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
STARTING         r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
RUNNING          r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
KILLING          r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
CUT              r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
FINISHED         r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
FAILED           r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
KILLED           r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
ERROR            r       r        r       r       r        r      r      r     r    r       r    r                r       r           r
LOST             a       a        a       a       r        r      r      r     r    r       r    r                r       a           r
DROPPED          a       a        a       a       r        r      r      r     r    r       r    r                r       a           r
GONE             a       a        a       a       r        r      r      r     r    r       r    r                r       a           r
GONE_BY_OPERATOR a       a        a       a       r        r      r      r     r    r       r    r                r       a           r
UNKNOWN          a       a        a       a       r        r      r      r     r    r       r    r                r       a           r
WITHDRAWN        a       a        a       a       r        r      r      r     r    r       r    r                r       a           r
`
	reconciled = `
                 STAGING STARTING RUNNING KILLING FINISHED FAILED KILLED ERROR LOST DROPPED GONE GONE_BY_OPERATOR UNKNOWN UNREACHABLE FROZEN
none             d       d        d       d       i        i      i      i     i    i       i    i                i       d           i
STAGED           r       r        r       r       i        i      i      i     i    i       i    i                i       r           i
STAGING          i       r        r       r       r        r      r      r     r    r       r    r                r       r           i
STARTING         i       i        r       r       r        r      r      r     r    r       r    r                r       r           i
RUNNING          i       i        i       r       r        r      r      r     r    r       r    r                r       r           i
KILLING          i       i        i       i       r        r      r      r     r    r       r    r                r       r           i
CUT              r       r        r       r       r        r      r      r     r    r       r    r                r       i           i
FINISHED         i       i        i       i       i        i      i      i     i    i       i    i                i       i           i
FAILED           i       i        i       i       i        i      i      i     i    i       i    i                i       i           i
KILLED           i       i        i       i       i        i      i      i     i    i       i    i                i       i           i
ERROR            i       i        i       i       i        i      i      i     i    i       i    i                i       i           i
LOST             a       a        a       a       i        i      i      i     i    i       i    i                i       a           i
DROPPED          a       a        a       a       i        i      i      i     i    i       i    i                i       a           i
GONE             a       a        a       a       i        i      i      i     i    i       i    i                i       a           i
GONE_BY_OPERATOR a       a        a       a       i        i      i      i     i    i       i    i                i       a           i
UNKNOWN          a       a        a       a       i        i      i      i     i    i       i    i                i       a           i
WITHDRAWN        a       a        a       a       i        i      i      i     i    i       i    i                i       a           i
`
)

func action(t *testing.T, letter string) launching.Action {
	t.Helper()
	a, ok := map[string]launching.Action{
		"i": launching.Ignored, "k": launching.Acknowledged, "r": launching.Recorded, "w": launching.Withdrawn, "a": launching.Adopted, "d": launching.Identified,
	}[letter]
	if !ok {
		t.Fatalf("no action %q", letter)
	}
	return a
}

func eachCell(t *testing.T, table string, f func(state, report, cell string)) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(table), "\n")
	reports := strings.Fields(lines[0])
	if len(lines) != 18 || len(reports) != 15 {
		t.Fatalf("the table has %d states and %d reports", len(lines)-1, len(reports))
	}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, report := range reports {
			f(cells[0], report, cells[i+1])
		}
	}
}

// in is a state with one task as described, whose id comes with it.
func in(t *testing.T, state string) (*cluster.State, string, *cluster.Task) {
	t.Helper()
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 1))
	if state == "none" {
		return l.State, "stranger", nil
	}
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	task := j.Slots[0].Newest()
	l.Stage(task)
	switch state {
	case "STAGED":
	case "WITHDRAWN":
		l.Withdraw(task)
	case "CUT":
		l.Report(task, "TASK_RUNNING", "held")
		l.Report(task, "TASK_UNREACHABLE", "")
	default:
		l.Report(task, "TASK_"+state, "held")
	}
	return l.State, task.ID, task
}

func TestConsiderAgents(t *testing.T) {
	eachCell(t, withUUID, func(state, report, cell string) {
		for _, mem := range []launching.Memory{{}, {Resolving: true}, {Unfolded: true}} {
			s, id, _ := in(t, state)
			r := launching.Report{TaskID: id, State: "TASK_" + report, Source: "SOURCE_EXECUTOR", UUID: []byte("new")}
			if got := launching.Consider(s, r, mem); got != action(t, cell) {
				t.Errorf("%s, reported %s (%+v): %d, want %s", state, report, mem, got, cell)
			}
		}
	})
}

// TestConsiderRepeats: a status that is in the log is acknowledged, not recorded
// again; unless Mesos runs what the log holds for over, or its agent is back.
func TestConsiderRepeats(t *testing.T) {
	s, id, task := in(t, "CUT")
	r := launching.Report{TaskID: id, State: task.Status.State, UUID: []byte("held")}
	if got := launching.Consider(s, r, launching.Memory{}); got != launching.Recorded {
		t.Errorf("CUT: %d, want Recorded", got)
	}
	for _, state := range []string{"STARTING", "RUNNING", "KILLING", "FINISHED", "FAILED", "KILLED", "ERROR", "LOST", "GONE"} {
		s, id, task := in(t, state)
		r := launching.Report{TaskID: id, State: task.Status.State, UUID: []byte("held")}
		if got := launching.Consider(s, r, launching.Memory{}); got != launching.Acknowledged {
			t.Errorf("%s: %d, want Acknowledged", state, got)
		}
	}
}

func TestConsiderReconciled(t *testing.T) {
	eachCell(t, reconciled, func(state, report, cell string) {
		s, id, task := in(t, state)
		r := launching.Report{TaskID: id, State: "TASK_" + report, Source: "SOURCE_MASTER", Reason: "REASON_RECONCILIATION"}
		ask := func(what string, mem launching.Memory, want launching.Action) {
			if got := launching.Consider(s, r, mem); got != want {
				t.Errorf("%s, reported %s, %s: %d, want %d", state, report, what, got, want)
			}
		}
		ask("quiet", launching.Memory{}, action(t, cell))
		terminal := cluster.Meaning(r.State).Terminal()
		// Only the answer to a question that came after DECLINE, on the same
		// connection, ends a task of which nothing was heard [V3]. One that ended at
		// its agent was launched: its agent tells how it ended.
		if state == "STAGED" && terminal {
			want := launching.Withdrawn
			switch report {
			case "FINISHED", "FAILED", "KILLED", "ERROR":
				want = launching.Ignored
			}
			ask("resolving", launching.Memory{Resolving: true}, want)
			ask("resolving, unfolded", launching.Memory{Resolving: true, Unfolded: true}, want)
			ask("unfolded", launching.Memory{Unfolded: true}, launching.Ignored)
			return
		}
		ask("resolving", launching.Memory{Resolving: true}, action(t, cell))
		// What an earlier status makes of the task cannot be told yet.
		want := action(t, cell)
		if task != nil && task.Live() {
			want = launching.Recorded
		}
		ask("unfolded", launching.Memory{Unfolded: true}, want)
	})
}

// TestConsiderRefusals: a master refuses a launch with an end that is no answer
// to a question; it is recorded. If the task runs, the refusal was meant for
// another launch under its id.
func TestConsiderRefusals(t *testing.T) {
	for _, c := range []struct {
		state, report, reason, source string
		want                          launching.Action
	}{
		{"STAGED", "TASK_ERROR", "REASON_TASK_INVALID", "SOURCE_MASTER", launching.Recorded},
		{"STAGED", "TASK_DROPPED", "REASON_INVALID_OFFERS", "SOURCE_MASTER", launching.Recorded},
		{"STAGED", "TASK_LOST", "REASON_AGENT_REMOVED", "SOURCE_MASTER", launching.Recorded},
		{"RUNNING", "TASK_ERROR", "REASON_TASK_INVALID", "SOURCE_MASTER", launching.Ignored},
		{"STAGING", "TASK_DROPPED", "REASON_INVALID_OFFERS", "SOURCE_MASTER", launching.Ignored},
		{"RUNNING", "TASK_ERROR", "REASON_TASK_INVALID", "SOURCE_AGENT", launching.Recorded},
		{"RUNNING", "TASK_LOST", "REASON_AGENT_REMOVED", "SOURCE_MASTER", launching.Recorded},
	} {
		for _, unfolded := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%s/%s/%s/%t", c.state, c.report, c.reason, c.source, unfolded), func(t *testing.T) {
				s, id, _ := in(t, c.state)
				r := launching.Report{TaskID: id, State: c.report, Reason: c.reason, Source: c.source}
				if got := launching.Consider(s, r, launching.Memory{Unfolded: unfolded}); got != c.want {
					t.Errorf("%d, want %d", got, c.want)
				}
			})
		}
	}
}
