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

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
	"github.com/milosgajdos/taurus/internal/mesosim/inprocess"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/events"
)

// roles are the services, in the order in which they are started.
func roles() []string { return []string{"planner", "launcher", "reaper", "api"} }

// Machine is where scenarios run: what starts the parts of an installation.
type Machine struct {
	// NATS starts so many servers that keep a log, each append of which is on disk before it
	// is acknowledged, and returns their URL. stop ends them.
	NATS func(servers int) (url string, stop func())
	// Processes makes the processes of services.
	Processes func(nats, master string) *Processes
	// Smoke has a scenario show that it works, in place of measuring.
	Smoke bool
	// Say is told what goes on.
	Say func(format string, args ...any)
}

// pick is the size of a scenario.
func (m Machine) pick(full, smoke int) int {
	if m.Smoke {
		return smoke
	}
	return full
}

// install is an installation of processes, and the log that it writes.
type install struct {
	*Processes
	all    map[string]*Process
	log    eventlog.Log
	mesos  *inprocess.Cluster
	client *http.Client
	stops  []func()
}

// installed starts a log of so many servers, an embedded Mesos with room for so many tasks,
// and the services that are named.
func (m Machine) installed(ctx context.Context, servers, room int, runFor time.Duration, named ...string) (*install, error) {
	c, err := mesosFor(ctx, room, runFor)
	if err != nil {
		return nil, err
	}
	url, stop := m.NATS(servers)
	i := &install{mesos: c, stops: []func(){c.Close, stop}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4096}}}
	i.Processes = m.Processes(url, c.Addr())
	if m.Smoke {
		i.Lease = time.Second
	}
	if err := i.create(ctx, servers); err != nil {
		return i, err
	}
	if i.log, err = jetstream.Open(ctx, jetstream.Options{URL: url, Name: "bench"}); err != nil {
		return i, err
	}
	i.all, err = i.StartAll(ctx, named...)
	return i, err
}

// mesosFor is a cluster with room for so many tasks, which other processes reach.
func mesosFor(ctx context.Context, room int, runFor time.Duration) (*inprocess.Cluster, error) {
	return inprocess.Start(context.WithoutCancel(ctx), inprocess.Options{
		Agents: (room + TasksPerAgent - 1) / TasksPerAgent, Ephemeral: true, Listen: true, IP: "127.0.0.1",
		Simulate: simulated.Options{RunFor: runFor}, Log: zerolog.Nop(),
	})
}

func (i *install) close() {
	if i == nil {
		return
	}
	if i.Processes != nil {
		i.Close()
	}
	if i.log != nil {
		_ = i.log.Close() // It is thrown away.
	}
	i.client.CloseIdleConnections()
	for n := range i.stops {
		i.stops[len(i.stops)-1-n]()
	}
}

// request asks the api, and returns how long it took.
func (i *install) request(ctx context.Context, method, path, body string, status int) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+i.all["api"].Address+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	began := time.Now()
	res, err := i.client.Do(req)
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(res.Body)
	took := time.Since(began)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return took, err
	}
	if res.StatusCode != status {
		return took, fmt.Errorf("%w: %s %s: %d %s", ErrAnswer, method, path, res.StatusCode, text)
	}
	return took, nil
}

// submit submits a job.
func (i *install) submit(ctx context.Context, id, kind string, replicas int) (time.Duration, error) {
	return i.request(ctx, http.MethodPost, "/v2/jobs", spec(id, kind, replicas), http.StatusCreated)
}

func spec(id, kind string, replicas int) string {
	return fmt.Sprintf(`{"id":%q,"kind":%q,"tasks":[{"role":"web","replicas":%d,"container":{"image":"busybox"},"resources":{"cpu":0.08,"memory":64}}]}`, id, kind, replicas)
}

// every has so many clients do n things, and returns what each took and how long it took all.
func every(clients, n int, do func(k int) (time.Duration, error)) (each []time.Duration, all time.Duration, err error) {
	each = make([]time.Duration, n)
	next, errs := make(chan int, n), make([]error, clients)
	for k := range n {
		next <- k
	}
	close(next)
	began := time.Now()
	var running sync.WaitGroup
	for c := range clients {
		running.Go(func() {
			for k := range next {
				if each[k], errs[c] = do(k); errs[c] != nil {
					return
				}
			}
		})
	}
	running.Wait()
	return each, time.Since(began), errors.Join(errs...)
}

// follow tells what comes into the log from now on, by the clock of this process, until ctx ends.
func (i *install) follow(ctx context.Context) (<-chan seen, error) {
	b, err := i.log.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	out := make(chan seen, 1<<16)
	feed := fold.Start(ctx, i.log, events.NewSpace(0), nil)
	go func() {
		defer close(out)
		for {
			select {
			case <-ctx.Done():
				return
			case err := <-feed.Failed():
				out <- seen{err: err}
				return
			case rec := <-feed.Records():
				if rec.Sequence > b.Last {
					select {
					case out <- seen{Record: rec, at: time.Now()}:
					case <-ctx.Done():
						return
					}
				}
			}
		}
	}()
	return out, nil
}

// seen is a record, and when it was seen, or why no more are.
type seen struct {
	cluster.Record
	at  time.Time
	err error
}

// bareLimit is a scheduler that does nothing else, over HTTP, with what it took for so many tasks.
func bareLimit(ctx context.Context, tasks int) (time.Duration, error) {
	c, err := mesosFor(ctx, tasks, 0)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return Bare{Config: mesos.Config{Master: c.Addr(), AckConns: mesos.DefaultAckConns, Log: zerolog.Nop()}, Acks: mesos.DefaultAckConns}.Launch(ctx, tasks)
}
