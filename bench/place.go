package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// ErrPlaced is returned when other tasks are placed than there is room for.
var ErrPlaced = errors.New("not all tasks were placed")

// Place has a matcher that has seen nothing before place tasks that wait on agents that have room for 16 each. What there is of
// other jobs and wishes is measured by BenchmarkPlace of internal/core/placement.
func Place(_ context.Context, m Machine, tasks, agents int) ([]Row, error) {
	var rows []Row
	for _, jobs := range []int{1, m.pick(1000, 10), tasks} {
		q := waiting(tasks, agents, jobs)
		var matcher placement.Matcher
		began := time.Now()
		found, _ := matcher.Match(q)
		took, placed := time.Since(began), 0
		for _, p := range found {
			placed += len(p.Tasks)
		}
		if placed != tasks {
			return rows, fmt.Errorf("%w: %d of %d", ErrPlaced, placed, tasks)
		}
		rows = append(rows, Row{
			Scenario: "place", Case: fmt.Sprintf("%d tasks of %d jobs", tasks, jobs), What: fmt.Sprintf("on %d agents", agents), Value: took.Seconds(), Unit: "s", Aim: "<= 1 s",
		})
	}
	return rows, nil
}

// waiting is the question about so many tasks of so many jobs, and agents.
func waiting(tasks, agents, jobs int) placement.Question {
	now := time.Unix(1_800_000_000, 0)
	q := placement.Question{Offers: map[string]offer.Offer{}, Limit: tasks, Now: now, Log: now}
	for n := range agents {
		id := fmt.Sprintf("O%d", n)
		q.Offers[id] = offer.Offer{
			ID: id, AgentID: fmt.Sprintf("S%05d", n), Hostname: fmt.Sprintf("h%d", n), Role: "*",
			Resources:  offer.Resources{CPUs: 16_000, Mem: 64_000_000},
			Attributes: []offer.Attribute{{Name: "rack", Value: fmt.Sprintf("r%d", n%10)}},
		}
	}
	for k := range jobs {
		id := fmt.Sprintf("job%d", k)
		d := placement.Demand{
			Job:   &cluster.Job{ID: id, Run: 1},
			Group: &job.Group{Name: "g", Replicas: uint32(tasks / jobs), Resources: &job.Resources{CPU: 1, Memory: 128}},
		}
		for slot := range uint32(tasks / jobs) {
			d.Tasks = append(d.Tasks, &cluster.Task{Job: id, Run: 1, Group: "g", Slot: slot, Attempt: 1, PlannedAt: now})
		}
		q.Demands = append(q.Demands, d)
	}
	return q
}
