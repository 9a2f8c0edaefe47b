package commanding

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// enqueue lets a command wait for those about the same that came before it.
func (m *Machine) enqueue(in Asked) {
	if m.commands[in.Ticket] != nil {
		return // There is to be one answer to a ticket.
	}
	m.commands[in.Ticket] = &command{Asked: in}
	about := in.about()
	if m.queues[about] = append(m.queues[about], in.Ticket); len(m.queues[about]) == 1 {
		m.free = append(m.free, about)
	}
}

// beginNext decides the first command about each thing of which none is in hand.
func (m *Machine) beginNext(at machine.Moment) {
	for i := 0; i < len(m.free); i++ { // One that is answered at once adds what it is about again.
		m.decide(at, m.inHand(m.free[i]))
	}
	m.free = m.free[:0]
}

// inHand is the command about a thing that is not queued, nil if there is none.
func (m *Machine) inHand(about events.Subject) *command {
	if queue := m.queues[about]; len(queue) > 0 {
		return m.commands[queue[0]]
	}
	return nil
}

// end answers a command and forgets it.
func (m *Machine) end(c *command, sequence uint64, err error) {
	m.answer(c, sequence, err)
	m.remove(c)
}

func (m *Machine) answer(c *command, sequence uint64, err error) {
	c.answered = true
	m.do(Answer{Ticket: c.Ticket, Sequence: sequence, Err: err})
}

// remove forgets a command; if it was in hand the next about the same is to be decided.
func (m *Machine) remove(c *command) {
	m.rest(c, false)
	delete(m.commands, c.Ticket)
	about := c.about()
	queue := m.queues[about]
	at := slices.Index(queue, c.Ticket)
	queue = slices.Delete(queue, at, at+1)
	if len(queue) == 0 {
		delete(m.queues, about)
		return
	}
	m.queues[about] = queue
	if at == 0 {
		m.free = append(m.free, about)
	}
}

// rest has a command wait for the log to show something, or wait no longer.
func (m *Machine) rest(c *command, rests bool) {
	at := slices.Index(m.resting, c.Ticket)
	switch {
	case rests && at < 0:
		m.resting = append(m.resting, c.Ticket)
	case !rests && at >= 0:
		m.resting = slices.Delete(m.resting, at, at+1)
	}
}
