package cluster_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

func gain(l *clustertest.Log, ev events.Event) cluster.Change {
	return l.Append(events.Subject{Role: events.RoleAccess}, events.Envelope{Actor: "ann"}, ev)
}

// TestAccessIsJudged: what changes it counts and says so, what it is past does not, and
// what no program writes is rejected.
func TestAccessIsJudged(t *testing.T) {
	t.Parallel()
	l := clustertest.New()
	token := events.TokenCreated{ID: "t", Owner: "bob", Hash: "00", Roles: []string{"reader"}}
	for i, c := range []struct {
		ev   events.Event
		want cluster.Judgement
	}{
		{token, cluster.Counted},
		{token, cluster.Outranked},
		{events.TokenRevoked{ID: "t"}, cluster.Counted},
		{events.TokenRevoked{ID: "t"}, cluster.Outranked},
		{events.TokenRevoked{ID: "u"}, cluster.Outranked},
		{token, cluster.Outranked},
		{events.RoleSet{Name: "shop"}, cluster.Counted},
		{events.RoleSet{Name: "admin"}, cluster.Rejected},
		{events.RoleRemoved{Name: "shop"}, cluster.Counted},
		{events.RoleRemoved{Name: "shop"}, cluster.Outranked},
		{events.RoleRemoved{Name: "admin"}, cluster.Outranked},
		{events.GroupBound{Group: "g", Roles: []string{"reader"}}, cluster.Counted},
		{events.GroupBound{Group: "g"}, cluster.Counted},
		{events.GroupBound{Group: "g"}, cluster.Outranked},
		{events.PolicySet{Hash: "00", Text: "x"}, cluster.Counted},
		{events.Unknown{TypeName: "taurus.access.applauded.v1"}, cluster.Skipped},
	} {
		got := gain(l, c.ev)
		if got.Judgement != c.want || got.Access != (c.want == cluster.Counted) || got.Job != nil || l.State.Access.Last != uint64(i+1) {
			t.Errorf("%d, %s: %+v, last %d", i, c.ev.Type(), got, l.State.Access.Last)
		}
	}
	if made := l.State.Access.Tokens["t"]; made.Sequence != 1 || made.CreatedBy != "ann" || made.RevokedBy != "ann" || !made.RevokedAt.Equal(l.Now) {
		t.Errorf("%+v", made)
	}
}

// TestTokensAreBounded: one more is rejected, and the reason says what the bound is.
func TestTokensAreBounded(t *testing.T) {
	t.Parallel()
	l := clustertest.New()
	for n := range access.TokensMax {
		gain(l, events.TokenCreated{ID: fmt.Sprint(n), Owner: "ann", Hash: "00"})
	}
	more := gain(l, events.TokenCreated{ID: "more", Owner: "ann", Hash: "00"})
	if more.Judgement != cluster.Rejected || more.Rejection.Reason != "there are 10000 tokens already, the most there may be" {
		t.Errorf("%+v", more)
	}
}
