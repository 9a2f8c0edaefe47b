package launcher

import (
	"context"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/mesos"
)

// resolve asks Mesos about staged tasks that nothing was heard of. On the one
// ordered connection their offers are declined first, so that no ACCEPT can
// follow the answer.
func (sess *session) resolve(now time.Time) time.Duration {
	wake := idle
	for key, t := range sess.s.watch.unconfirmed {
		if sess.inFlight.holds(key) {
			continue
		}
		sent := sess.sent[key]
		if sent == nil {
			sent = &launching.Sent{}
			sess.sent[key] = sent
		}
		due, at := launching.Resolve(t, *sent, now)
		if !due {
			wake = min(wake, at.Sub(now))
			continue
		}
		sent.Asked, sent.Tries = now, sent.Tries+1
		sess.s.opt.Logger.Warn().Str("job", t.Job).Str("task", t.ID).Uint64("sequence", t.Sequence).Int("try", sent.Tries).
			Msg("no status of a staged task: declining its offers and asking Mesos")
		offers, who := t.Offers, []mesos.TaskAgent{{TaskID: t.ID, AgentID: t.AgentID}}
		sess.call("DECLINE, RECONCILE", func(ctx context.Context) error {
			if err := sess.sub.Decline(ctx, offers, 0); err != nil {
				return err
			}
			return sess.sub.Reconcile(ctx, who)
		})
	}
	for key := range sess.sent {
		if sess.s.watch.unconfirmed[key] == nil && !sess.inFlight.holds(key) {
			delete(sess.sent, key)
		}
	}
	return max(wake, 0)
}

// resolving tells whether a negative answer about the task counts.
func (sess *session) resolving(t *cluster.Task) bool {
	sent := sess.sent[t.Key()]
	return sent != nil && sent.Tries > 0
}
