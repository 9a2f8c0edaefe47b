package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/fold"
)

// metrics are what the service counts.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	appends  *prometheus.CounterVec
	feeds    prometheus.Gauge
	feedsCut prometheus.Counter
	turned   prometheus.Counter
	rejected prometheus.Counter
	audited  prometheus.Counter
	lost     prometheus.Counter
	refused  prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "taurus_api_requests_total", Help: "Requests answered, by method, route and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "taurus_api_request_seconds", Help: "Time to answer a request, by method and route.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 9),
		}, []string{"method", "route"}),
		appends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "taurus_api_appends_total", Help: "Decisions appended, by type and whether they were stored.",
		}, []string{"type", "stored"}),
		feeds: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taurus_api_feeds", Help: "Feeds of events that are open.",
		}),
		feedsCut: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "taurus_api_feeds_cut_total", Help: "Feeds that were ended because their clients were too slow.",
		}),
		turned: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "taurus_api_connections_refused_total", Help: "Connections that were refused because there were too many.",
		}),
		audited: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "taurus_api_audit_records_total", Help: "Records of who did what that were stored.",
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "taurus_api_audit_lost_total", Help: "Records of who did what that were dropped, as the audit stream took none for too long.",
		}),
		refused: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taurus_api_policy_refused", Help: "1 while the file of the policy is wrong or cannot be read, and the policy stays as it was.",
		}),
		rejected: fold.NewRejectedCounter("api"),
	}
	return m, errors.Join(
		register(r, &m.requests), register(r, &m.seconds), register(r, &m.appends), register(r, &m.feeds),
		register(r, &m.feedsCut), register(r, &m.turned), register(r, &m.rejected), register(r, &m.audited), register(r, &m.lost), register(r, &m.refused))
}

// register takes the collector that is there already where several instances
// run in one process.
func register[C prometheus.Collector](r prometheus.Registerer, c *C) error {
	err := r.Register(*c)
	there := new(prometheus.AlreadyRegisteredError)
	if !errors.As(err, there) {
		return err
	}
	existing, ok := there.ExistingCollector.(C)
	if !ok {
		return err
	}
	*c = existing
	return nil
}

func (m *metrics) answered(method, route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodDelete:
	default:
		method = "other" // Or clients could make as many series as they like.
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(method, route).Observe(took.Seconds())
}

func (m *metrics) recorded(n int) { m.audited.Add(float64(n)) }

func (m *metrics) unrecorded(n int) { m.lost.Add(float64(n)) }

func (m *metrics) appended(eventType string, stored bool) {
	m.appends.WithLabelValues(eventType, strconv.FormatBool(stored)).Inc()
}
