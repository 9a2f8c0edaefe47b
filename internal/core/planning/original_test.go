package planning_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// giveUpAfter is that of jobs in these tests.
const giveUpAfter = time.Hour

// keeps is a job of one task of which the original is kept, or the newest.
func keeps(kind job.Kind, keep string) *job.Spec {
	spec := clustertest.Service("web", 1)
	spec.Kind = kind
	spec.Tasks[0].HealthCheck = &job.HealthCheck{Type: "tcp", Port: 80}
	spec.Tasks[0].Unreachable = &job.Unreachable{Keep: keep}
	if keep == job.KeepOriginal {
		spec.Tasks[0].Unreachable.GiveUpAfter = job.Patience(giveUpAfter)
	}
	return spec
}

// healthy reports a task as running, and what its health check says.
func (b *bench) healthy(t *cluster.Task, healthy bool) {
	ev := clustertest.Status(t, "TASK_RUNNING", fmt.Sprint(b.State.Sequence))
	ev.Healthy = &healthy
	b.Task("web", t.Slot, ev)
}

func (b *bench) status(t *cluster.Task, state string) {
	b.Report(t, state, fmt.Sprint(b.State.Sequence))
}

// all decides until there is nothing to decide.
func (b *bench) all() {
	b.t.Helper()
	for range 20 {
		if b.decide() == nil {
			return
		}
	}
	b.t.Fatal("planning finds no end")
}

// cutOff has the one task of a job be cut off and replaced; it returns both.
func (b *bench) cutOff() (original, successor *cluster.Task) {
	b.t.Helper()
	b.decide()
	original = b.task(0)
	b.Stage(original)
	b.healthy(original, true)
	b.Report(original, "TASK_UNREACHABLE", "")
	b.Pass(replaceAfter)
	b.all()
	if b.task(0) == original {
		b.t.Fatal("nothing was planned in its place")
	}
	return original, b.task(0)
}

// pair is a state of affairs in a slot: what has become of the original, and of the task
// in its place.
type pair struct {
	kind                job.Kind
	keep                string
	original, successor string
	late, originalFirst bool
	change              string
}

func (p pair) String() string {
	return fmt.Sprintf("%+v", struct{ pair any }{[]any{p.kind, p.keep, p.original, p.successor, p.late, p.originalFirst, p.change}})
}

const (
	cut       = "cut off"
	up        = "up"
	unhealthy = "unhealthy"
	waiting   = "waiting"
	staged    = "staged"
	lost      = "cut off for long"
	userKill  = "killed by a user"
	withdrawn = "withdrawn"
)

func (b *bench) bring(t *cluster.Task, to string) {
	launch := func() {
		if t.State == cluster.Waiting {
			b.Stage(t)
			b.healthy(t, true)
		}
	}
	switch to {
	case waiting, "":
	case cut:
		launch()
		if !t.Unreachable {
			b.Report(t, "TASK_UNREACHABLE", "")
		}
	case lost:
		launch()
		b.Report(t, "TASK_UNREACHABLE", "")
		b.Pass(replaceAfter)
	case staged:
		b.Stage(t)
	case withdrawn:
		b.Stage(t)
		b.Withdraw(t)
	case up:
		launch()
		b.healthy(t, true)
	case unhealthy:
		launch()
		b.healthy(t, false)
	case userKill:
		launch()
		b.Plan("web", events.TasksDoomed{Run: b.j.Run, Slots: clustertest.Slots(0, 0, t.Attempt), Class: "killed", Keep: true})
	default:
		launch()
		b.status(t, to)
	}
}

