package leading

import (
	"errors"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// shard is the only one there is so far.
	shard = 0
	// retryFirst and retryMax bound the waits between subscriptions.
	retryFirst = 250 * time.Millisecond
	retryMax   = 15 * time.Second
	// troubleWait is the wait after an append that failed.
	troubleWait = time.Second
	// failedOverWait is what the fold is given to tell of another launcher.
	failedOverWait = time.Second
	// yieldAfter is how long subscribing may fail before another launcher, which
	// may reach the master, is given the lease.
	yieldAfter = time.Minute
	// removedWait is the wait before a framework that Mesos removed is tried
	// again: it takes an operator to help it.
	removedWait = 30 * time.Second
)

// Config is what tells one launcher from others.
type Config struct {
	Space events.Space
	// Instance is which process of the role this is, Source how it signs its events.
	Instance, Source string
	// Nonce tells candidates apart that append at once. It is of this process only.
	Nonce string
	// LeaseTTL is how long the lease lasts that is not renewed.
	LeaseTTL time.Duration
	// RegisterAnew reports whether to register under a new framework id when Mesos
	// has removed ours.
	RegisterAnew bool
}

// Machine leads, or stands by.
type Machine struct {
	cfg     Config
	state   *cluster.State
	tickets *machine.Tickets

	phase Phase
	// held reports whether the lease is ours.
	held bool
	// asking reports whether the lease or a subscription is asked for; append is
	// the ticket of the append under way, 0 for none.
	asking bool
	append uint64
	// retryAt is when to ask again.
	retryAt  time.Time
	failures int
	// failingSince is when subscribing failed first; zero while it does not.
	failingSince time.Time
	// removed is the framework id that Mesos refused for good; empty if none.
	removed string

	// session numbers the newest subscription asked for, epoch is what it was
	// asked for in, opening what came of it.
	session, epoch uint64
	opening        Subscribed
	// openedAt is when the opening was folded.
	openedAt time.Time
	// closing is the ticket of the newest SubscriptionClosed that is under way, unclosed why the
	// subscription ended where that was not stored: time counts for nothing only from then on.
	closing  uint64
	unclosed string

	trouble error
	out     []machine.Effect
}

// New returns a launcher that has folded nothing. It reads state.
func New(cfg Config, state *cluster.State, tickets *machine.Tickets) *Machine {
	return &Machine{cfg: cfg, state: state, tickets: tickets}
}

// Phase is how far a launcher is.
type Phase uint8

// The phases of a launcher.
const (
	Replaying   Phase = iota
	Standby           // another leads, or nobody yet
	Electing          // holds the lease, its election is not folded yet
	Subscribing       // elected; no subscription
	Opening           // subscribed; SubscriptionOpened is not folded yet
	Active
)

// String is for logs and scripts.
func (p Phase) String() string {
	switch p {
	case Replaying:
		return "replaying"
	case Standby:
		return "standby"
	case Electing:
		return "electing"
	case Subscribing:
		return "subscribing"
	case Opening:
		return "opening"
	case Active:
		return "active"
	}
	return "invalid"
}

// Phase returns how far the launcher is.
func (m *Machine) Phase() Phase { return m.phase }

// Elected reports whether the launcher leads by the log, with a subscription or
// without.
func (m *Machine) Elected() bool { return m.phase >= Subscribing }

// Session returns the number of the subscription that is listened to; 0 means
// that none is.
func (m *Machine) Session() uint64 {
	if m.phase != Active {
		return 0
	}
	return m.session
}

// Epoch returns the epoch of the subscription that is listened to.
func (m *Machine) Epoch() uint64 { return m.epoch }

// Trouble returns why the launcher does not do its work, nil if it does or stands
// by.
func (m *Machine) Trouble() error { return m.trouble }

var errUnsubscribed = errors.New("elected, but not subscribed to Mesos yet")

// Step handles an input and returns what is to be done.
func (m *Machine) Step(at machine.Moment, in machine.Input) []machine.Effect {
	m.out = m.out[:0]
	switch in := in.(type) {
	case machine.CaughtUp:
		m.phase = Standby
		m.note(machine.Info, "standing by", nil)
	case machine.Folded:
		m.folded(at.Now, in.Record)
	case machine.Appended:
		m.appended(at.Now, in)
	case Leased:
		m.leased(at.Now, in)
	case LeaseLost:
		m.leaseLost()
	case Subscribed:
		m.subscribed(in)
	case NotSubscribed:
		m.notSubscribed(at.Now, in)
	case Ended:
		m.ended(at.Now, in)
	case Stop:
		m.stop(at.Now)
	case machine.Tick:
		m.tick(at.Now)
	}
	return m.out
}

// Wake returns when to ask again for what was refused.
func (m *Machine) Wake() time.Time {
	switch m.phase {
	case Standby, Electing, Subscribing, Opening:
		if !m.busy() {
			return m.retryAt
		}
	case Active:
		if m.disputed() && !m.busy() {
			return m.retryAt
		}
	case Replaying:
	}
	return time.Time{}
}

func (m *Machine) busy() bool { return m.asking || m.append != 0 }

// tick asks for what the phase lacks.
func (m *Machine) tick(now time.Time) {
	if m.busy() || now.Before(m.retryAt) {
		return
	}
	switch m.phase {
	case Standby:
		m.asking = true
		m.do(Lease{})
	case Electing:
		m.elect(now)
	case Subscribing:
		m.closeAgain(now)
		m.subscribe()
	case Opening:
		m.open(now)
	case Active:
		if m.disputed() {
			m.open(now)
		}
	case Replaying:
	}
}

// stop gives back what the launcher holds, and writes down that the subscription
// ended with it, so that nobody believes in it until another is opened.
func (m *Machine) stop(now time.Time) {
	if m.phase == Active {
		m.close(now, "the launcher stopped")
	}
	m.drop()
	m.release()
	m.phase = Replaying
}

// drop ends the subscription, if there is one.
func (m *Machine) drop() {
	if m.phase == Opening || m.phase == Active {
		m.do(Close{Session: m.session})
	}
}

func (m *Machine) release() {
	if m.held {
		m.held = false
		m.do(Release{})
	}
}

func (m *Machine) do(e machine.Effect) { m.out = append(m.out, e) }

func (m *Machine) note(level machine.Level, message string, err error, fields ...machine.Field) {
	m.do(machine.Note{Level: level, Message: message, Err: err, Sequence: m.state.Sequence, Fields: fields})
}
