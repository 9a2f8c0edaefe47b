package decider

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	sequence prometheus.Gauge
	appends  *prometheus.CounterVec
}

func newMetrics(role string, reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		sequence: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taurus_fold_sequence", Help: "Last sequence of the log that was folded.",
			ConstLabels: prometheus.Labels{"role": role},
		}),
		appends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "taurus_decisions_total", Help: "Decisions appended, by outcome: ok, conflict (another replica was first), error.",
			ConstLabels: prometheus.Labels{"role": role},
		}, []string{"outcome"}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.sequence, m.appends} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
