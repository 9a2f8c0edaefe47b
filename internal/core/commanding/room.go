package commanding

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// submissionShare is how full the log may be for a submission to be taken.
	submissionShare = 0.8
	// usageFor is how long an answer about how full the log is stays good.
	usageFor = time.Second
)

// room is what is known of how full the log is.
type room struct {
	share float64
	err   error
	at    time.Time // zero before the first answer
	// asked is the ticket of the question under way, 0 if there is none, and
	// waiting are the commands that wait for its answer.
	asked   uint64
	waiting []uint64
}

// hasRoom reports whether an event may be appended. If not, the command is
// answered or waits to be decided anew.
func (m *Machine) hasRoom(at machine.Moment, c *command, ev events.Event) bool {
	if _, submits := ev.(events.JobSubmitted); !submits {
		return true
	}
	r := &m.room
	switch {
	case r.at.IsZero() || at.Now.Sub(r.at) >= usageFor:
		c.phase = weighing
		r.waiting = append(r.waiting, c.Ticket)
		if r.asked == 0 {
			r.asked = m.tickets.Next()
			m.do(AskUsage{Ticket: r.asked})
		}
		return false
	case r.err != nil:
		m.end(c, 0, r.err)
		return false
	case r.share >= submissionShare:
		m.end(c, 0, ErrNearlyFull)
		return false
	}
	return true
}

// weighed goes on with those that waited to know how full the log is.
func (m *Machine) weighed(at machine.Moment, in Usage) {
	if m.room.asked == 0 || in.Ticket != m.room.asked {
		return
	}
	waiting := m.room.waiting
	m.room = room{share: in.Share, err: in.Err, at: at.Now}
	for _, ticket := range waiting {
		m.decide(at, m.commands[ticket])
	}
}

// leaveScales lets a command no longer wait to know how full the log is. With
// nobody left the question is dropped: who comes next asks one of their own.
func (m *Machine) leaveScales(c *command) {
	r := &m.room
	at := slices.Index(r.waiting, c.Ticket)
	if r.waiting = slices.Delete(r.waiting, at, at+1); len(r.waiting) > 0 {
		return
	}
	m.do(DropUsage{Ticket: r.asked})
	r.asked = 0
}
