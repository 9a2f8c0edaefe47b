package ownership_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/ownership"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// replica is a share that runs.
type replica struct {
	*ownership.Share
	metrics *prometheus.Registry
	leave   func()
}

func join(t *testing.T, members eventlog.Members, name string) replica {
	t.Helper()
	r := replica{metrics: prometheus.NewRegistry()}
	s, err := ownership.New(ownership.Options{
		Members: members, Space: events.NewSpace(0), Role: "planner", Instance: name, Logger: zerolog.Nop(), Metrics: r.metrics,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	r.Share, r.leave = s, func() { cancel(); <-done }
	t.Cleanup(r.leave)
	return r
}

// mine counts the jobs, out of a thousand, that belong to each of some shares.
func mine(shares ...replica) (each []int, by [4]int) {
	each = make([]int, len(shares))
	for j := range 1000 {
		owners, partition := 0, events.NewSpace(0).Partition(fmt.Sprintf("job-%d", j))
		for i, s := range shares {
			if p := s.Partitions(); p == nil || p[partition] {
				owners++
				each[i]++
			}
		}
		by[owners]++
	}
	return each, by
}

func TestReplicasShareJobsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		members := memory.NewLeases(time.Now)
		one := join(t, members, "one")
		if each, _ := mine(one); each[0] != 1000 {
			t.Fatalf("alone it has %d of 1000 jobs", each[0])
		}
		synctest.Wait()
		<-one.Changed()
		two, three := join(t, members, "two"), join(t, members, "three")
		time.Sleep(ownership.TTL)
		each, by := mine(one, two, three)
		if by[1] != 1000 || each[0] == 0 || each[1] == 0 || each[2] == 0 {
			t.Errorf("jobs of each: %v; with 0, 1, 2, 3 owners: %v", each, by)
		}
		select {
		case <-one.Changed():
		default:
			t.Error("the first was not told that others came")
		}
		if n, err := testutil.GatherAndCount(one.metrics, "taurus_owned_partitions"); n != 1 || err != nil {
			t.Errorf("metrics: %d, %v", n, err)
		}

		two.leave()
		time.Sleep(ownership.TTL / 2)
		if each, by := mine(one, three); by[1] != 1000 {
			t.Errorf("after one has left, jobs of each: %v; with 0, 1, 2 owners: %v", each, by)
		}
	})
}

// unlisted is a list that can be made to fail or to forget everyone.
type unlisted struct {
	eventlog.Members
	fails, forgets atomic.Bool
}

func (u *unlisted) List(ctx context.Context, role string) ([]string, error) {
	switch {
	case u.fails.Load():
		return nil, errors.New("no list")
	case u.forgets.Load():
		return []string{"two"}, nil
	}
	return u.Members.List(ctx, role)
}

func TestWhoIsNotListedHasAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		members := &unlisted{Members: memory.NewLeases(time.Now)}
		one, two := join(t, members, "one"), join(t, members, "two")
		time.Sleep(ownership.TTL)
		before, _ := mine(one, two)

		members.fails.Store(true)
		time.Sleep(3 * ownership.TTL)
		if after, _ := mine(one, two); after[0] != before[0] || after[1] != before[1] {
			t.Errorf("without a list jobs went from %v to %v", before, after)
		}

		members.fails.Store(false)
		members.forgets.Store(true)
		time.Sleep(ownership.TTL)
		if after, _ := mine(one, two); after[0] != 1000 || after[1] != 1000 {
			t.Errorf("jobs are %v, want all for each: one is not listed, two alone", after)
		}
	})
}
