package launcher

import (
	"context"
	"errors"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mesos"
)

// sourceLauncher is the source of statuses that the launcher makes up.
const sourceLauncher = "SOURCE_LAUNCHER"

// accept sends an ACCEPT, in turn. A launch that cannot be made must not hold up
// those beside it: nothing was sent, so the call is made without it.
func (sess *session) accept(a mesos.Accept) {
	sess.call("ACCEPT", func(ctx context.Context) error {
		for len(a.Launches) > 0 {
			err := sess.sub.Accept(ctx, a)
			bad := new(mesos.LaunchError)
			if !errors.As(err, &bad) {
				if err != nil {
					launches := a.Launches
					sess.s.post(sess.ctx, func() { sess.failed(launches, err) })
				}
				return err
			}
			left := slices.DeleteFunc(slices.Clone(a.Launches), func(l mesos.Launch) bool { return l.TaskID == bad.TaskID })
			if len(left) == len(a.Launches) {
				return err
			}
			a.Launches = left
			sess.s.post(sess.ctx, func() { sess.unlaunchable(bad) })
		}
		return sess.sub.Decline(ctx, a.OfferIDs, 0)
	})
}

// failed remembers why an ACCEPT failed, to be told if nothing came of it.
func (sess *session) failed(launches []mesos.Launch, err error) {
	for _, l := range launches {
		if sent := sess.sent[cluster.Key{Job: l.Job, Run: l.Run, Slot: l.Slot, Attempt: l.Attempt}]; sent != nil {
			sent.Failure = clip(err.Error())
		}
	}
}

// unlaunchable ends an attempt that never was sent, as a master does that refuses
// a task: users see why, and the next attempt backs off.
func (sess *session) unlaunchable(bad *mesos.LaunchError) {
	t := sess.s.state.TaskByID(bad.TaskID)
	if sess.s.sess != sess || t == nil || t.State != cluster.Staged || t.Confirmed {
		return
	}
	sess.s.opt.Logger.Error().Err(bad).Str("job", t.Job).Str("task", t.ID).Uint64("sequence", t.Sequence).Msg("task cannot be launched")
	reason := "REASON_TASK_INVALID"
	if errors.Is(bad, mesos.ErrInsufficient) {
		reason = "REASON_INVALID_OFFERS" // Which is no fault of the task.
	}
	sess.record(t, recordable(mesos.Status{
		TaskID: t.ID, AgentID: t.AgentID, State: "TASK_ERROR", Reason: reason, Source: sourceLauncher,
		Message: bad.Err.Error(), Time: sess.s.opt.Now(),
	}))
}
