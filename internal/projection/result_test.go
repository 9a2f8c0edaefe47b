package projection_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// touchedTask is a task that an event touched, as the fold itself has it.
type touchedTask struct {
	Slot, Attempt                uint32
	Run                          uint64
	State                        string
	Unreachable, Doomed, Changed bool
}

// effect is what the fold itself says that an event did.
type effect struct {
	judgement string
	run       uint64
	tasks     []touchedTask
	host      string
	// job is the view of the job, unless users see none.
	job *projection.Job
}

// conditions are the states of all tasks there are, to know what changed.
func conditions(s *cluster.State) map[cluster.Key]string {
	all := map[cluster.Key]string{}
	for _, j := range s.Jobs {
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				all[t.Key()] = conditionOf(t)
			}
		}
	}
	return all
}

func conditionOf(t *cluster.Task) string {
	if t.Unreachable {
		return t.State.String() + ", out of reach"
	}
	return t.State.String()
}

// effects folds a log event by event.
func effects(t *rapid.T, w *writer) []effect {
	var all []effect
	s, m := cluster.New(), projection.NewModel()
	for rec, err := range w.log.Read(context.Background(), 1, w.n) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := cluster.Decode(events.Space{}, rec.Sequence, rec.Time, rec.Message)
		if err != nil {
			t.Fatal(err)
		}
		before := conditions(s)
		c, err := s.Apply(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Apply(r); err != nil {
			t.Fatal(err)
		}
		if err := m.Miscounted(); err != nil {
			t.Fatalf("after %d: %v", r.Sequence, err)
		}
		e := effect{judgement: c.Judgement.String()}
		if c.Job != nil {
			e.run = c.Job.Run
			if v, ok := m.Job(c.Job.ID); ok {
				e.job = &v
			}
		}
		for _, task := range c.Tasks {
			e.tasks = append(e.tasks, touchedTask{
				Slot: task.Slot, Attempt: task.Attempt, Run: task.Run, State: task.State.String(),
				Unreachable: task.Unreachable, Doomed: task.Doom != nil, Changed: before[task.Key()] != conditionOf(task),
			})
		}
		if len(c.Tasks) == 1 {
			e.host = c.Tasks[0].Hostname
		}
		all = append(all, e)
	}
	return all
}

// says fails unless an event says what it did.
func (e effect) says(t *rapid.T, ev projection.Event) {
	res := ev.Result
	if ev.Judgement != e.judgement || ev.Counts() != (e.judgement == "counted") || res.Run != e.run {
		t.Fatalf("%d: judged %s of run %d, want %s of %d", ev.Sequence, ev.Judgement, res.Run, e.judgement, e.run)
	}
	if e.job != nil && (res.State != e.job.State || res.Tasks != e.job.Tasks) {
		t.Fatalf("%d: %s %+v, want %s %+v", ev.Sequence, res.State, res.Tasks, e.job.State, e.job.Tasks)
	}
	var tasks []touchedTask
	for _, r := range res.Touched {
		for n := r.From; n <= r.To; n++ {
			tasks = append(tasks, touchedTask{n, r.Attempt, r.Run, r.State, r.Unreachable, r.Doomed, r.Changed})
		}
	}
	if !slices.Equal(tasks, e.tasks) {
		t.Fatalf("%d: touched\n%+v, want\n%+v", ev.Sequence, tasks, e.tasks)
	}
	if len(res.Touched) > 0 && res.Touched[0].Host != e.host {
		t.Fatalf("%d: host %q, want %q", ev.Sequence, res.Touched[0].Host, e.host)
	}
}

// started is a projection that has folded what a log holds.
func started(t *rapid.T, w *writer, kept int) (p *projection.Projection, stop func()) {
	p = projection.NewKeeping(w.log, kept)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	if err := p.WaitFor(ctx, w.n); err != nil {
		t.Fatal(err)
	}
	return p, func() {
		cancel()
		<-ended
	}
}

