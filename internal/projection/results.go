package projection

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
)

// results hold what became of every event: its judgement, and what its Result
// says. To fold the log again for each page of a history would cost the whole
// log, and a state for each who reads; so they are kept, packed to some 15 bytes
// each (docs/adr/0015). An event is made of its record and these bytes whether it
// is fresh or old, so it is the same one.
type results struct {
	first, last uint64
	// holes are the sequences right behind those that the log lacks.
	holes []behindHole
	// full are packed results of blockLength events each, one behind the other,
	// each led by its length; open is the block that is not full yet.
	full [][]byte
	open []byte
	// entry is the last result: most are asked for at once, for the feed.
	entry []byte
	// words are written once and then named by number, from 1.
	words  []string
	number map[string]uint64
}

// behindHole is a sequence before which the log lacks some, and how many so far.
type behindHole struct{ sequence, lacking uint64 }

// outcome is what became of an event.
type outcome struct {
	judgement cluster.Judgement
	// rejection is why the state rejected it; empty where its record tells that.
	rejection string
	result    Result
}

// TouchedMax is how many ranges of alike tasks are told, and kept, of one event. An event
// of 70 bytes may name 100,000 tasks that are each unlike the next, and what is told of them
// would be half a MiB in memory for as long as the log is kept; what the event names is in
// its data anyway.
const TouchedMax = 1000

// blockLength is how many results share a slice. To find one, those before it
// in its block are jumped over.
const blockLength = 32

func newResults() *results { return &results{number: map[string]uint64{}} }

// The first byte of a result: what became of the event, and what follows.
const (
	judgementMask = 0x07
	stateShift    = 3 // One more than the index in jobStates; 0 where there is no job.
	stateMask     = 0x0f
	withHost      = 0x80
)

// The first byte of touched tasks.
const (
	taskStateMask    = 0x0f
	taskUnreachable  = 0x10
	taskDoomed       = 0x20
	taskChanged      = 0x40
	taskOfAnotherRun = 0x80
	// untold is in the place of one more, before how many tasks are not told. There is no
	// such state.
	untold = taskStateMask
)

// All states are below untold.
const _ = uint(untold - 1 - cluster.Withdrawn)

// add packs what became of a record, the last that m folded.
func (r *results) add(m *Model, rec cluster.Record, c cluster.Change) {
	if r.first == 0 {
		r.first = m.Sequence()
	}
	if lacking := m.Sequence() - r.last - 1; r.last != 0 && lacking > 0 {
		r.holes = append(r.holes, behindHole{m.Sequence(), r.lacking(r.last) + lacking})
	}
	r.last = m.Sequence()
	why := ""
	if rec.Rejection == "" {
		why = c.Rejection.Reason // The record does not tell.
	}
	r.entry = r.pack(r.entry[:0], m, c, why)
	r.open = binary.AppendUvarint(r.open, uint64(len(r.entry)))
	r.open = append(r.open, r.entry...)
	if (r.place(r.last)+1)%blockLength == 0 {
		r.full = append(r.full, bytes.Clone(r.open))
		r.open = r.open[:0]
	}
}

// lacking is how many sequences between the first and one are not in the log.
func (r *results) lacking(sequence uint64) uint64 {
	n, found := slices.BinarySearchFunc(r.holes, sequence, func(h behindHole, sequence uint64) int { return cmp.Compare(h.sequence, sequence) })
	if !found {
		n--
	}
	if n < 0 {
		return 0
	}
	return r.holes[n].lacking
}

// place is how many results there are before that of a sequence.
func (r *results) place(sequence uint64) uint64 { return sequence - r.first - r.lacking(sequence) }

func (r *results) pack(b []byte, m *Model, c cluster.Change, why string) []byte {
	if c.Job == nil {
		b = append(b, byte(c.Judgement))
		if why != "" {
			b = binary.AppendUvarint(b, r.numberOf(why))
		}
		return b
	}
	t := m.censuses[c.Job.ID]
	if t == nil { // It is deleted, and closed.
		t = newCensus(c.Job)
	}
	counts := t.total(c.Job)
	state := slices.Index(JobStates(), stateOf(c.Job, t, counts))
	b = append(b, byte(c.Judgement)|byte(state+1)<<stateShift)
	if len(c.Tasks) == 1 && c.Tasks[0].Hostname != "" {
		b[0] |= withHost
		b = binary.AppendUvarint(b, r.numberOf(c.Tasks[0].Hostname))
	}
	b = binary.AppendUvarint(b, r.last-c.Job.Run)
	b = packCounts(b, counts)
	return packTasks(b, c, r.last, m.moved)
}

func (r *results) numberOf(word string) uint64 {
	n := r.number[word]
	if n == 0 {
		r.words = append(r.words, word)
		n = uint64(len(r.words))
		r.number[word] = n
	}
	return n
}

