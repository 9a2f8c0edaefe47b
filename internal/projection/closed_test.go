package projection_test

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// wholeViews are viewsOf a model in which jobs may be closed.
func wholeViews(t *rapid.T, m *projection.Model, h *projection.History) (v views, lacking int) {
	t.Helper()
	v = viewsOf(m)
	for id := range v.Tasks {
		last, lacks := m.Lacks(id)
		if !lacks {
			continue
		}
		lacking++
		j, err := h.Whole(context.Background(), id, last)
		if err != nil {
			t.Fatal(err)
		}
		whole := m.With(j)
		v.Tasks[id], _, _ = whole.Tasks(id, 0, 0, m.Time())
		v.Why[id], _ = whole.Explain(id, nil, projection.Parts{}, m.Time())
	}
	return v, lacking
}

// TestClosedJobsAreShownAsBefore: whatever is asked of jobs that are closed has the answer that it
// has where none is ever closed, now and at any time before.
func TestClosedJobsAreShownAsBefore(t *testing.T) {
	t.Parallel()
	lacking := 0
	rapid.Check(t, func(t *rapid.T) {
		clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		w := &writer{log: memory.New(memory.WithClock(func() time.Time { clock = clock.Add(20 * time.Second); return clock }))}
		then, n := []views{viewsOf(projection.NewModel())}, uint64(0)
		open := projection.NewModel()
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			if rapid.IntRange(0, 2).Draw(t, "any") == 0 {
				drawEvent(t, w)
			} else {
				drawLife(t, w, open.State())
			}
			for rec, err := range w.log.Read(context.Background(), n+1, w.n) {
				if err != nil {
					t.Fatal(err)
				}
				decoded, err := cluster.Decode(spaceOf(), rec.Sequence, rec.Time, rec.Message)
				if err == nil {
					_, err = open.Apply(decoded)
				}
				if err != nil {
					t.Fatal(err)
				}
				n++
				then = append(then, viewsOf(open))
			}
		}
		p := projection.New(w.log)
		p.KeepEnded(rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "kept"))
		defer run(p)()
		history := projection.NewHistory(p)
		same := func(at uint64, m *projection.Model) {
			got, lacked := wholeViews(t, m, history)
			lacking += lacked
			if reflect.DeepEqual(got, then[at]) {
				return
			}
			was, is := reflect.ValueOf(then[at]), reflect.ValueOf(got)
			for i := range was.NumField() {
				if w, g := inJSON(t, was.Field(i).Interface()), inJSON(t, is.Field(i).Interface()); w != g {
					t.Fatalf("at %d, %s:\n%s\nwas\n%s", at, was.Type().Field(i).Name, g, w)
				}
			}
			t.Fatalf("at %d, it is another", at)
		}
		p.View(func(m *projection.Model) { same(n, m) })
		for range 5 {
			at := rapid.Uint64Range(0, n).Draw(t, "at")
			m, err := history.AsOf(context.Background(), at)
			if err != nil {
				t.Fatal(err)
			}
			same(at, m)
		}
	})
	if lacking == 0 {
		t.Error("nothing that was looked at was ever closed")
	}
}

func inJSON(t *rapid.T, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// drawLife has what is next in the life of a job happen: it begins, its tasks run and end, it ends.
func drawLife(t *rapid.T, w *writer, s *cluster.State) {
	id, space := rapid.SampledFrom([]string{"a", "b/c"}).Draw(t, "of"), spaceOf()
	if w.epoch == 0 {
		w.epoch = w.append(space.Launcher(0), events.LauncherElected{Nonce: "n", Instance: "l"})
		return
	}
	j := s.Job(id)
	if j == nil || j.Deleted {
		w.append(space.Job(id), events.JobSubmitted{Spec: []byte(`{"id":"` + id + `","kind":"batch","tasks":[{"name":"g","replicas":2,"restart":{"attempts":1},"container":{"image":"i"}}]}`)})
		return
	}
	if len(j.Slots) == 0 && !j.Over() {
		w.append(space.Plan(id), events.TasksPlanned{Run: j.Run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: 1, Attempt: 1}}})
		return
	}
	for n, slot := range []*cluster.Slot{j.Slots[0], j.Slots[1]} {
		if slot == nil || slot.Newest() == nil || !slot.Newest().Live() {
			continue
		}
		task := slot.Newest()
		if task.State == cluster.Waiting {
			w.append(space.Task(id, uint32(n)), events.TaskStaged{
				Run: task.Run, Version: 1, Group: "g", Slot: uint32(n), Attempt: task.Attempt, TaskID: clustertest.TaskID(id, task.Run, uint32(n), task.Attempt), AgentID: "S1", Hostname: "h1",
			})
			return
		}
		exit := 3
		w.append(space.Task(id, uint32(n)), events.TaskStatusChanged{
			Run: task.Run, Slot: uint32(n), Attempt: task.Attempt, UUID: []byte{byte(w.n)}, Message: "it says", Reason: "REASON_COMMAND_EXECUTOR_FAILED", Exit: &exit,
			State: rapid.SampledFrom([]string{"TASK_RUNNING", "TASK_FAILED", "TASK_FINISHED", "TASK_KILLED"}).Draw(t, "goes"), Addresses: []string{"10.0.0.1"},
		})
		return
	}
	if !j.Over() {
		w.append(space.Plan(id), rapid.SampledFrom([]events.Event{
			events.JobCompleted{Run: j.Run}, events.JobFailed{Run: j.Run, Slot: 1, Attempt: 1, Reason: "r"},
		}).Draw(t, "ends"))
	}
}
