package world

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// meet has a message meet its fate.
func (w *World) meet(m *Message, f Fate) {
	switch f.Kind {
	case Arrive:
		w.drop(m)
		w.arrive(m)
	case Lose:
		w.drop(m)
		w.fail(m, errBroken)
	case Swallow:
		m.Gone = true
		if m.GiveUp.IsZero() {
			w.drop(m)
		}
	case Mute:
		w.drop(m)
		w.mute(m)
	case Hold:
		m.NotBefore = w.Now.Add(f.For)
	case Stray:
		w.fail(m, errBroken)
		m.NotBefore = w.Now.Add(f.For)
	case Refuse:
		w.drop(m)
		w.answer(m, machine.Appended{Ticket: m.Body.(machine.Append).Ticket, Outcome: machine.Outcome{Answer: machine.Refused, Err: errUnavailable}})
	case Clash:
		w.drop(m)
		w.answer(m, machine.Appended{Ticket: m.Body.(machine.Append).Ticket, Outcome: machine.Outcome{Answer: machine.Conflict, Err: eventlog.ErrConflict}})
	case Tear:
		w.drop(m)
		m.Entries = m.Entries[:1]
		w.mute(m)
	}
}

// mute carries a message out and has its sender see the connection break.
func (w *World) mute(m *Message) {
	told := *m
	m.Abandoned = true
	w.arrive(m)
	w.fail(&told, errBroken)
}

// fail tells the sender of m that it failed, as far as it can see.
func (w *World) fail(m *Message, err error) {
	ask, ok := m.Body.(machine.Effect)
	if m.Ask != nil {
		ask, ok = m.Ask, true
	}
	w.unblock(m)
	if m.Abandoned || !ok {
		return
	}
	if in := refusal(ask, err); in != nil {
		w.send(&Message{To: ToProcess, Process: m.Process, Life: m.Life, Session: m.Session, Stream: m.Stream, Ask: ask, Body: in})
	}
	m.Abandoned, m.GiveUp = true, time.Time{}
}

// expire has the sender of m give it up. What is under way is carried out all the
// same; an answer comes too late.
func (w *World) expire(m *Message) {
	if m.To == ToProcess || m.Gone {
		w.drop(m)
	}
	w.fail(m, errDeadline)
}

// arrive carries a message out where it was sent to.
func (w *World) arrive(m *Message) {
	switch m.To {
	case ToLog:
		w.atLog(m)
	case ToMaster:
		w.atMaster(m)
	case ToProcess:
		w.hear(m)
	}
}

func (w *World) atLog(m *Message) {
	switch e := m.Body.(type) {
	case machine.Append:
		last, err := w.store(m)
		w.answer(m, answerOf(e.Ticket, last, err))
	case leading.Lease:
		w.answer(m, leading.Leased{Err: w.acquire(m)})
	case commanding.AskUsage:
		w.answer(m, commanding.Usage{Ticket: e.Ticket, Bytes: uint64(w.LogFull * LogMax), MaxBytes: LogMax})
	case launching.GetSecrets:
		w.Processes[m.Process].keep(e.Ticket)
		w.answer(m, launching.GotSecrets{Ticket: e.Ticket})
	case leading.Release:
		if w.Lease.held(m.Process, m.Life) {
			w.Lease = Lease{Holder: nobody}
		}
	}
}

func (w *World) store(m *Message) (uint64, error) {
	before := w.Log.Last()
	last, err := w.Log.store(w.Options.Space, w.Now, m.Entries)
	for sequence := before + 1; sequence <= w.Log.Last(); sequence++ {
		w.judge(w.Log.Records[sequence-1])
	}
	return last, err
}

// acquire returns nil if the sender of m may have the lease. If it has given up
// asking, the lease is taken all the same, and runs out.
func (w *World) acquire(m *Message) error {
	if w.Options.GenerousLease {
		return nil
	}
	if !w.Lease.free(w.Now) && !w.Lease.held(m.Process, m.Life) {
		return errLeaseTaken
	}
	w.Lease = Lease{Holder: m.Process, Life: m.Life}
	if m.Abandoned {
		w.Lease.Until = w.Now.Add(w.Options.LeaseTTL)
	}
	return nil
}

// hear gives a process an answer or an event.
func (w *World) hear(m *Message) {
	p := w.Processes[m.Process]
	if m.Abandoned || !p.Alive || p.Life != m.Life {
		return
	}
	switch in := m.Body.(type) {
	case leading.Subscribed:
		p.Subscriptions = append(p.Subscriptions, Subscription{Session: in.Session, Stream: in.StreamID})
	case leading.Ended:
		w.close(m.Process, in.Session)
	}
	in, _ := m.Body.(machine.Input)
	w.give(m.Process, in)
}
