package cluster_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// planned is a log with one task that waits.
func planned(t *testing.T) (*clustertest.Log, *cluster.Task) {
	t.Helper()
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 1))
	c := l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	if len(c.Tasks) != 1 {
		t.Fatalf("%d tasks planned", len(c.Tasks))
	}
	return l, c.Tasks[0]
}

// in is a log with one task in a state.
func in(t *testing.T, state string) (*clustertest.Log, *cluster.Task) {
	t.Helper()
	l, task := planned(t)
	switch state {
	case "PENDING":
		return l, task
	case "WITHDRAWN":
		l.Withdraw(task)
	default:
		l.Stage(task)
		if state != "STAGING" {
			l.Report(task, "TASK_"+state, "u")
		}
	}
	if task.State.String() != state {
		t.Fatalf("the task is %s, want %s", task.State, state)
	}
	return l, task
}

// taskTable is what each report does to a task in each state, written from the
// rank rule (docs/state-machines.md, "A task") by hand:
//
//	>  the task goes into the reported state
//	.  outranked: nothing changes, but that an unreachable task is reachable again
//	x  outranked whatever it is: the task is over
//	o  outranked, but an agent's own status (it has a uuid) replaces the made-up end
//	u  the task is unreachable, in the state it has
//	?  a state of a newer Mesos: it shows that Mesos knows the task, no more
const taskTable = `
                 STAGING STARTING RUNNING KILLING FINISHED FAILED KILLED ERROR LOST DROPPED GONE GONE_BY_OPERATOR UNKNOWN UNREACHABLE FROZEN
PENDING          >       >        >       >       >        >      >      >     >    >       >    >                >       u           ?
STAGING          >       >        >       >       >        >      >      >     >    >       >    >                >       u           ?
STARTING         .       >        >       >       >        >      >      >     >    >       >    >                >       u           ?
RUNNING          .       .        >       >       >        >      >      >     >    >       >    >                >       u           ?
KILLING          .       .        .       >       >        >      >      >     >    >       >    >                >       u           ?
FINISHED         x       x        x       x       x        x      x      x     x    x       x    x                x       x           ?
FAILED           x       x        x       x       x        x      x      x     x    x       x    x                x       x           ?
KILLED           x       x        x       x       x        x      x      x     x    x       x    x                x       x           ?
ERROR            x       x        x       x       x        x      x      x     x    x       x    x                x       x           ?
LOST             x       x        x       x       o        o      o      o     x    x       x    x                x       x           ?
DROPPED          x       x        x       x       o        o      o      o     x    x       x    x                x       x           ?
GONE             x       x        x       x       o        o      o      o     x    x       x    x                x       x           ?
GONE_BY_OPERATOR x       x        x       x       o        o      o      o     x    x       x    x                x       x           ?
UNKNOWN          x       x        x       x       o        o      o      o     x    x       x    x                x       x           ?
WITHDRAWN        x       x        x       x       x        x      x      x     x    x       x    x                x       x           ?
`

// eachPair calls f for every state and every report.
func eachPair(t *testing.T, f func(state, report, rule string)) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(taskTable), "\n")
	reports := strings.Fields(lines[0])
	if len(lines) != 16 || len(reports) != 15 {
		t.Fatalf("the table has %d states and %d reports", len(lines)-1, len(reports))
	}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, report := range reports {
			f(cells[0], report, cells[i+1])
		}
	}
}

// TestTaskMachine: every state, every report, with and without a uuid, reachable
// and not.
func TestTaskMachine(t *testing.T) {
	eachPair(t, func(state, report, rule string) {
		for _, uuid := range []string{"", "v"} {
			for _, unreachable := range []bool{false, true} {
				l, task := in(t, state)
				if unreachable {
					if !task.Live() {
						continue
					}
					l.Report(task, "TASK_UNREACHABLE", "")
				}
				t.Run(fmt.Sprintf("%s/%s/uuid=%q/unreachable=%t", state, report, uuid, unreachable), func(t *testing.T) {
					checkPair(t, l, task, report, rule, uuid)
				})
			}
		}
	})
}

