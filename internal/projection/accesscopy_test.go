package projection_test

import (
	"sync"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestAccessIsACopy that stays as it was, is the same for all who ask until it changes, and
// says when it does; other events are nothing to it.
func TestAccessIsACopy(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	w.append(events.AccessSubject, events.RoleSet{Name: "a", Grants: []events.Grant{{Rights: []string{"read"}, Jobs: []string{"*"}}}})
	p := running(t, w.log)
	until := func(n uint64) {
		t.Helper()
		if err := p.WaitFor(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	until(w.n)
	first, changed := p.Access()
	if again, same := p.Access(); again != first || same != changed || len(first.Roles) != 1 {
		t.Errorf("%+v, then %+v", first, again)
	}
	w.append(events.AgentsSubject, events.AgentDrained{Hostname: "h"})
	w.append(events.AccessSubject, events.RoleRemoved{Name: "b"}) // There is none.
	until(w.n)
	if again, _ := p.Access(); again != first {
		t.Error("it is another, and nothing has changed")
	}
	select {
	case <-changed:
		t.Error("said to have changed")
	default:
	}
	var all sync.WaitGroup
	for range 4 { // Whoever asks meanwhile gets one or the other, and is told of the next.
		all.Go(func() {
			for range 100 {
				s, changed := p.Access()
				select {
				case <-changed:
				default:
					if len(s.Roles) == 0 {
						t.Error("there is a role, or there are two")
					}
				}
			}
		})
	}
	w.append(events.AccessSubject, events.RoleSet{Name: "b"})
	select {
	case <-changed:
	case <-time.After(time.Minute):
		t.Fatal("not said to have changed")
	}
	all.Wait()
	until(w.n)
	second, _ := p.Access()
	if second == first || len(first.Roles) != 1 || len(second.Roles) != 2 {
		t.Errorf("%+v, then %+v", first, second)
	}
}
