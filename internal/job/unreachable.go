package job

import (
	"math"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// DefaultReplaceAfter is how long a task's agent may be cut off before another task is
// started in its place.
const DefaultReplaceAfter = Patience(5 * time.Minute)

// DefaultReturn is for how long after that a task may come back and go on instead, where its
// group keeps the original and does not say: long enough for a switch or a rack to be mended,
// and short enough that what has served for hours is not ended for what stood still.
const DefaultReturn = time.Hour

// Which of two tasks goes on when the one that was cut off comes back.
const (
	KeepNewest   = "newest"
	KeepOriginal = "original"
)

// Unreachable says what becomes of a task whose agent is cut off: it may be running
// all the while, and may come back.
type Unreachable struct {
	// ReplaceAfter is when another task is started in its place.
	ReplaceAfter Patience `json:"replace_after,omitzero"`
	// Keep is which of the two goes on when it comes back.
	Keep string `json:"keep,omitzero"`
	// GiveUpAfter is when it may no longer come back and go on, counted from when it was
	// cut off, as ReplaceAfter is; 0 is the default. It is for KeepOriginal.
	GiveUpAfter Patience `json:"give_up_after,omitzero"`
}

// Loss is what the group says of tasks that are cut off, with its defaults. They are
// given here and not by Normalise, so that a group that says nothing of it stays small in the log.
func (g *Group) Loss() Unreachable {
	if g == nil || g.Unreachable == nil {
		return Unreachable{ReplaceAfter: DefaultReplaceAfter, Keep: KeepNewest}
	}
	u := *g.Unreachable
	if u.Keep != KeepOriginal {
		u.Keep = KeepNewest
	} else if u.GiveUpAfter == 0 {
		u.GiveUpAfter = Never
		if u.ReplaceAfter != Never {
			u.GiveUpAfter = u.ReplaceAfter + Patience(DefaultReturn)
		}
	}
	return u
}

func (u *Unreachable) normalise() {
	u.ReplaceAfter = orDefault(u.ReplaceAfter, DefaultReplaceAfter)
	u.Keep = strings.ToLower(u.Keep)
}

// unreachable checks what becomes of a task that is cut off.
func (c *checker) unreachable(at string, u *Unreachable) {
	if u == nil {
		return
	}
	c.patience(join(at, "replace_after"), u.ReplaceAfter)
	c.patience(join(at, "give_up_after"), u.GiveUpAfter)
}

// keep checks which of two tasks goes on.
func (c *checker) keep(at string, u *Unreachable) {
	if u == nil {
		return
	}
	after := orDefault(u.ReplaceAfter, DefaultReplaceAfter)
	switch {
	case u.Keep != "" && !c.oneOf(join(at, "keep"), u.Keep, KeepOriginal, KeepNewest):
	case u.Keep == KeepOriginal && after == Never:
		c.fault(join(at, "keep"), "is %q, and with replace_after %q nothing ever takes the place of a task; leave keep out, or set replace_after", KeepOriginal, neverWord)
	case u.GiveUpAfter == 0:
	case u.Keep != KeepOriginal:
		c.fault(join(at, "give_up_after"), "is how long the original may come back and go on; set keep to %q, or leave it out", KeepOriginal)
	case u.GiveUpAfter > 0 && u.GiveUpAfter <= after:
		c.fault(join(at, "give_up_after"), "is %s; it counts from when the task is cut off, as replace_after does, so make it more than the %s of that", u.GiveUpAfter, after)
	}
}

// Patience is how long something is waited for: a duration, or Never.
type Patience Duration

// Never is without an end.
const Never = Patience(math.MaxInt64)

// neverWord is how Never is written.
const neverWord = "never"

// From is when patience that began at a time ends; zero for never.
func (p Patience) From(since time.Time) time.Time {
	if p == Never {
		return time.Time{}
	}
	return since.Add(time.Duration(p))
}

// String is as a Duration, or the word never.
func (p Patience) String() string {
	if p == Never {
		return neverWord
	}
	return Duration(p).String()
}

// MarshalJSON writes p as a string.
func (p Patience) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

// UnmarshalJSON reads a Duration, or the word never.
func (p *Patience) UnmarshalJSON(data []byte) error {
	if string(data) == `"`+neverWord+`"` {
		*p = Never
		return nil
	}
	return (*Duration)(p).UnmarshalJSON(data)
}

// patience checks a wait.
func (c *checker) patience(path string, p Patience) {
	if p != Never {
		c.duration(path, Duration(p), c.lim.Duration)
	}
}