// changes are what makes an original outdated.
func (b *bench) change(what string) {
	switch what {
	case "restarted":
		b.Job("web", events.JobRestarted{Run: b.j.Run, Version: b.j.Version})
	case "updated":
		spec := b.j.Spec.Clone()
		spec.Tasks[0].Container.Image = "y"
		data, err := spec.JSON()
		if err != nil {
			b.t.Fatal(err)
		}
		b.Job("web", events.JobUpdated{Run: b.j.Run, Version: b.j.Version + 1, Spec: data})
	case "keeps the newest":
		spec := b.j.Spec.Clone()
		spec.Tasks[0].Unreachable = nil
		data, err := spec.JSON()
		if err != nil {
			b.t.Fatal(err)
		}
		b.Job("web", events.JobUpdated{Run: b.j.Run, Version: b.j.Version + 1, Spec: data})
	case "drained":
		b.Append(events.Subject{Role: events.RoleAgents}, events.Envelope{}, events.AgentDrained{Hostname: "h1", Reason: "r"})
	case "scaled down":
		b.Job("web", events.JobScaled{Run: b.j.Run, Version: b.j.Version + 1, Group: "web", Replicas: 0})
	case "stopped":
		b.Job("web", events.JobStopped{Run: b.j.Run})
	}
}

// judgement is what becomes of the two: the class of their doom, empty for none.
type judgement struct{ original, successor string }

// over are the states of the table in which a task has ended.
func over(state string) bool {
	return slices.Contains([]string{"TASK_FINISHED", "TASK_FAILED", "TASK_GONE", withdrawn}, state)
}

// judge says what has to become of a pair. It knows nothing of how that is found out.
func (p pair) judge() judgement {
	var want judgement
	done := p.kind == job.KindBatch && (p.original == "TASK_FINISHED" && p.keep == job.KeepOriginal || p.successor == "TASK_FINISHED")
	back := p.original == up || p.original == unhealthy && p.successor == waiting
	alone := !slices.Contains([]string{cut, ""}, p.original) && (over(p.successor) || p.successor == userKill)
	switch {
	case p.keep != job.KeepOriginal:
		want.original = "replaced"
	case over(p.original):
	case p.successor == "TASK_FINISHED" && p.kind == job.KindBatch:
		want.original = "completed"
	case alone: // It has the slot again, and nobody has to choose.
	case p.late:
		want.original = "replaced"
	case back && !over(p.successor):
		want.successor = cluster.ClassOriginalReturned
	}
	switch {
	case over(p.successor):
	case p.successor == userKill:
		want.successor = "killed"
	case p.original == "TASK_FINISHED" && done:
		want.successor = "completed"
	case p.successor == lost && p.keep != job.KeepOriginal:
		want.successor = "replaced"
		if p.original == up || p.original == unhealthy {
			want.successor = "" // Nothing is planned where one can be reached.
		}
	case p.successor == lost && p.original == cut && !p.late:
		want.successor = "replaced" // Otherwise it is the original of what is in its place.
	}
	return want
}

// TestPairs: of a task that was cut off and the one in its place, whatever has become of
// both, in both orders, in time and late, the one goes on that should.
func TestPairs(t *testing.T) {
	for _, kind := range []job.Kind{job.KindService, job.KindBatch} {
		for _, keep := range []string{job.KeepNewest, job.KeepOriginal} {
			for _, original := range []string{cut, up, unhealthy, "TASK_FINISHED", "TASK_FAILED", "TASK_GONE"} {
				for _, successor := range []string{waiting, staged, up, unhealthy, cut, lost, userKill, withdrawn, "TASK_FINISHED", "TASK_FAILED", "TASK_GONE"} {
					for _, late := range []bool{false, true} {
						for _, first := range []bool{false, true} {
							p := pair{kind: kind, keep: keep, original: original, successor: successor, late: late, originalFirst: first}
							t.Run(p.String(), func(t *testing.T) { p.try(t) })
						}
					}
				}
			}
		}
	}
}

func (p pair) lay(t *testing.T) (b *bench, original, successor *cluster.Task) {
	b = newBench(t, keeps(p.kind, p.keep))
	original, successor = b.cutOff()
	if p.late {
		b.Pass(giveUpAfter)
	}
	if p.originalFirst {
		b.bring(original, p.original)
		b.bring(successor, p.successor)
	} else {
		b.bring(successor, p.successor)
		b.bring(original, p.original)
	}
	return b, original, successor
}

