package cluster_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

type arrow struct{ from, event, to string }

var (
	mermaidArrow = regexp.MustCompile(`^(\w+) -->\|(.+)\| (\w+)$`)
	mermaidBox   = regexp.MustCompile(`^subgraph (\w+) \[.+\]$`)
)

// drawn are the arrows of the diagram under a heading, boxes taken apart.
func drawn(t *testing.T, heading string) map[arrow]bool {
	t.Helper()
	data, err := os.ReadFile("../../../docs/state-machines.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(data), "\n## "+heading+"\n")
	_, rest, fenced := strings.Cut(rest, "```mermaid\n")
	diagram, _, closed := strings.Cut(rest, "```")
	if !found || !fenced || !closed {
		t.Fatalf("no diagram under %q", heading)
	}
	boxes, box, arrows := map[string][]string{}, "", map[arrow]bool{}
	states := func(name string) []string {
		if in, ok := boxes[name]; ok {
			return in
		}
		return []string{name}
	}
	for line := range strings.Lines(diagram) {
		line = strings.TrimSpace(line)
		if m := mermaidBox.FindStringSubmatch(line); m != nil {
			box = m[1]
			continue
		}
		if line == "end" {
			box = ""
			continue
		}
		if box != "" {
			boxes[box] = append(boxes[box], line)
			continue
		}
		m := mermaidArrow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, from := range states(m[1]) {
			for _, to := range states(m[3]) {
				a := arrow{from, m[2], to}
				if arrows[a] {
					t.Errorf("%v is drawn twice", a)
				}
				arrows[a] = true
			}
		}
	}
	return arrows
}

func compare(t *testing.T, drawn, allowed map[arrow]bool) {
	t.Helper()
	for a := range allowed {
		if !drawn[a] {
			t.Errorf("the code allows %v, the diagram does not", a)
		}
	}
	for a := range drawn {
		if !allowed[a] {
			t.Errorf("the diagram has %v, the code does not", a)
		}
	}
}

// TestTaskDiagram: docs/state-machines.md draws what the fold does, no more and
// no less.
func TestTaskDiagram(t *testing.T) {
	allowed, reports := map[arrow]bool{}, map[string]bool{}
	var states []string
	eachPair(t, func(state, report, _ string) {
		if !slices.Contains(states, state) {
			states = append(states, state)
		}
		reports["TASK_"+report] = true
	})
	note := func(from, event string, task *cluster.Task) {
		if task != nil && task.State.String() != from {
			allowed[arrow{from, event, task.State.String()}] = true
		}
	}
	for _, state := range states {
		for report := range reports {
			l, task := in(t, state)
			l.Report(task, report, "")
			bare := task.State
			note(state, "status", task)
			l, task = in(t, state)
			if l.Report(task, report, "v"); task.State != bare {
				note(state, "status with a uuid", task)
			}
			l, task = in(t, state)
			l.Task("web", 0, adopted(task, report))
			note(state, "TaskAdopted", task)
		}
		l, task := in(t, state)
		l.Stage(task)
		note(state, "TaskStaged", task)
		l, task = in(t, state)
		l.Withdraw(task)
		note(state, "TaskWithdrawn", task)
	}
	_, task := planned(t)
	note("start", "TasksPlanned", task)
	for report := range reports {
		l, task := planned(t)
		stranger := adopted(task, report)
		stranger.Slot = 7
		l.Task("web", 7, stranger)
		note("start", "TaskAdopted", l.State.Jobs["web"].Slots[7].Newest())
	}
	compare(t, drawn(t, "A task"), allowed)
}

// plainState is the state of a job in the diagram's words.
func plainState(j *cluster.Job) string {
	switch {
	case j.Deleted:
		return "deleted"
	case j.Stopped:
		return "stopped"
	case j.Outcome != cluster.OutcomeNone:
		return string(j.Outcome)
	}
	return "running"
}

// TestJobDiagram likewise, from every state and every mixture of two.
func TestJobDiagram(t *testing.T) {
	names := map[string]events.Event{
		"submitted": events.JobSubmitted{}, "scaled": events.JobScaled{}, "stopped": events.JobStopped{},
		"deleted": events.JobDeleted{}, "completed": events.JobCompleted{}, "failed": events.JobFailed{},
		"expired": events.JobExpired{},
	}
	allowed := map[arrow]bool{{"start", "JobSubmitted", "running"}: true}
	for first := range names {
		for second := range names {
			for _, last := range slices.Sorted(maps.Keys(names)) {
				l := clustertest.New()
				j := l.Submit(clustertest.Service("web", 1))
				jobEvent(l, j.Run, first)
				jobEvent(l, j.Run, second)
				before := plainState(j)
				jobEvent(l, j.Run, last)
				if after := plainState(j); after != before {
					what := strings.ToUpper(last[:1]) + last[1:]
					allowed[arrow{before, "Job" + what, after}] = true
				}
			}
		}
	}
	compare(t, drawn(t, "A job"), allowed)
}
