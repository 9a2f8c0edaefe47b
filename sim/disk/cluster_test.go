package disk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/sim/disk"
)

const (
	// replicas is how many servers keep the log.
	replicas = 3
	// together is how many clusters run at once: most of the time each only waits for
	// its elections.
	together = 8
	// looking is how often a cluster is asked whether something is so.
	looking = 50 * time.Millisecond
	// leading is how long a server that is asked to lead may take to.
	leading = 20 * time.Second
	// readings is how often a log is read: each time any of the servers may serve it.
	readings = 4
	// whole is that of a log of which nothing is missing.
	whole = "whole"
	// stream is the name of the log's.
	stream = jetstream.DefaultStream
)

// trio is three servers in one cluster, on the directories n1, n2 and n3 of one.
type trio struct {
	// servers are nil where one did not start.
	servers [replicas]*server.Server
	url     string
	// refused is why servers did not start.
	refused []string
}

func nameOf(n int) string { return fmt.Sprintf("n%d", n+1) }

// startTrio starts three servers, and waits until each is there or has said why not.
func startTrio(ctx context.Context, dir string) (*trio, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ports, err := freePorts(ctx, 2*replicas)
	if err != nil {
		return nil, err
	}
	var routes, urls []string
	for n := range replicas {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", ports[n]))
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[replicas+n]))
	}
	c := &trio{url: strings.Join(urls, ",")}
	var refusals [replicas]string
	var starting sync.WaitGroup
	for n := range replicas {
		starting.Go(func() {
			o := &server.Options{
				ServerName: nameOf(n), Host: "127.0.0.1", Port: ports[n], NoSigs: true,
				JetStream: true, StoreDir: filepath.Join(dir, nameOf(n)), SyncAlways: true,
				Routes: server.RoutesFromStr(strings.Join(routes, ",")),
			}
			o.Cluster.Name, o.Cluster.Host, o.Cluster.Port = "disk", "127.0.0.1", ports[replicas+n]
			c.servers[n], refusals[n] = startOne(ctx, o)
		})
	}
	starting.Wait()
	for n, why := range refusals {
		if why != "" {
			c.refused = append(c.refused, nameOf(n)+" "+why)
		}
	}
	return c, nil
}

// startOne starts a server, or returns why it would have ended.
func startOne(ctx context.Context, o *server.Options) (*server.Server, string) {
	s, err := server.NewServer(o)
	if err != nil {
		return nil, err.Error()
	}
	last := &lastWords{}
	s.SetLoggerV2(last, false, false, false)
	s.Start()
	for !s.ReadyForConnections(looking) {
		if why := last.said(); why != "" || ctx.Err() != nil {
			s.Shutdown()
			s.WaitForShutdown()
			return nil, "has not started: " + why
		}
	}
	return s, ""
}

func (c *trio) stop() {
	var stopping sync.WaitGroup
	for _, s := range c.servers {
		if s != nil {
			stopping.Go(func() {
				s.Shutdown()
				s.WaitForShutdown()
			})
		}
	}
	stopping.Wait()
}

// formed reports whether all servers are in the cluster, and one leads it: what is made
// before is late, or has fewer replicas to go to.
func (c *trio) formed() bool {
	led := false
	for _, s := range c.servers {
		if s == nil || !s.JetStreamIsCurrent() {
			return false
		}
		led = led || s.JetStreamIsLeader()
	}
	return led
}

// state is what a server has of the log's stream, and whether it has any.
func (c *trio) state(n int) (server.StreamState, bool) {
	info, err := c.servers[n].JszAccount(&server.JSzOptions{Account: server.DEFAULT_GLOBAL_ACCOUNT, Streams: true})
	if err != nil {
		return server.StreamState{}, false
	}
	for _, found := range info.Streams {
		if found.Name == stream {
			return found.State, true
		}
	}
	return server.StreamState{}, false
}

// settle waits until each server that runs has caught up with a log, and tells which
// lack records of it all the same: NATS takes a replica with a hole for a whole one.
// The error is of one that does not catch up.
func (c *trio) settle(ctx context.Context, last uint64) (lacking string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for n, s := range c.servers {
		if s == nil {
			continue
		}
		state, _ := c.state(n)
		for ; state.LastSeq != last; state, _ = c.state(n) {
			if !pause(ctx) {
				return "", fmt.Errorf("%s does not catch up: it has %+v", nameOf(n), state)
			}
		}
		if state.Msgs != last {
			lacking += fmt.Sprintf("; %s has %d of %d records", nameOf(n), state.Msgs, last)
		}
	}
	return lacking, nil
}

