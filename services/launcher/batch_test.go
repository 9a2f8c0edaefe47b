package launcher_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// vast offers agents with resources for a thousand tasks of the job each.
func vast(names ...string) mesos.Event {
	var ev mesos.Offers
	for _, n := range names {
		ev.Offers = append(ev.Offers, offer.Offer{
			ID: "O" + n, AgentID: "S" + n, Hostname: "h" + n, Role: "*",
			Resources: offer.Resources{CPUs: 2_000_000, Mem: 10_000_000},
		})
	}
	return ev
}

// TestMoreThanABatch: what does not fit into one batch is launched with the next,
// on offers that were kept or asked for again at once. Declining them would
// leave it waiting for as long as they are refused.
func TestMoreThanABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.start()
		const tasks = eventlog.MaxBatch + 500
		r.plan(tasks)
		sub := r.sub()
		sub.events <- vast("1", "2")
		time.Sleep(10 * time.Millisecond)
		if n := launches(sub); n != eventlog.MaxBatch {
			t.Fatalf("%d tasks launched with the first batch, want %d", n, eventlog.MaxBatch)
		}
		want(t, "declined", sub.called("DECLINE"))
		calls := sub.called("")
		if last := calls[len(calls)-1]; last != "REVIVE" {
			t.Errorf("the last call is %.40q, want REVIVE after the ACCEPTs", last)
		}
		sub.events <- vast("3", "4")
		time.Sleep(10 * time.Millisecond)
		if n := launches(sub); n != tasks {
			t.Errorf("%d tasks launched, want %d", n, tasks)
		}
	})
}

// launches counts the tasks of all ACCEPTs.
func launches(sub *subscription) int {
	n := 0
	for _, call := range sub.called("ACCEPT") {
		_, list, _ := strings.Cut(call, ": ")
		n += len(strings.Split(list, ","))
	}
	return n
}

// TestOffersOutliveABatch: offers that a full batch did not use serve the next.
func TestOffersOutliveABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(eventlog.MaxBatch + 1)
		var names []string
		for i := range eventlog.MaxBatch + 1 {
			names = append(names, fmt.Sprint(i))
		}
		sub.events <- vast(names...) // One task on each host but one.
		time.Sleep(10 * time.Millisecond)
		if n := launches(sub); n != eventlog.MaxBatch+1 {
			t.Errorf("%d tasks launched on the offers that came once, want %d", n, eventlog.MaxBatch+1)
		}
	})
}
