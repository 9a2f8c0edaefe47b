package commanding

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// submissionShare is how full the log may be for a submission to be accepted.
	submissionShare = 0.8
	// usageFor is how long an answer about how full the log is stays good.
	usageFor = time.Second
)

// usage is what is known of how full the log is.
type usage struct {
	share float64
	err   error
	at    time.Time // zero before the first answer
	// asked is the ticket of the question under way, 0 if there is none, and
	// waiting are the commands that wait for its answer.
	asked   uint64
	waiting []uint64
}

// hasSpace reports whether the log has the space for an event. If not, the command
// is answered or waits to be decided anew.
func (m *Machine) hasSpace(at machine.Moment, c *command, ev events.Event) bool {
	if _, submits := ev.(events.JobSubmitted); !submits {
		return true
	}
	u := &m.usage
	switch {
	case u.at.IsZero() || at.Now.Sub(u.at) >= usageFor:
		c.phase = weighing
		u.waiting = append(u.waiting, c.Ticket)
		if u.asked == 0 {
			u.asked = m.tickets.Next()
			m.do(AskUsage{Ticket: u.asked})
		}
		return false
	case u.err != nil:
		m.end(c, 0, u.err)
		return false
	case u.share >= submissionShare:
		m.end(c, 0, ErrNearlyFull)
		return false
	}
	return true
}

// weighed goes on with those that waited to know how full the log is.
func (m *Machine) weighed(at machine.Moment, in Usage) {
	if m.usage.asked == 0 || in.Ticket != m.usage.asked {
		return
	}
	waiting := m.usage.waiting
	m.usage = usage{share: in.Share, err: in.Err, at: at.Now}
	for _, ticket := range waiting {
		m.decide(at, m.commands[ticket])
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
