package cluster_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// tokenTable is what each event, and the passing of time, does to a token in each state. "."
// does not count and changes nothing; time changes nothing by being no event.
const tokenTable = `
          TokenCreated TokenRevoked expires 30_days
good      .            revoked      expired =
expired   .            revoked      =       forgotten
revoked   .            .            =       forgotten
forgotten good         .            =       =
`

const tokenLife = time.Hour

// tokenState is what a token is at the log's time.
func tokenState(l *clustertest.Log) string {
	t, known := l.State.Access.Tokens["t"]
	switch err := t.Good(l.Now); {
	case !known:
		return "forgotten"
	case errors.Is(err, access.ErrRevoked):
		return "revoked"
	case errors.Is(err, access.ErrExpired):
		return "expired"
	}
	return "good"
}

func tokenEvent(l *clustertest.Log, name string) cluster.Change {
	switch name {
	case "TokenCreated":
		return gain(l, events.TokenCreated{ID: "t", Owner: "ann", Hash: "00", Expires: l.Now.Add(tokenLife)})
	case "TokenRevoked":
		return gain(l, events.TokenRevoked{ID: "t"})
	case "expires":
		l.Pass(tokenLife)
	case "30_days":
		l.Pass(access.KeepEnded)
		gain(l, events.RoleRemoved{Name: "none"}) // Whatever it is that comes then.
	}
	return cluster.Change{}
}

func tokenIn(t *testing.T, state string) *clustertest.Log {
	t.Helper()
	l := clustertest.New()
	for _, name := range map[string][]string{
		"good": {"TokenCreated"}, "expired": {"TokenCreated", "expires"}, "revoked": {"TokenCreated", "TokenRevoked"},
		"forgotten": {"TokenCreated", "TokenRevoked", "30_days"},
	}[state] {
		tokenEvent(l, name)
	}
	if got := tokenState(l); got != state {
		t.Fatalf("it is %s, want %s", got, state)
	}
	return l
}

// TestTokenMachine: every state, every event, and the diagram of docs/state-machines.md. A
// token that is good has not ended, so 30 days say nothing of it by themselves: here it would
// have expired.
func TestTokenMachine(t *testing.T) {
	t.Parallel()
	allowed := map[arrow]bool{{"start", "TokenCreated", "good"}: true}
	lines := strings.Split(strings.TrimSpace(tokenTable), "\n")
	names := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, name := range names {
			state, want := cells[0], cells[i+1]
			if state == "good" && name == "30_days" {
				continue
			}
			l := tokenIn(t, state)
			change := tokenEvent(l, name)
			got := tokenState(l)
			switch {
			case want == "." && (change.Judgement != cluster.Outranked || got != state):
				t.Errorf("%s, %s: %s, it is %s", state, name, change.Judgement, got)
			case want == "=" && got != state:
				t.Errorf("%s, %s: it is %s", state, name, got)
			case want != "." && want != "=" && (got != want || change.Judgement != cluster.Counted):
				t.Errorf("%s, %s: %s, it is %s, want %s", state, name, change.Judgement, got, want)
			}
			if got != state && state != "forgotten" {
				allowed[arrow{state, strings.ReplaceAll(name, "_", " "), got}] = true
			}
		}
	}
	compare(t, drawn(t, "A token"), allowed)
}
