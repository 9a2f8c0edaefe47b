package deciding

import (
	"maps"
	"slices"
	"time"
)

// compactAt is how long the part of the queue that was taken may get before the
// queue is compacted.
const compactAt = 1024

// agenda keeps which jobs are to be looked at, and when by the local clock.
type agenda struct {
	// queue is those to be looked at, from head on; on tells which they are.
	queue []string
	head  int
	on    map[string]bool

	resting map[string]rest
	// folds is what rests until a sequence is folded, wakes what is looked at
	// again at a time.
	folds heap[sequence]
	wakes heap[time.Time]
	// earliest is the next wake of each job, so that one that is looked at often
	// does not fill the heap.
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

func newAgenda() agenda {
	return agenda{on: map[string]bool{}, resting: map[string]rest{}, earliest: map[string]time.Time{}}
}

// touch says that something about the job changed.
func (a *agenda) touch(job string) {
	if a.on[job] {
		return
	}
	a.on[job] = true
	if a.head > compactAt && 2*a.head > len(a.queue) {
		a.queue, a.head = append(a.queue[:0], a.queue[a.head:]...), 0
	}
	a.queue = append(a.queue, job)
}

// touchWaiting looks again at all jobs that wait for a time.
func (a *agenda) touchWaiting() {
	for _, job := range slices.Sorted(maps.Keys(a.earliest)) {
		a.touch(job)
	}
}

// wakeAt looks at the job again at a time.
func (a *agenda) wakeAt(job string, at time.Time) {
	if known, ok := a.earliest[job]; ok && !at.Before(known) {
		return
	}
	a.earliest[job] = at
	a.wakes.push(at, job)
}

// wake puts onto the agenda the jobs whose time has come, or whose record is folded.
func (a *agenda) wake(folded uint64, now time.Time) {
	for len(a.folds) > 0 && uint64(a.folds[0].at) <= folded {
		a.touch(a.folds.pop().job)
	}
	for len(a.wakes) > 0 && !a.wakes[0].at.After(now) {
		w := a.wakes.pop()
		// Others are from before the job asked for an earlier one.
		if at, ok := a.earliest[w.job]; ok && at.Equal(w.at) {
			delete(a.earliest, w.job)
			a.touch(w.job)
		}
	}
}

// take takes the next job to be looked at off the agenda; false if there is none.
// Those that rest are passed over: each comes back when its rest is over.
func (a *agenda) take(folded uint64, now time.Time) (job string, ok bool) {
	for a.head < len(a.queue) {
		job := a.queue[a.head]
		a.queue[a.head] = ""
		a.head++
		delete(a.on, job)
		r, resting := a.resting[job]
		switch {
		case !resting:
			return job, true
		case r.over(folded, now):
			delete(a.resting, job)
			return job, true
		case now.Before(r.notBefore):
			a.wakeAt(job, r.notBefore)
		}
	}
	a.queue, a.head = a.queue[:0], 0
	return "", false
}

// next is when a job wakes by time, zero for never.
func (a *agenda) next() time.Time {
	if len(a.wakes) == 0 {
		return time.Time{}
	}
	return a.wakes[0].at
}

// send lets a job rest while an append about it is under way.
func (a *agenda) send(job string) { a.resting[job] = rest{inFlight: true} }

// rest lets a job rest until the fold has passed a sequence, or if one is given
// until a time has come, and then looks at it again.
func (a *agenda) rest(job string, until uint64, notBefore time.Time) {
	a.resting[job] = rest{until: until, notBefore: notBefore}
	if notBefore.IsZero() {
		a.folds.push(sequence(until), job)
		return
	}
	a.wakeAt(job, notBefore)
}
