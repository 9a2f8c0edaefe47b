package cluster

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/restart"
)

// What a closed job keeps of its slots, packed:
//
//	ended, changed          when the last task ended, what changed one last
//	n, n kinds              what many of the tasks have in common (kindOf)
//	per slot, in order      number - the one before, last - the one before's, how many
//	                        tasks, of each its kind and what is its own; the seat, the tally
//
// Decisions ask for no more of a task that its agent says is over, in a job of which nothing is
// wanted: by what it is known (id, uuid of its status, counter), how the next attempt is
// numbered, and what holds for it should it live after all.

// packable reports whether a slot may be packed: all in it is over for good. What no agent ever
// said to be over may come back with all that it was, and stays as it is.
func (s *State) packable(j *Job, slot *Slot) bool {
	if !s.closing.bare && j.Outcome == OutcomeFailed && slot.Number == j.OutcomeSlot {
		return false
	}
	for _, t := range slot.Tasks {
		if t.Live() || !t.CutOff.IsZero() || t.Returned != 0 || t.Job != j.ID || t.Slot != slot.Number {
			return false
		}
		if t.ID == "" {
			continue
		}
		_, run, number, attempt, ok := taskIDParts(t.ID)
		if !ok || run != t.Run || number != t.Slot || attempt != t.Attempt || t.State.Presumed() || s.byID[t.ID] != t {
			return false
		}
		if of := s.runs[run]; of != "" && of != j.ID {
			return false
		}
	}
	return true
}

// pack packs the slots of a job that is a copy of one in the state, and has slots of its own.
func (s *State) pack(j *Job) {
	var (
		left        = map[uint32]*Slot{}
		kinds       = map[string]int{}
		table, body packer
		next        uint32
		last        uint64
		changed     uint64
		packed      int
		ended       = j.EndedAt()
	)
	for _, n := range slices.Sorted(maps.Keys(j.Slots)) {
		slot := j.Slots[n]
		if !s.packable(j, slot) {
			left[n] = slot
			continue
		}
		packed++
		body.uint(uint64(n - next))
		body.int(int64(slot.Last - last))
		next, last = n+1, slot.Last
		body.uint(uint64(len(slot.Tasks)))
		for _, t := range slot.Tasks {
			k := kindOf(t, s.closing.bare)
			at, known := kinds[k]
			if !known {
				at = len(kinds)
				kinds[k] = at
				table.text(k)
			}
			body.uint(uint64(at))
			body.own(slot, t)
			changed = max(changed, t.Sequence)
			s.list(j, t)
		}
		body.place(slot, !j.Deleted && slot.Tally != (restart.Tally{}))
	}
	j.Slots = left
	if packed == 0 {
		return
	}
	j.indexes = nil // They follow from the seats.
	var head packer
	head.time(ended)
	head.uint(changed)
	head.uint(uint64(len(kinds)))
	j.packed = string(slices.Concat(head.b, table.b, body.b))
}

// list has a packed task found by its id.
func (s *State) list(j *Job, t *Task) {
	if t.ID == "" {
		return
	}
	delete(s.byID, t.ID)
	if s.runs == nil {
		s.runs = map[uint64]string{}
	}
	s.runs[t.Run] = j.ID
}

// unpack brings back the slots of a job.
func (s *State) unpack(j *Job) {
	if j.packed == "" {
		return
	}
	s.peeked = nil
	for n, slot := range unpacked(j) {
		j.Slots[n] = slot
		for _, t := range slot.Tasks {
			if t.ID != "" {
				s.byID[t.ID] = t
				delete(s.runs, t.Run)
			}
		}
	}
	j.packed, j.thinned = "", true
	j.reseat()
}

// reseat finds out which indexes the groups of a job have given out.
func (j *Job) reseat() {
	for _, slot := range j.Slots {
		if !slot.seat.held {
			continue
		}
		if j.indexes == nil {
			j.indexes = map[string]*indexes{}
		}
		if j.indexes[slot.seat.group] == nil {
			j.indexes[slot.seat.group] = &indexes{}
		}
		j.indexes[slot.seat.group].claim(slot.seat.index)
	}
}

