package deciding

import (
	"maps"
	"slices"
	"time"
)

// compactAt is how long the part of the queue that was taken may get before the
// queue is compacted.
const compactAt = 1024

// desk keeps which jobs are to be looked at, and when by the local clock.
type desk struct {
	// queue is those to be looked at, from head on; on tells which they are.
	queue []string
	head  int
	on    map[string]bool

	resting map[string]rest
	// folds is what rests until a sequence is folded, wakes what is looked at
	// again at a time.
	folds pile[sequence]
	wakes pile[time.Time]
	// earliest is the next wake of each job, so that one that is looked at often
	// does not fill the pile.
	earliest map[string]time.Time
}

// rest is why a job is not to be looked at.
type rest struct {
	inFlight bool
	// until is the sequence the fold must have passed, notBefore the time that
	// must have come.
	until     uint64
	notBefore time.Time
}

func (r rest) over(folded uint64, now time.Time) bool {
	return !r.inFlight && r.until <= folded && !now.Before(r.notBefore)
}

type sequence uint64

// Before reports whether s is the earlier one.
func (s sequence) Before(other sequence) bool { return s < other }

func newDesk() desk {
	return desk{on: map[string]bool{}, resting: map[string]rest{}, earliest: map[string]time.Time{}}
}

// touch says that something about the job changed.
func (d *desk) touch(job string) {
	if d.on[job] {
		return
	}
	d.on[job] = true
	if d.head > compactAt && 2*d.head > len(d.queue) {
		d.queue, d.head = append(d.queue[:0], d.queue[d.head:]...), 0
	}
	d.queue = append(d.queue, job)
}

// touchWaiting looks again at all jobs that wait for a time.
func (d *desk) touchWaiting() {
	for _, job := range slices.Sorted(maps.Keys(d.earliest)) {
		d.touch(job)
	}
}

// wakeAt looks at the job again at a time.
func (d *desk) wakeAt(job string, at time.Time) {
	if known, ok := d.earliest[job]; ok && !at.Before(known) {
		return
	}
	d.earliest[job] = at
	d.wakes.push(at, job)
}

// wake puts onto the desk whose time has come, and whose record is folded.
func (d *desk) wake(folded uint64, now time.Time) {
	for len(d.folds) > 0 && uint64(d.folds[0].at) <= folded {
		d.touch(d.folds.pop().job)
	}
	for len(d.wakes) > 0 && !d.wakes[0].at.After(now) {
		w := d.wakes.pop()
		// Others are from before the job asked for an earlier one.
		if at, ok := d.earliest[w.job]; ok && at.Equal(w.at) {
			delete(d.earliest, w.job)
			d.touch(w.job)
		}
	}
}

// take takes the next job to be looked at off the desk; false if there is none.
// Those that rest are passed over: each comes back when its rest is over.
func (d *desk) take(folded uint64, now time.Time) (job string, ok bool) {
	for d.head < len(d.queue) {
		job := d.queue[d.head]
		d.queue[d.head] = ""
		d.head++
		delete(d.on, job)
		r, resting := d.resting[job]
		switch {
		case !resting:
			return job, true
		case r.over(folded, now):
			delete(d.resting, job)
			return job, true
		case now.Before(r.notBefore):
			d.wakeAt(job, r.notBefore)
		}
	}
	d.queue, d.head = d.queue[:0], 0
	return "", false
}

// next is when a job wakes by time, zero for never.
func (d *desk) next() time.Time {
	if len(d.wakes) == 0 {
		return time.Time{}
	}
	return d.wakes[0].at
}

// send lets a job rest while an append about it is under way.
func (d *desk) send(job string) { d.resting[job] = rest{inFlight: true} }

// rest lets a job rest until the fold has passed a sequence, or if one is given
// until a time has come, and then looks at it again.
func (d *desk) rest(job string, until uint64, notBefore time.Time) {
	d.resting[job] = rest{until: until, notBefore: notBefore}
	if notBefore.IsZero() {
		d.folds.push(sequence(until), job)
		return
	}
	d.wakeAt(job, notBefore)
}
