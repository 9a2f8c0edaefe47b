package reaper

import (
	"fmt"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/ready"
)

// FailureMemory is how long a kill that Mesos did not take counts, while none was taken
// since: there may be no other to try.
const FailureMemory = time.Minute

// taken is what became of the newest kills.
type taken struct {
	now func() time.Time

	mu     sync.Mutex
	at     time.Time // When one was last taken.
	failed time.Time // When the last one was not.
	err    error     // Why; nil if it was.
}

func (t *taken) note(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err = err; err == nil {
		t.at = t.now()
		return
	}
	t.failed = t.now()
}

// check tells whether Mesos takes kills.
func (t *taken) check() ready.Check {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, now := ready.Check{Name: ready.CheckMesos}, t.now()
	switch ago := now.Sub(t.failed); {
	case t.err != nil && ago < FailureMemory:
		c.Level = ready.Fail
		c.Detail = fmt.Sprintf("Mesos did not take the last kill, %v ago: %v", ready.Round(ago), t.err)
	case t.at.IsZero():
		c.Detail = "nothing was killed yet"
	default:
		c.Detail = fmt.Sprintf("Mesos took a kill %v ago", ready.Round(now.Sub(t.at)))
	}
	return c
}
