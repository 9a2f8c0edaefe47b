package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Submit submits jobs by one client and by several at once; each is durable when it is answered. There are
// no agents, so that it is submissions that are measured: with the api alone, and with all services, which plan them.
// The limit is as many appends of the same record on a subject of their own, with nothing else.
func Submit(ctx context.Context, m Machine, jobs int) ([]Row, error) {
	var rows []Row
	for _, with := range []struct {
		name  string
		roles []string
	}{{"api alone", []string{"api"}}, {"all services", roles()}} {
		some, err := m.submits(ctx, with.name, jobs, with.roles)
		rows = append(rows, some...)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", with.name, err)
		}
	}
	return rows, nil
}

func (m Machine) submits(ctx context.Context, with string, jobs int, named []string) ([]Row, error) {
	i, err := m.installed(ctx, 1, 0, 0, named...)
	defer i.close()
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, clients := range []int{1, 8, 64} {
		n := min(jobs, 50*clients+jobs/8)
		_, raw, err := every(clients, n, func(k int) (time.Duration, error) { return 0, i.append(ctx, fmt.Sprintf("raw-%d-%d", clients, k)) })
		if err != nil {
			return rows, err
		}
		each, all, err := every(clients, n, func(k int) (time.Duration, error) {
			return i.submit(ctx, fmt.Sprintf("job-%d-%d", clients, k), "service", 1)
		})
		if err != nil {
			return rows, err
		}
		name, aim, late := fmt.Sprintf("%s, %d clients", with, clients), "", ""
		if clients == 64 {
			aim, late = ">= 3,000/s", "<= 50 ms"
		}
		rows = append(rows,
			Row{Scenario: "submit", Case: name, What: "submissions", Value: float64(n) / all.Seconds(), Unit: "1/s", Aim: aim}.
				beside("raw appends", float64(n)/raw.Seconds()),
			Row{Scenario: "submit", Case: name, What: "p50", Value: quantile(each, 0.5), Unit: "ms"},
			Row{Scenario: "submit", Case: name, What: "p99", Value: quantile(each, 0.99), Unit: "ms", Aim: late})
	}
	return rows, nil
}

// append appends what is as large as a submission, and is rejected by who folds it: it stands for no job.
func (i *install) append(ctx context.Context, id string) error {
	body := events.Unknown{TypeName: "taurus.bench.appended.v1", Data: []byte(spec(id, "service", 1))}
	msg, err := events.Encode(events.NewSpace(0).Job(id), events.Envelope{ID: id, Source: "bench", Time: time.Now()}, body)
	if err != nil {
		return err
	}
	_, err = i.log.Append(ctx, eventlog.Decision(msg, 0))
	return err
}
