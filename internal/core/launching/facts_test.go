package launching

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestFactThatDoesNotCount: an exit state that is acknowledged and ignored would be
// lost; what outranks or repeats it is in the log already.
func TestFactThatDoesNotCount(t *testing.T) {
	for judgement, acknowledged := range map[cluster.Judgement]int{
		cluster.Counted: 1, cluster.Outranked: 1, cluster.Repeated: 1, cluster.Unmatched: 1, cluster.StaleEpoch: 0,
		cluster.Rejected: 0,
	} {
		m := New(Config{}, cluster.New())
		m.session = &session{epoch: 7, facts: newFacts()}
		m.session.facts.waiting[1] = Acknowledge{TaskID: "t", UUID: []byte("u")}
		r := cluster.Record{Envelope: events.Envelope{Epoch: 7, Counter: 1}}
		m.recorded(&r, cluster.Change{Judgement: judgement})
		if n := len(m.out); n != acknowledged {
			t.Errorf("%s: %d acknowledgements, want %d", judgement, n, acknowledged)
		}
	}
}

// TestVerdictIsNewsAgain: a group that waited, found places, and waits again is
// recorded again.
func TestVerdictIsNewsAgain(t *testing.T) {
	waits, over := verdictKey{"j", "waits"}, verdictKey{"j", "over"}
	v := verdicts{waits: {}, over: {}}
	v.forgetOthers([]placement.Demand{{Job: &cluster.Job{ID: "j"}, Group: &job.Group{Name: "waits"}}})
	if _, kept := v[waits]; !kept || len(v) != 1 {
		t.Fatalf("kept %v, want only the group that waits", v)
	}
}