func (p pair) try(t *testing.T) {
	b, original, successor := p.lay(t)
	b.all()
	if got := (judgement{classOf(original), classOf(successor)}); got != p.judge() {
		t.Errorf("got %+v, want %+v", got, p.judge())
	}
	b.checkSlot()
}

func classOf(t *cluster.Task) string {
	if t.Doom == nil {
		return ""
	}
	return t.Doom.Class
}

// checkSlot: with nothing left to decide at most one goes on that is not an original, no
// two are up, and those that are kept are few.
func (b *bench) checkSlot() {
	b.t.Helper()
	going, serving := 0, 0
	for _, t := range b.j.Slots[0].Tasks {
		if t.Live() && t.Doom == nil {
			going += unit(!t.Original())
			serving += unit(!t.UpSince.IsZero())
		}
	}
	if going > 1 || serving > 1 {
		b.t.Errorf("%d go on, %d are up", going, serving)
	}
}

// TestOutdatedOriginals never come back: they are doomed at once.
func TestOutdatedOriginals(t *testing.T) {
	for _, change := range []string{"restarted", "updated", "keeps the newest", "drained", "scaled down", "stopped"} {
		for _, original := range []string{cut, up, unhealthy} {
			for _, successor := range []string{waiting, up, cut, "TASK_FAILED"} {
				t.Run(change+", "+original+", "+successor, func(t *testing.T) {
					b := newBench(t, keeps(job.KindService, job.KeepOriginal))
					first, second := b.cutOff()
					if change == "restarted" && successor == waiting {
						b.Stage(second) // What waits is not restarted.
					} else {
						b.bring(second, successor)
					}
					b.change(change)
					if first.Original() {
						b.bring(first, original)
					}
					if first.Doom == nil && !first.Original() {
						switch change {
						case "drained", "keeps the newest":
							return // It had the slot again before anybody looked.
						case "scaled down":
						default:
							t.Fatalf("it has the slot again: %+v", first)
						}
					}
					b.all()
					want := map[string]string{"scaled down": "scaled_down", "stopped": "stopped"}[change]
					if got := classOf(first); got != want && got != "replaced" || got == "" {
						t.Errorf("the original is doomed as %q", got)
					}
					if classOf(second) == cluster.ClassOriginalReturned {
						t.Error("the original has won")
					}
				})
			}
		}
	}
}

// TestAnOriginalOfAVersionThatComesBack has its slot again, before anybody looked: else it
// would be nobody's, and another would be planned beside it.
func TestAnOriginalOfAVersionThatComesBack(t *testing.T) {
	for _, back := range []string{"by an update", "by a rollback"} {
		t.Run(back, func(t *testing.T) {
			b := newBench(t, keeps(job.KindService, job.KeepOriginal))
			original, second := b.cutOff()
			b.bring(second, up)
			was := b.j.Spec.Clone()
			b.change("updated")
			b.bring(second, "TASK_FAILED")
			b.healthy(original, true)
			if !original.Original() {
				t.Fatal("one that is outdated has the slot again")
			}
			if back == "by an update" {
				data, err := was.JSON()
				if err != nil {
					t.Fatal(err)
				}
				b.Job("web", events.JobUpdated{Run: b.j.Run, Version: b.j.Version + 1, Spec: data})
			} else {
				b.Plan("web", events.RolloutReverted{Run: b.j.Run, Version: b.j.Rollout.Version, Began: b.j.Rollout.Began, To: 1})
			}
			if original.Original() || original.Returned == 0 {
				t.Fatalf("nobody has the slot: %+v", original)
			}
			b.all()
			if b.j.Slots[0].Deciding() != original || original.Doom != nil || len(b.j.Slots) != 1 || b.task(0) != second {
				t.Errorf("beside an original that is as wanted: %+v, %d slots", b.task(0), len(b.j.Slots))
			}
		})
	}
}

