package launcher

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/restart"
)

type metrics struct {
	offers    prometheus.Counter
	launches  prometheus.Counter
	conflicts prometheus.Counter
	ends      *prometheus.CounterVec
	secrets   *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		offers:   prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_offers_total", Help: "Offers received."}),
		launches: prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_launches_total", Help: "Tasks sent in an ACCEPT."}),
		ends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "taurus_ends_total", Help: "Tasks that ended, by why (docs/jobs.md, How tasks end), as this launcher recorded it.",
		}, []string{"class"}),
		secrets: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "taurus_secret_requests_total", Help: "Times that the secrets of waiting tasks were asked for, by what came of it: had, secret-missing, secret-forbidden, secret-unavailable.",
		}, []string{"outcome"}),
		conflicts: prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_launch_conflicts_total", Help: "Batches of decisions refused because the log had moved on."}),
	}
	for _, class := range restart.Classes() {
		m.ends.WithLabelValues(string(class)) // All are there from the start, at 0.
	}
	for _, outcome := range []string{secretsHad, launching.SecretMissing, launching.SecretForbidden, launching.SecretUnavailable} {
		m.secrets.WithLabelValues(outcome)
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.offers, m.launches, m.conflicts, m.ends, m.secrets} {
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
	case machine.Folded:
		if in.Own && in.Change.Judgement == cluster.Counted {
			m.ended(in.Change.Tasks)
		}
	default:
	}
	for _, e := range effects {
		if a, ok := e.(launching.Accept); ok {
			m.launches.Add(float64(len(a.Launches)))
		}
	}
}

// ended counts the tasks that an own event ended: only those that a status, or a
// withdrawal, says so of are terminal then.
func (m *metrics) ended(tasks []*cluster.Task) {
	for _, t := range tasks {
		if !t.Live() {
			m.ends.WithLabelValues(string(t.End().Class())).Inc()
		}
	}
}
