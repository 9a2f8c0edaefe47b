package planning

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
)

// ReasonMoved begins the reason of a doom that has a task leave its agent.
const ReasonMoved = "moved: "

// leave returns why a task is to leave its agent, false if it is not.
func (s *slots) leave(t *cluster.Task) (cluster.Leave, bool) {
	if s.agents == nil || t.AgentID == "" || !t.Live() {
		return cluster.Leave{}, false
	}
	l, leaves := s.agents.Leave(t.AgentID, t.Hostname, s.now)
	if !leaves {
		s.wake = earlier(s.wake, s.agents.LeaveAt(t.AgentID, s.now))
	}
	return l, leaves
}

// move takes the next step of having tasks leave their agents. What may be gone on with
// elsewhere is: within the bounds of a rollout another is put beside it, and when that is
// up it ends. A batch task is left to end by itself. At the deadline all end. While held
// nothing is put beside anything.
func (s *slots) move(r *rolling, held bool) (Decision, bool) {
	if s.agents == nil {
		return Decision{}, false
	}
	for i := range s.job.Spec.Tasks {
		m := s.moving(&s.job.Spec.Tasks[i], r)
		if m == nil {
			continue
		}
		if d, ok := m.late.decision(s.job, true); ok {
			return d, true
		}
		if s.job.Spec.Kind == job.KindBatch {
			continue
		}
		if d, ok := m.gone.decision(s.job, true); ok {
			return d, true
		}
		if d, ok := m.idle.decision(s.job, true); ok {
			return d, true
		}
		if held {
			continue
		}
		if d, ok := m.beside(s); ok {
			return d, true
		}
		if d, ok := m.first.decision(s.job, true); ok {
			return d, true
		}
	}
	return Decision{}, false
}

// moves are the tasks of a group that are to leave their agents, by what is to be done
// about them.
type moves struct {
	group *job.Group
	// late have passed their deadline, gone have another that is up, idle are not up.
	late, gone, idle ending
	// first end before another begins, where none may be put beside.
	first ending
	// wanting are those that want another beside them; room is for how many there is.
	wanting []*cluster.Task
	room    int
}

// moving finds out what of a group is to be moved, nil if nothing is.
func (s *slots) moving(g *job.Group, r *rolling) *moves {
	surge, unavailable := s.policy.Bounds(g)
	bounded := ending{kills: s.kills}
	m := &moves{group: g, late: bounded, gone: bounded, idle: bounded, first: bounded}
	found := false
	var serving []*cluster.Task
	held := wanted(g, s.held[g.Name])
	for _, slot := range held {
		var leaves, stays *cluster.Task
		for _, t := range slot.Tasks {
			if t.Run != s.job.Run || !t.Live() || t.Doom != nil || t.Original() {
				continue
			}
			if _, leaving := s.leave(t); leaving {
				leaves = t
			} else {
				stays = t
			}
		}
		if leaves == nil || leaves.Unreachable {
			continue
		}
		found = true
		s.sort(m, leaves, stays, r, &serving)
	}
	if !found {
		return nil
	}
	switch {
	case len(serving) == 0: // So there is no need to know what else is up, nor when.
	case surge > 0:
		m.wanting, m.room = serving, int(g.Replicas)+int(surge)-s.living()[g.Name]
	default:
		budget := max(0, s.up(held)-(int(g.Replicas)-int(unavailable)))
		for _, t := range serving[:min(budget, len(serving))] {
			m.first.add(t, s.movedReason(t))
		}
	}
	return m
}

// up is how many of the slots have a task that is up: one that took another's place only
// when it has been up for long enough, as in a rollout.
func (s *slots) up(of []*cluster.Slot) (n int) {
	for _, slot := range of {
		n += one(slices.ContainsFunc(slot.Tasks, func(t *cluster.Task) bool {
			return t.Run == s.job.Run && t.Live() && t.Doom == nil && (s.isUp(t) || s.job.Outdated(t) && !t.UpSince.IsZero())
		}))
	}
	return n
}

// sort says what is to be done about a task that is to leave; stays is the other one in
// its slot, nil if there is none.
func (s *slots) sort(m *moves, t, stays *cluster.Task, r *rolling, serving *[]*cluster.Task) {
	l, _ := s.leave(t)
	if !l.Deadline.IsZero() {
		if !s.now.Before(l.Deadline) {
			m.late.add(t, s.movedReason(t))
			return
		}
		s.wake = earlier(s.wake, l.Deadline)
	}
	switch {
	case stays != nil:
		if s.isUp(stays) && stays.Template == t.Template {
			m.gone.add(t, s.movedReason(t))
		}
	case s.forbidden || s.permit.forbids(t.Version): // Nothing would be in its place.
	case r != nil && r.left != 0 && s.job.Outdated(t): // The rollout replaces it.
	case t.UpSince.IsZero():
		m.idle.add(t, s.movedReason(t))
	default:
		*serving = append(*serving, t)
	}
}

// beside plans what is put beside tasks that are to leave, as many as there is room for.
// They keep what they have: to move is not to update.
func (m *moves) beside(s *slots) (Decision, bool) {
	batch := plans{beside: true}
	for _, t := range m.wanting {
		slot := s.job.Slots[t.Slot]
		newest := slot.Newest()
		if m.room <= 0 {
			break
		}
		if slot.Full() || newest.Attempt >= ranges.AttemptMax || s.hasDone(slot, newest) {
			continue
		}
		version := t.Version
		if s.job.TemplateIn(version, t.Group) == 0 {
			version = s.job.Target
		}
		if batch.empty() {
			batch.version = version
		}
		var notBefore time.Time
		if newest != t {
			notBefore = s.notBefore(m.group, slot, newest, version)
		}
		batch.add(planned{
			slot: t.Slot, attempt: newest.Attempt + 1, version: version, notBefore: notBefore, reason: s.movedReason(t), cause: t.Sequence,
		})
		m.room--
	}
	return batch.decision(s.job, m.group.Name)
}

// movedReason is why a task is moved, as users read it.
func (s *slots) movedReason(t *cluster.Task) string {
	l, _ := s.leave(t)
	return ReasonMoved + l.Reason
}
