package reaping

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
)

// underWayMax is how many kills are handed over and not answered: more than are
// sent at once, so that whoever sends them has the next at hand while the answers
// wait for a burst of records to be folded.
const underWayMax = 64

// senders send the kills that were announced, a few at a time.
type senders struct {
	target Target // of the newest subscription; zero if there is none
	held   bool   // Nothing may be sent to it.
	// queue is the kills that wait for a sender, oldest first. A task is in it
	// once: the repetition of a kill that was not even sent says nothing new.
	queue   []kill
	queued  map[string]bool // by task
	busy    []sending
	tickets uint64
}

type kill struct {
	job, taskID, agentID string
	grace                time.Duration
	sequence             uint64
}

// sending is a kill that has a sender.
type sending struct {
	kill
	target Target
	// ticket is that of the call under way; 0 if it was refused, and the kill waits
	// for a newer subscription.
	ticket uint64
	// deadline is when the kill is about to be announced again.
	deadline time.Time
}

// put queues kills that were announced at a sequence.
func (s *senders) put(sequence uint64, tasks []*cluster.Task) {
	for _, t := range tasks {
		if s.held || t.Doom == nil || s.queued[t.ID] {
			continue
		}
		s.queued[t.ID] = true
		s.queue = append(s.queue, kill{job: t.Job, taskID: t.ID, agentID: t.AgentID, grace: t.Doom.Grace, sequence: sequence})
	}
}

func (s *senders) retarget(t Target) { s.target = t }

// hold begins or ends a time in which nothing may be sent. What was announced and
// not sent is let go: it is announced again when its grace and the margin are over,
// and two of one task would be killed for twice.
func (s *senders) hold(held bool) {
	s.held = held
	if held {
		s.queue, s.queued = nil, map[string]bool{}
	}
}

// send asks for the calls that can be made now: those of kills that waited for a
// newer subscription, and of as many more as there are senders. None can be while
// the target is barred.
func (s *senders) send(now time.Time, effects []machine.Effect) []machine.Effect {
	s.giveUp(now)
	if s.held {
		return effects
	}
	for i := range s.busy {
		if k := &s.busy[i]; k.ticket == 0 && k.target != s.target {
			effects = append(effects, s.call(k, now))
		}
	}
	for len(s.queue) > 0 && len(s.busy) < underWayMax {
		k := s.queue[0]
		s.queue = s.queue[1:]
		delete(s.queued, k.taskID)
		s.busy = append(s.busy, sending{kill: k, deadline: now.Add(k.grace + Margin)})
		effects = append(effects, s.call(&s.busy[len(s.busy)-1], now))
	}
	return effects
}

func (s *senders) call(k *sending, now time.Time) Kill {
	s.tickets++
	k.ticket, k.target = s.tickets, s.target
	return Kill{
		Ticket: k.ticket, Target: k.target, Job: k.job, TaskID: k.taskID, AgentID: k.agentID,
		Grace: k.grace, Within: k.deadline.Sub(now),
	}
}

// killed follows the answer to a call. One that was refused waits for a newer
// subscription for as long as the kill is not about to be announced again.
func (s *senders) killed(now time.Time, in Killed, effects []machine.Effect) []machine.Effect {
	at := slices.IndexFunc(s.busy, func(k sending) bool { return k.ticket == in.Ticket })
	if in.Ticket == 0 || at < 0 {
		return effects
	}
	k := &s.busy[at]
	note := machine.Note{Level: machine.Info, Message: "kill sent", Job: k.job, Task: k.taskID, Sequence: k.sequence}
	if in.Err == nil {
		s.busy = slices.Delete(s.busy, at, at+1)
		return append(effects, note)
	}
	k.ticket = 0
	if !now.Before(k.deadline) {
		return effects // It is given up.
	}
	note.Level, note.Message, note.Err = machine.Warn, "kill not taken; waiting for a newer subscription", in.Err
	note.Fields = []machine.Field{{Key: "stale", Value: in.Stale}}
	return append(effects, note)
}

// giveUp drops those that wait in vain.
func (s *senders) giveUp(now time.Time) {
	s.busy = slices.DeleteFunc(s.busy, func(k sending) bool { return k.ticket == 0 && !now.Before(k.deadline) })
}

// deadline is when the first of those that wait is to be given up, zero if none
// waits.
func (s *senders) deadline() time.Time {
	var first time.Time
	for _, k := range s.busy {
		if k.ticket == 0 && (first.IsZero() || k.deadline.Before(first)) {
			first = k.deadline
		}
	}
	return first
}
