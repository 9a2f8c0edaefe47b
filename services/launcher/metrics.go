package launcher

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/machine"
)

type metrics struct {
	offers    prometheus.Counter
	launches  prometheus.Counter
	conflicts prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		offers:    prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_offers_total", Help: "Offers received."}),
		launches:  prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_launches_total", Help: "Tasks sent in an ACCEPT."}),
		conflicts: prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_launch_conflicts_total", Help: "Batches of decisions refused because the log had moved on."}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.offers, m.launches, m.conflicts} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

// observe counts what goes into the machine and what comes out.
func (m *metrics) observe(in machine.Input, effects []machine.Effect) {
	switch in := in.(type) {
	case launching.Offered:
		m.offers.Add(float64(len(in.Offers)))
	case machine.Appended:
		if in.Outcome.Answer == machine.Conflict {
			m.conflicts.Inc()
		}
	default:
	}
	for _, e := range effects {
		if a, ok := e.(launching.Accept); ok {
			m.launches.Add(float64(len(a.Launches)))
		}
	}
}