// TestAnOriginalThatIsOvertime never comes back: it is doomed when its time is over, though
// it is cut off, and not before.
func TestAnOriginalThatIsOvertime(t *testing.T) {
	spec := keeps(job.KindBatch, job.KeepOriginal)
	spec.Tasks[0].TimeLimit = job.Duration(30 * time.Minute)
	b := newBench(t, spec)
	first, second := b.cutOff()
	due := b.j.Overdue(first)
	if due.IsZero() || !due.Before(first.CutOff.Add(giveUpAfter)) {
		t.Fatalf("its time is over at %v, it is given up at %v", due, first.CutOff.Add(giveUpAfter))
	}
	b.Now = due.Add(-time.Nanosecond)
	b.all()
	if first.Doom != nil {
		t.Errorf("before its time it is doomed as %q", classOf(first))
	}
	if wake := planning.Decide(b.j, b.Now).Wake; !wake.Equal(due) {
		t.Errorf("looked at again at %v, want %v", wake, due)
	}
	b.Now = due
	b.all()
	if got := classOf(first); got != "replaced" || second.Doom != nil {
		t.Errorf("the original is doomed as %q, the other as %q", got, classOf(second))
	}
}

// TestTheOriginalGoesOn: once it is back it is the slot's task again: it is cut off and
// replaced again, and its end counts, with numbers that nothing had before.
func TestTheOriginalGoesOn(t *testing.T) {
	for _, end := range []string{"TASK_FAILED", "TASK_UNREACHABLE", "TASK_FINISHED"} {
		for _, kind := range []job.Kind{job.KindService, job.KindBatch} {
			b := newBench(t, keeps(kind, job.KeepOriginal))
			original, successor := b.cutOff()
			b.bring(successor, up)
			b.healthy(original, true)
			ev, ok := b.decide().(events.TasksDoomed)
			if !ok || ev.Class != cluster.ClassOriginalReturned || !ev.Keep || ev.Slots[0].Attempt != 2 {
				t.Fatalf("decided %+v", ev)
			}
			b.want()
			if b.j.Standing(b.j.Slots[0]) != original {
				t.Error("another stands")
			}
			b.status(successor, "TASK_KILLED")
			b.want()
			if slot := b.j.Slots[0]; slot.Streak != 0 || b.j.Standing(slot) != original {
				t.Errorf("the end of the other counts: %+v", slot)
			}
			b.Report(original, end, "e")
			b.Pass(replaceAfter)
			b.all()
			newest := b.task(0)
			switch {
			case end == "TASK_FINISHED" && kind == job.KindBatch:
				if b.j.Outcome != cluster.OutcomeCompleted {
					t.Errorf("the job is not completed: %+v", newest)
				}
			case newest.Attempt != 3 || newest.State != cluster.Waiting:
				t.Errorf("%s, then %s: attempt %d, %s", kind, end, newest.Attempt, newest.State)
			case end == "TASK_UNREACHABLE" && !original.Original(), end == "TASK_FAILED" && b.j.Slots[0].Failures != 1:
				t.Errorf("%s, then %s: %+v", kind, end, original)
			}
		}
	}
}

