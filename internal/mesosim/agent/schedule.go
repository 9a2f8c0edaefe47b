package agent

import (
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
)

// The retry schedule of what is sent until it is acknowledged: updates of tasks
// (4.1) and the feedback of operations (2.4).
const (
	firstRetry = 10 * time.Second
	lastRetry  = 10 * time.Minute
)

// schedule says when something is sent again. The zero value has not been sent.
type schedule struct {
	sendAt time.Time
	sends  int
}

// sent takes note of a send: the next is due later than this one was.
func (s *schedule) sent(now time.Time) {
	s.sends++
	s.sendAt = now.Add(backoff.Wait{First: firstRetry, Max: lastRetry}.After(s.sends))
}

// resetBackoff makes the next send the first again.
func (s *schedule) resetBackoff() { *s = schedule{} }