// followed are the events up to a sequence.
func followed(t *rapid.T, p *projection.Projection, from, to uint64, filter projection.Filter) []projection.Event {
	var list []projection.Event
	enough := errors.New("enough")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := follow(ctx, p, from, filter, time.Millisecond, func(ev projection.Event) error {
		list = append(list, ev)
		return nil
	}, func(last uint64) error {
		if last >= to {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	return list
}

// Every event says what it did, and the same whichever way it comes: fresh, long
// after, of one job, or in pages.
func TestEventsSayWhatTheyDid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{log: memory.New()}
		for range rapid.IntRange(1, 120).Draw(t, "events") {
			drawEvent(t, w)
		}
		fresh, stop := started(t, w, projection.FeedKept)
		defer stop()
		want := followed(t, fresh, 1, w.n, projection.Filter{})
		if len(want) != int(w.n) {
			t.Fatalf("%d events of %d", len(want), w.n)
		}
		for i, e := range effects(t, w) {
			e.says(t, want[i])
		}
		old, stop := started(t, w, rapid.IntRange(1, 5).Draw(t, "kept"))
		defer stop()
		from := rapid.Uint64Range(1, w.n).Draw(t, "from")
		same(t, "old", followed(t, old, from, w.n, projection.Filter{}), want[from-1:])
		for _, id := range []string{"a", "b/c", "d"} {
			about := slices.DeleteFunc(slices.Clone(want), func(ev projection.Event) bool { return ev.Job != id })
			same(t, "old of "+id, followed(t, old, 1, w.n, projection.Filter{Job: id}), about)
			var paged []projection.Event
			for next := uint64(1); next != 0; {
				list, n, err := old.JobEvents(context.Background(), id, next, w.n, rapid.IntRange(1, 9).Draw(t, "limit"))
				if err != nil {
					t.Fatal(err)
				}
				paged, next = append(paged, list...), n
			}
			same(t, "pages of "+id, paged, about)
		}
	})
}

func same(t *rapid.T, how string, got, want []projection.Event) {
	if len(got) != len(want) {
		t.Fatalf("%s: %d events, want %d", how, len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%s: got\n%+v, want\n%+v", how, got[i], want[i])
		}
	}
}

// What an event did, where it touches one task, several that are alike, and
// several that are not.
func TestTouchedTasks(t *testing.T) {
	t.Parallel()
	l := begin("service", 4)
	l.plan(0, 3)
	l.append(spaceOf().Task("a", 1), events.TaskStaged{Run: l.run, Group: "g", Slot: 1, Attempt: 1, TaskID: "t1", Hostname: "h"})
	l.append(spaceOf().Task("a", 3), events.TaskStaged{Run: l.run, Group: "g", Slot: 3, Attempt: 1, TaskID: "t3"})
	l.report(3, "TASK_RUNNING")
	l.report(3, "TASK_STARTING")
	l.doom(0, 1)
	l.append(spaceOf().Kill("a"), events.KillIssued{Run: l.run, Slots: []events.SlotRange{{From: 0, To: 3, Attempt: 1}}})
	again := l.append(spaceOf().Job("a"), events.JobSubmitted{Spec: []byte(`{"id":"a","tasks":null}`)})
	l.report(3, "TASK_UNREACHABLE")
	p := running(t, l.log)
	list, _, err := p.JobEvents(t.Context(), "a", l.run, l.n, 100)
	if err != nil {
		t.Fatal(err)
	}
	type touched = projection.Touched
	pending, idle := projection.StatePending, projection.StateRunning
	for i, want := range []projection.Result{
		{Run: l.run, State: pending, Tasks: projection.Counts{Wanted: 4, Waiting: 4}},
		{
			Run: l.run, State: pending, Tasks: projection.Counts{Wanted: 4, Waiting: 4},
			Touched: []touched{{From: 0, To: 3, Run: l.run, Attempt: 1, State: "PENDING", Changed: true}},
		},
		{
			Run: l.run, State: pending, Tasks: projection.Counts{Wanted: 4, Waiting: 3, Staging: 1},
			Touched: []touched{{From: 1, To: 1, Run: l.run, Attempt: 1, State: "STAGING", Changed: true, TaskID: "t1", Host: "h"}},
		},
		{
			Run: l.run, State: pending, Tasks: projection.Counts{Wanted: 4, Waiting: 2, Staging: 2},
			Touched: []touched{{From: 3, To: 3, Run: l.run, Attempt: 1, State: "STAGING", Changed: true, TaskID: "t3"}},
		},
		{
			Run: l.run, State: pending, Tasks: projection.Counts{Wanted: 4, Waiting: 2, Staging: 1, Running: 1},
			Touched: []touched{{From: 3, To: 3, Run: l.run, Attempt: 1, State: "RUNNING", Changed: true}},
		},
		{
			Run: l.run, State: pending, Tasks: projection.Counts{Wanted: 4, Waiting: 2, Staging: 1, Running: 1},
			Touched: []touched{{From: 3, To: 3, Run: l.run, Attempt: 1, State: "RUNNING"}}, // It is past that.
		},
		{
			Run: l.run, State: pending, Tasks: projection.Counts{Wanted: 4, Waiting: 3, Running: 1, Ending: 2},
			Touched: []touched{
				{From: 0, To: 0, Run: l.run, Attempt: 1, State: "PENDING", Doomed: true},
				{From: 1, To: 1, Run: l.run, Attempt: 1, State: "STAGING", Doomed: true},
			},
		},
		{
			Run: l.run, State: pending, Tasks: projection.Counts{Wanted: 4, Waiting: 3, Running: 1, Ending: 2},
			Touched: []touched{
				{From: 0, To: 0, Run: l.run, Attempt: 1, State: "PENDING", Doomed: true},
				{From: 1, To: 1, Run: l.run, Attempt: 1, State: "STAGING", Doomed: true},
				{From: 2, To: 2, Run: l.run, Attempt: 1, State: "PENDING"},
				{From: 3, To: 3, Run: l.run, Attempt: 1, State: "RUNNING"},
			},
		},
		{Run: again, State: idle, Tasks: projection.Counts{Ending: 4}},
		{
			Run: again, State: idle, Tasks: projection.Counts{Ending: 3, Unreachable: 1},
			Touched: []touched{{From: 3, To: 3, Run: l.run, Attempt: 1, State: "RUNNING", Unreachable: true, Changed: true}},
		},
	} {
		if got := list[i].Result; !reflect.DeepEqual(got, want) {
			t.Errorf("%d, %s:\n%+v, want\n%+v", list[i].Sequence, list[i].Type, got, want)
		}
	}
}

