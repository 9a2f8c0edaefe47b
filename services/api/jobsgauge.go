package api

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/projection"
)

// jobsGauge tells how many jobs are in each state, and how many tasks do not end though
// they were told to, as of the scrape.
type jobsGauge struct {
	live                     *projection.Projection
	jobs, blocked, forbidden *prometheus.Desc
}

func newJobsGauge(live *projection.Projection) *jobsGauge {
	return &jobsGauge{
		live:      live,
		jobs:      prometheus.NewDesc("taurus_jobs", "Jobs in each state.", []string{"state"}, nil),
		blocked:   prometheus.NewDesc("taurus_blocked_kills", "Tasks that were told to end again and again, and have not.", nil, nil),
		forbidden: prometheus.NewDesc("taurus_jobs_forbidden", "Jobs that are not over and of which the policy lets nothing be started anew.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *jobsGauge) Describe(out chan<- *prometheus.Desc) {
	out <- g.jobs
	out <- g.blocked
	out <- g.forbidden
}

// Collect implements prometheus.Collector. All states are there, so that what is at 0 is
// told from what is not measured.
func (g *jobsGauge) Collect(out chan<- prometheus.Metric) {
	var (
		all       projection.Cluster
		forbidden int
	)
	g.live.View(func(m *projection.Model) { all = m.Cluster(nil); forbidden = m.Forbidden() })
	for _, state := range projection.JobStates() {
		out <- prometheus.MustNewConstMetric(g.jobs, prometheus.GaugeValue, float64(all.Jobs[state]), string(state))
	}
	out <- prometheus.MustNewConstMetric(g.blocked, prometheus.GaugeValue, float64(all.Blocked))
	out <- prometheus.MustNewConstMetric(g.forbidden, prometheus.GaugeValue, float64(forbidden))
}
