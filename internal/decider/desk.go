package decider

import (
	"container/heap"
	"time"
)

// desk keeps which jobs are to be looked at, and when by the local clock.
type desk struct {
	dirty   map[string]bool
	resting map[string]*rest
	wakes   wakeHeap
	// earliest is the next wake of each job in the heap, so that a job looked at
	// often does not fill it.
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

func newDesk() *desk {
	return &desk{dirty: map[string]bool{}, resting: map[string]*rest{}, earliest: map[string]time.Time{}}
}

// touch says that something about the job changed.
func (d *desk) touch(job string) { d.dirty[job] = true }

// touchWaiting looks again at all jobs that wait for a time.
func (d *desk) touchWaiting() {
	for job := range d.earliest {
		d.dirty[job] = true
	}
}

// wakeAt looks at the job again at a time.
func (d *desk) wakeAt(job string, at time.Time) {
	if known, ok := d.earliest[job]; ok && !at.Before(known) {
		return
	}
	d.earliest[job] = at
	heap.Push(&d.wakes, wake{job: job, at: at})
}

// due takes the jobs to look at now, at a fold that reached sequence.
func (d *desk) due(sequence uint64, now time.Time) []string {
	for len(d.wakes) > 0 && !d.wakes[0].at.After(now) {
		job := heap.Pop(&d.wakes).(wake).job
		delete(d.earliest, job)
		d.dirty[job] = true
	}
	var jobs []string
	for job := range d.dirty {
		if r := d.resting[job]; r != nil {
			if r.inFlight || sequence < r.until || now.Before(r.notBefore) {
				continue
			}
			delete(d.resting, job)
		}
		delete(d.dirty, job)
		jobs = append(jobs, job)
	}
	return jobs
}

// next is how long until a job wakes by time, at most limit.
func (d *desk) next(now time.Time, limit time.Duration) time.Duration {
	if len(d.wakes) == 0 {
		return limit
	}
	return min(max(d.wakes[0].at.Sub(now), 0), limit)
}

func (d *desk) send(job string) { d.resting[job] = &rest{inFlight: true} }

// settle lets a job rest until the fold has passed a sequence and a time has
// come, and then looks at it again.
func (d *desk) settle(job string, until uint64, notBefore time.Time) {
	d.resting[job] = &rest{until: until, notBefore: notBefore}
	d.dirty[job] = true
	if !notBefore.IsZero() {
		d.wakeAt(job, notBefore)
	}
}

type wake struct {
	job string
	at  time.Time
}

type wakeHeap []wake

func (h wakeHeap) Len() int           { return len(h) }
func (h wakeHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h wakeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *wakeHeap) Push(x any)        { *h = append(*h, x.(wake)) }
func (h *wakeHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