// An event about many tasks, each unlike the next, is told and kept of up to TouchedMax of
// them, and says how many more there are.
func TestTouchedTasksAreBounded(t *testing.T) {
	t.Parallel()
	const tasks = 4000
	l := begin("service", tasks)
	l.plan(0, tasks-1)
	for n := uint32(0); n < tasks; n += 2 {
		l.stage(n)
	}
	l.doom(0, tasks-1)
	for n := range 9 { // The first is of as many as are told.
		last := []uint32{projection.TouchedMax - 1, tasks - 1}[min(n, 1)]
		l.append(spaceOf().Kill("a"), events.KillIssued{Run: l.run, Slots: []events.SlotRange{{From: 0, To: last, Attempt: 1}}})
	}
	fresh := running(t, l.log)
	before := fresh.ResultBytes()
	old := projection.NewKeeping(l.log, 1)
	stop := run(old)
	defer func() { _ = stop() }()
	for _, p := range []*projection.Projection{fresh, old} {
		piece, err := p.Piece(t.Context(), l.n-9, projection.Filter{}, 1<<24)
		if err != nil || len(piece.Events) == 0 {
			t.Fatal(piece, err)
		}
		for i, ev := range piece.Events {
			touched, untold := ev.Result.Touched, uint32(tasks-projection.TouchedMax)
			if i == 1 {
				untold = 0
			}
			if len(touched) != projection.TouchedMax || ev.Result.Untold != untold || touched[projection.TouchedMax-1].To != projection.TouchedMax-1 {
				t.Errorf("%d, %s: %d are told, %d are not, want %d and %d", ev.Sequence, ev.Type, len(touched), ev.Result.Untold, projection.TouchedMax, untold)
			}
		}
	}
	const each = 8 * projection.TouchedMax
	if before > 10*each+20*int(l.n) {
		t.Errorf("the results take %d bytes", before)
	}
}

// The results of all events there ever were are in memory: they must be small.
func TestResultsAreSmall(t *testing.T) {
	t.Parallel()
	w := lives(20, 100)
	p := running(t, w.log)
	const most = 14
	got := p.ResultBytes() / int(w.n)
	t.Logf("%d bytes an event", got)
	if got > most {
		t.Errorf("%d bytes an event, want at most %d", got, most)
	}
}