// lead has a server lead the log's stream, and reports whether it came to that: one
// whose Raft group is damaged may never.
func (c *trio) lead(ctx context.Context, n int) (bool, error) {
	nc, err := nats.Connect(c.url)
	if err != nil {
		return false, err
	}
	defer nc.Close()
	request, err := json.Marshal(map[string]any{"placement": map[string]string{"preferred": nameOf(n)}})
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, leading)
	defer cancel()
	for !c.servers[n].JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, stream) {
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		_, _ = nc.RequestWithContext(attempt, "$JS.API.STREAM.LEADER.STEPDOWN."+stream, request)
		cancel()
		if !pause(ctx) {
			return false, nil
		}
	}
	return true, nil
}

// pause waits a little, and reports whether ctx still goes on.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(looking):
		return true
	}
}

// lastWords is the log of a server of which only why it ends is kept.
type lastWords struct {
	mu   sync.Mutex
	text string
}

func (l *lastWords) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = fmt.Sprintf(format, v...)
}

func (l *lastWords) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

func (*lastWords) Noticef(string, ...any) {}
func (*lastWords) Warnf(string, ...any)   {}
func (*lastWords) Errorf(string, ...any)  {}
func (*lastWords) Debugf(string, ...any)  {}
func (*lastWords) Tracef(string, ...any)  {}

// given are the ports that clusters of this process have, so that none gets another's.
var given sync.Map

// freePorts are below those that the system gives to connections, one of which could take a
// port before its server does.
func freePorts(ctx context.Context, n int) (ports []int, err error) {
	var lc net.ListenConfig
	for len(ports) < n {
		port := 10_000 + rand.IntN(22_000)
		l, err := lc.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			continue
		}
		_ = l.Close()
		if _, taken := given.LoadOrStore(port, true); !taken {
			ports = append(ports, port)
		}
	}
	return ports, nil
}

// TestDamagedReplicas: of three servers the store of one is damaged, or of two, while
// all are stopped. A service starts on the whole log or is refused with a reason that
// has a name, also when the damaged one leads.
func TestDamagedReplicas(t *testing.T) {
	began := time.Now()
	st, other := newReplicas(t), newStore(t, "api")
	t.Logf("the logs are made, %v", time.Since(began).Round(time.Second))
	from, to := uint64(1), max(*seeds/3, 1)
	if *seed != 0 {
		from, to = *seed, *seed
	}
	turns := make(chan struct{}, together)
	var trying sync.WaitGroup
	for s := from; s <= to; s++ {
		dir := t.TempDir()
		turns <- struct{}{}
		trying.Go(func() {
			defer func() { <-turns }()
			rng := rand.New(rand.NewPCG(s, 5))
			began := time.Now()
			done, found, err := st.tryReplicas(t.Context(), rng, dir, other.dir, s%3 == 0)
			if err != nil {
				t.Errorf("seed %d: %q: %v", s, done, err)
				return
			}
			t.Logf("seed %d, %v: %q: %s", s, time.Since(began).Round(time.Second), done, found)
		})
	}
	trying.Wait()
}

// newReplicas are the stores of a cluster that kept a log, in n1, n2 and n3.
func newReplicas(t *testing.T) *store {
	t.Helper()
	st := &store{dir: t.TempDir(), options: jetstream.Options{MaxBytes: space, Replicas: replicas}}
	c, err := startTrio(t.Context(), st.dir)
	must(t, err)
	defer c.stop()
	forming, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !c.formed() {
		if !pause(forming) {
			t.Fatalf("the cluster has not formed: %q", c.refused)
		}
	}
	st.fill(t, c.url, "web")
	// All have all: what is damaged later is then all that is wrong.
	lacking, err := c.settle(t.Context(), uint64(len(st.records)))
	if err != nil || lacking != "" {
		t.Fatalf("the log is not on all servers: %v%s", err, lacking)
	}
	return st
}