// packCounts writes which are not 0, and those.
func packCounts(b []byte, c Counts) []byte {
	which := uint64(0)
	for i, n := range c.list() {
		if *n != 0 {
			which |= 1 << i
		}
	}
	b = binary.AppendUvarint(b, which)
	for _, n := range c.list() {
		if *n != 0 {
			b = binary.AppendUvarint(b, uint64(*n))
		}
	}
	return b
}

// list are the counts, the seldom ones last: of the first seven a byte tells which there are.
func (c *Counts) list() [13]*uint32 {
	return [...]*uint32{
		&c.Wanted, &c.Running, &c.Staging, &c.Waiting, &c.Unreachable, &c.Ending, &c.Finished,
		&c.Ahead, &c.Failed, &c.Unhealthy, &c.Unchecked, &c.CrashLooping, &c.Beside,
	}
}

func packTasks(b []byte, c cluster.Change, sequence uint64, changed bool) []byte {
	for i, told := 0, 0; i < len(c.Tasks); told++ {
		if told == TouchedMax {
			return binary.AppendUvarint(append(b, untold), uint64(len(c.Tasks)-i))
		}
		t, n := c.Tasks[i], 1
		for i+n < len(c.Tasks) && alike(t, c.Tasks[i+n]) && uint64(c.Tasks[i+n].Slot) == uint64(t.Slot)+uint64(n) {
			n++
		}
		i += n
		flags := byte(t.State)
		flags |= bit(t.Unreachable, taskUnreachable) | bit(t.Doom != nil, taskDoomed) |
			bit(changed, taskChanged) | bit(t.Run != c.Job.Run, taskOfAnotherRun)
		b = append(b, flags)
		b = binary.AppendUvarint(b, uint64(t.Slot))
		b = binary.AppendUvarint(b, uint64(n-1))
		b = binary.AppendUvarint(b, uint64(t.Attempt))
		if t.State >= cluster.Killing {
			b = append(b, byte(slices.Index(restart.Classes(), t.Ending().Class())))
		}
		if t.Run != c.Job.Run {
			b = binary.AppendUvarint(b, sequence-t.Run)
		}
	}
	return b
}

func bit(is bool, flag byte) byte {
	if is {
		return flag
	}
	return 0
}

// alike reports whether two tasks of one event, and so of one run, differ in
// their slot alone, of what is told.
func alike(a, b *cluster.Task) bool {
	return a.Attempt == b.Attempt && a.State == b.State && a.Unreachable == b.Unreachable &&
		(a.Doom == nil) == (b.Doom == nil) && a.Ending().Class() == b.Ending().Class()
}

// at unpacks what became of the event of a sequence, which has been added.
func (r *results) at(sequence uint64) outcome {
	if sequence == r.last {
		return r.unpack(r.entry, sequence)
	}
	n := r.place(sequence)
	block := r.open
	if n/blockLength < uint64(len(r.full)) {
		block = r.full[n/blockLength]
	}
	p := packed(block)
	for range n % blockLength {
		p.skip(p.number())
	}
	length := p.number()
	return r.unpack(p[:length], sequence)
}

func (r *results) unpack(p packed, sequence uint64) outcome {
	head := p.octet()
	o := outcome{judgement: cluster.Judgement(head & judgementMask)}
	state := head >> stateShift & stateMask
	if state == 0 {
		if len(p) > 0 {
			o.rejection = r.words[p.number()-1]
		}
		return o
	}
	res, host := Result{State: JobStates()[state-1]}, ""
	if head&withHost != 0 {
		host = r.words[p.number()-1]
	}
	res.Run = sequence - p.number()
	which := p.number()
	for i, n := range res.Tasks.list() {
		if which&(1<<i) != 0 {
			*n = uint32(p.number())
		}
	}
	for len(p) > 0 {
		if p[0] == untold {
			p.octet()
			res.Untold = uint32(p.number())
			break
		}
		t := p.touched(sequence, res.Run)
		t.Host, host = host, ""
		res.Touched = append(res.Touched, t)
	}
	o.result = res
	return o
}

// packed is read from its front. What is in it was packed here, so it is whole.
type packed []byte

func (p *packed) octet() byte {
	b := (*p)[0]
	*p = (*p)[1:]
	return b
}

func (p *packed) number() uint64 {
	n, length := binary.Uvarint(*p)
	*p = (*p)[length:]
	return n
}

func (p *packed) skip(n uint64) { *p = (*p)[n:] }

func (p *packed) touched(sequence, run uint64) Touched {
	flags := p.octet()
	state := cluster.TaskState(flags & taskStateMask)
	t := Touched{
		From: uint32(p.number()), Run: run, State: state.String(),
		Unreachable: flags&taskUnreachable != 0, Doomed: flags&taskDoomed != 0, Changed: flags&taskChanged != 0,
	}
	t.To = t.From + uint32(p.number())
	t.Attempt = uint32(p.number())
	if state >= cluster.Killing {
		t.Class = string(restart.Classes()[p.octet()])
	}
	if flags&taskOfAnotherRun != 0 {
		t.Run = sequence - p.number()
	}
	return t
}
