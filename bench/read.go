package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// readJobs is how many jobs there are to read, readClients how many read at a time.
const (
	readJobs    = 200
	readClients = 8
)

// Read reads jobs while so many feeds are open, each of which is sent an event a second; the limit is the
// same without a feed.
func Read(ctx context.Context, m Machine, gets, feeds int) ([]Row, error) {
	i, err := m.installed(ctx, 1, 1000, 0, roles()...)
	defer i.close()
	if err != nil {
		return nil, err
	}
	if _, _, err := every(readClients, readJobs, func(k int) (time.Duration, error) {
		return i.submit(ctx, fmt.Sprintf("job-%d", k), "service", 1)
	}); err != nil {
		return nil, err
	}
	ask := func(k int) (time.Duration, error) {
		return i.request(ctx, http.MethodGet, fmt.Sprintf("/v2/jobs/job-%d", k%readJobs), "", http.StatusOK)
	}
	free, freeAll, err := every(readClients, gets, ask)
	if err != nil {
		return nil, err
	}
	closeAll, err := i.feeds(ctx, feeds)
	defer closeAll()
	if err != nil {
		return nil, err
	}
	each, all, err := every(readClients, gets, ask)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%d feeds", feeds)
	return []Row{
		Row{Scenario: "read", Case: name, What: "GET /v2/jobs/ID", Value: float64(gets) / all.Seconds(), Unit: "1/s"}.beside("no feed", float64(gets)/freeAll.Seconds()),
		Row{Scenario: "read", Case: name, What: "p99", Value: quantile(each, 0.99), Unit: "ms"}.beside("no feed", quantile(free, 0.99)),
	}, nil
}

// feeds opens feeds and reads what they say; a job is submitted each second, so that they say something.
func (i *install) feeds(ctx context.Context, n int) (closeAll func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	closeAll = func() { cancel(); reading.Wait() }
	for range n {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+i.all["api"].Address+"/v2/events", http.NoBody)
		if err != nil {
			return closeAll, err
		}
		req.Header.Set("Accept", "text/event-stream")
		res, err := i.client.Do(req)
		if err != nil {
			return closeAll, err
		}
		if res.StatusCode != http.StatusOK {
			return closeAll, errors.Join(fmt.Errorf("%w: feed: %d", ErrAnswer, res.StatusCode), res.Body.Close())
		}
		reading.Go(func() {
			_, _ = io.Copy(io.Discard, res.Body) // Until it is closed.
			_ = res.Body.Close()
		})
	}
	reading.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for k := 0; ; k++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_, _ = i.submit(ctx, fmt.Sprintf("feed-%d", k), "service", 1) // It is there to be told of.
			}
		}
	})
	return closeAll, nil
}
