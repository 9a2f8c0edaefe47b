package ready

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// The bounds that a log is held to.
const (
	// AskEvery is how often the log is asked where it ends and how full it is.
	AskEvery   = 5 * time.Second
	askTimeout = 4 * time.Second
	// ReadMax is how long ago it may have answered that.
	ReadMax = 20 * time.Second
	// AppendMax is how long an append may be under way.
	AppendMax = 15 * time.Second
	// FailureMemory is how long an append that failed counts when neither another
	// was stored nor the log grew: nobody may want to append anything.
	FailureMemory = time.Minute
	// BehindMax is how long what the log holds may wait to be folded.
	BehindMax = 10 * time.Second
	// StuckMax is how long a fold that is behind may stand still before a restart
	// is thought to help.
	StuckMax = 30 * time.Second
	// RoomWarn is the used share of the log from which on submissions are refused,
	// RoomFull that from which on nothing new is planned.
	RoomWarn = 0.8
	RoomFull = 0.9
)

// Log is an eventlog.Log that looks on at what becomes of reads and appends. It is
// safe for concurrent use.
type Log struct {
	eventlog.Log
	sized eventlog.Sized
	now   func() time.Time
	begun time.Time
	// needsRoom reports whether who uses the log cannot work without room in it.
	needsRoom bool

	mu      sync.Mutex
	tickets uint64
	pending map[uint64]time.Time // when appends under way began
	stored  time.Time            // when one was last stored
	failed  failure
	full    failure
	// answered is when the log last answered, unanswered why it does not.
	answered   time.Time
	unanswered error
	tail       uint64
	usage      eventlog.Usage
	// owed is a tail that was seen and when: it is to be folded in time.
	owed  point
	moved point
}

// failure is an append that failed.
type failure struct {
	at  time.Time
	err error
	// tail is the end of the log after it; known once the log was asked.
	tail  uint64
	known bool
}

// point is a sequence, and since when.
type point struct {
	sequence uint64
	at       time.Time
}

// Watch returns log looked on at. needsRoom says that its user cannot work without
// room in it.
func Watch(log eventlog.Log, needsRoom bool, now func() time.Time) *Log {
	l := &Log{Log: log, now: now, begun: now(), needsRoom: needsRoom, pending: map[uint64]time.Time{}}
	l.sized, _ = log.(eventlog.Sized)
	return l
}

// sizedLog is a Log over one that is Sized.
type sizedLog struct {
	*Log
	eventlog.Sized
}

// ForUse returns the log to be used in place of the one looked on at; it has
// eventlog.Sized if that has.
func (l *Log) ForUse() eventlog.Log {
	if l.sized == nil {
		return l
	}
	return sizedLog{Log: l, Sized: l.sized}
}

// Append implements eventlog.Log.
func (l *Log) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	ticket := l.begin()
	receipt, err := l.Log.Append(ctx, entries...)
	l.end(ticket, receipt, err)
	return receipt, err
}

func (l *Log) begin() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tickets++
	l.pending[l.tickets] = l.now()
	return l.tickets
}

func (l *Log) end(ticket uint64, receipt eventlog.Receipt, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pending, ticket)
	now := l.now()
	switch {
	case err == nil:
		l.stored, l.failed, l.full = now, failure{}, failure{}
		l.tail = max(l.tail, receipt.Last)
	case errors.Is(err, eventlog.ErrFull):
		l.full = failure{at: now, err: err}
	case blameless(err):
	default:
		l.failed = failure{at: now, err: err}
	}
}

