package submission_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestSteerEveryPair: every action against a rollout of every status, with a canary.
func TestSteerEveryPair(t *testing.T) {
	t.Parallel()
	const (
		steered = "taurus.job.rollout_steered.v1"
		nothing = "-"
	)
	none, noCanary, noVersion := submission.ErrNoRollout, submission.ErrNoCanary, submission.ErrNoVersion
	statuses := []cluster.RolloutStatus{
		cluster.RolloutNone, cluster.RolloutRolling, cluster.RolloutPaused, cluster.RolloutSucceeded, cluster.RolloutFailed,
		cluster.RolloutRolledBack, cluster.RolloutSuperseded, cluster.RolloutCancelled,
	}
	for _, row := range []struct {
		command submission.Steer
		want    []any
	}{
		{submission.Steer{Action: events.RolloutPause}, []any{none, steered, nothing, none, none, none, none, none}},
		{submission.Steer{Action: events.RolloutResume}, []any{none, nothing, steered, none, steered, none, none, steered}},
		{submission.Steer{Action: events.RolloutPromote}, []any{none, steered, steered, none, none, none, none, none}},
		{submission.Steer{Action: events.RolloutCancel}, []any{none, steered, steered, none, none, none, none, nothing}},
		{submission.Steer{Action: events.RolloutRollback}, []any{noVersion, steered, steered, steered, steered, steered, steered, steered}},
		{submission.Steer{Action: events.RolloutRollback, To: 2}, []any{steered, steered, steered, steered, steered, steered, steered, steered}},
		{submission.Steer{Action: events.RolloutRollback, To: 3}, []any{nothing, steered, steered, nothing, steered, nothing, nothing, steered}},
		{submission.Steer{Action: events.RolloutRollback, To: 9}, []any{noVersion, noVersion, noVersion, noVersion, noVersion, noVersion, noVersion, noVersion}},
		{submission.Steer{Action: "hurry"}, []any{
			submission.ErrNoAction, submission.ErrNoAction, submission.ErrNoAction, submission.ErrNoAction, submission.ErrNoAction,
			submission.ErrNoAction, submission.ErrNoAction, submission.ErrNoAction,
		}},
	} {
		for i, status := range statuses {
			t.Run(fmt.Sprintf("%s to %d/%s", row.command.Action, row.command.To, status), func(t *testing.T) {
				t.Parallel()
				j := given(func(j *cluster.Job) {
					j.Spec.Rollout = &job.Rollout{Canary: 1}
					if status != cluster.RolloutNone {
						j.Rollout = cluster.Rollout{Began: 20, Version: 3, From: 2, Status: status}
					}
				})
				ev, err := submission.Decide(j, row.command)
				check(t, ev, err, row.want[i])
			})
		}
	}
	promoted := given(func(j *cluster.Job) {
		j.Rollout = cluster.Rollout{Began: 20, Version: 3, From: 2, Status: cluster.RolloutRolling, Promoted: true}
	})
	_, err := submission.Decide(promoted, submission.Steer{Action: events.RolloutPromote})
	check(t, nil, err, noCanary)
	promoted.Spec.Rollout = &job.Rollout{Canary: 1}
	ev, err := submission.Decide(promoted, submission.Steer{Action: events.RolloutPromote})
	check(t, ev, err, nothing)
}

// TestSteerNamesWhatItMeans: the version that is rolled out, and the one to go back to.
func TestSteerNamesWhatItMeans(t *testing.T) {
	t.Parallel()
	j := given(func(j *cluster.Job) {
		j.Rollout = cluster.Rollout{Began: 20, Version: 3, From: 2, Status: cluster.RolloutFailed}
	})
	ev, err := submission.Decide(j, submission.Steer{Action: events.RolloutRollback, Reason: "slow"})
	if want := (events.RolloutSteered{Run: run, Version: 3, Action: "rollback", To: 2, Reason: "slow"}); err != nil || !reflect.DeepEqual(ev, want) {
		t.Fatalf("got %+v, %v", ev, err)
	}
}

// TestSteerWhatIsNoRollout: of every state of a job.
func TestSteerWhatIsNoRollout(t *testing.T) {
	t.Parallel()
	notFound, over, none := submission.ErrNotFound, submission.ErrOver, submission.ErrNoRollout
	want := []any{notFound, none, none, over, over, over, over, over, notFound, notFound, over, notFound, over}
	for i, s := range states() {
		ev, err := submission.Decide(s.job, submission.Steer{Action: events.RolloutPause})
		check(t, ev, err, want[i])
	}
	batch := given(func(j *cluster.Job) { j.Spec.Kind = job.KindBatch })
	_, err := submission.Decide(batch, submission.Steer{Action: events.RolloutPause})
	check(t, nil, err, submission.ErrNotRolled)
}
