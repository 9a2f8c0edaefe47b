package watch_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/internal/cli/watch"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// feed applies events one after the other and returns the changes as text.
func feed(t *testing.T, tasks *watch.Tasks, list ...events.Event) []string {
	t.Helper()
	var got []string
	for i, ev := range list {
		data, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range tasks.Apply(projection.Event{Sequence: uint64(i + 1), Type: ev.Type(), Job: "web", Data: data}) {
			got = append(got, fmt.Sprintf("%d.%d %s>%s %s", c.Slot, c.Attempt, c.From, c.State, c.Host))
		}
	}
	return got
}

func plan(run uint64, from, to, attempt uint32) events.Event {
	return events.TasksPlanned{Run: run, Slots: []events.SlotRange{{From: from, To: to, Attempt: attempt}}}
}

func status(run uint64, slot, attempt uint32, state string) events.Event {
	return events.TaskStatusChanged{Run: run, Slot: slot, Attempt: attempt, State: "TASK_" + state}
}

func TestChanges(t *testing.T) {
	tasks := watch.New()
	got := feed(t, tasks,
		events.JobSubmitted{},
		plan(1, 0, 1, 1),
		plan(1, 0, 1, 1), // A repeat.
		events.TaskStaged{Run: 1, Slot: 0, Attempt: 1, Hostname: "h"},
		status(1, 0, 1, "RUNNING"),
		status(1, 0, 1, "RUNNING"),
		status(1, 0, 1, "FAILED"),
		status(1, 0, 1, "GONE"), // An end stays.
		plan(1, 0, 0, 2),
		status(1, 0, 1, "RUNNING"), // Of the attempt before.
		status(9, 1, 1, "RUNNING"), // Of another run.
		events.TaskWithdrawn{Run: 1, Slot: 1, Attempt: 1},
		events.TaskAdopted{Run: 1, Slot: 2, Attempt: 1, State: "TASK_RUNNING"},
		status(1, 2, 2, "RUNNING"), // An attempt whose plan was not seen.
	)
	want := []string{
		"0.1 >PENDING ", "1.1 >PENDING ", "0.1 PENDING>STAGING h", "0.1 STAGING>RUNNING h", "0.1 RUNNING>FAILED h",
		"0.2 >PENDING ", "1.1 PENDING>WITHDRAWN ", "2.1 >RUNNING ", "2.2 >RUNNING ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("changes\n%q, want\n%q", got, want)
	}
	if states := tasks.States(); tasks.Live() != 2 || states["RUNNING"] != 1 || states["PENDING"] != 1 || states["WITHDRAWN"] != 1 {
		t.Errorf("%d live of %v", tasks.Live(), states)
	}
}

func TestANewSubmissionBeginsAnew(t *testing.T) {
	tasks := watch.New()
	feed(t, tasks, events.JobSubmitted{}, plan(1, 0, 3, 5))
	got := feed(t, tasks, events.JobDeleted{}, events.JobSubmitted{}, plan(2, 0, 0, 1), status(1, 1, 5, "KILLED"))
	if !slices.Equal(got, []string{"0.1 >PENDING "}) {
		t.Errorf("changes %q", got)
	}
}

func TestTheLastSlotThereIs(t *testing.T) {
	const last = ^uint32(0)
	if got := feed(t, watch.New(), plan(1, 3, 1, 1)); got != nil {
		t.Errorf("changes %q of a range that ends before it begins", got)
	}
	if got := feed(t, watch.New(), plan(1, last, last, 1)); len(got) != 1 {
		t.Errorf("changes %q", got)
	}
}
