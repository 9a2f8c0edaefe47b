package projection_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// life appends what the four services would about one job.
type life struct {
	*writer
	run uint64
}

func begin(kind string, replicas int) life {
	w := &writer{log: memory.New()}
	w.epoch = w.append(spaceOf().Launcher(0), events.LauncherElected{Nonce: "n", Instance: "l"})
	spec := fmt.Sprintf(`{"id":"a","kind":%q,"tasks":[{"name":"g","replicas":%d,"container":{"image":"i"}}]}`, kind, replicas)
	return life{writer: w, run: w.append(spaceOf().Job("a"), events.JobSubmitted{Spec: []byte(spec)})}
}

func (l life) plan(from, to uint32) {
	l.append(spaceOf().Plan("a"), events.TasksPlanned{
		Run: l.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: from, To: to, Attempt: 1}},
	})
}

func (l life) doom(from, to uint32) {
	l.append(spaceOf().Plan("a"), events.TasksDoomed{Run: l.run, Slots: []events.SlotRange{{From: from, To: to, Attempt: 1}}})
}

func (l life) update(image string) {
	spec := fmt.Sprintf(`{"id":"a","tasks":[{"name":"g","replicas":1,"container":{"image":%q}}]}`, image)
	l.append(spaceOf().Job("a"), events.JobUpdated{Run: l.run, Version: 2, Spec: []byte(spec)})
}

func (l life) stage(slot uint32) {
	l.append(spaceOf().Task("a", slot), events.TaskStaged{Run: l.run, Group: "g", Slot: slot, Attempt: 1, TaskID: fmt.Sprint("t", slot)})
}

// adopt has Mesos run a task of a run so much newer than the job's.
func (l life) adopt(newer, version uint64, slot uint32) {
	l.append(spaceOf().Task("a", slot), events.TaskAdopted{
		Run: l.run + newer, Version: version, Group: "g", Slot: slot, Attempt: 1, TaskID: fmt.Sprint("adopted", newer, slot), State: "TASK_RUNNING",
	})
}

func (l life) report(slot uint32, state string) {
	l.append(spaceOf().Task("a", slot), events.TaskStatusChanged{Run: l.run, Slot: slot, Attempt: 1, State: state, UUID: []byte{1}})
}

func (l life) start(slots uint32) {
	l.plan(0, slots-1)
	for n := range slots {
		l.stage(n)
		l.report(n, "TASK_RUNNING")
	}
}

