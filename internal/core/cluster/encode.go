package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/exact"
	"github.com/milosgajdos/taurus/internal/core/policy"
)

// FoldVersion is raised when the fold's meaning changes: when a log gives another state than
// before, or another judgement of a record. What was encoded before is not read any more then.
const FoldVersion = 1

// ErrUnfit is returned for an encoded state that no fold comes to.
var ErrUnfit = errors.New("no fold comes to this state")

// stored is a state as it is encoded.
type stored struct {
	State *State
	// Odd are the tasks that are found by other ids than their own, or are not found by it: ids
	// that a foreign hand gave twice.
	Odd []oddID
}

// oddID is an id of a task, and which it is; nil for none.
type oddID struct {
	ID   string
	Task *Task
}

// codec leaves out what derive makes again, and what is of whoever holds the state (Resume).
func codec() (*exact.Codec[stored], error) {
	return exact.New[stored](
		"cluster.State.byID", "cluster.State.dependants", "cluster.State.Rules", "cluster.State.closing", "cluster.State.peeked",
		"cluster.Job.after", "cluster.Job.doomed", "cluster.Job.tasks", "cluster.Job.queued",
	)
}

// Encode writes a state, so that DecodeState gives one that goes on just as it does.
func Encode(s *State) ([]byte, error) {
	c, err := codec()
	if err != nil {
		return nil, err
	}
	return c.Encode(&stored{State: s, Odd: s.odd()})
}

// DecodeState reads what Encode wrote, in the same Format. It fails with exact.ErrMalformed
// and with ErrUnfit.
func DecodeState(data []byte) (*State, error) {
	c, err := codec()
	if err != nil {
		return nil, err
	}
	in, err := c.Decode(data)
	if err != nil {
		return nil, err
	}
	if err := in.State.check(); err != nil {
		return nil, err
	}
	in.State.derive()
	for _, odd := range in.Odd {
		if odd.Task == nil {
			delete(in.State.byID, odd.ID)
			continue
		}
		in.State.byID[odd.ID] = odd.Task
	}
	return in.State, nil
}

// Format names what Encode writes: states of one format fold on alike, and are read by whoever
// writes them.
func Format() (string, error) {
	shape, err := Shape()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s", FoldVersion, shape))
	return hex.EncodeToString(sum[:8]), nil
}

// Shape tells which fields Encode writes, and which are derived, a line each.
func Shape() (string, error) {
	c, err := codec()
	if err != nil {
		return "", err
	}
	return c.Shape(), nil
}

// check reports what a fold would stumble over.
func (s *State) check() error {
	switch {
	case s == nil:
		return fmt.Errorf("%w: it is missing", ErrUnfit)
	case s.Jobs == nil:
		return fmt.Errorf("%w: it has no jobs, not even none", ErrUnfit)
	}
	for id, j := range s.Jobs {
		if err := j.check(id); err != nil {
			return err
		}
	}
	return nil
}

func (j *Job) check(id string) error {
	if j.ID != id || j.Slots == nil {
		return fmt.Errorf("%w: job %q is under %q", ErrUnfit, j.ID, id)
	}
	for _, v := range j.Versions {
		if v.Spec == nil || len(v.templates) != len(v.Spec.Tasks) {
			return fmt.Errorf("%w: version %d of job %q has no spec, or another", ErrUnfit, v.Number, id)
		}
	}
	for n, slot := range j.Slots {
		// The indexes of a closed job are made of the seats when it is opened.
		if slot.Number != n || slot.seat.held && j.packed == "" && (j.indexes[slot.seat.group] == nil || int(slot.seat.index/64) >= len(j.indexes[slot.seat.group].taken)) {
			return fmt.Errorf("%w: slot %d of job %q is another, or has an index of none", ErrUnfit, n, id)
		}
		if slices.ContainsFunc(slot.Tasks, func(t *Task) bool { return t.Job != id || t.Slot != n }) {
			return fmt.Errorf("%w: slot %d of job %q has a task of another", ErrUnfit, n, id)
		}
	}
	for _, x := range j.indexes {
		if x.full < 0 || x.full > len(x.taken) {
			return fmt.Errorf("%w: an index of job %q", ErrUnfit, id)
		}
	}
	return nil
}

// derive makes again what follows from the rest.
func (s *State) derive() {
	s.byID, s.dependants, s.Rules = s.ids(), map[string]map[string]bool{}, nil
	for _, j := range s.Jobs {
		j.after, j.doomed, j.tasks = nil, nil, 0
		for _, slot := range j.Slots {
			j.tasks += len(slot.Tasks)
			for _, t := range slot.Tasks {
				j.noteDoomed(t)
			}
		}
		s.link(j)
	}
	if s.Access.Policy.Sequence != 0 {
		s.Rules = policy.Read(s.Access.Policy.Text)
	}
}

// ids are the tasks by their ids, as the slots have them. Of two with one id it is the one that
// comes last by job, slot and attempt.
func (s *State) ids() map[string]*Task {
	all := make(map[string]*Task, len(s.byID))
	for _, j := range s.Jobs {
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				if was := all[t.ID]; t.ID != "" && (was == nil || was.before(t)) {
					all[t.ID] = t
				}
			}
		}
	}
	return all
}

func (t *Task) before(o *Task) bool { return t.Key().compare(o.Key()) < 0 }

// odd are the ids under which another task is found than ids has.
func (s *State) odd() (list []oddID) {
	ids := s.ids()
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if s.byID[id] != ids[id] {
			list = append(list, oddID{id, s.byID[id]})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.byID)) {
		if ids[id] == nil {
			list = append(list, oddID{id, s.byID[id]})
		}
	}
	return list
}
