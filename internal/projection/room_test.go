package projection_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestExplainTellsWhatALargeJobWaitsFor: it is explained just as long as the planner does
// not plan it, and what it says to type is enough for the planner, and a MiB less is not.
func TestExplainTellsWhatALargeJobWaitsFor(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 100))
	m := projection.NewModel()
	for _, r := range l.Records {
		if _, err := m.Apply(r); err != nil {
			t.Fatal(err)
		}
	}
	ends := reserve.Of(l.State).Due + reserve.Of(l.State).Ends
	plans := func(used, limit uint64) bool {
		p, at := planning.New(events.NewSpace(0), "one", l.State), machine.Moment{Now: l.Now, Log: l.Now}
		for i := range l.Records {
			p.Step(at, machine.Folded{Record: &l.Records[i], Change: cluster.Change{Job: j}})
		}
		p.Step(at, planning.Usage{Bytes: used, MaxBytes: limit})
		p.Step(at, machine.CaughtUp{})
		return slices.ContainsFunc(p.Step(at, machine.Tick{}), func(e machine.Effect) bool {
			_, appends := e.(machine.Append)
			return appends
		})
	}
	const used = 3 << 20
	need := reserve.OfPlan("web", clustertest.Slots(0, 99, 1))
	for _, limit := range []uint64{4 << 20, used + ends + need - 1, used + ends + need, 0} {
		room := projection.Room{Bytes: used, MaxBytes: limit, Ends: ends}
		e, ok := m.Explain("web", nil, projection.Parts{Room: room}, l.Now)
		large := len(e.Reasons) > 0 && e.Reasons[0].Code == projection.CodeLogFull
		if !ok || large == plans(used, limit) {
			t.Errorf("of %d bytes: planned %v, explained by %+v", limit, plans(used, limit), e.Reasons)
		}
		if waits := m.WaitsFor("web", projection.Parts{Room: room}); large != (waits != "") || large && waits != e.Summary {
			t.Errorf("of %d bytes it waits for %q", limit, waits)
		}
		if !large {
			continue
		}
		_, typed, _ := strings.Cut(e.Summary, "taurus log resize --max-bytes ")
		var mib uint64
		if _, err := fmt.Sscanf(typed, "%dMiB", &mib); err != nil || !plans(used, mib<<20) || plans(used, (mib-1)<<20) || e.Reasons[0].Tasks != 100 {
			t.Errorf("of %d bytes: %s (%v)", limit, e.Summary, err)
		}
	}
	gone := projection.Parts{Planner: projection.Part{Missing: "no planner"}, Room: projection.Room{Bytes: used, MaxBytes: used, Ends: ends}, Log: "the log is full"}
	e, _ := m.Explain("web", nil, gone, time.Time{})
	if len(e.Reasons) < 3 || e.Reasons[0].Code != projection.CodeNoPlanner || e.Reasons[1].Tasks != 100 || e.Reasons[2].Message != "the log is full" {
		t.Errorf("%+v", e.Reasons)
	}
}