// The word for a job and its counts, in every situation that users tell apart.
func TestStateWords(t *testing.T) {
	t.Parallel()
	stop := func(l life) { l.append(spaceOf().Job("a"), events.JobStopped{Run: l.run}) }
	complete := func(l life) { l.append(spaceOf().Plan("a"), events.JobCompleted{Run: l.run}) }
	fail := func(l life) { l.append(spaceOf().Plan("a"), events.JobFailed{Run: l.run, Reason: "too often"}) }
	type counts = projection.Counts
	for _, row := range []struct {
		name     string
		kind     string
		replicas int
		do       func(life)
		state    projection.JobState
		want     counts
	}{
		{"submitted", "service", 2, func(life) {}, projection.StatePending, counts{Wanted: 2, Waiting: 2}},
		{"nothing wanted", "service", 0, func(life) {}, projection.StateRunning, counts{}},
		{"planned", "service", 2, func(l life) { l.plan(0, 1) }, projection.StatePending, counts{Wanted: 2, Waiting: 2}},
		{"staged", "service", 1, func(l life) { l.plan(0, 0); l.stage(0) }, projection.StatePending, counts{Wanted: 1, Staging: 1}},
		{"running", "service", 2, func(l life) { l.start(2) }, projection.StateRunning, counts{Wanted: 2, Running: 2}},
		{"too many run", "service", 1, func(l life) { l.start(2) }, projection.StatePending, counts{Wanted: 1, Running: 2}},
		{"the surplus ends", "service", 1, func(l life) { l.start(2); l.doom(1, 1) }, projection.StateRunning, counts{Wanted: 1, Running: 1, Ending: 1}},
		{"one died", "service", 2, func(l life) { l.start(2); l.report(0, "TASK_FAILED") }, projection.StatePending, counts{Wanted: 2, Running: 1, Waiting: 1}},
		{"one unreachable", "service", 2, func(l life) { l.start(2); l.report(0, "TASK_UNREACHABLE") }, projection.StatePending, counts{Wanted: 2, Running: 1, Unreachable: 1}},
		{"half a batch is done", "batch", 2, func(l life) { l.start(2); l.report(0, "TASK_FINISHED") }, projection.StateRunning, counts{Wanted: 2, Running: 1, Finished: 1}},
		{"half a service is done", "service", 2, func(l life) { l.start(2); l.report(0, "TASK_FINISHED") }, projection.StatePending, counts{Wanted: 2, Running: 1, Waiting: 1}},
		{"a batch is done", "batch", 1, func(l life) { l.start(1); l.report(0, "TASK_FINISHED"); complete(l) }, projection.StateCompleted, counts{Finished: 1}},
		{"stopped, one lives", "service", 1, func(l life) { l.start(1); stop(l); l.doom(0, 0) }, projection.StateStopping, counts{Ending: 1}},
		{"stopped", "service", 1, func(l life) { l.start(1); stop(l); l.doom(0, 0); l.report(0, "TASK_KILLED") }, projection.StateStopped, counts{}},
		{"failed, one lives", "batch", 2, func(l life) { l.start(2); l.report(0, "TASK_FAILED"); fail(l); l.doom(1, 1) }, projection.StateStopping, counts{Ending: 1}},
		{"failed", "batch", 1, func(l life) { l.start(1); l.report(0, "TASK_FAILED"); fail(l) }, projection.StateFailed, counts{}},
		{"stopped before it failed", "batch", 1, func(l life) { l.start(1); stop(l); l.report(0, "TASK_FAILED"); fail(l) }, projection.StateStopped, counts{}},
		{"done before it was stopped", "batch", 1, func(l life) { l.start(1); l.report(0, "TASK_FINISHED"); complete(l); stop(l) }, projection.StateCompleted, counts{Finished: 1}},
		{"a lost run runs", "service", 1, func(l life) { stop(l); l.adopt(9, 1, 0); l.adopt(9, 1, 1) }, projection.StateAhead, counts{Running: 2, Ahead: 2}},
		{"a lost run ends", "service", 1, func(l life) { l.adopt(9, 1, 0); stop(l) }, projection.StateStopping, counts{Ending: 1}},
		{"a lost scaling runs", "service", 1, func(l life) { l.start(1); l.adopt(0, 2, 1) }, projection.StateAhead, counts{Wanted: 1, Running: 2, Ahead: 1}},
		{"scaled again", "service", 1, func(l life) {
			l.start(1)
			l.adopt(0, 2, 1)
			l.append(spaceOf().Job("a"), events.JobScaled{Run: l.run, Version: 3, Group: "g", Replicas: 2})
		}, projection.StateRunning, counts{Wanted: 2, Running: 2}},
		{"updated, the new one beside the old", "service", 1, func(l life) {
			l.start(1)
			l.update("j")
			l.append(spaceOf().Plan("a"), events.TasksPlanned{Run: l.run, Version: 2, Group: "g", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 2}}, Beside: true})
			l.append(spaceOf().Task("a", 0), events.TaskStaged{Run: l.run, Version: 2, Group: "g", Attempt: 2, TaskID: "new"})
		}, projection.StateRunning, counts{Wanted: 1, Running: 1, Beside: 1}},
		{"staged after the stop", "service", 1, func(l life) { l.plan(0, 0); stop(l); l.stage(0) }, projection.StateStopping, counts{Staging: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := begin(row.kind, row.replicas)
			row.do(l)
			v, ok := replayed(t, l.log).Job("a")
			if !ok || v.State != row.state || v.Tasks != row.want {
				t.Fatalf("%s %+v, want %s %+v", v.State, v.Tasks, row.state, row.want)
			}
		})
	}
}
