package jetstream_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/eventlogtest"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

func TestMain(m *testing.M) {
	natstest.Main()
	goleak.VerifyTestMain(patient{m})
}

// patient gives goroutines that are about to end a minute, which of itself goleak
// does for half a second: too little on a busy machine.
type patient struct{ *testing.M }

func (p patient) Run() int {
	status := p.M.Run()
	for deadline := time.Now().Add(time.Minute); goleak.Find() != nil && time.Now().Before(deadline); {
	}

	return status
}

// store is servers and the settings of a log on them.
type store struct {
	urls    string // Where clients connect.
	single  string // One of them, to be put behind a proxy.
	options jetstream.Options
	restart func(testing.TB)
}

func TestR1(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	eventlogtest.Run(t, func(t *testing.T) eventlogtest.Harness {
		return harness(t, store{
			urls: s.URL(), single: s.URL(), options: jetstream.Options{Replicas: 1},
			restart: func(t testing.TB) {
				s.Kill(t)
				s.Restart(t)
			},
		})
	})
}

func TestR3(t *testing.T) {
	t.Parallel()
	c := natstest.StartCluster(t, 3)
	eventlogtest.Run(t, func(t *testing.T) eventlogtest.Harness {
		return harness(t, store{
			urls: c.URL(), single: c.Servers[0].URL(), options: jetstream.Options{Replicas: 3},
			restart: func(t testing.TB) {
				leader := c.StreamLeader(t, jetstream.DefaultStream)
				leader.Kill(t)
				c.StreamLeader(t, jetstream.DefaultStream)
				c.Rejoin(t, leader)
			},
		})
	})
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)

	return ctx
}

// admin returns a way around the log, for what only tests do.
func admin(t testing.TB, url string) natsjs.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc)
	if err != nil {
		t.Fatal(err)
	}

	return js
}

// open makes the stream where there is none, and opens it.
func open(t testing.TB, o jetstream.Options) *jetstream.Log {
	t.Helper()
	if err := jetstream.Create(within(t), o); err != nil {
		t.Fatalf("create: %v", err)
	}
	l, err := jetstream.Open(within(t), o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() })

	return l
}

// openEmpty opens a log that holds nothing. A server removes the files of a stream
// that was deleted in the background: on a busy machine it may find them there
// still when one of that name is made anew, and take them for its own.
func openEmpty(t testing.TB, o jetstream.Options) *jetstream.Log {
	t.Helper()
	for ctx := within(t); ; {
		l := open(t, o)
		b, err := l.Bounds(ctx)
		if err != nil {
			t.Fatalf("bounds: %v", err)
		}
		if b.Last == 0 {
			return l
		}
		t.Logf("a new stream holds %+v of the one before it; once more", b)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := admin(t, o.URL).DeleteStream(ctx, jetstream.DefaultStream); err != nil && !errors.Is(err, natsjs.ErrStreamNotFound) {
			t.Fatal(err)
		}
	}
}

// remove deletes a stream when the test ends, so that the next starts empty.
func remove(t testing.TB, url, stream string) {
	t.Helper()
	t.Cleanup(func() {
		nc, err := nats.Connect(url)
		if err != nil {
			t.Errorf("remove %s: %v", stream, err)

			return
		}
		defer nc.Close()
		js, err := natsjs.New(nc)
		if err != nil {
			t.Error(err)

			return
		}
		for range 20 {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 3*time.Second)
			err = js.DeleteStream(ctx, stream)
			cancel()
			if err == nil || errors.Is(err, natsjs.ErrStreamNotFound) {
				return
			}
		}
		t.Errorf("remove %s: %v", stream, err)
	})
}

func harness(t *testing.T, s store) eventlogtest.Harness {
	t.Helper()
	o := s.options
	o.URL = s.urls
	remove(t, s.urls, jetstream.DefaultStream)

	return eventlogtest.Harness{
		Log:         openEmpty(t, o),
		Another:     func(t testing.TB) eventlog.Log { return open(t, o) },
		Restart:     s.restart,
		LoseAnswers: func(t testing.TB) (eventlog.Log, func()) { return loseAnswers(t, s) },
		Forget:      func(t testing.TB) { forget(t, s.urls) },
		Damage:      func(t testing.TB) { damage(t, s.urls) },
		Full: func(t testing.TB) eventlog.Log {
			full := o
			full.Stream, full.Subjects, full.MaxBytes = "FULL", []string{"taurus.ev.>"}, 32<<10
			// Two streams cannot take the same subjects.
			if err := admin(t, s.urls).DeleteStream(within(t), jetstream.DefaultStream); err != nil {
				t.Fatal(err)
			}
			l := open(t, full)
			remove(t, s.urls, "FULL")
			return l
		},
	}
}

func loseAnswers(t testing.TB, s store) (eventlog.Log, func()) {
	t.Helper()
	p := natstest.NewProxy(t, s.single)
	o := s.options
	o.URL, o.AppendTimeout = p.URL(), 2*time.Second
	l := open(t, o)
	p.Hold()

	return l, p.Release
}

// change edits the stream's settings while f runs and puts them back.
func change(t testing.TB, url string, edit func(*natsjs.StreamConfig), f func(natsjs.Stream)) {
	t.Helper()
	js := admin(t, url)
	s, err := js.Stream(within(t), jetstream.DefaultStream)
	if err != nil {
		t.Fatal(err)
	}
	before := s.CachedInfo().Config
	after := before
	edit(&after)
	for _, c := range []natsjs.StreamConfig{after, before} {
		if s, err = js.UpdateStream(within(t), c); err != nil {
			t.Fatal(err)
		}
		if f != nil {
			f(s)
			f = nil
		}
	}
}

// forget lets all records age out.
func forget(t testing.TB, url string) {
	t.Helper()
	change(t, url, func(c *natsjs.StreamConfig) {
		c.MaxAge, c.Duplicates = 100*time.Millisecond, 100*time.Millisecond
	}, func(s natsjs.Stream) { awaitMessages(t, s, 0) })
}

// damage makes holes where a subject has a later record.
func damage(t testing.TB, url string) {
	t.Helper()
	change(t, url, func(c *natsjs.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		func(s natsjs.Stream) { awaitMessages(t, s, 4) })
}

// awaitMessages returns once every replica has n messages. Each tells by a consumer
// that lives on it; the stream's info tells of its leader only, and who reads from
// a replica that is behind reads what the test has removed.
func awaitMessages(t testing.TB, s natsjs.Stream, n uint64) {
	t.Helper()
	replicas := max(s.CachedInfo().Config.Replicas, 1)
	done := map[string]bool{}
	for ctx := within(t); len(done) < replicas; time.Sleep(10 * time.Millisecond) {
		c, err := s.CreateConsumer(ctx, natsjs.ConsumerConfig{
			AckPolicy: natsjs.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		info, server := c.CachedInfo(), ""
		if info.Cluster != nil {
			server = info.Cluster.Leader
		}
		if info.NumPending == n {
			done[server] = true
		}
		if err := s.DeleteConsumer(ctx, info.Name); err != nil {
			t.Fatal(err)
		}
	}
}
