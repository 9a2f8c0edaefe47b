package memory_test

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/eventlogtest"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLog(t *testing.T) {
	eventlogtest.Run(t, func(*testing.T) eventlogtest.Harness {
		losing := false
		l := memory.New(memory.WithFault(func(_ []eventlog.Entry, stored bool) error {
			if losing && stored {
				return fmt.Errorf("%w: lost by the test", eventlog.ErrOutcomeUnknown)
			}

			return nil
		}))

		return eventlogtest.Harness{
			Log:     l,
			Another: func(testing.TB) eventlog.Log { return l },
			LoseAnswers: func(testing.TB) (eventlog.Log, func()) {
				losing = true

				return l, func() { losing = false }
			},
			Forget: func(t testing.TB) {
				b, err := l.Bounds(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				l.Forget(b.Last)
			},
			Full: func(testing.TB) eventlog.Log { return memory.New(memory.WithMaxBytes(32 << 10)) },
		}
	})
}

func TestLeases(t *testing.T) {
	eventlogtest.RunLease(t, func(*testing.T) eventlogtest.LeaseHarness {
		l := memory.NewLeases(nil)

		return eventlogtest.LeaseHarness{
			Lease: l, Members: l, Presence: l,
			Another:         func(testing.TB) (eventlog.Lease, eventlog.Members) { return l, l },
			AnotherPresence: func(testing.TB) eventlog.Presence { return l },
		}
	})
}
