package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// looks is how many moments ?at= is asked for.
const looks = 5

// Replay starts services on a log of so many records, and looks back in it. The limit is a consumer that reads the
// stream in order and decodes nothing.
func Replay(ctx context.Context, m Machine, records int) (rows []Row, err error) {
	i, err := m.installed(ctx, 1, 0, 0)
	defer i.close()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	middle, err := generate(ctx, i.log, records)
	if err != nil {
		return nil, err
	}
	b, err := i.log.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	m.Say("%d records were made in %s", b.Last, time.Since(began).Round(time.Millisecond))
	raw, err := rawRead(ctx, i.NATS, b.Last)
	if err != nil {
		return nil, err
	}
	n, name := float64(b.Last), fmt.Sprintf("%d records", records)
	limit := n / raw.Seconds()
	rows = []Row{{Scenario: "replay", Case: name, What: "raw ordered consumer", Value: limit, Unit: "records/s"}}
	for _, role := range []string{"planner", "api"} {
		one, err := i.Start(ctx, role, role+"-1")
		if err != nil {
			return rows, fmt.Errorf("%s: %w", role, err)
		}
		i.all[role] = one
		held, err := one.Heap(ctx)
		if err != nil {
			return rows, err
		}
		rows = append(rows,
			Row{Scenario: "replay", Case: name, What: "start of " + role, Value: n / one.Took.Seconds(), Unit: "records/s", Aim: "ratio >= 0.60"}.beside("raw ordered consumer", limit),
			Row{Scenario: "replay", Case: name, What: "start of " + role, Value: one.Took.Seconds(), Unit: "s", Aim: "<= 5 s at 10 million"},
			Row{Scenario: "replay", Case: name, What: "heap of " + role, Value: held / (1 << 20), Unit: "MiB"})
	}
	var at []time.Duration
	for k := range m.pick(looks, 1) {
		sequence := b.Last * uint64(k+1) / (looks + 1)
		took, err := i.request(ctx, http.MethodGet, fmt.Sprintf("/v2/jobs/gen-0?at=%d", sequence), "", http.StatusOK)
		if err != nil {
			return rows, err
		}
		at = append(at, took)
	}
	_, err = i.request(ctx, http.MethodGet, "/v2/jobs/"+middle, "", http.StatusOK) // What was generated counts.
	return append(rows, Row{Scenario: "replay", Case: name, What: "?at=, median", Value: quantile(at, 0.5), Unit: "ms", Aim: "<= 1 s at 10 million"}), err
}

// rawRead reads a stream up to a sequence.
func rawRead(ctx context.Context, url string, last uint64) (time.Duration, error) {
	conn, err := nats.Connect(url)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return 0, err
	}
	consumer, err := js.OrderedConsumer(ctx, "TAURUS", jetstream.OrderedConsumerConfig{})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	messages, err := consumer.Messages()
	if err != nil {
		return 0, err
	}
	defer messages.Stop()
	for range last {
		if _, err := messages.Next(); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}
