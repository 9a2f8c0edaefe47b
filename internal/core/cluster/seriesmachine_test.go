package cluster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// scheduleTable is what each event does to a schedule in each state. "." does not count
// and changes nothing; what only begins a run, or tells that none began, is "=". The
// run that is due is one that is started; of a pause none is.
const scheduleTable = `
          JobSubmitted pause  resume    RunDue RunRequested JobUpdated JobStopped JobDeleted
scheduled scheduled    paused .         =      =            =          stopped    deleted
paused    scheduled    .      scheduled .      =            =          stopped    deleted
stopped   scheduled    .      .         .      .            =          stopped    deleted
deleted   scheduled    .      .         .      .            =          deleted    deleted
`

func scheduleState(j *cluster.Job) string {
	switch phase := j.Series.Phase(); {
	case j.Deleted:
		return "deleted"
	case j.Stopped:
		return "stopped"
	case phase.Paused:
		return "paused"
	}
	return "scheduled"
}

// scheduleEvent appends an event about a run of the series.
func scheduleEvent(l *clustertest.Log, j *cluster.Job, run uint64, name string) cluster.Change {
	l.Pass(time.Minute)
	switch name {
	case "JobSubmitted":
		l.Submit(periodic("n"))
		return cluster.Change{}
	case "pause", "resume":
		return l.Job("n", events.ScheduleSteered{Run: run, Action: name})
	case "RunDue":
		return l.Plan("n", events.RunDue{Run: run, Version: 1, At: l.Now.Truncate(time.Minute), Outcome: events.RunStarted})
	case "RunRequested":
		return l.Job("n", events.RunRequested{Run: run, Version: 1, Number: j.Series.Number + 1})
	case "JobUpdated":
		data, err := periodicJSON()
		if err != nil {
			panic(err)
		}
		return l.Job("n", events.JobUpdated{Run: run, Version: j.Version + 1, Spec: data})
	case "JobDeleted":
		return l.Job("n", events.JobDeleted{Run: run})
	}
	return l.Job("n", events.JobStopped{Run: run})
}

func periodicJSON() ([]byte, error) {
	spec := periodic("n")
	spec.Labels = map[string]string{"a": "b"}
	spec.Normalise()
	return spec.JSON()
}

func scheduleIn(t *testing.T, state string) (*clustertest.Log, *cluster.Job) {
	t.Helper()
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	event := map[string]string{"paused": "pause", "stopped": "JobStopped", "deleted": "JobDeleted"}[state]
	if event != "" {
		scheduleEvent(l, j, j.Run, event)
	}
	if got := scheduleState(j); got != state {
		t.Fatalf("it is %s, want %s", got, state)
	}
	return l, j
}

// TestScheduleMachine: every state, every event, of the series' run and of another.
func TestScheduleMachine(t *testing.T) {
	allowed := map[arrow]bool{{"start", "JobSubmitted", "scheduled"}: true}
	lines := strings.Split(strings.TrimSpace(scheduleTable), "\n")
	names := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, name := range names {
			state, want := cells[0], cells[i+1]
			l, j := scheduleIn(t, state)
			jobs := len(l.State.Jobs)
			c := scheduleEvent(l, j, j.Run, name)
			counts := c.Judgement == cluster.Counted
			begins := len(l.State.Jobs) > jobs
			if got := scheduleState(j); got != map[string]string{".": state, "=": state}[want] && got != want || counts == (want == ".") {
				t.Errorf("%s, %s: now %s, %s; want %s", state, name, got, c.Judgement, want)
			}
			if begins != (want == "=" && strings.HasPrefix(name, "Run")) {
				t.Errorf("%s, %s: a run begins: %t", state, name, begins)
			}
			if got := scheduleState(j); got != state {
				allowed[arrow{state, name, got}] = true
			}
			if name == "JobSubmitted" {
				continue
			}
			l, j = scheduleIn(t, state)
			if c := scheduleEvent(l, j, j.Run+77, name); c.Judgement == cluster.Counted || scheduleState(j) != state || len(l.State.Jobs) != jobs {
				t.Errorf("%s, %s of another run: %s, now %s", state, name, c.Judgement, scheduleState(j))
			}
		}
	}
	compare(t, drawn(t, "A schedule"), allowed)
}

