package launcher

import (
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// TestAnswerAfterTheSession: the log's answer to a batch may come when the session
// that sent it is over; there is nobody left to act on it.
func TestAnswerAfterTheSession(t *testing.T) {
	s := &Service{}
	ended := &session{s: s}
	ended.inFlight = newBatch(s, 1)
	for _, err := range []error{nil, eventlog.ErrConflict} {
		ended.appended(ended.inFlight, eventlog.Receipt{First: 1, Last: 1}, err)
		if ended.inFlight == nil || ended.inFlight.until != 0 {
			t.Fatalf("after %v the ended session acted", err)
		}
	}
}
