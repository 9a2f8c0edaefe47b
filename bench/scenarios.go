package bench

import (
	"context"
	"time"
)

// Sizes are how large scenarios are.
type Sizes struct {
	// Tasks are those of launch and memory, Records those of the log that replay reads.
	Tasks   int
	Records []int
	// Churn is how long churn goes on.
	Churn time.Duration
}

// Scenario is one thing that is measured.
type Scenario struct {
	Name string
	Run  func(ctx context.Context, m Machine, s Sizes) ([]Row, error)
}

// Scenarios are all of them.
func Scenarios() []Scenario {
	return []Scenario{
		{"launch", func(ctx context.Context, m Machine, s Sizes) ([]Row, error) {
			return Launch(ctx, m, m.pick(s.Tasks, 20))
		}},
		{"latency", func(ctx context.Context, m Machine, _ Sizes) ([]Row, error) {
			return MeasureLatency(ctx, m, m.pick(100, 2))
		}},
		{"churn", func(ctx context.Context, m Machine, s Sizes) ([]Row, error) {
			if m.Smoke {
				s.Churn = time.Second
			}
			return Churn(ctx, m, s.Churn)
		}},
		{"submit", func(ctx context.Context, m Machine, _ Sizes) ([]Row, error) { return Submit(ctx, m, m.pick(4000, 5)) }},
		{"read", func(ctx context.Context, m Machine, _ Sizes) ([]Row, error) {
			return Read(ctx, m, m.pick(20_000, 20), m.pick(1000, 10))
		}},
		{"replay", func(ctx context.Context, m Machine, s Sizes) (rows []Row, err error) {
			if m.Smoke {
				s.Records = []int{2000}
			}
			for _, records := range s.Records {
				some, err := Replay(ctx, m, records)
				if rows = append(rows, some...); err != nil {
					return rows, err
				}
			}
			return rows, nil
		}},
		{"place", func(ctx context.Context, m Machine, _ Sizes) ([]Row, error) {
			return Place(ctx, m, m.pick(100_000, 100), m.pick(10_000, 10))
		}},
		{"memory", func(ctx context.Context, m Machine, s Sizes) ([]Row, error) {
			return MeasureMemory(ctx, m, m.pick(s.Tasks, 20))
		}},
		{"failover", func(ctx context.Context, m Machine, _ Sizes) (rows []Row, err error) {
			for _, servers := range []int{1, 3}[:m.pick(2, 1)] {
				some, err := Failover(ctx, m, servers)
				if rows = append(rows, some...); err != nil {
					return rows, err
				}
			}
			return rows, nil
		}},
	}
}
