package projection_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

func spaceOf() events.Space { return events.NewSpace(0) }

// writer appends events as the services would, right or wrong.
type writer struct {
	log   *memory.Log
	n     uint64
	epoch uint64
}

func (w *writer) append(subject string, ev events.Event) uint64 {
	w.n++
	env := events.Envelope{ID: fmt.Sprint(w.n), Source: "test", Time: time.Unix(int64(w.n), 0), Epoch: w.epoch, Counter: w.n}
	m, err := events.Encode(subject, env, ev)
	if err != nil {
		panic(err)
	}
	receipt, err := w.log.Append(context.Background(), eventlog.Fact(m))
	if err != nil {
		panic(err)
	}
	return receipt.Last
}

// drawEvent appends anything to any job: legal or not, the fold must bear it.
func drawEvent(t *rapid.T, w *writer) {
	id := rapid.SampledFrom([]string{"a", "b/c", "d"}).Draw(t, "job")
	run := rapid.Uint64Range(0, 12).Draw(t, "run")
	slot := rapid.Uint32Range(0, 3).Draw(t, "slot")
	attempt := rapid.Uint32Range(1, 2).Draw(t, "attempt")
	s, slots := spaceOf(), []events.SlotRange{{From: slot, To: slot + 1, Attempt: attempt}}
	host := rapid.SampledFrom([]string{"", "h1", "h2"}).Draw(t, "host")
	group := rapid.SampledFrom([]string{"g", "other"}).Draw(t, "group")
	state := rapid.SampledFrom([]string{"TASK_STARTING", "TASK_LOST", "TASK_RUNNING", "TASK_FAILED", "TASK_FINISHED", "TASK_UNREACHABLE", "TASK_KILLED"})
	spec := fmt.Sprintf(`{"id":%q,"kind":"service","tasks":[{"name":"g","replicas":2,"container":{"image":"i"}}]}`, id)
	if rapid.IntRange(0, 9).Draw(t, "epoch") == 0 {
		defer func(epoch uint64) { w.epoch = max(w.epoch, epoch) }(w.epoch)
		w.epoch = 0 // A launcher that was replaced, unless there was none yet.
	}
	if rapid.IntRange(0, 9).Draw(t, "ranges") == 0 {
		// Ranges may meet, overlap, and go down.
		slots = append(slots, events.SlotRange{From: rapid.Uint32Range(0, 4).Draw(t, "from"), To: slot + 1, Attempt: attempt})
	}
	switch rapid.IntRange(0, 19).Draw(t, "event") {
	case 0:
		w.append(s.Job(id), events.JobSubmitted{Spec: []byte(spec), IdempotencyKey: id})
	case 1:
		w.append(s.Job(id), events.JobStopped{Run: run})
	case 2:
		w.append(s.Job(id), events.JobScaled{Run: run, Version: 2, Group: "g", Replicas: slot})
	case 3:
		w.append(s.Job(id), events.JobDeleted{Run: run})
	case 4:
		w.append(s.Plan(id), events.TasksDoomed{Run: run, Slots: slots})
	case 5:
		w.append(s.Plan(id), events.JobCompleted{Run: run})
	case 6, 7:
		w.append(s.Plan(id), events.TasksPlanned{Run: run, Version: 1, Group: group, Slots: slots})
	case 8:
		w.append(s.Task(id, slot), events.TaskStaged{Run: run, Group: "g", Slot: slot, Attempt: attempt, TaskID: fmt.Sprint(id, run, slot, attempt), Hostname: host})
	case 9:
		w.append(s.Task(id, slot), events.TaskStatusChanged{Run: run, Slot: slot, Attempt: attempt, State: state.Draw(t, "state"), UUID: []byte{1}})
	case 10:
		w.epoch = w.append(s.Launcher(0), events.LauncherElected{Nonce: fmt.Sprint(w.n), Instance: "l"})
	case 11:
		w.append(s.Plan(id), events.JobFailed{Run: run, Slot: slot, Attempt: attempt})
	case 12:
		w.append(s.Kill(id), events.KillIssued{Run: run, Slots: slots})
	case 13:
		w.append(s.Task(id, slot), events.TaskWithdrawn{Run: run, Slot: slot, Attempt: attempt})
	case 14:
		w.append(s.Task(id, slot), events.TaskAdopted{
			Run: run + rapid.SampledFrom([]uint64{0, 0, 50}).Draw(t, "ahead"), Version: rapid.Uint64Range(0, 3).Draw(t, "version"),
			Group: group, Slot: slot, Attempt: attempt, TaskID: "x", State: state.Draw(t, "state"),
		})
	case 15, 16:
		more := rapid.SampledFrom([]string{"", `,{"name":"other","replicas":1,"container":{"image":"i"}}`}).Draw(t, "groups")
		other := fmt.Sprintf(`{"id":%q,"kind":"service","tasks":[{"name":"g","replicas":2,"container":{"image":%q}}%s]}`,
			id, rapid.SampledFrom([]string{"i", "j"}).Draw(t, "image"), more)
		w.append(s.Job(id), events.JobUpdated{Run: run, Version: rapid.Uint64Range(2, 9).Draw(t, "version"), Spec: []byte(other)})
	case 17:
		w.append(s.Plan(id), events.TasksPlanned{
			Run: run, Version: rapid.Uint64Range(1, 4).Draw(t, "version"), Group: group, Slots: slots, Beside: true,
		})
	case 18:
		w.append(s.Job(id), events.JobRestarted{Run: run, Version: 1, Slots: []events.SlotRange{{From: 0, To: slot}}})
	case 19:
		action := rapid.SampledFrom([]string{events.RolloutCancel, events.RolloutRollback}).Draw(t, "action")
		w.append(s.Job(id), events.RolloutSteered{Run: run, Version: rapid.Uint64Range(1, 9).Draw(t, "version"), Action: action, To: 1})
	}
}

