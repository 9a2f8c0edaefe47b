package launcher

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// batch is what is decided and appended together.
type batch struct {
	s          *Service
	epoch      uint64
	entries    []eventlog.Entry
	subjects   map[string]bool
	placements []placement.Placement
	ids        map[cluster.Key]string
	number     uint64
	// full says that there was no room for all that could have been placed.
	full bool
	// until is the last sequence of the batch once it is stored.
	until uint64
}

func newBatch(s *Service, epoch uint64) *batch {
	s.batchNumber++
	return &batch{s: s, epoch: epoch, subjects: map[string]bool{}, ids: map[cluster.Key]string{}, number: s.batchNumber}
}

func (b *batch) room() int { return eventlog.MaxBatch - len(b.entries) }

// holds tells whether the task is being staged by the batch. A nil batch holds
// nothing.
func (b *batch) holds(k cluster.Key) bool {
	if b == nil {
		return false
	}
	_, ok := b.ids[k]
	return ok
}

func (b *batch) offers() []string {
	var ids []string
	for _, p := range b.placements {
		ids = append(ids, p.Offers...)
	}
	return ids
}

// add appends a decision about a slot, at most one per slot and batch.
func (b *batch) add(k cluster.Key, cause uint64, ev events.Event) bool {
	s := b.s
	subject := s.opt.Space.Task(k.Job, k.Slot)
	if b.subjects[subject] || b.room() == 0 {
		return false
	}
	var last uint64
	if j := s.state.Jobs[k.Job]; j != nil {
		if slot := j.Slots[k.Slot]; slot != nil {
			last = slot.Last
		}
	}
	id := decisionID(subject, last, ev, b.epoch, b.number)
	m, ok := s.encode(subject, s.envelope(id, cause), ev)
	if !ok {
		return false
	}
	b.subjects[subject] = true
	b.ids[k] = id
	b.entries = append(b.entries, eventlog.Decision(m, last))
	return true
}

func (b *batch) addPlacement(p placement.Placement) {
	kept := p
	kept.Tasks = nil
	for _, placed := range p.Tasks {
		t := placed.Task
		ev := events.TaskStaged{
			Run: t.Run, Version: t.Version, Group: t.Group, Slot: t.Slot, Attempt: t.Attempt,
			TaskID: launching.TaskID(t, placed.Group), AgentID: p.AgentID, Hostname: p.Hostname, AgentURL: p.AgentURL,
			Offers: p.Offers, HostPorts: placed.HostPorts, Resources: amounts(placed.Resources), Attributes: placed.Attributes,
		}
		if b.add(t.Key(), t.Sequence, ev) {
			kept.Tasks = append(kept.Tasks, placed)
		}
	}
	b.placements = append(b.placements, kept)
}

func amounts(r offer.Resources) events.Resources {
	share := func(m offer.Milli) float64 { return float64(m) / 1000 }
	return events.Resources{CPUs: share(r.CPUs), Mem: share(r.Mem), Disk: share(r.Disk), GPUs: share(r.GPUs)}
}

// addDoomed ends attempts that were doomed before they had a place. It needs no
// subscription: what was never launched Mesos need not be asked about.
func (b *batch) addDoomed() {
	for k, t := range b.s.watch.doomed {
		b.add(k, t.Doom.Sequence, events.TaskWithdrawn{Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, Reason: t.Doom.Reason})
	}
}

// addUnlaunched ends attempts whose launch came to nothing.
func (b *batch) addUnlaunched(sess *session) {
	for k, reason := range sess.withdraw {
		t := sess.s.watch.unconfirmed[k]
		if t == nil {
			delete(sess.withdraw, k)
			continue
		}
		b.add(k, t.Sequence, events.TaskWithdrawn{Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, TaskID: t.ID, Reason: reason})
	}
}
