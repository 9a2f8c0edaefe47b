package cluster

import (
	"errors"
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// ErrOutOfOrder is returned for a record that is not the next after the last
// one: to fold on over a gap would be to believe in a state that never was.
var ErrOutOfOrder = errors.New("record out of order")

// Apply folds a record. It never decides and does no I/O; equal logs give equal
// states. A new state takes any record as its first; then the only error is
// ErrOutOfOrder. Over a hole it goes only where the record says so (Missing).
func (s *State) Apply(r Record) (Change, error) {
	c, err := s.take(r)
	if err == nil {
		s.closeFollowing(c)
	}
	return c, err
}

// take folds a record, and closes nothing.
func (s *State) take(r Record) (Change, error) {
	if r.Sequence == 0 || s.Sequence != 0 && r.Sequence != s.Sequence+1+r.Missing {
		return Change{}, fmt.Errorf("%w: sequence %d after %d", ErrOutOfOrder, r.Sequence, s.Sequence)
	}
	s.Sequence, s.Time = r.Sequence, r.Time
	if r.Rejection == "" && r.Unsummed && s.Summed {
		r.Reject(events.ErrUnsummed.Error())
	}
	if r.Rejection != "" {
		return s.passOver(&r), nil
	}
	s.Summed = s.Summed || !r.Unsummed
	_, silent := s.Hearing.SilentSince()
	asked := s.askedUnder(&r)
	c := s.apply(&r)
	c.Room = asked != (policy.Total{}) && asked.Beyond(s.askedUnder(&r)) != (policy.Total{})
	if _, still := s.Hearing.SilentSince(); still != silent {
		c.Hearing = true
	}
	if c.Job != nil && c.Job.Parent != nil && c.Judgement == Counted {
		s.tellSeries(c.Job, &r, &c)
	}
	if role := r.Subject.Role; role == events.RoleJob || role == events.RolePlan {
		s.linkAll(c)
	}
	return c, nil
}

// apply folds a record by the role that writes its subject.
func (s *State) apply(r *Record) Change {
	switch r.Subject.Role {
	case events.RoleLauncher:
		return s.applyLauncher(r)
	case events.RoleJob:
		j := s.job(r.Subject.Job)
		j.LastJob = r.Sequence
		return s.applyJob(j, r)
	case events.RolePlan:
		j := s.job(r.Subject.Job)
		j.LastPlan = r.Sequence
		return s.applyPlan(j, r)
	case events.RoleKill:
		j := s.job(r.Subject.Job)
		j.LastKill = r.Sequence
		return s.applyKill(j, r)
	case events.RoleTask:
		j := s.job(r.Subject.Job)
		slot := j.slot(r.Subject.Slot)
		slot.Last = r.Sequence
		return s.applyTask(j, slot, r)
	case events.RoleAgents:
		return s.applyAgents(r)
	case events.RoleAccess:
		return s.applyAccess(r)
	case events.RoleSeal:
		return s.applySeal(r)
	case events.RoleLog:
		return s.applyLog(r)
	case events.RoleWhy, events.RoleOffers, events.RoleAudit:
		return s.skip(nil)
	}
	return s.skip(nil)
}

// passOver folds a rejected record: it is the last of its subject, and no more.
func (s *State) passOver(r *Record) Change {
	if !r.astray {
		s.follow(r)
	}
	return s.reject(r, r.Rejection)
}

// follow makes a record the last of its subject.
func (s *State) follow(r *Record) {
	switch r.Subject.Role {
	case events.RoleLauncher:
		s.Launcher.Last = r.Sequence
	case events.RoleJob:
		s.job(r.Subject.Job).LastJob = r.Sequence
	case events.RolePlan:
		s.job(r.Subject.Job).LastPlan = r.Sequence
	case events.RoleKill:
		s.job(r.Subject.Job).LastKill = r.Sequence
	case events.RoleTask:
		s.job(r.Subject.Job).slot(r.Subject.Slot).Last = r.Sequence
	case events.RoleAgents:
		s.Agents.Last = r.Sequence
	case events.RoleAccess:
		s.Access.Last = r.Sequence
	case events.RoleSeal:
		s.Seal.Last = r.Sequence
	case events.RoleLog:
		s.LastLog = r.Sequence
	case events.RoleWhy, events.RoleOffers, events.RoleAudit:
	}
}

// reject counts a record that says nothing, and keeps why.
func (s *State) reject(r *Record, why string) Change {
	one := Rejection{Sequence: r.Sequence, Subject: legible(r.Message.Subject, subjectMax), Reason: why}
	s.Rejections.add(one)
	return Change{Judgement: Rejected, Rejection: one}
}

func (s *State) skip(j *Job) Change {
	s.Skipped++
	return Change{Judgement: Skipped, Job: j}
}

// job returns the job, making it where the log speaks of it for the first time.
func (s *State) job(id string) *Job {
	j := s.open(id)
	if j == nil {
		j = &Job{ID: id, Slots: map[uint32]*Slot{}}
		s.Jobs[id] = j
	}
	return j
}

func (j *Job) slot(n uint32) *Slot {
	slot := j.Slots[n]
	if slot == nil {
		slot = &Slot{Number: n}
		j.Slots[n] = slot
	}
	return slot
}

func (s *State) applyLauncher(r *Record) Change {
	l := &s.Launcher
	l.Last = r.Sequence
	if ev, ok := r.Event.(events.LauncherElected); ok {
		l.Epoch, l.Nonce, l.Instance = r.Sequence, ev.Nonce, ev.Instance
		s.Hearing.lost(r.Time)
		return Change{}
	}
	if r.Envelope.Epoch != l.Epoch {
		return Change{Judgement: StaleEpoch}
	}
	switch ev := r.Event.(type) {
	case events.FrameworkRegistered:
		l.FrameworkID = ev.FrameworkID
	case events.SubscriptionOpened:
		if was := l.Subscription; was.Epoch == l.Epoch && was.StreamID != ev.StreamID {
			s.Hearing.lost(r.Time) // Its end was not told of.
		}
		l.FrameworkID = ev.FrameworkID
		l.Subscription = Subscription{
			Sequence: r.Sequence, StreamID: ev.StreamID, Master: ev.Master, MasterID: ev.MasterID,
			Epoch: l.Epoch, OpenedAt: r.Time,
		}
		s.Hearing.listen(r.Time)
	case events.SubscriptionClosed:
		if ev.StreamID != l.Subscription.StreamID {
			return Change{Judgement: Outranked}
		}
		l.Subscription.Closed, l.Subscription.CloseReason = true, ev.Reason
		s.Hearing.fall(r.Time)
	case events.TasksListed:
		return s.listed(ev, r)
	case events.AgentUnavailable:
		s.heard(r.Time)
		return s.unavailable(ev, r)
	default:
		return s.skip(nil)
	}
	return Change{}
}

func (s *State) applyKill(j *Job, r *Record) Change {
	ev, ok := r.Event.(events.KillIssued)
	if !ok {
		return s.skip(j)
	}
	c := Change{Job: j}
	for _, t := range j.inRanges(ev.Run, ev.Slots) {
		t.KilledAt, t.KillIssued, t.Sequence = r.Time, r.Envelope.ID, r.Sequence
		t.Kills++
		c.Tasks = append(c.Tasks, t)
	}
	return c
}

// inRanges lists the attempts that ranges name and that are there.
func (j *Job) inRanges(run uint64, list []events.SlotRange) []*Task {
	var found []*Task
	for n, attempt := range ranges.All(list) {
		slot := j.Slots[n]
		if slot == nil {
			continue
		}
		if t := slot.Find(run, attempt); t != nil {
			found = append(found, t)
		}
	}
	return found
}