// blameless reports whether an error says nothing about the log.
func blameless(err error) bool {
	for _, e := range []error{
		eventlog.ErrConflict, eventlog.ErrInvalid, eventlog.ErrTooLarge, eventlog.ErrClosed, context.Canceled,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Run asks the log now and then, until ctx ends.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(AskEvery)
	defer tick.Stop()
	for {
		l.ask(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (l *Log) ask(ctx context.Context) {
	asked := l.now()
	bounded, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	bounds, err := l.Bounds(bounded)
	var usage eventlog.Usage
	if err == nil && l.sized != nil {
		usage, err = l.sized.Usage(bounded)
	}
	if ctx.Err() != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unanswered = err; err != nil {
		return
	}
	l.answered, l.usage, l.tail = l.now(), usage, max(l.tail, bounds.Last)
	if errors.Is(l.failed.err, eventlog.ErrUnavailable) && asked.After(l.failed.at) {
		l.failed = failure{} // Nothing was wrong but that nobody was there.
	}
	for _, f := range []*failure{&l.failed, &l.full} {
		switch {
		case !f.known:
			f.tail, f.known = bounds.Last, true
		case bounds.Last > f.tail:
			*f = failure{} // It takes records again.
		}
	}
}

// Checks tells how the log is, of which sequence folded is the last folded.
func (l *Log) Checks(folded uint64) []Check {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	return []Check{l.read(now), l.append(now), l.fold(now, folded), l.room(now)}
}

func (l *Log) read(now time.Time) Check {
	c := Check{Name: CheckRead}
	switch ago := now.Sub(later(l.answered, l.begun)); {
	case ago > ReadMax:
		c.Level, c.Restart = Fail, true
		c.Detail = fmt.Sprintf("the log has not answered for %v%s", Round(ago), because(l.unanswered))
	case l.answered.IsZero():
		c.Level, c.Detail = Fail, "the log has not answered yet"+because(l.unanswered)
	default:
		c.Detail = fmt.Sprintf("the log answered %v ago, it ends at %d", Round(ago), l.tail)
	}
	return c
}

func (l *Log) append(now time.Time) Check {
	c := Check{Name: CheckAppend}
	waits := time.Duration(0)
	for _, begun := range l.pending {
		waits = max(waits, now.Sub(begun))
	}
	switch {
	case waits > AppendMax:
		c.Level, c.Restart = Fail, true
		c.Detail = fmt.Sprintf("an append has waited %v for its answer, the most is %v", Round(waits), AppendMax)
	case l.failed.err != nil && now.Sub(l.failed.at) < FailureMemory:
		c.Level = Fail
		c.Detail = fmt.Sprintf("the last append failed %v ago%s", Round(now.Sub(l.failed.at)), because(l.failed.err))
	case l.stored.IsZero():
		c.Detail = "nothing was appended yet"
	default:
		c.Detail = fmt.Sprintf("the last append was stored %v ago", Round(now.Sub(l.stored)))
	}
	return c
}

func (l *Log) fold(now time.Time, folded uint64) Check {
	l.tail = max(l.tail, folded)
	if folded != l.moved.sequence || l.moved.at.IsZero() {
		l.moved = point{folded, now}
	}
	if folded >= l.owed.sequence || l.owed.at.IsZero() {
		l.owed = point{l.tail, now}
	}
	c := Check{Name: CheckFold, Detail: fmt.Sprintf("folded %d of %d", folded, l.tail)}
	waits, still := now.Sub(l.owed.at), now.Sub(l.moved.at)
	if folded >= l.owed.sequence || waits <= BehindMax {
		return c
	}
	c.Level, c.Restart = Fail, still > StuckMax
	c.Detail += fmt.Sprintf("; %d has waited %v to be folded, the most is %v; it last moved %v ago", l.owed.sequence, Round(waits), BehindMax, Round(still))
	return c
}

func (l *Log) room(now time.Time) Check {
	c := Check{Name: CheckRoom}
	share := l.usage.Share()
	used := fmt.Sprintf("%.0f %% of the log's %d bytes are used", 100*share, l.usage.MaxBytes)
	level := Warn
	if l.needsRoom {
		level = Fail
	}
	switch {
	case l.full.err != nil && now.Sub(l.full.at) < FailureMemory:
		c.Level, c.Detail = level, fmt.Sprintf("the log refused an append as full %v ago%s", Round(now.Sub(l.full.at)), because(l.full.err))
	case share >= RoomFull:
		c.Level, c.Detail = level, used+": nothing new is planned; raise its limit: taurus log resize"
	case share >= RoomWarn:
		c.Level, c.Detail = Warn, used+": submissions are refused; raise its limit: taurus log resize"
	case l.answered.IsZero():
		c.Detail = "not known yet"
	case l.usage.MaxBytes == 0:
		c.Detail = fmt.Sprintf("%d bytes are used, there is no limit but the disk", l.usage.Bytes)
	default:
		c.Detail = used
	}
	return c
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// because is an error at the end of a sentence.
func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}