// TestBackInTime: an original that was up again before it was given up goes on, however
// late the planner looks; flapping puts nothing off.
func TestBackInTime(t *testing.T) {
	for _, c := range []struct {
		back, looks time.Duration
		wins        bool
	}{
		{giveUpAfter - replaceAfter - 1, 24 * time.Hour, true},
		{giveUpAfter - replaceAfter, 24 * time.Hour, false},
		{0, 0, true},
	} {
		b := newBench(t, keeps(job.KindService, job.KeepOriginal))
		original, successor := b.cutOff()
		b.bring(successor, up)
		b.Pass(c.back)
		b.healthy(original, true)
		b.Pass(c.looks)
		b.all()
		if got := classOf(successor) != ""; got != c.wins || (classOf(original) == "") != c.wins {
			t.Errorf("%+v: %q, %q", c, classOf(original), classOf(successor))
		}
	}
	b := newBench(t, keeps(job.KindService, job.KeepOriginal))
	original, successor := b.cutOff()
	b.bring(successor, up)
	for range 11 {
		b.Pass(5 * time.Minute)
		b.healthy(original, false)
		b.Report(original, "TASK_UNREACHABLE", "")
		b.all()
	}
	if classOf(original) != "replaced" {
		t.Errorf("it is put off by flapping: %+v", original)
	}
}

// TestASecondReplacement: when what is in the place of an original is cut off, too, it is
// replaced as ever, and the original may still come back before both.
func TestASecondReplacement(t *testing.T) {
	b := newBench(t, keeps(job.KindService, job.KeepOriginal))
	original, second := b.cutOff()
	since := original.CutOff
	b.bring(second, cut)
	b.healthy(original, false)
	b.Pass(replaceAfter)
	b.Report(original, "TASK_UNREACHABLE", "")
	b.all()
	if original.CutOff != since || since.IsZero() {
		t.Errorf("it was cut off at %s, and then at %s", since, original.CutOff)
	}
	third := b.task(0)
	if third == second || classOf(second) != "replaced" || !original.Original() {
		t.Fatalf("original %+v, second %+v", original.Doom, second.Doom)
	}
	b.bring(third, up)
	b.healthy(second, true)
	b.want()
	b.healthy(original, true)
	b.all()
	if classOf(third) != cluster.ClassOriginalReturned || original.Doom != nil {
		t.Errorf("original %+v, third %+v", original.Doom, third.Doom)
	}
}

// TestAReplacementStartsAgain when it has failed, by the restart policy, and the
// original waits on.
func TestAReplacementStartsAgain(t *testing.T) {
	b := newBench(t, keeps(job.KindBatch, job.KeepOriginal))
	original, second := b.cutOff()
	b.bring(second, "TASK_FAILED")
	b.all()
	if third := b.task(0); third.Attempt != 3 || !original.Original() || b.j.Slots[0].Failures != 1 || !third.NotBefore.After(b.Now) {
		t.Fatalf("attempt %d not before %s, original %+v", third.Attempt, third.NotBefore, original)
	}
	// Its work was done meanwhile; that is told only now.
	b.status(original, "TASK_FINISHED")
	b.all()
	if classOf(b.task(0)) != "completed" || b.j.Outcome != cluster.OutcomeCompleted {
		t.Errorf("%s, doomed %+v", b.j.Outcome, b.task(0).Doom)
	}
	b.Withdraw(b.task(0))
	b.Pass(time.Hour)
	b.want()
	if n := len(b.j.Slots[0].Tasks); n > 2 {
		t.Errorf("%d tasks are kept", n)
	}
}

// TestAReplacementFailsForGood: it stands in the slot, so then the slot has failed.
func TestAReplacementFailsForGood(t *testing.T) {
	spec := keeps(job.KindBatch, job.KeepOriginal)
	spec.Tasks[0].Restart = &job.Restart{Policy: job.RestartNever}
	b := newBench(t, spec)
	original, second := b.cutOff()
	b.bring(second, "TASK_FAILED")
	b.all()
	if b.j.Outcome != cluster.OutcomeFailed || b.j.OutcomeAttempt != 2 || classOf(original) != "failed" {
		t.Errorf("%s by attempt %d, original %+v", b.j.Outcome, b.j.OutcomeAttempt, original.Doom)
	}
}

