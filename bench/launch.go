package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// ErrFollow is returned when the log cannot be followed any more.
var ErrFollow = errors.New("the log is not followed any more")

// Launched is how long it took to launch tasks.
type Launched struct {
	Tasks int
	// Submitted is until all submissions were answered, Running until the log said of each
	// task that it runs, Killed from the first stop until it said of each that it ended.
	Submitted, Running, Killed time.Duration
}

// launchJobs is how many jobs the tasks are of.
const launchJobs = 50

// Launch starts tasks and stops them again: by all services in this process, on a log in memory and on one of a
// server, and by processes, on a log of one server and of three. The limit is a scheduler over HTTP that does nothing else.
func Launch(ctx context.Context, m Machine, tasks int) ([]Row, error) {
	took, err := bareLimit(ctx, tasks)
	if err != nil {
		return nil, err
	}
	bare := float64(tasks) / took.Seconds()
	rows := []Row{{Scenario: "launch", Case: "bare", What: "first offer to RUNNING", Value: bare, Unit: "tasks/s"}}
	for _, name := range []string{"log in memory", "R1"} {
		l, err := inOne(ctx, m, name, tasks)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", name, err)
		}
		rows = append(rows, l.rows(name+", one process", bare)...)
	}
	for _, servers := range []int{1, 3}[:m.pick(2, 1)] {
		l, err := launched(ctx, m, servers, tasks)
		if err != nil {
			return rows, fmt.Errorf("a log of %d servers: %w", servers, err)
		}
		rows = append(rows, l.rows(fmt.Sprintf("R%d, processes", servers), bare)...)
	}
	return rows, nil
}

// rows are those of what was launched, beside the limit.
func (l Launched) rows(name string, bare float64) []Row {
	n := float64(l.Tasks)
	return []Row{
		Row{
			Scenario: "launch", Case: name, What: "submit to RUNNING", Value: n / l.Running.Seconds(), Unit: "tasks/s", Aim: "ratio >= 0.60",
		}.beside("bare over HTTP", bare),
		{Scenario: "launch", Case: name, What: "stop to KILLED", Value: n / l.Killed.Seconds(), Unit: "tasks/s"},
	}
}

// inOne launches by all services in this process.
func inOne(ctx context.Context, m Machine, name string, tasks int) (Launched, error) {
	c, err := mesosFor(ctx, tasks, 0)
	if err != nil {
		return Launched{}, err
	}
	defer c.Close()
	leases := memory.NewLeases(time.Now)
	t := Taurus{Lease: leases, Members: leases, Mesos: mesos.Config{Master: c.Addr(), Log: zerolog.Nop()}}
	kept := memory.New()
	t.Log = func(context.Context, string) (eventlog.Log, error) { return unclosed{kept}, nil }
	if name == "R1" {
		url, stop := m.NATS(1)
		defer stop()
		if err := jetstream.Create(ctx, jetstream.Options{URL: url}); err != nil {
			return Launched{}, err
		}
		t.Log = func(ctx context.Context, role string) (eventlog.Log, error) {
			return jetstream.Open(ctx, jetstream.Options{URL: url, Name: role})
		}
	}
	jobs := min(launchJobs, tasks)
	p, err := t.Run(ctx, jobs, tasks/jobs)
	return Launched{Tasks: jobs * (tasks / jobs), Submitted: p.Submitted, Running: p.Running, Killed: p.Killed}, err
}

// unclosed is a log that one of its users does not close for the others.
type unclosed struct{ eventlog.Log }

// Close leaves the log as it is.
func (unclosed) Close() error { return nil }

func launched(ctx context.Context, m Machine, servers, tasks int) (Launched, error) {
	i, err := m.installed(ctx, servers, tasks, 0, roles()...)
	defer i.close()
	if err != nil {
		return Launched{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	log, err := i.follow(ctx)
	if err != nil {
		return Launched{}, err
	}
	jobs := min(launchJobs, tasks)
	l := Launched{Tasks: jobs * (tasks / jobs)}
	began := time.Now()
	if _, l.Submitted, err = every(submitters, jobs, func(k int) (time.Duration, error) {
		return i.submit(ctx, fmt.Sprintf("job-%d", k), "service", tasks/jobs)
	}); err != nil {
		return l, err
	}
	count := tally{running: map[string]bool{}, ended: map[string]bool{}}
	if l.Running, err = since(ctx, log, began, func(s seen) bool {
		return count.take(s.Record) && len(count.running) >= l.Tasks
	}); err != nil {
		return l, err
	}
	began = time.Now()
	if _, _, err = every(submitters, jobs, func(k int) (time.Duration, error) {
		return i.request(ctx, http.MethodPost, fmt.Sprintf("/v2/jobs/job-%d/stop", k), "", http.StatusOK)
	}); err != nil {
		return l, err
	}
	l.Killed, err = since(ctx, log, began, func(s seen) bool {
		return count.take(s.Record) && len(count.ended) >= l.Tasks
	})
	return l, err
}

// since reads on until something is so, and says how long after it began that was.
func since(ctx context.Context, log <-chan seen, began time.Time, is func(seen) bool) (time.Duration, error) {
	for {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case s, ok := <-log:
			if !ok || s.err != nil {
				return 0, errors.Join(ErrFollow, s.err)
			}
			if is(s) {
				return s.at.Sub(began), nil
			}
		}
	}
}

// runs reports whether a record says of a job's task that it runs.
func runs(s seen, job string) bool {
	ev, ok := s.Event.(events.TaskStatusChanged)
	return ok && s.Subject.Job == job && ev.State == "TASK_RUNNING"
}
