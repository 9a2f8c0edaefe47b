package launcher

import (
	"context"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/events"
)

// adoption is a task that Mesos runs and the log does not know as alive.
type adoption struct {
	version                       uint64
	group, taskID, agentID, state string
}

func (b *batch) addAdoptions(sess *session) {
	for k, a := range sess.adopt {
		if sess.s.alive(k) {
			delete(sess.adopt, k)
			continue
		}
		b.add(k, 0, events.TaskAdopted{
			Run: k.Run, Version: a.version, Group: a.group, Slot: k.Slot, Attempt: k.Attempt,
			TaskID: a.taskID, AgentID: a.agentID, State: a.state,
		})
	}
}

// alive tells whether the log holds an attempt for launched and not over: adopted
// by now, or nothing to adopt.
func (s *Service) alive(k cluster.Key) bool {
	j := s.state.Jobs[k.Job]
	if j == nil || j.Slots[k.Slot] == nil {
		return false
	}
	t := j.Slots[k.Slot].Find(k.Run, k.Attempt)
	return t != nil && t.Live() && t.State != cluster.Waiting
}

// identify lists the framework's tasks, whose labels say what they are: a
// status alone does not.
func (s *Service) identify(ctx context.Context) {
	sess := s.sess
	if sess.identifying {
		return
	}
	sess.identifying = true
	go func() {
		callCtx, cancel := context.WithTimeout(sess.ctx, callTimeout)
		defer cancel()
		refs, err := s.opt.Mesos.Tasks(callCtx, sess.sub.FrameworkID())
		s.post(ctx, func() {
			sess.identifying = false
			if err != nil {
				s.opt.Logger.Warn().Err(err).Msg("tasks not listed; strangers are asked about again later")
				return
			}
			sess.identified(refs)
		})
	}()
}

func (sess *session) identified(refs []mesos.TaskRef) {
	for _, ref := range refs {
		if launching.Consider(sess.s.state, launching.Report{TaskID: ref.TaskID, State: ref.State}, launching.Memory{}) != launching.Identified {
			continue
		}
		if !ref.Ours {
			sess.s.opt.Logger.Error().Str("task", ref.TaskID).Str("agent", ref.AgentID).Str("name", ref.Name).
				Msg("Mesos runs a task of this framework that has no labels of taurus; it is left alone")
			continue
		}
		sess.s.opt.Logger.Warn().Str("job", ref.Job).Str("task", ref.TaskID).Msg("adopting a task that the log does not know")
		key := cluster.Key{Job: ref.Job, Run: ref.Run, Slot: ref.Slot, Attempt: ref.Attempt}
		sess.adopt[key] = adoption{version: ref.Version, group: ref.Group, taskID: ref.TaskID, agentID: ref.AgentID, state: ref.State}
	}
}