// runState is that of a run of a series in the diagram's words.
func runState(l *clustertest.Log, id string) string {
	for _, run := range l.State.Jobs["n"].Series.Runs {
		switch {
		case run.Job != id:
		case !run.Over:
			return "running"
		case !run.Ended:
			return "ending"
		default:
			return run.End
		}
	}
	return "forgotten"
}

// TestRunMachine: every state of a run, every event that may bring it into another.
func TestRunMachine(t *testing.T) {
	happen := map[string]func(l *clustertest.Log, child *cluster.Job){
		"JobCompleted": func(l *clustertest.Log, child *cluster.Job) { complete(l, child.ID) },
		"JobFailed":    func(l *clustertest.Log, child *cluster.Job) { l.Plan(child.ID, events.JobFailed{Run: child.Run}) },
		"JobStopped":   func(l *clustertest.Log, child *cluster.Job) { l.Job(child.ID, events.JobStopped{Run: child.Run}) },
		"JobStopped of the series": func(l *clustertest.Log, _ *cluster.Job) {
			l.Job("n", events.JobStopped{Run: l.State.Jobs["n"].Run})
		},
		"RunDue that replaces": func(l *clustertest.Log, _ *cluster.Job) {
			l.Pass(time.Minute)
			l.Plan("n", events.RunDue{
				Run: l.State.Jobs["n"].Run, Version: 1, At: l.Now.Truncate(time.Minute), Outcome: events.RunStarted, Replaces: true,
			})
		},
		"its last task ends": func(l *clustertest.Log, child *cluster.Job) {
			for _, slot := range child.Slots {
				for _, task := range slot.Tasks {
					l.Withdraw(task)
				}
			}
		},
		"newer runs end": func(l *clustertest.Log, _ *cluster.Job) {
			for range 2 {
				l.Pass(time.Minute)
				j := l.State.Jobs["n"]
				l.Plan("n", events.RunDue{Run: j.Run, Version: 1, At: l.Now.Truncate(time.Minute), Outcome: events.RunStarted})
				for _, run := range j.Series.Live() {
					if run.At.Equal(l.Now.Truncate(time.Minute)) {
						complete(l, run.Job)
					}
				}
			}
		},
	}
	begin := func(tasks bool) (*clustertest.Log, *cluster.Job) {
		l := clustertest.New()
		j := l.Submit(periodic("n"))
		l.Elect()
		l.Pass(time.Minute)
		due(l, j, l.Now.Truncate(time.Minute), events.RunStarted)
		child := l.State.Jobs[j.Series.Runs[0].Job]
		if tasks {
			l.Plan(child.ID, events.TasksPlanned{Run: child.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
		}
		return l, child
	}
	allowed := map[arrow]bool{{"start", "RunDue", "running"}: true, {"start", "RunRequested", "running"}: true}
	ways := [][]string{
		{},
		{"JobCompleted"},
		{"JobFailed"},
		{"JobStopped"},
		{"JobCompleted", "its last task ends"},
		{"JobFailed", "its last task ends"},
		{"JobStopped", "its last task ends"},
		{"JobStopped", "its last task ends", "newer runs end"},
	}
	for _, way := range ways {
		for _, tasks := range []bool{false, true} {
			for name, do := range happen {
				l, child := begin(tasks)
				for _, before := range way {
					happen[before](l, child)
				}
				from := runState(l, child.ID)
				do(l, child)
				if to := runState(l, child.ID); to != from {
					allowed[arrow{from, name, to}] = true
				}
			}
		}
	}
	compare(t, drawn(t, "A run of a schedule"), allowed)
}
