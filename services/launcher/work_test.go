package launcher

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
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

// TestFactThatDoesNotCount: an exit state that is acknowledged and ignored would be
// lost; what outranks or repeats it is in the log already.
func TestFactThatDoesNotCount(t *testing.T) {
	for judgement, acknowledged := range map[cluster.Judgement]int{
		cluster.Counted: 1, cluster.Outranked: 1, cluster.Repeated: 1, cluster.Unmatched: 1, cluster.StaleEpoch: 0,
	} {
		sess := &session{epoch: 7, acks: make(chan ack, 1), facts: newFacts()}
		sess.facts.waiting[1] = ack{taskID: "t", uuid: []byte("u")}
		r := cluster.Record{Envelope: events.Envelope{Epoch: 7, Counter: 1}}
		sess.recorded(r, cluster.Change{Judgement: judgement})
		if n := len(sess.acks); n != acknowledged {
			t.Errorf("%s: %d acknowledgements, want %d", judgement, n, acknowledged)
		}
	}
}

// TestVerdictIsNewsAgain: a group that waited, found places, and waits again is
// recorded again.
func TestVerdictIsNewsAgain(t *testing.T) {
	v := newVerdicts()
	waits, over := verdictKey{"j", "waits"}, verdictKey{"j", "over"}
	v.last[waits], v.last[over] = placement.Verdict{}, placement.Verdict{}
	v.keep([]placement.Demand{{Job: &cluster.Job{ID: "j"}, Group: &job.Group{Name: "waits"}}})
	if _, kept := v.last[waits]; !kept || len(v.last) != 1 {
		t.Fatalf("kept %v, want only the group that waits", v.last)
	}
}