// tryReplicas damages a copy of the stores, and returns what was done and how a service
// starts on them. The error is a loss without a word.
func (st *store) tryReplicas(ctx context.Context, rng *rand.Rand, dir, other string, two bool) (done []string, found string, err error) {
	if err := os.CopyFS(dir, os.DirFS(st.dir)); err != nil {
		return nil, "", err
	}
	victims := rng.Perm(replicas)[:1]
	if two {
		victims = rng.Perm(replicas)[:2]
	}
	if done, err = spoil(rng, dir, other, victims); err != nil {
		return done, "", err
	}
	c, err := startTrio(ctx, dir)
	if err != nil {
		return done, "", err
	}
	defer c.stop()
	if found, err = st.judge(ctx, c); err != nil || !strings.HasPrefix(found, whole) {
		return done, found, err
	}
	lacking, err := c.settle(ctx, uint64(len(st.records)))
	if err != nil {
		return done, "", fmt.Errorf("%s: %w", found, err)
	}
	found += lacking + strings.Join(append([]string{""}, c.refused...), "; ")
	// That the others have all does not tell what the damaged one has, and it may lead next.
	for _, n := range victims {
		led, err := st.judgeLed(ctx, c, n)
		if err != nil {
			return done, "", fmt.Errorf("%s; %s leads: %w", found, nameOf(n), err)
		}
		found += fmt.Sprintf("; %s leads: %s", nameOf(n), led)
	}
	return done, found, nil
}

// judgeLed is judge, some times, once a server leads the stream.
func (st *store) judgeLed(ctx context.Context, c *trio, n int) (string, error) {
	if c.servers[n] == nil {
		return "it has not started", nil
	}
	if led, err := c.lead(ctx, n); err != nil || !led {
		return "it does not come to that", err
	}
	var all []string
	for range readings {
		found, err := st.judge(ctx, c)
		if err != nil {
			return "", err
		}
		if len(all) == 0 || all[len(all)-1] != found {
			all = append(all, found)
		}
	}
	return strings.Join(all, ", then "), nil
}

// spoil damages the stores of some servers.
func spoil(rng *rand.Rand, dir, other string, victims []int) (done []string, err error) {
	if rng.IntN(2) == 0 {
		done = append(done, "the servers were killed")
		if err := forget(dir); err != nil {
			return nil, err
		}
	}
	for _, n := range victims {
		another := other
		if rng.IntN(2) == 0 { // What is swapped is that of a neighbour, in the same group.
			another = filepath.Join(dir, nameOf((n+1)%replicas))
		}
		for range 1 + rng.IntN(2) {
			what, err := disk.DamageReplica(rng, filepath.Join(dir, nameOf(n)), another)
			if err != nil {
				return done, err
			}
			done = append(done, nameOf(n)+": "+what)
		}
	}
	return done, nil
}

// forget removes what a stop in good order leaves and kill -9 does not: the indexes.
func forget(dir string) error {
	for _, pattern := range []string{"streams/*/msgs", "_js_/*/msgs"} {
		index, err := filepath.Glob(filepath.Join(dir, "*", "jetstream", "*", pattern, "index.db"))
		if err != nil {
			return err
		}
		for _, file := range index {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge folds the log of a cluster as a service does, and returns what came of it:
// whole, or a refusal. The error says that it is neither.
func (st *store) judge(ctx context.Context, c *trio) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := read(ctx, c.url, st.options, &store{mark: st.mark})
	if err == nil {
		return st.judgeReading(found)
	}
	switch why := named(err); {
	case why != "":
		return why, nil
	case errors.Is(err, eventlog.ErrUnavailable):
		return "unavailable", nil
	}
	return "", fmt.Errorf("refused without a name: %w", err)
}

// judgeReading is judge for a log that was folded.
func (st *store) judgeReading(found findings) (string, error) {
	if !reflect.DeepEqual(found.folded, st.records) {
		return "", fmt.Errorf("a service goes on with %d records that are not the %d there were", len(found.folded), len(st.records))
	}
	if err := found.told(st.records); err != nil {
		return "", err
	}
	ended := found.ended()
	unlike, refused := errors.AsType[*fold.UnlikeError](ended)
	switch {
	case ended == nil:
		return whole, nil
	case refused && unlike.Missing:
		return "whole, and another reading is refused: records are missing", nil
	case refused:
		return "whole, and another reading is refused: it gives others", nil
	case errors.Is(ended, eventlog.ErrUnavailable):
		return "whole, and then unavailable", nil
	}
	return "", fmt.Errorf("a service goes on, and cannot read: %w", ended)
}
