package decider

import (
	"context"
	"time"
)

// handover is how long a job of another replica is left to it. What is still to
// be decided about the job then is decided here: the other may hang, or be gone
// and not yet missed.
const handover = 2 * time.Second

// Share is the part of all jobs that a replica looks after. internal/ownership
// has one. It saves work; nothing goes wrong if it is wrong.
type Share interface {
	// Run keeps the share true until ctx ends.
	Run(ctx context.Context)
	// Mine tells whether a job belongs to it.
	Mine(job string) bool
	// Changed is signalled after that has changed.
	Changed() <-chan struct{}
}

// unshared counts as its own what nobody shares out.
type unshared struct{}

func (unshared) Run(context.Context)      {}
func (unshared) Mine(string) bool         { return true }
func (unshared) Changed() <-chan struct{} { return nil }

// takes tells whether a job that is due is for this replica to decide about now.
// One that is another's is looked at once its handover is over.
func (d *Decider) takes(job string, now time.Time) bool {
	since, left := d.left[job]
	if d.opt.Share.Mine(job) || left && now.Sub(since) >= handover {
		delete(d.left, job)
		return true
	}
	if !left {
		since, d.left[job] = now, now
	}
	d.desk.wakeAt(job, since.Add(handover))
	return false
}

// reshare looks at every job again.
func (d *Decider) reshare() {
	for id := range d.state.Jobs {
		d.desk.touch(id)
	}
}
