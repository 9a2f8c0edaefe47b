package api

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/projection"
)

// jobsGauge tells how many jobs are in each state, as of the scrape.
type jobsGauge struct {
	live *projection.Projection
	desc *prometheus.Desc
}

func newJobsGauge(live *projection.Projection) *jobsGauge {
	return &jobsGauge{live, prometheus.NewDesc("taurus_jobs", "Jobs in each state.", []string{"state"}, nil)}
}

// Describe implements prometheus.Collector.
func (g *jobsGauge) Describe(out chan<- *prometheus.Desc) { out <- g.desc }

// Collect implements prometheus.Collector. All states are there, so that what is at 0 is
// told from what is not measured.
func (g *jobsGauge) Collect(out chan<- prometheus.Metric) {
	var jobs map[projection.JobState]uint32
	g.live.View(func(m *projection.Model) { jobs = m.Cluster().Jobs })
	for _, state := range projection.JobStates() {
		out <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(jobs[state]), string(state))
	}
}
