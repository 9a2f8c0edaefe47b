package reaping

import (
	"errors"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
)

// TestWhatWasAnnouncedBeforeAHold is let go: it is announced again.
func TestWhatWasAnnouncedBeforeAHold(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	s := senders{queued: map[string]bool{}, target: Target{StreamID: "s1"}}
	s.put(1, []*cluster.Task{doomed("a")})
	s.hold(true)
	s.put(2, []*cluster.Task{doomed("b")})
	s.hold(false)
	if names, _ := kills(s.send(now, nil)); len(names) != 0 {
		t.Errorf("sent %v", names)
	}
	s.put(3, []*cluster.Task{doomed("a")})
	if names, _ := kills(s.send(now, nil)); len(names) != 1 {
		t.Errorf("announced again, sent %v", names)
	}
}

// TestAnswers are heard however late they come; one that names no call is nobody's.
func TestAnswers(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	s := senders{queued: map[string]bool{}, target: Target{StreamID: "s1"}}
	s.put(1, []*cluster.Task{doomed("a"), doomed("b")})
	_, tickets := kills(s.send(now, nil))
	s.killed(now, Killed{Ticket: tickets[1], Err: errors.New("stale")}, nil) // b waits for a subscription.
	if effects := s.killed(now, Killed{}, nil); len(effects) != 0 || len(s.busy) != 2 {
		t.Errorf("an answer to no call: %v, %d are under way", effects, len(s.busy))
	}
	late := now.Add(time.Hour)
	s.send(late, nil)
	effects := s.killed(late, Killed{Ticket: tickets[0]}, nil)
	if len(effects) != 1 {
		t.Fatalf("a late answer: %v", effects)
	}
	if n, ok := effects[0].(machine.Note); !ok || n.Message != "kill sent" || n.Task != "a" {
		t.Errorf("a late answer: %+v", effects[0])
	}
	if len(s.busy) != 0 {
		t.Errorf("%d are under way", len(s.busy))
	}
}
