package launching

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// batchMax is how many decisions one append may have: no log stores more that
	// are conditional at once.
	batchMax = 1000
	// withdrawEvery bounds how often withdrawals are appended without a session.
	withdrawEvery = 500 * time.Millisecond
)

// batch is what is decided and appended together.
type batch struct {
	epoch, number, ticket uint64
	drafts                []machine.Draft
	subjects              map[string]bool
	placements            []placement.Placement
	// ids are those of the events by task.
	ids map[cluster.Key]string
	// secrets are the tickets of theirs, of those that have some.
	secrets map[cluster.Key]uint64
	// full reports whether more could have been placed than fits into the batch.
	full bool
	// until is the last sequence of the batch once it is stored.
	until uint64
}

func (m *Machine) newBatch(epoch uint64) *batch {
	m.batches++
	return &batch{epoch: epoch, number: m.batches, subjects: map[string]bool{}, ids: map[cluster.Key]string{}, secrets: map[cluster.Key]uint64{}}
}

// left is how many more decisions fit into the batch.
func (b *batch) left() int { return batchMax - len(b.drafts) }

// decides reports whether the batch has a decision about a task; a nil one has none.
func (b *batch) decides(k cluster.Key) bool {
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

// add adds a decision about a slot and reports whether it did: a batch holds one
// per slot at most.
func (m *Machine) add(b *batch, k cluster.Key, cause uint64, ev events.Event) bool {
	subject := m.cfg.Space.Task(k.Job, k.Slot)
	if b.subjects[subject] || b.left() == 0 {
		return false
	}
	last := m.state.SlotLast(k.Job, k.Slot)
	id := decisionID(subject, last, ev, b.epoch, b.number)
	b.subjects[subject], b.ids[k] = true, id
	b.drafts = append(b.drafts, machine.Decision(subject, last, m.envelope(id, cause), ev))
	return true
}

func (m *Machine) addPlacement(b *batch, p placement.Placement) {
	kept := p
	kept.Tasks = nil
	for _, placed := range p.Tasks {
		t := placed.Task
		ticket, versions := m.launchedWith(t)
		ev := events.TaskStaged{
			Run: t.Run, Version: t.Version, Group: t.Group, Slot: t.Slot, Attempt: t.Attempt,
			TaskID: TaskID(t, placed.Group), AgentID: p.AgentID, Hostname: p.Hostname, AgentURL: p.AgentURL,
			Offers: p.Offers, HostPorts: placed.HostPorts, Resources: amounts(placed.Resources), Attributes: placed.Attributes, Secrets: versions,
		}
		if m.add(b, t.Key(), t.Sequence, ev) {
			kept.Tasks = append(kept.Tasks, placed)
			if ticket != 0 {
				b.secrets[t.Key()] = ticket
			}
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
func (m *Machine) addDoomed(b *batch) {
	for _, k := range inOrder(m.pending.doomed) {
		t := m.pending.doomed[k]
		m.add(b, k, t.Doom.Sequence, events.TaskWithdrawn{Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, Reason: t.Doom.Reason})
	}
}

// addUnlaunched ends attempts whose launch came to nothing.
func (m *Machine) addUnlaunched(b *batch) {
	for _, k := range inOrder(m.session.withdraw) {
		t := m.pending.unconfirmed[k]
		if t == nil {
			delete(m.session.withdraw, k)
			continue
		}
		m.add(b, k, t.Sequence, events.TaskWithdrawn{
			Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, TaskID: t.ID, Reason: m.session.withdraw[k],
		})
	}
}

// withdrawDoomed ends attempts that never had a place while there is no
// subscription: a job that was stopped before anything of it was launched is
// over, whether Mesos can be reached or not.
func (m *Machine) withdrawDoomed() {
	if m.astray != 0 || len(m.pending.doomed) == 0 || m.at.Now.Before(m.withdrawAt) {
		return
	}
	b := m.newBatch(m.state.Launcher.Epoch)
	m.addDoomed(b)
	m.astray, m.withdrawAt = m.tickets.Next(), m.at.Now.Add(withdrawEvery)
	m.do(machine.Append{Ticket: m.astray, Drafts: b.drafts})
}