func checkPair(t *testing.T, l *clustertest.Log, task *cluster.Task, report, rule, uuid string) {
	t.Helper()
	before := *task
	c := l.Report(task, "TASK_"+report, uuid)
	want, unreachable, judgement := before.State.String(), before.Unreachable, cluster.Counted
	switch rule {
	case ">":
		want, unreachable = report, false
	case ".":
		unreachable = false
		if !before.Unreachable {
			judgement = cluster.Outranked
		}
	case "x":
		judgement = cluster.Outranked
	case "o":
		if uuid == "" {
			judgement = cluster.Outranked
		} else {
			want = report
		}
	case "u":
		unreachable = true
	case "?":
	default:
		t.Fatalf("no rule %q", rule)
	}
	if c.Judgement != judgement || task.State.String() != want || task.Unreachable != unreachable {
		t.Errorf("%s, now %s, unreachable %t; want %s, %s, %t", c.Judgement, task.State, task.Unreachable, judgement, want, unreachable)
	}
	counted := judgement == cluster.Counted
	if counted && task.Live() && !task.Confirmed {
		t.Error("Mesos has spoken of the task, but it is not confirmed")
	}
	changed := task.Sequence != before.Sequence || !reflect.DeepEqual(task.Status, before.Status)
	if !counted && changed {
		t.Errorf("outranked, but it changed the task: %+v", task.Status)
	}
	if counted && want == report && (task.Status.State != "TASK_"+report || task.Status.UUID != uuid) {
		t.Errorf("the newest status is %+v", task.Status)
	}
	if task.Live() != task.EndedAt.IsZero() {
		t.Errorf("%s, ended at %s", task.State, task.EndedAt)
	}
}

// TestMeaning: every state that Mesos has is known, and no other.
func TestMeaning(t *testing.T) {
	eachPair(t, func(_, report, _ string) {
		m := cluster.Meaning("TASK_" + report)
		if m.Known != (report != "FROZEN") || m.Unreachable != (report == "UNREACHABLE") {
			t.Errorf("%s means %+v", report, m)
		}
		if m.Known && !m.Unreachable && m.State.String() != report {
			t.Errorf("%s means %s", report, m.State)
		}
	})
	for _, none := range []string{"", "RUNNING", "task_running", "TASK_PENDING", "TASK_WITHDRAWN"} {
		if m := cluster.Meaning(none); m.Known || m.Terminal() {
			t.Errorf("%q means %+v", none, m)
		}
	}
}

// launcherTable is what the launcher's own decisions do in each state: "+" it
// counts, "." it is outranked.
const launcherTable = `
                 staged withdrawn adopted
PENDING          +      +         +
STAGING          .      +         .
STARTING         .      .         .
RUNNING          .      .         .
KILLING          .      .         .
FINISHED         .      .         +
FAILED           .      .         +
KILLED           .      .         +
ERROR            .      .         +
LOST             .      .         +
DROPPED          .      .         +
GONE             .      .         +
GONE_BY_OPERATOR .      .         +
UNKNOWN          .      .         +
WITHDRAWN        .      .         +
`

func TestTaskMachineDecisions(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(launcherTable), "\n")
	decisions := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, decision := range decisions {
			t.Run(cells[0]+"/"+decision, func(t *testing.T) {
				l, task := in(t, cells[0])
				before := *task
				c, after := decide(l, task, decision)
				if cells[i+1] == "." {
					if c.Judgement != cluster.Outranked || task.State != before.State || task.Sequence != before.Sequence {
						t.Fatalf("%s, now %s, want outranked", c.Judgement, task.State)
					}
					return
				}
				if c.Judgement != cluster.Counted || task.State != after {
					t.Fatalf("%s, now %s, want %s", c.Judgement, task.State, after)
				}
			})
		}
	}
}

func decide(l *clustertest.Log, task *cluster.Task, decision string) (cluster.Change, cluster.TaskState) {
	switch decision {
	case "staged":
		return l.Stage(task), cluster.Staged
	case "withdrawn":
		return l.Withdraw(task), cluster.Withdrawn
	}
	return l.Task(task.Job, task.Slot, adopted(task, "TASK_KILLING")), cluster.Killing
}

func adopted(task *cluster.Task, state string) events.TaskAdopted {
	return events.TaskAdopted{
		Run: task.Run, Version: task.Version, Group: task.Group, Slot: task.Slot, Attempt: task.Attempt,
		TaskID: clustertest.TaskID(task.Job, task.Run, task.Slot, task.Attempt), AgentID: "S1", State: state,
	}
}

// TestStatusNamesTheAgent of a task that was never staged: it is asked about there.
func TestStatusNamesTheAgent(t *testing.T) {
	l, task := in(t, "PENDING")
	if l.Report(task, "TASK_RUNNING", "u"); task.AgentID != "S1" {
		t.Errorf("the task runs on %q", task.AgentID)
	}
}
