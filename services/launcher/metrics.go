package launcher

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	sequence  prometheus.Gauge
	offers    prometheus.Counter
	launches  prometheus.Counter
	conflicts prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		sequence: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taurus_fold_sequence", Help: "Last sequence of the log that was folded.",
			ConstLabels: prometheus.Labels{"role": "launcher"},
		}),
		offers:    prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_offers_total", Help: "Offers received."}),
		launches:  prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_launches_total", Help: "Tasks sent in an ACCEPT."}),
		conflicts: prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_launch_conflicts_total", Help: "Batches of decisions refused because the log had moved on."}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.sequence, m.offers, m.launches, m.conflicts} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