// unpacked are the packed slots of a job.
func unpacked(j *Job) map[uint32]*Slot {
	r := reader{rest: j.packed}
	ended := r.time()
	r.uint()
	kinds := make([]string, r.count())
	for i := range kinds {
		kinds[i] = r.text()
	}
	slots := make(map[uint32]*Slot, len(j.Slots))
	var next uint32
	var last uint64
	for r.rest != "" {
		slot := &Slot{Number: next + uint32(r.uint())}
		slot.Last = last + uint64(r.int())
		next, last = slot.Number+1, slot.Last
		for range r.count() {
			t, began := unkind(at(kinds, r.uint()))
			t.Job, t.Slot, t.EndedAt = j.ID, slot.Number, ended
			if began {
				t.RunningAt = ended
			}
			r.own(slot, t)
			slot.Tasks = append(slot.Tasks, t)
			if t.Run == j.Run {
				slot.LastEnd = t
			}
		}
		r.place(slot)
		slots[slot.Number] = slot
	}
	return slots
}

// lastIn is the last sequence of a slot's subject as packed slots have it, 0 for none.
func lastIn(packed string, number uint32) uint64 {
	if packed == "" {
		return 0
	}
	if slot := unpacked(&Job{packed: packed})[number]; slot != nil {
		return slot.Last
	}
	return 0
}

// packedEnd is when the last of the packed tasks ended, and the last record that changed one.
func (j *Job) packedEnd() (ended time.Time, changed uint64) {
	if j.packed == "" {
		return time.Time{}, 0
	}
	r := reader{rest: j.packed}
	return r.time(), r.uint()
}

// TasksChanged is the last sequence that changed a task of the job, of those that are held.
func (j *Job) TasksChanged() uint64 {
	_, last := j.packedEnd()
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			last = max(last, t.Sequence)
		}
	}
	return last
}

// book is what is kept of a deleted job.
func (j *Job) book() string {
	var p packer
	for _, n := range []uint64{j.Run, j.Version, j.Settled, j.LastJob, j.LastPlan, j.LastKill} {
		p.uint(n)
	}
	p.bools(j.Stopped, j.Parent != nil, j.thinned)
	p.text(string(j.Outcome))
	p.time(j.StoppedAt)
	p.time(j.OutcomeAt)
	if j.Parent != nil {
		p.text(j.Parent.ID)
		p.uint(j.Parent.Run)
		p.time(j.Parent.At)
		p.uint(j.Parent.Number)
		p.bools(j.Parent.Replaces)
	}
	return string(p.b) + j.packed
}

// unbook is what is known of a deleted job.
func unbook(id, book string) *Job {
	r := reader{rest: book}
	j := &Job{ID: id, Deleted: true, Slots: map[uint32]*Slot{}}
	for _, n := range []*uint64{&j.Run, &j.Version, &j.Settled, &j.LastJob, &j.LastPlan, &j.LastKill} {
		*n = r.uint()
	}
	flags := r.byte()
	j.Stopped, j.thinned = flags&1 != 0, flags&4 != 0
	j.Outcome, j.StoppedAt, j.OutcomeAt = Outcome(r.text()), r.time(), r.time()
	if flags&2 != 0 {
		j.Parent = &Parent{ID: r.text(), Run: r.uint(), At: r.time(), Number: r.uint()}
		j.Parent.Replaces = r.byte() != 0
	}
	j.packed = r.rest
	if j.packed != "" {
		for _, slot := range unpacked(j) {
			j.tasks += len(slot.Tasks)
		}
	}
	return j
}

// kindOf is what a task has in common with others; where it ran is only shown, and is left out if
// nobody looks.
func kindOf(t *Task, bare bool) string {
	var p packer
	host := t.Hostname
	if bare {
		host = ""
	}
	for _, n := range []uint64{t.Run, t.Version, t.Template, t.Stale, t.Planned, t.epoch, uint64(t.Attempt), uint64(t.State), uint64(t.Kills)} {
		p.uint(n)
	}
	p.bools(t.Beside, t.Confirmed, t.Adopted, t.ID != "", t.Doom != nil, t.KillAsked != nil, t.Healthy != nil, t.Unhealthy())
	p.bools(!t.RunningAt.IsZero(), t.Status.Exit != nil)
	for _, text := range []string{t.Group, host, t.Status.State, t.Status.Reason, t.Status.Message, t.Status.Source} {
		p.text(text)
	}
	if t.Status.Exit != nil {
		p.int(int64(*t.Status.Exit))
	}
	if t.ID != "" {
		prefix, _, _, _, _ := taskIDParts(t.ID)
		p.text(prefix)
	}
	p.time(t.KilledAt)
	if d := t.Doom; d != nil {
		p.uint(d.Sequence)
		p.time(d.At)
		p.text(d.Reason)
		p.text(d.Class)
		p.int(int64(d.Grace))
		p.bools(d.Keep)
		p.text(t.AgentID) // A kill that was announced before the end is sent all the same.
	}
	if a := t.KillAsked; a != nil {
		p.uint(a.Sequence)
		p.time(a.At)
		p.text(a.By)
		p.text(a.Reason)
	}
	return string(p.b)
}

