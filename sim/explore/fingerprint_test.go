package explore

import (
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/explore/imprint"
)

// TestRulesAreOfFields: a rule of a field that was renamed would hold for nothing.
func TestRulesAreOfFields(t *testing.T) {
	missing := rules().Check(
		reflect.TypeFor[World](), reflect.TypeFor[scalars](), reflect.TypeFor[launching.Machine](), reflect.TypeFor[planning.Machine](),
		reflect.TypeFor[reaping.Machine](),
		reflect.TypeFor[events.JobScaled](), reflect.TypeFor[events.JobUpdated](), reflect.TypeFor[events.RunDue](),
		reflect.TypeFor[events.ScheduleSteered](), reflect.TypeFor[events.RolloutSteered](),
		reflect.TypeFor[events.RolloutEnded](), reflect.TypeFor[events.RolloutReverted](), reflect.TypeFor[events.JobStopped](), reflect.TypeFor[events.JobDeleted](),
		reflect.TypeFor[events.TasksPlanned](), reflect.TypeFor[events.TasksDoomed](), reflect.TypeFor[events.JobCompleted](),
		reflect.TypeFor[events.JobFailed](), reflect.TypeFor[events.TaskStaged](), reflect.TypeFor[events.TaskWithdrawn](),
		reflect.TypeFor[events.TaskAdopted](), reflect.TypeFor[events.TaskStatusChanged](), reflect.TypeFor[events.KillIssued](),
		reflect.TypeFor[events.LauncherElected](), reflect.TypeFor[events.SubscriptionOpened](), reflect.TypeFor[events.SubscriptionClosed](),
		reflect.TypeFor[machine.Append](), reflect.TypeFor[machine.Appended](),
		reflect.TypeFor[leading.Subscribe](), reflect.TypeFor[leading.NotSubscribed](), reflect.TypeFor[leading.Ended](),
		reflect.TypeFor[leading.Listen](), reflect.TypeFor[leading.Close](),
		reflect.TypeFor[launching.Offered](), reflect.TypeFor[launching.Rescinded](), reflect.TypeFor[launching.Reported](),
		reflect.TypeFor[launching.Called](), reflect.TypeFor[launching.Listed](), reflect.TypeFor[launching.Accept](),
		reflect.TypeFor[launching.Decline](), reflect.TypeFor[launching.Revive](), reflect.TypeFor[launching.Suppress](),
		reflect.TypeFor[launching.Reconcile](), reflect.TypeFor[launching.List](), reflect.TypeFor[launching.Acknowledge](), reflect.TypeFor[reaping.Kill](), reflect.TypeFor[reaping.Killed](),
	)
	if len(missing) > 0 {
		t.Errorf("no field is called %v", missing)
	}
	for name, r := range rules() {
		if r.Why == "" && r.Keys == nil {
			t.Errorf("why does %s not count as it is?", name)
		}
	}
}

// along calls do with each state of a run with a fault, and with what was to
// happen next.
func along(t *testing.T, do func(w *World, next Action)) {
	t.Helper()
	s := square(0).inOrder(Away, Fails)
	w := begin(&s, newCopies())
	for range 150 {
		all := w.actions()
		next := all[len(all)-1]
		if w.now.Sub(start()) < time.Second && len(w.log.records) < 9 {
			next = all[0]
		}
		if do(w, next); t.Failed() {
			return
		}
		if w = w.do(next); w.broken != "" {
			t.Fatal(w.broken)
		}
	}
}

// anew takes the fingerprint of a world without what is remembered of it.
func anew(w *World) uint64 {
	bare := w.next()
	bare.procs = nil
	for _, p := range w.procs {
		same := *p
		same.print = nil
		bare.procs = append(bare.procs, &same)
	}
	mesos, log := *w.mesos, *w.log
	mesos.print, log.print = nil, nil
	bare.mesos, bare.log = &mesos, &log
	for i, m := range w.flight {
		same := *m
		same.print = nil
		bare.flight[i] = &same
	}
	return newPrints().of(bare)
}

// TestWorldsAreTheirOwn: what follows a world does not change it, and what is
// remembered of it stays true.
func TestWorldsAreTheirOwn(t *testing.T) {
	kept := newPrints()
	along(t, func(w *World, next Action) {
		before := kept.of(w)
		if anew(w) != before {
			t.Error("what is remembered of a world is not true")
		}
		after := kept.of(w.do(next))
		if anew(w) != before {
			t.Errorf("%s changed the world before it", w.describe(next))
		}
		if again := anew(w.do(next)); again != after {
			t.Errorf("%s led to another world the second time", w.describe(next))
		}
	})
}

