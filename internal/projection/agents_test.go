package projection

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestAgentsAsLastOffered: of each agent the newest offer stands, in order of host; who
// has said nothing for long is not believed to be there.
func TestAgentsAsLastOffered(t *testing.T) {
	space, start := events.NewSpace(0), time.Unix(1_800_000_000, 0)
	v := NewVerdicts(nil, space)
	offered := func(sequence uint64, at time.Duration, agents ...events.AgentOffer) {
		m, err := events.Encode(space.Offers(0), events.Envelope{ID: "o", Time: start}, events.AgentsOffered{Sequence: sequence, Agents: agents})
		if err != nil {
			t.Fatal(err)
		}
		v.see(eventlog.Record{Sequence: sequence, Time: start.Add(at), Message: m})
	}
	cpus := func(id, host string, n float64) events.AgentOffer {
		return events.AgentOffer{AgentID: id, Hostname: host, Resources: events.Resources{CPUs: n}}
	}
	offered(1, 0, cpus("S1", "b", 4), cpus("S2", "a", 2))
	offered(2, time.Minute, cpus("S1", "b", 8))
	v.see(eventlog.Record{Sequence: 3, Message: events.Message{Subject: space.Offers(0), Data: []byte("{")}})
	var got []string
	for _, a := range v.Agents() {
		got = append(got, fmt.Sprintf("%s %s %v @%d", a.Hostname, a.AgentID, a.Resources.CPUs, a.Sequence))
	}
	if want := []string{"a S2 2 @1", "b S1 8 @2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	offered(4, AgentAge+time.Second, cpus("S3", "c", 1))
	if list := v.Agents(); len(list) != 2 || list[0].AgentID != "S1" || list[1].AgentID != "S3" {
		t.Errorf("after a week: %+v", list)
	}
	var many []events.AgentOffer
	for i := range AgentsKept {
		many = append(many, cpus(fmt.Sprintf("M%d", i), "m", 1))
	}
	for part := range slices.Chunk(many, 10_000) {
		offered(5, AgentAge+time.Minute, part...)
	}
	if list := v.Agents(); len(list) != AgentsKept || slices.ContainsFunc(list, func(a Agent) bool { return a.AgentID == "S3" }) {
		t.Errorf("%d agents are kept, want %d", len(list), AgentsKept)
	}
}
