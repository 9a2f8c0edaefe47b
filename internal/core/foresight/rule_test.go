package foresight_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/foresight"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// log is a log that goes on from a state.
func log(s *cluster.State) *clustertest.Log {
	return &clustertest.Log{State: s, Now: start, Counter: 1 << 20}
}

func updated(t *testing.T, s *cluster.State, id string, change func(*job.Spec)) foresight.Question {
	t.Helper()
	spec := s.Jobs[id].Spec.Clone()
	change(spec)
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return foresight.Question{Drafts: []foresight.Draft{{
		Subject: space().Job(id), Event: events.JobUpdated{Run: s.Jobs[id].Run, Version: s.Jobs[id].Version + 1, Spec: data},
	}}}
}

func scaled(t *testing.T, s *cluster.State, id string, n uint32) foresight.Question {
	t.Helper()
	return asks(t, s, id, submission.Scale{Replicas: n, Limits: job.DefaultLimits()})
}

// TestWhatIsCheckedComesUp: an update of a service with a health check goes through.
func TestWhatIsCheckedComesUp(t *testing.T) {
	on := agents("a", "b")
	web := clustertest.Service("web", 2)
	web.Tasks[0].HealthCheck = &job.HealthCheck{Type: "tcp", Port: 80}
	s := running(t, on, web)
	a := ask(s, on, updated(t, s, "web", func(s *job.Spec) { s.Tasks[0].Container.Image = "y" }))
	if o := a.State.Jobs["web"].Rollout; !a.Settled || o.Status != cluster.RolloutSucceeded {
		t.Errorf("settled %t, %+v", a.Settled, o)
	}
}

// TestAPortIsFreeAgain once the task that had it has ended.
func TestAPortIsFreeAgain(t *testing.T) {
	on := agents("a")
	web := clustertest.Service("web", 1)
	web.Tasks[0].Ports = []job.Port{{Host: 31003}}
	s := running(t, on, web)
	a := ask(s, on, updated(t, s, "web", func(s *job.Spec) { s.Tasks[0].Container.Image = "y" }))
	if o := a.State.Jobs["web"].Rollout; !a.Settled || o.Status != cluster.RolloutSucceeded {
		t.Errorf("settled %t, %+v:\n%s", a.Settled, o, told(a))
	}
	if on[0].Ports[0] != agents("a")[0].Ports[0] || len(on[0].Ports) != 1 {
		t.Errorf("to ask has taken ports: %v", on[0].Ports)
	}
}

// TestWhatIsUnderWayIsNotTheQuestions: it comes to its end before, whatever Mesos has
// said of it yet.
func TestWhatIsUnderWayIsNotTheQuestions(t *testing.T) {
	on := agents("a", "b")
	for name, happen := range map[string]func(l *clustertest.Log, s *cluster.State){
		"submitted": func(l *clustertest.Log, _ *cluster.State) { l.Submit(clustertest.Service("new", 1)) },
		"starting": func(l *clustertest.Log, s *cluster.State) {
			j := l.Submit(clustertest.Service("new", 1))
			l.Plan("new", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
			task := j.Slots[0].Newest()
			l.Task("new", 0, events.TaskStaged{
				Run: j.Run, Version: 1, Group: "web", Slot: 0, Attempt: 1, TaskID: clustertest.TaskID("new", j.Run, 0, 1), AgentID: "S1", Hostname: "b",
				Resources: s.Jobs["web"].Slots[0].Newest().Resources,
			})
			l.Report(task, "TASK_STARTING", "u")
		},
		"being killed": func(l *clustertest.Log, s *cluster.State) {
			task := s.Jobs["web"].Slots[0].Newest()
			l.Plan("web", events.TasksDoomed{Run: task.Run, Class: "killed", Keep: true, Slots: clustertest.Slots(0, 0, task.Attempt)})
			l.Task("web", 0, events.TaskStatusChanged{
				Run: task.Run, Slot: 0, Attempt: task.Attempt, State: "TASK_KILLING", TaskID: task.ID, AgentID: task.AgentID, UUID: []byte("k"),
			})
		},
	} {
		s := running(t, on, clustertest.Service("web", 1))
		happen(log(s), s)
		a := ask(s, on, foresight.Question{})
		if got := told(a); got != "" || !a.Settled || a.Took < 0 {
			t.Errorf("%s: settled %t after %s:\n%s", name, a.Settled, a.Took, got)
		}
		for id, j := range a.State.Jobs {
			if n := j.Live(); n != 1 {
				t.Errorf("%s: %d tasks of %s live", name, n, id)
			}
			for _, slot := range j.Slots {
				if task := slot.Newest(); task.State != cluster.Running {
					t.Errorf("%s: a task of %s is %s", name, id, task.State)
				}
			}
		}
	}
}

// startsOn reports whether a task starts on a host.
func startsOn(told, host string) bool {
	for line := range strings.Lines(told) {
		if strings.Contains(line, " starts ") && strings.HasSuffix(strings.TrimSpace(line), " on "+host) {
			return true
		}
	}
	return false
}

// TestWhereNothingIsPlaced: on an agent that is cut off already, or goes into maintenance
// soon, and in room that a task takes although its agent never offered it.
func TestWhereNothingIsPlaced(t *testing.T) {
	on := agents("a", "b")
	s := running(t, on, clustertest.Service("web", 1))
	if host := s.Jobs["web"].Slots[0].Newest().Hostname; host != "a" {
		t.Fatalf("it runs on %s", host)
	}
	cut := s.Clone()
	task := cut.Jobs["web"].Slots[0].Newest()
	log(cut).Task("web", 0, events.TaskStatusChanged{Run: task.Run, Slot: 0, Attempt: task.Attempt, State: "TASK_UNREACHABLE", TaskID: task.ID, AgentID: task.AgentID})
	if got := told(ask(cut, on, scaled(t, cut, "web", 4))); startsOn(got, "a") || !strings.Contains(got, "starts web/1 on b") {
		t.Errorf("with an agent cut off:\n%s", got)
	}
	soon := agents("a", "b")
	soon[1].UnavailableFrom = start.Add(time.Minute)
	if got := told(ask(s, soon, scaled(t, s, "web", 4))); startsOn(got, "b") || !strings.Contains(got, "starts web/1 on a") {
		t.Errorf("with an agent that goes into maintenance:\n%s", got)
	}
	full := agents("a", "b")
	full[0].Whole.CPUs = 500 // Less than what runs there takes.
	if got := told(ask(s, full, scaled(t, s, "web", 4))); startsOn(got, "a") {
		t.Errorf("with an agent that is full:\n%s", got)
	}
}
