package launching

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/placement"
)

const (
	// matchEvery is how often tasks that wait are matched again although nothing
	// has changed.
	matchEvery = time.Second
	// conflictWait is the wait before deciding again after a lost race, outageWait
	// after decisions that were not stored, unknownWait where that is not known.
	conflictWait = 50 * time.Millisecond
	outageWait   = 500 * time.Millisecond
	unknownWait  = time.Second
)

// decide gathers one batch of decisions: ends of attempts that came to nothing,
// adoptions, and new launches. Offers that nothing wants go back.
func (m *Machine) decide() {
	s, now := m.session, m.at.Now
	if s.batch != nil || m.astray != 0 || now.Before(s.retryAt) {
		return
	}
	b := m.newBatch(s.epoch)
	m.addDoomed(b)
	m.addUnlaunched(b)
	m.addAdoptions(b)
	if m.blind() {
		m.rest()
	} else if m.pending.changed || !s.matchAt.IsZero() && !now.Before(s.matchAt) {
		m.pending.changed = false
		s.matchAt = m.match(b)
	}
	if len(b.drafts) > 0 {
		s.batch = b
		b.ticket = m.tickets.Next()
		m.do(machine.Append{Ticket: b.ticket, Drafts: b.drafts})
	}
}

// match places waiting tasks on the held offers and returns when to do so again
// although nothing has changed; zero for never.
func (m *Machine) match(b *batch) time.Time {
	s, now := m.session, m.at.Now
	demands, wake := m.demands()
	m.verdicts.forgetOthers(demands)
	m.forgetLines(demands)
	if len(demands) == 0 {
		m.giveAllBack()
		s.waitingSince = time.Time{}
		return wake
	}
	s.named = named(demands)
	wake = earlier(wake, now.Add(matchEvery))
	ready, waits := m.withSecrets(demands)
	wake = earlier(wake, waits.wake)
	wants := slices.Concat(ready, waits.asking)
	if len(wants) == 0 {
		m.explain(waits.verdicts)
		m.giveAllBack()
		s.waitingSince = time.Time{}
		return wake
	}
	if s.waitingSince.IsZero() {
		s.waitingSince = now
	}
	if len(s.offers.held) == 0 {
		wake = earlier(wake, m.want(wants))
		if now.Sub(s.offers.cameAt) > refuseUnfit+quietAfter && now.Sub(s.waitingSince) > quietAfter {
			waits.verdicts = append(waits.verdicts, quiet(ready)...)
		}
		m.explain(waits.verdicts)
		return wake
	}
	if kept := m.place(b, ready, waits); kept {
		wake = earlier(wake, m.want(wants)) // What is refused may be what the gang lacks.
		s.offers.revivedAt = now            // No REVIVE was lost; and one would undo what gives back.
	}
	return wake
}

// place stages what fits and gives back what does not, and reports whether it keeps
// offers for a gang. For tasks whose secrets are asked for nothing is given back.
func (m *Machine) place(b *batch, demands []placement.Demand, waits heldBack) bool {
	s, now := m.session, m.at.Now
	left, free := m.leave(), m.free(b, demands)
	answer := m.matcher.Answer(placement.Question{
		Offers: s.offers.held, Demands: free, Jobs: m.state.Jobs, Incapable: m.incapable.agents(now), Limit: b.left(),
		GivingWay: s.gangs.givingWay(now), Now: now, Log: m.at.Log,
	})
	used := map[string]bool{}
	for _, p := range answer.Placements {
		m.addPlacement(b, p)
		for _, id := range p.Offers {
			used[id] = true
		}
	}
	m.explain(slices.Concat(waits.verdicts, withLeft(answer.Verdicts, left)))
	kept := s.gangs.keep(answer.Kept, now)
	for _, id := range kept {
		used[id] = true
	}
	if b.left() == 0 || answer.PutOff {
		b.full = true // More may fit on the offers that are left.
		return len(kept) > 0
	}
	if len(free) < len(demands) || len(waits.asking) > 0 {
		return len(kept) > 0 // They may fit on what is left.
	}
	var unfit []string
	for id := range m.session.offers.held {
		if !used[id] {
			unfit = append(unfit, id)
		}
	}
	slices.Sort(unfit)
	m.decline(unfit, refuseUnfit)
	return len(kept) > 0
}

// batchAppended follows the log's answer. Only the fold says what counts; an
// answer that is lost leaves the offers to whoever wants them.
func (m *Machine) batchAppended(out machine.Outcome) {
	s := m.session
	if out.Answer == machine.Stored {
		s.batch.until = out.Last
		m.launchFolded()
		return
	}
	b := s.batch
	s.batch = nil
	m.pending.changed = true
	wait := outageWait
	switch out.Answer {
	case machine.Conflict:
		wait = conflictWait
	case machine.Unknown:
		wait = unknownWait
		m.decline(b.offers(), 0)
	case machine.Stored, machine.Refused:
	}
	if out.Answer != machine.Conflict {
		m.note(machine.Warn, "decisions not stored; deciding again", out.Err, machine.Field{Key: "decisions", Value: len(b.drafts)})
	}
	s.retryAt = m.at.Now.Add(wait)
}

// inOrder are the keys of a map in order of job, run, slot and attempt, so that
// the same state leads to the same effects.
func inOrder[V any](of map[cluster.Key]V) []cluster.Key {
	if len(of) == 0 {
		return nil
	}
	return slices.SortedFunc(maps.Keys(of), func(a, b cluster.Key) int {
		return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.Run, b.Run), cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Attempt, b.Attempt))
	})
}