// TestTheFirstThatFinishesCounts, of an original and the task in its place, and the other
// one ends although the job goes on.
func TestTheFirstThatFinishesCounts(t *testing.T) {
	for _, originalFirst := range []bool{true, false} {
		for _, both := range []bool{true, false} {
			spec := keeps(job.KindBatch, job.KeepOriginal)
			spec.Tasks[0].Replicas = 2
			b := newBench(t, spec)
			original, second := b.cutOff()
			first, other := second, original
			if originalFirst {
				first, other = original, second
			}
			b.bring(second, up)
			b.status(first, "TASK_FINISHED")
			if both {
				b.status(other, "TASK_FINISHED")
			}
			b.all()
			if !both && classOf(other) != "completed" || b.j.Outcome != cluster.OutcomeNone || b.j.Slots[0].Deciding() != first {
				t.Errorf("original first %t: the other is doomed as %q, the job %q", originalFirst, classOf(other), b.j.Outcome)
			}
			b.Pass(time.Hour)
			b.status(other, "TASK_KILLED")
			b.want()
		}
	}
}

// TestDoneBeforeItIsKilled: what has done its work although it was to make way has done
// it, and the original ends.
func TestDoneBeforeItIsKilled(t *testing.T) {
	for _, kind := range []job.Kind{job.KindBatch, job.KindService} {
		spec := keeps(kind, job.KeepOriginal)
		spec.Tasks[0].Replicas = 2
		b := newBench(t, spec)
		original, second := b.cutOff()
		b.bring(second, up)
		b.healthy(original, true)
		b.all()
		b.status(second, "TASK_FINISHED")
		b.all()
		want := map[job.Kind]string{job.KindBatch: "completed"}[kind]
		if classOf(original) != want || b.j.Outcome != cluster.OutcomeNone {
			t.Errorf("%s: the original is doomed as %q", kind, classOf(original))
		}
		b.status(original, "TASK_KILLED")
		b.Pass(time.Hour)
		b.all()
		if again := b.task(0).Attempt != 2; again == (kind == job.KindBatch) {
			t.Errorf("%s: attempt %d", kind, b.task(0).Attempt)
		}
	}
}

// TestASlotOfAnOriginalIsReused once it was given up by its group.
func TestASlotOfAnOriginalIsReused(t *testing.T) {
	spec := keeps(job.KindService, job.KeepOriginal)
	spec.Tasks[0].Replicas = 1
	b := newBench(t, spec)
	original, second := b.cutOff()
	b.bring(second, up)
	b.healthy(original, true)
	b.all()
	scale := func(n uint32) {
		b.Job("web", events.JobScaled{Run: b.j.Run, Version: b.j.Version + 1, Group: "web", Replicas: n})
		b.all()
	}
	scale(0)
	b.status(second, "TASK_KILLED")
	scale(1)
	if another := b.task(1); another.Index != 0 {
		t.Errorf("the group has given up index 0, and its task has %d", another.Index)
	}
	b.status(original, "TASK_KILLED")
	b.want()
	scale(2)
	if len(b.j.Slots) != 2 || b.task(0).Attempt != 3 || b.task(0).Index != 1 {
		t.Errorf("%d slots, %+v", len(b.j.Slots), b.task(0))
	}
}

// TestOldLogsHaveNoOriginals: what was replaced under a job that says nothing of it is as
// it was before.
func TestOldLogsHaveNoOriginals(t *testing.T) {
	b := newBench(t, clustertest.Batch("web", 1))
	b.decide()
	b.run(0)
	first := b.task(0)
	b.Report(first, "TASK_UNREACHABLE", "")
	b.Pass(replaceAfter)
	b.decide()
	if first.Original() || !first.CutOff.IsZero() {
		t.Errorf("%+v", first)
	}
	b.status(first, "TASK_FINISHED") // Between two decisions, and not doomed yet.
	if len(b.j.Slots[0].Tasks) != 1 || planning.Decide(b.j, b.Now).Event != nil {
		t.Errorf("its end counts: %+v", b.j.Slots[0].Tasks)
	}
}

// unit counts what is so.
func unit(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