// views are all that is shown of a model.
type views struct {
	Page    projection.Page
	All     []projection.Listed
	Cluster projection.Cluster
	Tasks   map[string][]projection.Task
	Why     map[string]projection.Explanation
}

func viewsOf(m *projection.Model) views {
	v := views{
		Page: m.List(projection.Query{}), All: m.All(), Cluster: m.Cluster(nil),
		Tasks: map[string][]projection.Task{}, Why: map[string]projection.Explanation{},
	}
	for _, j := range v.Page.Jobs {
		v.Tasks[j.ID], _, _ = m.Tasks(j.ID, 0, 0, m.Time())
		v.Why[j.ID], _ = m.Explain(j.ID, nil, projection.Parts{}, m.Time())
	}
	return v
}

// What the past shows is what the present showed then.
func TestAsOfEqualsTheFoldUpToThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{log: memory.New()}
		var then []views
		live, n := projection.NewModel(), uint64(0)
		then = append(then, viewsOf(live))
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			drawEvent(t, w)
			for rec, err := range w.log.Read(context.Background(), n+1, n+1) {
				if err != nil {
					t.Fatal(err)
				}
				decoded, err := cluster.Decode(spaceOf(), rec.Sequence, rec.Time, rec.Message)
				if err == nil {
					_, err = live.Apply(decoded)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			n++
			then = append(then, viewsOf(live))
		}
		p, stop := folding(w.log)
		defer stop()
		history := projection.NewHistory(p)
		for range 5 {
			at := rapid.Uint64Range(0, n).Draw(t, "at")
			m, err := history.AsOf(context.Background(), at)
			if err != nil {
				t.Fatal(err)
			}
			if got := viewsOf(m); !reflect.DeepEqual(got, then[at]) {
				t.Fatalf("at %d:\n%+v\nwas\n%+v", at, got, then[at])
			}
		}
		if _, err := history.AsOf(context.Background(), n+1); !errors.Is(err, projection.ErrNotYet) {
			t.Fatalf("beyond the end: %v", err)
		}
	})
}

// counted is a log that counts how many replays run at once.
type counted struct {
	*memory.Log
	running, most, reads atomic.Int64
	hold                 chan struct{}
}

func (c *counted) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		c.reads.Add(1)
		now := c.running.Add(1)
		defer c.running.Add(-1)
		for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
		}
		<-c.hold
		c.Log.Read(ctx, from, to)(yield)
	}
}

func TestReplaysAreBoundedAndKept(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	for range 8 {
		w.append(spaceOf().Plan("a"), events.TasksPlanned{})
	}
	log := &counted{Log: w.log, hold: make(chan struct{})}
	history := projection.NewHistory(readBy(t, w.log, log))
	var all sync.WaitGroup
	for n := range uint64(8) {
		all.Go(func() {
			if m, err := history.AsOf(t.Context(), n+1); err != nil || m.Sequence() != n+1 {
				t.Errorf("as of %d: %v", n+1, err)
			}
		})
	}
	for range 8 {
		log.hold <- struct{}{}
	}
	all.Wait()
	if most := log.most.Load(); most > projection.ReplaysMax {
		t.Fatalf("%d replays at once", most)
	}
	close(log.hold)
	if _, err := history.AsOf(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	reads := log.reads.Load()
	if _, err := history.AsOf(t.Context(), 3); err != nil || log.reads.Load() != reads {
		t.Fatalf("a model just used was built again, %v", err)
	}
	for _, n := range []uint64{4, 5, 6, 7} {
		if _, err := history.AsOf(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	reads = log.reads.Load()
	if _, err := history.AsOf(t.Context(), 3); err != nil || log.reads.Load() != reads+1 {
		t.Fatalf("more than ModelsKept models are kept, %v", err)
	}
}

func TestWaitingForAReplayEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	w.append(spaceOf().Plan("a"), events.TasksPlanned{})
	log := &counted{Log: w.log, hold: make(chan struct{})}
	history := projection.NewHistory(readBy(t, w.log, log))
	var busy sync.WaitGroup
	for range projection.ReplaysMax {
		busy.Go(func() { _, _ = history.AsOf(t.Context(), 1) })
	}
	for log.running.Load() < projection.ReplaysMax {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := history.AsOf(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	close(log.hold)
	busy.Wait()
}
