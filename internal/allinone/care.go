package allinone

import (
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
)

// Care is when a process that lives and cannot do its work is started again.
type Care struct {
	// LookEvery is how often each process is looked at.
	LookEvery time.Duration
	// Pause is how long it must have been unable first, by how many times it was
	// started again for that before. While NATS is unable, others count as able:
	// they wait for it.
	Pause backoff.Wait
	// Settled is how long it must have been able for those times to be forgotten.
	Settled time.Duration
}

// DefaultCare is slower than anything that mends itself.
func DefaultCare() Care {
	return Care{
		LookEvery: 5 * time.Second,
		Pause:     backoff.Wait{First: time.Minute, Max: 15 * time.Minute},
		Settled:   10 * time.Minute,
	}
}

// vitals are what a look at a process found.
type vitals struct {
	// able reports whether it says that it is, stuck whether another start may mend
	// what is not, why in its own words.
	able, stuck bool
	// dead reports whether it is stuck for itself, whatever others do.
	dead bool
	why  string
}

// patient is a process that is cared for. Its history outlives its children.
type patient struct {
	care Care
	// stuck is since when it has been so without a break, able since when it has been
	// able; zero while it is not.
	stuck, able time.Time
	starts      int
}

// born is told that another child has begun.
func (p *patient) born() { p.stuck, p.able = time.Time{}, time.Time{} }

// look takes them in and reports whether the process should be started again,
// after having been stuck for so long.
func (p *patient) look(now time.Time, v vitals) (again bool, after time.Duration) {
	switch {
	case !v.able:
		p.able = time.Time{}
	case p.able.IsZero():
		p.able = now
	case now.Sub(p.able) >= p.care.Settled:
		p.starts = 0
	}
	switch {
	case !v.stuck:
		p.stuck = time.Time{}
		return false, 0
	case p.stuck.IsZero():
		p.stuck = now
	}
	after = now.Sub(p.stuck)
	if after < p.care.Pause.After(p.starts+1) {
		return false, 0
	}
	p.starts++
	return true, after
}
