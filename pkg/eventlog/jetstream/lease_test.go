package jetstream_test

import (
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/eventlogtest"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

func TestLeasesR1(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	eventlogtest.RunLease(t, func(t *testing.T) eventlogtest.LeaseHarness {
		return leaseHarness(t, store{
			urls: s.URL(), options: jetstream.Options{Replicas: 1},
			restart: func(t testing.TB) {
				s.Kill(t)
				s.Restart(t)
			},
		})
	})
}

func TestLeasesR3(t *testing.T) {
	t.Parallel()
	c := natstest.StartCluster(t, 3)
	eventlogtest.RunLease(t, func(t *testing.T) eventlogtest.LeaseHarness {
		return leaseHarness(t, store{
			urls: c.URL(), options: jetstream.Options{Replicas: 3},
			restart: func(t testing.TB) {
				leader := c.StreamLeader(t, "KV_"+jetstream.LeaseBucket)
				leader.Kill(t)
				c.Rejoin(t, leader)
			},
		})
	})
}

// openLeases makes the bucket where there is none, and opens it.
func openLeases(t testing.TB, o jetstream.Options) *jetstream.Leases {
	t.Helper()
	if err := jetstream.CreateLeases(within(t), o); err != nil {
		t.Fatalf("create: %v", err)
	}
	l, err := jetstream.OpenLeases(within(t), o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() })

	return l
}

func leaseHarness(t *testing.T, s store) eventlogtest.LeaseHarness {
	t.Helper()
	o := s.options
	o.URL = s.urls
	remove(t, s.urls, "KV_"+jetstream.LeaseBucket)
	l := openLeases(t, o)

	return eventlogtest.LeaseHarness{
		Lease: l, Members: l, Presence: l, Restart: s.restart,
		AnotherPresence: func(t testing.TB) eventlog.Presence { return openLeases(t, o) },
		Another: func(t testing.TB) (eventlog.Lease, eventlog.Members) {
			another := openLeases(t, o)

			return another, another
		},
	}
}
