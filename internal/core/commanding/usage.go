package commanding

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// BeginShare is how full the log may be for something new to be accepted, where
	// its reserve does not ask for more room.
	BeginShare = 0.8
	// usageFor is how long an answer about how full the log is stays good for a
	// submission.
	usageFor = time.Second
)

// usage is what is known of how full the log is.
type usage struct {
	bytes, max uint64 // max is 0 for no limit
	err        error
	at         time.Time // zero before the first answer
	// need is what the state needed when it was last counted, and what is under way will
	// need. Since the answer came spent bytes were written; owed became due by stops.
	need        reserve.Need
	spent, owed uint64
	// asked is the ticket of the question under way, 0 if there is none, and
	// waiting are the commands that wait for its answer.
	asked   uint64
	waiting []uint64
}

// claim is the space that an event was given: its own bytes, what will need more until
// its end, and what it made due.
type claim struct{ size, more, owed uint64 }

func (u *usage) free() uint64 { return u.max - min(u.max, u.bytes+u.spent) }

func (u *usage) full(begins bool) *FullError {
	n := u.need
	return &FullError{Bytes: u.bytes + u.spent, MaxBytes: u.max, Reserved: n.Due + n.Ends + n.Promises, Begins: begins}
}

// hasSpace reports whether the log has the space for an event. If not, the command
// is answered or waits to be decided anew: a submission for an answer that is fresh.
// Everything else goes by what is known.
func (m *Machine) hasSpace(at machine.Moment, c *command, j *cluster.Job, ev events.Event) (claim, bool) {
	u := &m.usage
	more, begins := begun(j, ev)
	submits := brings(ev)
	if submits && (u.at.IsZero() || at.Now.Sub(u.at) >= usageFor) {
		c.phase = weighing
		u.waiting = append(u.waiting, c.Ticket)
		if u.asked == 0 {
			u.asked = m.tickets.Next()
			m.do(AskUsage{Ticket: u.asked})
		}
		return claim{}, false
	}
	switch {
	case submits && u.err != nil:
		m.end(c, 0, u.err)
		return claim{}, false
	case u.max == 0:
		return claim{}, true
	}
	taken, full := claim{size: m.sizeOf(at, c, j, ev), more: more()}, (*FullError)(nil)
	if full = u.claim(j, ev, &taken, begins); full != nil {
		m.count() // What was written since the answer came out of the reserve.
		full = u.claim(j, ev, &taken, begins)
	}
	if full != nil {
		m.end(c, 0, full)
		return claim{}, false
	}
	return taken, true
}

// count counts what the state needs, and what is not in it yet.
func (m *Machine) count() {
	u := &m.usage
	u.need, u.owed = reserve.Of(m.state), 0
	for _, c := range m.commands {
		if c.underWay() {
			u.need.Promises += c.taken.more
			u.owed += c.taken.owed
		}
	}
}

// claim takes the space for an event, or says what is full. There always is some for a
// stop whose own consequences fit, and for the end of a token.
func (u *usage) claim(j *cluster.Job, ev events.Event, taken *claim, begins bool) *FullError {
	free, size := u.free(), taken.size
	_, stops := ev.(events.JobStopped)
	_, revokes := ev.(events.TokenRevoked)
	due, all := u.need.Due+u.owed, u.need.Due+u.need.Ends
	switch {
	case begins:
		if float64(u.bytes+u.spent) >= BeginShare*float64(u.max) || free < size+all+u.need.Promises+taken.more {
			return u.full(true)
		}
	case stops:
		own := reserve.OfJob(j).Ends
		if free < all && free < size+due+own {
			return u.full(false)
		}
		taken.owed = own
		u.owed += own
	case revokes:
		if free < all && free < size+due {
			return u.full(false)
		}
	case free < size+all:
		return u.full(false)
	}
	u.spent += size
	u.need.Promises += taken.more
	return nil
}

// sizeOf is what a command's event takes in the log.
func (m *Machine) sizeOf(at machine.Moment, c *command, j *cluster.Job, ev events.Event) uint64 {
	subject, last := m.place(c, j)
	message, err := events.Encode(subject, m.envelope(at, c, subject, last, ev), ev)
	if err != nil {
		return 0 // The append says so.
	}
	return reserve.Size(message)
}

// weighed goes on with those that waited to know how full the log is.
func (m *Machine) weighed(at machine.Moment, in Usage) {
	u := &m.usage
	if in.Ticket != 0 && in.Ticket != u.asked {
		return
	}
	if in.Err != nil {
		in.Bytes, in.MaxBytes = 0, 0
	}
	asked, waiting, was := u.asked, u.waiting, u.max
	m.usage = usage{bytes: in.Bytes, max: in.MaxBytes, err: in.Err, at: at.Now, asked: asked, waiting: waiting}
	if in.MaxBytes != 0 {
		m.count()
		u.spent = m.unfolded() // The answer may be of before it was stored.
	}
	if in.Err == nil && (in.MaxBytes != 0 || was != 0) {
		m.do(Weighed{Bytes: in.Bytes, MaxBytes: in.MaxBytes, Reserved: u.need.Due + u.need.Ends + u.need.Promises, Ends: u.need.Due + u.need.Ends})
	}
	if in.Ticket == 0 {
		return
	}
	u.asked, u.waiting = 0, nil
	for _, ticket := range waiting {
		m.decide(at, m.commands[ticket])
	}
}

// unfolded is the bytes of what is under way.
func (m *Machine) unfolded() (bytes uint64) {
	for _, c := range m.commands {
		if c.underWay() {
			bytes += c.taken.size
		}
	}
	return bytes
}

// written counts what others wrote since the answer; one's own was counted when it
// was accepted.
func (m *Machine) written(r *cluster.Record) {
	if m.usage.max != 0 && r.Envelope.Source != m.config.Source {
		m.usage.spent += reserve.Size(r.Message)
	}
}

// stopWeighing lets a command no longer wait to know how full the log is. With
// nobody left the question is dropped: who comes next asks one of their own.
func (m *Machine) stopWeighing(c *command) {
	u := &m.usage
	at := slices.Index(u.waiting, c.Ticket)
	if u.waiting = slices.Delete(u.waiting, at, at+1); len(u.waiting) > 0 {
		return
	}
	m.do(DropUsage{Ticket: u.asked})
	u.asked = 0
}
