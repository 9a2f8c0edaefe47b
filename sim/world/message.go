package world

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Message is something on its way: what a process asks for, an answer to it, or
// an event of a subscription.
type Message struct {
	// ID numbers the messages of a world in the order in which they were sent.
	ID uint64
	To Receiver
	// Process is the index of the process that it comes from or goes to, Life which
	// start of it.
	Process int
	Life    uint64
	// Session is that of the subscription it belongs to, 0 for none; Stream the
	// stream id in whose name a call is made.
	Session uint64
	Stream  string
	// Body is an effect on its way out, an input on its way in.
	Body any
	// Entries are what an append wants stored.
	Entries []eventlog.Entry
	// Event says that it is one of its session's events, which keep their order.
	Event bool
	// Ordered says that the next call of the process waits for this one.
	Ordered bool
	// Ask is the effect that Body answers; nil if Body is none.
	Ask machine.Effect
	// NotBefore holds it back.
	NotBefore time.Time
	// GiveUp is when its sender gives it up; zero for never, or once that has
	// happened.
	GiveUp time.Time
	// Abandoned says that its sender has given it up: it is still carried out, but
	// nobody hears of it.
	Abandoned bool
	// Gone says that it was lost and that its sender has not noticed yet.
	Gone bool
}

// Receiver is where a message goes.
type Receiver uint8

// The receivers.
const (
	ToLog Receiver = iota
	ToMaster
	ToProcess
)

// Fate is what becomes of a message in place of its arrival.
type Fate struct {
	Kind FateKind
	// For is how long, where that matters.
	For time.Duration
}

// FateKind is the kind of a Fate.
type FateKind uint8

// The fates.
const (
	// Arrive: it is carried out, and an answer is on its way.
	Arrive FateKind = iota
	// Lose: it is lost, and its sender sees the connection break.
	Lose
	// Swallow: it is lost, and its sender hears nothing until it gives it up.
	Swallow
	// Mute: it is carried out, and its sender sees the connection break.
	Mute
	// Hold: it stays on its way for a while. If that is longer than its sender
	// waits, it is carried out although it was given up.
	Hold
	// Stray: its sender sees the connection break, and yet it arrives after a while.
	Stray
	// Refuse: the log does not take it, and says so.
	Refuse
	// Clash: the log refuses a decision because another on its subject is under way,
	// whatever the last sequence is.
	Clash
	// Tear: of facts only the first is stored.
	Tear
)

// String is for traces.
func (k FateKind) String() string {
	return [...]string{"arrive", "lose", "swallow", "mute", "hold", "stray", "refuse", "clash", "tear"}[k]
}

// String is for traces.
func (f Fate) String() string {
	if f.For == 0 {
		return f.Kind.String()
	}
	return fmt.Sprintf("%s %v", f.Kind, f.For)
}

// failure is why something failed: a value, so that copies of a world are equal.
type failure string

func (f failure) Error() string { return string(f) }

// Why calls and appends fail.
const (
	errBroken       failure = "the connection broke"
	errDeadline     failure = "the deadline has passed"
	errStale        failure = "the stream is stale"
	errUnavailable  failure = "the log is unavailable"
	errLeaseTaken   failure = "the lease is another's"
	errCut          failure = "the master cannot be reached"
	errRemoved      failure = "the framework has been removed"
	errUnlaunchable failure = "the task cannot be put in Mesos' terms"
	errFailedOver   failure = "the framework failed over to another scheduler"
)
