package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// MeasureMemory is what a task takes in each service while it lives, and when it has ended: what the heap is larger by than
// before the first, after garbage was collected.
func MeasureMemory(ctx context.Context, m Machine, tasks int) ([]Row, error) {
	i, err := m.installed(ctx, 1, tasks, 0, roles()...)
	defer i.close()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	log, err := i.follow(ctx)
	if err != nil {
		return nil, err
	}
	jobs := min(launchJobs, tasks)
	n, count := jobs*(tasks/jobs), tally{running: map[string]bool{}, ended: map[string]bool{}}
	empty, err := heaps(ctx, i.all)
	if err != nil {
		return nil, err
	}
	rows := []Row(nil)
	for _, step := range []struct {
		name, aim string
		do        func(k int) (time.Duration, error)
		done      func() bool
	}{
		{"live", "<= 600 B", func(k int) (time.Duration, error) {
			return i.submit(ctx, fmt.Sprintf("job-%d", k), "service", tasks/jobs)
		}, func() bool { return len(count.running) >= n }},
		{"ended", "0", func(k int) (time.Duration, error) {
			return i.request(ctx, http.MethodPost, fmt.Sprintf("/v2/jobs/job-%d/stop", k), "", http.StatusOK)
		}, func() bool { return len(count.ended) >= n }},
	} {
		if _, _, err := every(submitters, jobs, step.do); err != nil {
			return rows, err
		}
		if _, err := since(ctx, log, time.Now(), func(s seen) bool { return count.take(s.Record) && step.done() }); err != nil {
			return rows, err
		}
		time.Sleep(quiet) // Others may be behind by a moment.
		now, err := heaps(ctx, i.all)
		if err != nil {
			return rows, err
		}
		for _, role := range roles() {
			rows = append(rows, Row{
				Scenario: "memory", Case: fmt.Sprintf("%d tasks", n), What: role + ", per " + step.name + " task", Value: (now[role] - empty[role]) / float64(n), Unit: "B", Aim: step.aim,
			})
		}
	}
	return rows, nil
}

// quiet is how long services are given to be done with what the log has.
const quiet = time.Second
