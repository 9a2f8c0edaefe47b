package job

import (
	"math"
	"time"

	"github.com/go-json-experiment/json"
)

// DefaultReplaceAfter is how long a task's agent may be cut off before another task is
// started in its place.
const DefaultReplaceAfter = Patience(5 * time.Minute)

// Unreachable says what becomes of a task whose agent is cut off: it may be running
// all the while, and may come back.
type Unreachable struct {
	// ReplaceAfter is when another task is started in its place.
	ReplaceAfter Patience `json:"replace_after,omitzero"`
}

// Loss is what the group says of tasks that are cut off, with its defaults. They are
// given here and not by Normalise, so that a group that says nothing of it stays small in the log.
func (g *Group) Loss() Unreachable {
	if g == nil || g.Unreachable == nil {
		return Unreachable{ReplaceAfter: DefaultReplaceAfter}
	}
	return *g.Unreachable
}

func (u *Unreachable) normalise() {
	u.ReplaceAfter = orDefault(u.ReplaceAfter, DefaultReplaceAfter)
}

// unreachable checks what becomes of a task that is cut off.
func (c *checker) unreachable(at string, u *Unreachable) {
	if u == nil {
		return
	}
	c.patience(join(at, "replace_after"), u.ReplaceAfter)
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
