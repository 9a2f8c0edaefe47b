package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/launcher"
)

// ErrTwice is returned when a task was launched twice.
var ErrTwice = errors.New("a task was launched twice")

// Failover kills the active launcher, kill -9, and has the standby launch what was submitted meanwhile. It is told in seconds from
// the kill until the log says that the task runs.
func Failover(ctx context.Context, m Machine, servers int) ([]Row, error) {
	i, err := m.installed(ctx, servers, 1000, 0, roles()...)
	defer i.close()
	if err != nil {
		return nil, err
	}
	standby, err := i.Start(ctx, "launcher", "launcher-2")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	log, err := i.follow(ctx)
	if err != nil {
		return nil, err
	}
	staged := map[string]int{}
	wait := func(job string, tasks int, began time.Time) (time.Duration, error) {
		up := 0
		return since(ctx, log, began, func(s seen) bool {
			if ev, ok := s.Event.(events.TaskStaged); ok {
				staged[fmt.Sprintf("%s/%d", s.Subject.Job, ev.Slot)]++
			}
			if runs(s, job) {
				up++
			}
			return up == tasks
		})
	}
	const tasks = 100
	if _, err := i.submit(ctx, "before", "service", tasks); err != nil {
		return nil, err
	}
	if _, err := wait("before", tasks, time.Now()); err != nil {
		return nil, err
	}
	began := time.Now()
	i.all["launcher"].Kill()
	i.all["launcher"] = standby
	if _, err := i.submit(ctx, "after", "service", tasks); err != nil {
		return nil, err
	}
	took, err := wait("after", tasks, began)
	if err != nil {
		return nil, err
	}
	for task, n := range staged {
		if n != 1 {
			return nil, fmt.Errorf("%w: %s, %d times", ErrTwice, task, n)
		}
	}
	return []Row{{Scenario: "failover", Case: fmt.Sprintf("R%d, lease of %s", servers, cmp.Or(i.Lease, launcher.DefaultLeaseTTL)), What: "kill -9 to RUNNING by the standby", Value: took.Seconds(), Unit: "s", Aim: "<= 3 s"}}, nil
}