// unkind is a task of a kind.
func unkind(kind string) (t *Task, began bool) {
	r := reader{rest: kind}
	t = &Task{Run: r.uint(), Version: r.uint(), Template: r.uint(), Stale: r.uint(), Planned: r.uint(), epoch: r.uint()}
	t.Attempt, t.State, t.Kills = uint32(r.uint()), TaskState(r.uint()), uint32(r.uint())
	flags := r.byte()
	is := func(n int) bool { return flags&(1<<n) != 0 }
	t.Beside, t.Confirmed, t.Adopted = is(0), is(1), is(2)
	more := r.byte()
	for _, text := range []*string{&t.Group, &t.Hostname, &t.Status.State, &t.Status.Reason, &t.Status.Message, &t.Status.Source} {
		*text = r.text()
	}
	if more&2 != 0 {
		exit := int(r.int())
		t.Status.Exit = &exit
	}
	if is(3) {
		t.ID = r.text() // The rest of it is the task's own.
	}
	t.KilledAt = r.time()
	if is(4) {
		t.Doom = &Doom{Sequence: r.uint(), At: r.time(), Reason: r.text(), Class: r.text(), Grace: time.Duration(r.int())}
		t.Doom.Keep = r.byte() != 0
		t.AgentID = r.text()
	}
	if is(5) {
		t.KillAsked = &KillAsked{Sequence: r.uint(), At: r.time(), By: r.text(), Reason: r.text()}
	}
	if is(6) {
		healthy := !is(7)
		t.Healthy = &healthy
	}
	return t, more&1 != 0
}

// own is what a task has of its own.
func (p *packer) own(slot *Slot, t *Task) {
	p.int(int64(slot.Last - t.Sequence))
	p.uint(t.counter)
	p.int(int64(t.Index) - int64(slot.Number))
	p.text(t.Status.UUID)
}

func (r *reader) own(slot *Slot, t *Task) {
	t.Sequence = slot.Last - uint64(r.int())
	t.counter = r.uint()
	t.Index = uint32(int64(slot.Number) + r.int())
	t.Status.UUID = r.text()
	if t.ID != "" {
		t.ID += taskIDSuffix(t.Run, t.Slot, t.Attempt)
	}
}

// place is that of a slot in its group, which mostly is that of its task, and how its tasks have
// ended, if that is asked for.
func (p *packer) place(slot *Slot, tallied bool) {
	newest := slot.Newest()
	alike := newest != nil && newest.Group == slot.seat.group && newest.Index == slot.seat.index
	p.bools(slot.seat.held, alike, tallied)
	if slot.seat.held && !alike {
		p.text(slot.seat.group)
		p.uint(uint64(slot.seat.index))
	}
	if t := slot.Tally; tallied {
		for _, n := range []uint32{t.Failures, t.Streak, t.Unlucky, t.Crashes} {
			p.uint(uint64(n))
		}
		p.time(t.Crashing)
		p.uint(slot.Counted)
	}
}

// taskIDParts takes apart the id of a task as its launcher makes it: what is before the run,
// the slot and the attempt is for people.
func taskIDParts(id string) (prefix string, run uint64, slot, attempt uint32, ok bool) {
	var numbers [3]uint64
	rest := id
	for i := range numbers {
		at := strings.LastIndexByte(rest, '-')
		if at < 0 {
			return "", 0, 0, 0, false
		}
		n, err := strconv.ParseUint(rest[at+1:], 10, cmp.Or(map[int]int{2: 64}[i], 32))
		if err != nil {
			return "", 0, 0, 0, false
		}
		numbers[i], rest = n, rest[:at]
	}
	run, slot, attempt = numbers[2], uint32(numbers[1]), uint32(numbers[0])
	return rest, run, slot, attempt, id == rest+taskIDSuffix(run, slot, attempt)
}

func taskIDSuffix(run uint64, slot, attempt uint32) string {
	b := make([]byte, 0, 24)
	b = strconv.AppendUint(append(b, '-'), run, 10)
	b = strconv.AppendUint(append(b, '-'), uint64(slot), 10)
	return string(strconv.AppendUint(append(b, '-'), uint64(attempt), 10))
}
