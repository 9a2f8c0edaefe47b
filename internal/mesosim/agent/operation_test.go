package agent

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// 2.4: the end of an operation is told after 10 s, 20 s and so on until it is
// acknowledged with its uuid, and at once to a master that the agent is new to.
func TestFeedbackIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := New(Options{
			Dial:  func(context.Context, link.Register) (Link, error) { return deaf{}, nil },
			Files: disk.NewMemory(), Resources: []mesos.Resource{{}}, Executor: Simulated, Log: zerolog.Nop(),
		})
		if err != nil {
			t.Fatal(err)
		}
		register := func() {
			if _, err := a.begin(&link.Registered{AgentID: "a"}, deaf{}); err != nil {
				t.Fatal(err)
			}
		}
		register()
		said := func() (uuids [][]byte) {
			synctest.Wait()
			a.mu.Lock()
			defer a.mu.Unlock()
			for _, m := range a.session.out.Drain() {
				if fb := m.Operation; fb != nil && fb.OperationID == "o" && fb.FrameworkID == "f" {
					uuids = append(uuids, fb.UUID)
				}
			}
			return uuids
		}
		a.apply(&link.Apply{FrameworkID: "f", OperationID: "o"})
		first := said()
		if len(first) != 1 || len(first[0]) != 16 {
			t.Fatalf("said %v", first)
		}
		check := func(after time.Duration) {
			t.Helper()
			time.Sleep(after - time.Millisecond)
			if got := said(); len(got) != 0 {
				t.Errorf("said again before %s", after)
			}
			time.Sleep(time.Millisecond)
			if got := said(); len(got) != 1 || !bytes.Equal(got[0], first[0]) {
				t.Errorf("after %s: %v, want %v", after, got, first)
			}
		}
		check(10 * time.Second)
		a.ackOperation(&link.AckOperation{OperationID: "o", UUID: make([]byte, 16)})
		check(20 * time.Second)
		register()
		if got := said(); len(got) != 1 {
			t.Errorf("to a new master: %v", got)
		}
		check(10 * time.Second)
		a.ackOperation(&link.AckOperation{OperationID: "o", UUID: first[0]})
		time.Sleep(time.Hour)
		if got := said(); len(got) != 0 {
			t.Errorf("after the acknowledgement: %v", got)
		}
		a.closeExecutors()
		a.mu.Lock()
		a.retries.stop()
		a.mu.Unlock()
	})
}
