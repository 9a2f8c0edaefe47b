package cluster_test

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
)

// TestClosingChangesNoDecision folds logs of anything into a state that closes at once and
// one that never does. Whatever is asked of the two has the same answer.
func TestClosingChangesNoDecision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := nonsense().Draw(t, "log")
		kept := rapid.SampledFrom([]time.Duration{0, 0, time.Minute}).Draw(t, "kept")
		open, closing := cluster.New(), cluster.New()
		closing.CloseAfterAgain(kept, 0)
		at := rapid.IntRange(0, len(log)).Draw(t, "written at")
		for i, r := range log {
			if i == at {
				closing = resumed(t, closing)
			}
			want, got := apply(t, open, r), apply(t, closing, r)
			if want.Judgement != got.Judgement || want.Room != got.Room || !slices.Equal(keysOf(want), keysOf(got)) || !slices.Equal(want.Gone, got.Gone) {
				t.Fatalf("%d %T: %v of %v, and with closing %v of %v", r.Sequence, r.Event, want.Judgement, keysOf(want), got.Judgement, keysOf(got))
			}
			sameAnswers(t, open, closing)
		}
	})
}

// resumed is a state that goes on from another as that was written, and closes when it likes.
func resumed(t *rapid.T, from *cluster.State) *cluster.State {
	t.Helper()
	s := cluster.New()
	if kept := rapid.SampledFrom([]time.Duration{-1, 0, time.Minute}).Draw(t, "kept then"); kept >= 0 {
		s.CloseAfterAgain(kept, 0)
	}
	s.Resume(again(t, from))
	return s
}

func keysOf(c cluster.Change) (keys []cluster.Key) {
	for _, task := range c.Tasks {
		keys = append(keys, task.Key())
	}
	slices.SortFunc(keys, func(a, b cluster.Key) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Attempt, b.Attempt))
	})
	return keys
}

// sameAnswers asks two states what the machines ask, and what users' commands would come to.
func sameAnswers(t *rapid.T, open, closing *cluster.State) {
	t.Helper()
	same := func(what string, want, got any) {
		t.Helper()
		if !equal(want, got) {
			t.Fatalf("at %d, %s: %+v, and with closing %+v", open.Sequence, what, want, got)
		}
	}
	same("the reserve", reserve.Of(open), reserve.Of(closing))
	for _, id := range slices.Sorted(maps.Keys(open.Jobs)) {
		j, c := open.Jobs[id], closing.Job(id)
		if c == nil {
			t.Fatalf("at %d, %s is gone", open.Sequence, id)
		}
		if !j.Deleted { // Nobody asks when.
			same("ended "+id, j.EndedAt(), c.EndedAt())
		}
		same("expires "+id, j.ExpiresAt(), c.ExpiresAt())
		same("expected "+id, []uint64{j.LastJob, j.LastPlan, j.LastKill}, []uint64{c.LastJob, c.LastPlan, c.LastKill})
		same("standing "+id, []bool{j.Over(), j.Alive(), j.Behind()}, []bool{c.Over(), c.Alive(), c.Behind()})
		for _, bound := range []uint32{0, 1} {
			d, e := planning.DecideBounded(open, j, open.Time, bound, 0), planning.DecideBounded(closing, c, closing.Time, bound, 0)
			same("planned "+id, d, e)
		}
		for _, command := range commands() {
			want, wantErr := submission.Decide(j, command)
			got, gotErr := submission.Decide(c, command)
			same("commanded "+id, want, got)
			same("refused "+id, wantErr, gotErr)
		}
		for task := range c.Doomed() {
			due, wake := reaping.Due(task, closing.Time)
			now, then := reaping.Due(j.Slots[task.Slot].Find(task.Run, task.Attempt), open.Time)
			same("reaped "+id, []any{now, then}, []any{due, wake})
		}
		same("doomed "+id, len(slices.Collect(j.Doomed())), len(slices.Collect(c.Doomed())))
		for n, slot := range j.Slots {
			same("expected of a slot of "+id, slot.Last, closing.SlotLast(id, n))
		}
		for n := range c.Slots {
			same("slots of "+id, true, j.Slots[n] != nil)
		}
	}
	for id := range closing.Jobs {
		same("jobs", true, open.Jobs[id] != nil)
	}
	for id, task := range open.Index() {
		same("found "+id, task.ID == id, closing.TaskByID(id) != nil && closing.TaskByID(id).ID == id)
		for _, r := range reports(id, task) {
			same("considered "+id, launching.Consider(open, r, launching.Memory{}), launching.Consider(closing, r, launching.Memory{}))
		}
	}
}

func equal(a, b any) bool {
	if err, is := a.(error); is {
		a = err.Error()
	}
	if err, is := b.(error); is {
		b = err.Error()
	}
	return reflect.DeepEqual(a, b)
}

// commands are what users may want of a job.
func commands() []submission.Command {
	limits := job.DefaultLimits()
	return []submission.Command{
		submission.Submit{Spec: []byte("{}")},
		submission.Scale{Group: "web", Replicas: 5, Limits: limits},
		submission.Stop{},
		submission.Delete{},
		submission.Restart{Key: "web"},
		submission.Restart{Slots: []uint32{1}},
		submission.Kill{Key: "web"},
		submission.Kill{Slots: []uint32{0}},
		submission.Kill{Group: "web", Slots: []uint32{1}, ScaleDown: true, Limits: limits},
		submission.Steer{Action: "rollback"},
		submission.SteerSchedule{Action: "pause"},
		submission.Tag{Version: 1, Name: "x"},
	}
}

// reports are what Mesos may say of a task.
func reports(id string, task *cluster.Task) (list []launching.Report) {
	for _, state := range []string{"TASK_STAGING", "TASK_RUNNING", "TASK_FINISHED", "TASK_LOST", "TASK_UNREACHABLE", "TASK_FROZEN"} {
		for _, uuid := range []string{"", "other", task.Status.UUID} {
			list = append(list, launching.Report{TaskID: id, State: state, UUID: []byte(uuid)})
		}
	}
	return list
}
