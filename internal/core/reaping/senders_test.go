package reaping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
)

func doomed(id string) *cluster.Task {
	return &cluster.Task{ID: id, Job: "web", Doom: &cluster.Doom{Grace: 3 * time.Second}}
}

// kills are the tasks that effects ask to be killed, and their tickets.
func kills(effects []machine.Effect) (tasks []string, tickets []uint64) {
	for _, e := range effects {
		if k, ok := e.(Kill); ok {
			tasks, tickets = append(tasks, k.TaskID), append(tickets, k.Ticket)
		}
	}
	return tasks, tickets
}

// TestSendersTakeEachOnce: every task is killed once, however many wait and however
// often they are announced meanwhile; once more if it is announced after that.
func TestSendersTakeEachOnce(t *testing.T) {
	const tasks = 5000
	now := time.Unix(1_000_000, 0)
	s := senders{queued: map[string]bool{}, target: Target{StreamID: "s1"}}
	var sent, want []string
	for i := range tasks {
		id := fmt.Sprintf("t%04d", i)
		want = append(want, id)
		s.put(1, []*cluster.Task{doomed(id), doomed(id)}) // Again, while it waits.
	}
	s.put(1, []*cluster.Task{{ID: "lives"}})
	names, open := kills(s.send(now, nil))
	for len(open) > 0 {
		if sent = append(sent, names...); len(s.busy) > underWayMax {
			t.Fatalf("%d are under way", len(s.busy))
		}
		effects := s.killed(now, Killed{Ticket: open[0]}, nil)
		more, tickets := kills(s.send(now, effects))
		names, open = more, append(open[1:], tickets...)
		if len(sent) == tasks && len(want) == tasks {
			want = append(want, "t0000")
			s.put(2, []*cluster.Task{doomed("t0000")}) // Again, after it was sent.
		}
	}
	if !slices.Equal(sent, want) {
		t.Errorf("%d kills sent, want %d in their order", len(sent), len(want))
	}
	if len(s.queue) != 0 || len(s.queued) != 0 || len(s.busy) != 0 {
		t.Errorf("left %d in the queue, %d known, %d under way", len(s.queue), len(s.queued), len(s.busy))
	}
}

// TestSendersAreFreeInTheEnd: whatever is answered, and when, no more are under way
// than may be, one that was refused is not sent to the same subscription again, and
// when time has passed none is kept.
func TestSendersAreFreeInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_000_000, 0)
		s := senders{queued: map[string]bool{}, target: Target{StreamID: "s0"}}
		open := map[uint64]Kill{}
		refused := map[string]Target{} // by task; each is announced once
		announced, opened := 0, 0
		step := func(effects []machine.Effect) {
			for _, e := range s.send(now, effects) {
				k, ok := e.(Kill)
				if !ok {
					continue
				}
				if last, known := refused[k.TaskID]; known && last == k.Target {
					t.Fatalf("%s is sent again to %v", k.TaskID, k.Target)
				}
				if s.held {
					t.Fatalf("%s is sent to a master that is barred", k.TaskID)
				}
				if k.Target != s.target || k.Within <= 0 || k.Within > k.Grace+Margin {
					t.Fatalf("%+v, the newest subscription is %v", k, s.target)
				}
				open[k.Ticket] = k
			}
			if len(s.busy) > underWayMax || len(open) > underWayMax {
				t.Fatalf("%d under way, %d calls open", len(s.busy), len(open))
			}
			if len(s.queue) > 0 && len(s.busy) < underWayMax {
				t.Fatalf("%d wait, and only %d are under way", len(s.queue), len(s.busy))
			}
		}
		answer := func(err error) {
			if len(open) == 0 {
				return
			}
			ticket := slices.Min(slices.Collect(maps.Keys(open)))
			if err != nil {
				refused[open[ticket].TaskID] = open[ticket].Target
			}
			delete(open, ticket)
			step(s.killed(now, Killed{Ticket: ticket, Err: err}, nil))
		}
		t.Repeat(map[string]func(*rapid.T){
			"announce": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "tasks") {
					announced++
					s.put(uint64(announced), []*cluster.Task{doomed(fmt.Sprint("t", announced))})
				}
				step(nil)
			},
			"open":   func(*rapid.T) { opened++; s.retarget(Target{StreamID: fmt.Sprint("s", opened)}); step(nil) },
			"bar":    func(*rapid.T) { s.hold(true); step(nil) },
			"unbar":  func(*rapid.T) { s.hold(false); step(nil) },
			"take":   func(*rapid.T) { answer(nil) },
			"refuse": func(*rapid.T) { answer(errors.New("no")) },
			"unknown": func(*rapid.T) {
				step(s.killed(now, Killed{Ticket: 0}, nil))
				step(s.killed(now, Killed{Ticket: 1 << 40}, nil))
			},
			"pass": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 14).Draw(t, "seconds")) * time.Second)
				step(nil)
			},
		})
		for range announced + 1 {
			for len(open) > 0 {
				answer(errors.New("no"))
			}
			if wake := s.deadline(); !wake.IsZero() {
				now = wake
			}
			step(nil)
		}
		if len(s.queue) != 0 || len(s.busy) != 0 || !s.deadline().IsZero() {
			t.Fatalf("left %d in the queue, %d under way", len(s.queue), len(s.busy))
		}
	})
}