// TestEveryFieldCounts changes each field of each part of a world that no rule
// speaks of.
func TestEveryFieldCounts(t *testing.T) {
	changed, steps := map[string]bool{}, 0
	along(t, func(w *World, _ Action) {
		if steps++; steps%10 != 0 {
			return
		}
		mine := w.next()
		for i := range w.procs {
			visit(t, mine.proc(i), changed)
		}
		visit(t, mine.master(), changed)
		visit(t, mine.writable(), changed)
	})
	if len(changed) < 60 {
		t.Errorf("only %d fields were changed: %v", len(changed), changed)
	}
}

// visit changes one field of a part after the other.
func visit[T any](t *testing.T, part *T, changed map[string]bool) {
	t.Helper()
	maker := imprint.New(rules())
	take := func() uint64 {
		var a imprint.Adder
		a.Add(imprint.Of(maker, 1, part))
		return a.Sum(start())
	}
	c := &changer{t: t, rules: rules(), take: take, before: take(), seen: map[unsafe.Pointer]bool{}, changed: changed}
	c.visit("", reflect.ValueOf(part))
}

// changer changes fields.
type changer struct {
	t       *testing.T
	rules   imprint.Rules
	take    func() uint64
	before  uint64
	seen    map[unsafe.Pointer]bool
	changed map[string]bool
}

func (c *changer) visit(name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || c.seen[v.UnsafePointer()] {
			return
		}
		c.seen[v.UnsafePointer()] = true
		c.visit(name, v.Elem())
	case reflect.Interface:
		if !v.IsNil() && v.Elem().Kind() == reflect.Pointer && v.Type() != reflect.TypeFor[error]() {
			c.visit(name, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.visit(name, v.Index(i))
		}
	case reflect.Map:
		for each := v.MapRange(); each.Next(); {
			if each.Value().Kind() == reflect.Pointer {
				c.visit(name, each.Value())
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			field := v.Type().String() + "." + v.Type().Field(i).Name
			if _, ruled := c.rules[field]; !ruled {
				c.visit(field, reflect.NewAt(v.Field(i).Type(), unsafe.Pointer(v.Field(i).UnsafeAddr())).Elem())
			}
		}
	default:
		c.change(name, v)
	}
}

func (c *changer) change(name string, v reflect.Value) {
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	switch {
	case v.CanInt():
		v.SetInt(v.Int() + 1)
	case v.CanUint():
		v.SetUint(v.Uint() + 1)
	case v.CanFloat():
		v.SetFloat(v.Float() + 1)
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	case v.Kind() == reflect.String:
		v.SetString(v.String() + "x")
	default:
		return
	}
	c.changed[name] = true
	if c.take() == c.before {
		c.t.Errorf("%s makes no difference", name)
	}
	v.Set(old)
}

// TestExplorationRepeats: the same scope has the same states.
func TestExplorationRepeats(t *testing.T) {
	s := single(1).only(1, Late, Down)
	if a, b := Explore(&s), Explore(&s); a.States != b.States || a.Steps != b.Steps {
		t.Errorf("%d states and %d steps, then %d and %d", a.States, a.Steps, b.States, b.Steps)
	}
}

// TestEqualWorldsGoOnEqually: of two worlds with one fingerprint the same can
// happen, and leads to the same. A field that is left out although it matters shows
// here.
func TestEqualWorldsGoOnEqually(t *testing.T) {
	for _, s := range []Scope{
		single(1), pair(1), rescaled(2).only(2, Scale, Cut), updated(2, true).only(2, Update, Fails), updated(2, false).only(2, Update, Cut), single(0).inOrder(Away, Fails),
		periodic(1, job.OverlapForbid, job.MissedNone).only(1, Late, Down), periodic(1, job.OverlapReplace, job.MissedLast).only(1, Down, Lost), drained(1, true).only(1, Late, Restore),
		kept(1).only(1, Down), keptBatch(Fails),
	} {
		e := &search{scope: &s, copies: newCopies(), prints: newPrints()}
		leads := map[uint64][]uint64{}
		frontier := []*World{begin(&s, e.copies)}
		equal := 0
		for len(frontier) > 0 && len(leads) < 20_000 {
			w := frontier[0]
			frontier = frontier[1:]
			at := e.prints.of(w)
			var next []uint64
			var worlds []*World
			for _, a := range w.actions() {
				n := w.do(a)
				next, worlds = append(next, e.prints.of(n)), append(worlds, n)
			}
			known, seen := leads[at]
			if !seen {
				leads[at] = next
				frontier = append(frontier, worlds...)
				continue
			}
			equal++
			if len(known) != len(next) {
				t.Fatalf("%s: of two equal worlds one has %d ways on, the other %d", s.Name, len(known), len(next))
			}
			for i, a := range w.actions() {
				if known[i] != next[i] {
					t.Fatalf("%s: in two equal worlds %q leads to different ones", s.Name, w.describe(a))
				}
			}
		}
		t.Logf("%s: %d worlds, %d times equal ones", s.Name, len(leads), equal)
	}
}
