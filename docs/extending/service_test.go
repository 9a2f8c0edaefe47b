package extending_test

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	taurusplanner "github.com/milosgajdos/taurus/services/planner"
)

// Example_service runs taurus' own planner in a program of one's own, on a log
// of one's own.
func Example_service() {
	log := memory.New()
	space := events.NewSpace(0)
	submitted := events.JobSubmitted{Spec: []byte(`{"id":"web","tasks":[{"name":"web","replicas":4,` +
		`"resources":{"cpu":0.1,"memory":32},"container":{"image":"nginx"}}]}`)}
	m, err := events.Encode(space.Job("web"), events.Envelope{ID: "1", Time: time.Now()}, submitted)
	if err != nil {
		panic(err)
	}
	if _, err := log.Append(context.Background(), eventlog.Decision(m, 0)); err != nil {
		panic(err)
	}

	service, err := taurusplanner.New(taurusplanner.Options{
		Log: log, Space: space, Instance: "mine", Now: time.Now, Logger: zerolog.Nop(), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- service.Run(ctx) }()
	for rec, err := range log.Read(ctx, 2, 2) {
		fmt.Println(rec.Subject == space.Plan("web"), err)
	}
	stop()
	<-done
	// Output: true <nil>
}
