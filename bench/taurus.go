package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/ownership"
	"github.com/milosgajdos/taurus/internal/replica"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/launcher"
	"github.com/milosgajdos/taurus/services/planner"
	"github.com/milosgajdos/taurus/services/reaper"
)

// submitters is how many users submit at a time.
const submitters = 8

// ErrAnswer is returned when the api answers otherwise than it should.
var ErrAnswer = errors.New("unexpected answer")

// Taurus is all services, with a log and a Mesos, in one process.
type Taurus struct {
	// Replicas is how many planners and how many reapers there are; 0 means one.
	Replicas int
	// Log opens the log for one service, as each process of its own would.
	Log func(ctx context.Context, role string) (eventlog.Log, error)
	// Lease is the launchers', Members are the planners' and the reapers'; with nil
	// Members they share nothing out.
	Lease   eventlog.Lease
	Members eventlog.Members
	Mesos   mesos.Config
}

// Phases is how long the parts of a run took.
type Phases struct {
	// Submitted is until every submission was answered.
	Submitted time.Duration
	// Running is from the first submission until the log says that every task
	// runs.
	Running time.Duration
	// Killed is from the first stop until the log says that every task has ended.
	Killed time.Duration
	// Decisions is how many decisions of planners and reapers were stored, Lost
	// how many came too late, since another replica had been first.
	Decisions, Lost float64
}

// runner is a service.
type runner interface {
	Run(ctx context.Context) error
	Ready() error
}

// Run submits jobs of so many tasks each, waits until all run, stops them and
// waits until all have ended.
func (t Taurus) Run(ctx context.Context, jobs, replicas int) (Phases, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{Taurus: t, failed: make(chan error, 8), space: events.NewSpace(0), end: cancel}
	defer r.wait()
	if err := r.start(ctx); err != nil {
		return Phases{}, err
	}
	watch := make(chan count, 1)
	if err := r.watch(ctx, watch); err != nil {
		return Phases{}, err
	}
	var p Phases
	began := time.Now()
	err := r.all(ctx, jobs, func(i int) (method, path, body string, status int) {
		return http.MethodPost, "/v2/jobs", fmt.Sprintf(
			`{"id":"job-%d","tasks":[{"role":"web","replicas":%d,"container":{"image":"busybox"},"resources":{"cpu":0.08,"memory":64}}]}`,
			i, replicas), http.StatusCreated
	})
	if err != nil {
		return p, err
	}
	p.Submitted = time.Since(began)
	want := jobs * replicas
	if err := r.until(ctx, watch, func(c count) bool { return c.running >= want }); err != nil {
		return p, err
	}
	p.Running = time.Since(began)
	began = time.Now()
	err = r.all(ctx, jobs, func(i int) (method, path, body string, status int) {
		return http.MethodPost, fmt.Sprintf("/v2/jobs/job-%d/stop", i), "", http.StatusOK
	})
	if err != nil {
		return p, err
	}
	if err := r.until(ctx, watch, func(c count) bool { return c.ended >= want }); err != nil {
		return p, err
	}
	p.Killed = time.Since(began)
	p.Decisions, p.Lost, err = r.decisions()
	return p, err
}

// run is one Run.
type run struct {
	Taurus
	space  events.Space
	api    *api.Service
	failed chan error
	end    context.CancelFunc
	wg     sync.WaitGroup
	logs   []eventlog.Log
	closes []func()
	// metrics are of the planners and the reapers.
	metrics []*prometheus.Registry
}

// wait ends the services and then what they used.
func (r *run) wait() {
	r.end()
	r.wg.Wait()
	for _, c := range r.closes {
		c()
	}
	for _, l := range r.logs {
		_ = l.Close() // The log is thrown away.
	}
}

func (r *run) log(ctx context.Context, role string) (eventlog.Log, error) {
	l, err := r.Log(ctx, role)
	if err == nil {
		r.logs = append(r.logs, l)
	}
	return l, err
}

func (r *run) start(ctx context.Context) error {
	makers := []func(context.Context) (runner, error){r.newAPI, r.newLauncher}
	for range max(1, r.Replicas) {
		makers = append(makers, r.newPlanner, r.newReaper)
	}
	for _, make := range makers {
		s, err := make(ctx)
		if err != nil {
			return err
		}
		r.wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				r.failed <- err
			}
		})
		for s.Ready() != nil {
			select {
			case err := <-r.failed:
				return err
			case <-time.After(time.Millisecond):
			}
		}
	}
	if r.Replicas > 1 {
		time.Sleep(ownership.TTL / 2) // Until each has seen the others.
	}
	return nil
}

