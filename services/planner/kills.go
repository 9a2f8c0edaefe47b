package planner

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/pkg/events"
)

// DefaultKillBound is what KillBound is unless told otherwise.
const DefaultKillBound = planning.DefaultKillBound

// kills tell how many tasks were ended lately without being asked to, and how many may be.
type kills struct {
	state *cluster.State // the machine's; only folded reads it
	bound uint32
	now   func() time.Time
	seen  atomic.Pointer[cluster.KillWindow]
}

func newKills(state *cluster.State, opt Options) (*kills, error) {
	k := &kills{state: state, bound: opt.KillBound, now: opt.Now}
	k.seen.Store(&cluster.KillWindow{})
	if opt.Metrics == nil {
		return k, nil
	}
	for _, g := range []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "taurus_automatic_kills", Help: "Tasks that planners ended in the last minute without being asked to: replaced, rolled out, drained, over their time.",
		}, func() float64 { return float64(k.lately()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "taurus_automatic_kills_bound", Help: "How many that may be (--kills-per-minute); 0 is any number.",
		}, func() float64 { return float64(k.bound) }),
	} {
		if err := opt.Metrics.Register(g); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return k, nil
}

// resumed takes in a state that was folded elsewhere.
func (k *kills) resumed() {
	window := k.state.AutomaticKills
	k.seen.Store(&window)
}

// folded takes in a record that was folded.
func (k *kills) folded(in machine.Folded) {
	if doom, ok := in.Record.Event.(events.TasksDoomed); ok && cluster.AutomaticKill(doom.Class) {
		window := k.state.AutomaticKills
		k.seen.Store(&window)
	}
}

func (k *kills) lately() uint64 { return k.seen.Load().Within(k.now()) }

// held says that what would be ended waits; empty if there is room.
func (k *kills) held() string {
	if n := k.lately(); k.bound != 0 && n >= uint64(k.bound) {
		return fmt.Sprintf("what else would be ended is held by the bound on automatic kills: %d in the last minute, next at %s (--kills-per-minute)",
			n, k.seen.Load().Next(k.now()).Format(time.RFC3339))
	}
	return ""
}
