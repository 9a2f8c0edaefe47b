package cli_test

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
)

// cluster is a real api on a log in memory, and whatever else writes that log.
type cluster struct {
	log   *memory.Log
	space events.Space
	url   string

	mu      sync.Mutex
	epoch   uint64
	counter uint64
	now     time.Time
}

// newCluster returns one whose log advances a second with each record, and what
// ends it.
func newCluster(anonymous string) (*cluster, func() error, error) {
	c := &cluster{space: events.NewSpace(0), now: past()}
	c.log = memory.New(memory.WithClock(c.tick))
	s, err := api.New(api.Options{
		Anonymous: anonymous,
		Audit:     func(context.Context) (eventlog.Log, error) { return memory.New(memory.WithClock(present)), nil },
		Log:       c.log, Space: c.space, Instance: "test", Listen: "127.0.0.1:0",
		Logger: zerolog.Nop(), Now: present, Sandbox: sandbox{},
	})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	if err := answers(s, ended); err != nil {
		cancel()
		return nil, nil, err
	}
	c.url = "http://" + s.Addr()
	return c, func() error {
		cancel()
		return <-ended
	}, nil
}

// answers waits until an api answers. It may be called where no test can be ended.
func answers(s *api.Service, ended <-chan error) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for patience := time.After(testwait.Patience); s.Ready() != nil; {
		select {
		case err := <-ended:
			return fmt.Errorf("the api ended: %w", err)
		case <-patience:
			return fmt.Errorf("the api is not ready: %w", s.Ready())
		case <-ticker.C:
		}
	}
	return nil
}

func (c *cluster) tick() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

// append writes events as the other services would.
func (c *cluster) append(ctx context.Context, subject string, ev events.Event) (uint64, error) {
	c.mu.Lock()
	c.counter++
	env := events.Envelope{ID: "test-" + strconv.FormatUint(c.counter, 10), Source: "test", Time: c.now}
	if _, election := ev.(events.LauncherElected); !election && c.epoch != 0 {
		env.Epoch, env.Counter = c.epoch, c.counter
	}
	c.mu.Unlock()
	m, err := events.Encode(subject, env, ev)
	if err != nil {
		return 0, err
	}
	receipt, err := c.log.Append(ctx, eventlog.Entry{Message: m})
	if err != nil {
		return 0, err
	}
	return receipt.Last, nil
}

// launcher makes a launcher the elected one, subscribed to a Mesos master.
func (c *cluster) launcher(ctx context.Context) error {
	epoch, err := c.append(ctx, c.space.Launcher(0), events.LauncherElected{Nonce: "n", Instance: "launcher-1"})
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.epoch = epoch
	c.mu.Unlock()
	for _, ev := range []events.Event{
		events.FrameworkRegistered{FrameworkID: "fw-1"},
		events.SubscriptionOpened{FrameworkID: "fw-1", StreamID: "s", Master: "http://127.0.0.1:5050"},
	} {
		if _, err := c.append(ctx, c.space.Launcher(0), ev); err != nil {
			return err
		}
	}
	return nil
}

// sandbox is what tasks wrote.
type sandbox struct{}

func (sandbox) ReadFile(_ context.Context, _, _, taskID, file string, offset int64, length int) ([]byte, int64, error) {
	text := map[string]string{
		"web-0-1/stdout": "one\ntwo\n", "web-1-1/stdout": "uno\ndos", "web-0-1/stderr": "oops\n",
	}[taskID+"/"+file]
	if text == "" {
		return nil, 0, fs.ErrNotExist
	}
	rest := text[min(int(offset), len(text)):]
	return []byte(rest[:min(length, len(rest))]), int64(len(text)), nil
}