func (r *run) newAPI(ctx context.Context) (runner, error) {
	log, err := r.log(ctx, "api")
	if err != nil {
		return nil, err
	}
	r.api, err = api.New(api.Options{Anonymous: "admin", Log: log, Space: r.space, Instance: "api", Logger: zerolog.Nop(), Listen: "127.0.0.1:0"})
	return r.api, err
}

func (r *run) newPlanner(ctx context.Context) (runner, error) {
	log, err := r.log(ctx, "planner")
	if err != nil {
		return nil, err
	}
	name, metrics, share, err := r.replica("planner")
	if err != nil {
		return nil, err
	}
	return planner.New(planner.Options{
		Log: log, Space: r.space, Instance: name, Now: time.Now, Logger: zerolog.Nop(), Metrics: metrics, Share: share,
	})
}

func (r *run) newLauncher(ctx context.Context) (runner, error) {
	log, err := r.log(ctx, "launcher")
	if err != nil {
		return nil, err
	}
	client, err := mesos.NewClient(r.Mesos)
	if err != nil {
		return nil, err
	}
	r.closes = append(r.closes, client.Close)
	return launcher.New(launcher.Options{
		Log: log, Space: r.space, Instance: "launcher", Now: time.Now, Logger: zerolog.Nop(), Mesos: launcher.Client(client),
		Framework: mesos.Framework{Name: "taurus", User: "root", Roles: []string{"*"}, Checkpoint: true, FailoverTimeout: time.Hour},
		Lease:     r.Lease, LeaseTTL: launcher.DefaultLeaseTTL,
	})
}

func (r *run) newReaper(ctx context.Context) (runner, error) {
	log, err := r.log(ctx, "reaper")
	if err != nil {
		return nil, err
	}
	killer, err := mesos.NewKiller(r.Mesos)
	if err != nil {
		return nil, err
	}
	r.closes = append(r.closes, killer.Close)
	name, metrics, share, err := r.replica("reaper")
	if err != nil {
		return nil, err
	}
	return reaper.New(reaper.Options{
		Log: log, Space: r.space, Instance: name, Now: time.Now, Logger: zerolog.Nop(), Metrics: metrics, Killer: killer, Share: share,
	})
}

// replica names another instance of a role, and makes what counts for it and its
// part of the jobs.
func (r *run) replica(role string) (string, *prometheus.Registry, replica.Share, error) {
	m := prometheus.NewRegistry()
	r.metrics = append(r.metrics, m)
	name := fmt.Sprintf("%s-%d", role, len(r.metrics))
	if r.Members == nil {
		return name, m, nil, nil
	}
	share, err := ownership.New(ownership.Options{
		Members: r.Members, Space: r.space, Role: role, Instance: name, Logger: zerolog.Nop(), Metrics: m,
	})
	return name, m, share, err
}

// decisions sums up what planners and reapers counted.
func (r *run) decisions() (stored, lost float64, err error) {
	for _, m := range r.metrics {
		families, err := m.Gather()
		if err != nil {
			return 0, 0, err
		}
		for _, f := range families {
			if f.GetName() != "taurus_decisions_total" {
				continue
			}
			for _, sample := range f.GetMetric() {
				for _, l := range sample.GetLabel() {
					switch l.GetValue() {
					case "ok":
						stored += sample.GetCounter().GetValue()
					case "conflict":
						lost += sample.GetCounter().GetValue()
					}
				}
			}
		}
	}
	return stored, lost, nil
}

// all makes n requests, by several users at a time.
func (r *run) all(ctx context.Context, n int, request func(i int) (method, path, body string, status int)) error {
	next, errs := make(chan int), make([]error, submitters)
	var users sync.WaitGroup
	for u := range submitters {
		users.Go(func() {
			for i := range next {
				method, path, body, status := request(i)
				errs[u] = errors.Join(errs[u], r.do(ctx, method, path, body, status))
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	users.Wait()
	return errors.Join(errs...)
}

func (r *run) do(ctx context.Context, method, path, body string, status int) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.api.Addr()+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode != status {
		return fmt.Errorf("%w: %s %s: %d %s", ErrAnswer, method, path, res.StatusCode, text)
	}
	return nil
}
