package watch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/cli/watch"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// told makes a log of events about a job, the first of them its submission at
// sequence 1, and returns the changes that the feed tells of.
func told(t *testing.T, list ...events.Event) []watch.Change {
	t.Helper()
	log := memory.New()
	for i, ev := range list {
		env := events.Envelope{ID: fmt.Sprint(i), Source: "test", Time: time.Unix(int64(i), 0), Counter: uint64(i + 1)}
		m, err := events.Encode(subject(ev), env, ev)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.Append(t.Context(), eventlog.Fact(m)); err != nil {
			t.Fatal(err)
		}
	}
	p := projection.New(log)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	defer func() {
		cancel()
		<-ended
	}()
	<-p.CaughtUp()
	all, next, err := p.JobEvents(ctx, "web", 1, p.Sequence(), len(list))
	if err != nil || next != 0 || len(all) != len(list) {
		t.Fatalf("%d events, then %d, %v", len(all), next, err)
	}
	var changes []watch.Change
	for _, e := range all {
		changes = append(changes, watch.Changes(e)...)
	}
	return changes
}

func subject(ev events.Event) string {
	s := events.NewSpace(0)
	switch ev := ev.(type) {
	case events.TasksPlanned, events.TasksDoomed:
		return s.Plan("web")
	case events.TaskStaged:
		return s.Task("web", ev.Slot)
	case events.TaskWithdrawn:
		return s.Task("web", ev.Slot)
	case events.TaskAdopted:
		return s.Task("web", ev.Slot)
	case events.TaskStatusChanged:
		return s.Task("web", ev.Slot)
	default:
		return s.Job("web")
	}
}

// text is each change in a few words.
func text(changes []watch.Change) []string {
	var list []string
	for _, c := range changes {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%d.%d %s %s", c.Slot, c.Attempt, c.State, c.Host)))
	}
	return list
}

func submit() events.Event {
	return events.JobSubmitted{Spec: []byte(`{"id":"web","tasks":[{"name":"g","replicas":2,"container":{"image":"i"}}]}`)}
}

func plan(run uint64, from, to, attempt uint32) events.Event {
	return events.TasksPlanned{Run: run, Group: "g", Slots: []events.SlotRange{{From: from, To: to, Attempt: attempt}}}
}

func status(run uint64, slot, attempt uint32, state string) events.Event {
	return events.TaskStatusChanged{Run: run, Slot: slot, Attempt: attempt, State: "TASK_" + state, UUID: []byte{1}}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	got := text(told(t,
		submit(),
		plan(1, 0, 1, 1),
		plan(1, 0, 1, 1), // A repeat.
		events.TaskStaged{Run: 1, Slot: 0, Attempt: 1, TaskID: "t", Hostname: "h"},
		status(1, 0, 1, "STAGING"), // It is.
		status(1, 0, 1, "RUNNING"),
		status(1, 0, 1, "RUNNING"),
		status(1, 0, 1, "UNREACHABLE"),
		status(1, 0, 1, "UNREACHABLE"),
		events.TasksDoomed{Run: 1, Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 1}}}, // No other state.
		status(1, 0, 1, "RUNNING"),
		status(1, 0, 1, "FAILED"),
		status(1, 0, 1, "GONE"), // An end stays.
		plan(1, 0, 0, 2),
		status(1, 0, 1, "RUNNING"), // Of the attempt before.
		status(9, 1, 1, "RUNNING"), // Of another run.
		events.TaskWithdrawn{Run: 1, Slot: 1, Attempt: 1},
		events.TaskAdopted{Run: 1, Slot: 2, Attempt: 1, TaskID: "u", State: "TASK_RUNNING"},
		status(1, 2, 2, "RUNNING"), // An attempt that nobody planned.
	))
	want := []string{
		"0.1 PENDING", "1.1 PENDING", "0.1 STAGING h", "0.1 RUNNING h", "0.1 UNREACHABLE h", "0.1 RUNNING h", "0.1 FAILED h",
		"0.2 PENDING", "1.1 WITHDRAWN", "2.1 RUNNING",
	}
	if !slices.Equal(got, want) {
		t.Errorf("changes\n%q, want\n%q", got, want)
	}
}

// An end that the master made up gives way to what the agent says.
func TestAnEndIsCorrected(t *testing.T) {
	t.Parallel()
	lost := events.TaskStatusChanged{Run: 1, Slot: 0, Attempt: 1, State: "TASK_LOST", Message: "who knows"}
	three := 3
	failed := events.TaskStatusChanged{Run: 1, Slot: 0, Attempt: 1, State: "TASK_FAILED", UUID: []byte{1}, Message: "oh", Exit: &three}
	got := told(t, submit(), plan(1, 0, 0, 1), events.TaskStaged{Run: 1, Slot: 0, Attempt: 1, TaskID: "t", Hostname: "h"}, lost, failed)
	if want := []string{"0.1 PENDING", "0.1 STAGING h", "0.1 LOST h", "0.1 FAILED h"}; !slices.Equal(text(got), want) {
		t.Fatalf("changes %q, want %q", text(got), want)
	}
	if c := got[2]; c.Detail != "who knows" || c.Exit != nil || c.Sequence != 4 || c.Job != "web" {
		t.Errorf("got %+v", c)
	}
	if c := got[3]; c.Detail != "oh" || c.Exit == nil || *c.Exit != 3 {
		t.Errorf("got %+v", c)
	}
}

func TestANewSubmissionBeginsAnew(t *testing.T) {
	t.Parallel()
	got := text(told(t, submit(), plan(1, 0, 1, 5), status(1, 0, 5, "RUNNING"), events.JobDeleted{Run: 1}, submit(), plan(5, 0, 0, 1), status(1, 1, 5, "KILLED")))
	if want := []string{"0.5 PENDING", "1.5 PENDING", "0.5 RUNNING", "0.1 PENDING"}; !slices.Equal(got, want) {
		t.Errorf("changes %q, want %q", got, want)
	}
}

func TestTheLastSlotThereIs(t *testing.T) {
	t.Parallel()
	const last = ranges.SlotEnd - 1
	if got := text(told(t, submit(), plan(1, 3, 1, 1))); got != nil {
		t.Errorf("changes %q of a range that ends before it begins", got)
	}
	if got := text(told(t, submit(), plan(1, last, last, 1))); len(got) != 1 {
		t.Errorf("changes %q", got)
	}
}
