package commanding

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/machine"
)

// enqueue lets a command wait for those of its job that came before it.
func (m *Machine) enqueue(in Asked) {
	if m.commands[in.Ticket] != nil {
		return // There is to be one answer to a ticket.
	}
	m.commands[in.Ticket] = &command{Asked: in}
	if m.queues[in.Job] = append(m.queues[in.Job], in.Ticket); len(m.queues[in.Job]) == 1 {
		m.free = append(m.free, in.Job)
	}
}

// beginNext decides the first command of each job that has none in hand.
func (m *Machine) beginNext(at machine.Moment) {
	for i := 0; i < len(m.free); i++ { // One that is answered at once adds its job again.
		m.decide(at, m.inHand(m.free[i]))
	}
	m.free = m.free[:0]
}

// inHand is the command of a job that is not queued, nil if there is none.
func (m *Machine) inHand(id string) *command {
	if queue := m.queues[id]; len(queue) > 0 {
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

// remove forgets a command; if it was in hand its job's next is to be decided.
func (m *Machine) remove(c *command) {
	m.rest(c, false)
	delete(m.commands, c.Ticket)
	queue := m.queues[c.Job]
	at := slices.Index(queue, c.Ticket)
	queue = slices.Delete(queue, at, at+1)
	if len(queue) == 0 {
		delete(m.queues, c.Job)
		return
	}
	m.queues[c.Job] = queue
	if at == 0 {
		m.free = append(m.free, c.Job)
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
