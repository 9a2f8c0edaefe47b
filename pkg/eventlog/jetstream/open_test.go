package jetstream_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

func config(t testing.TB, url, stream string) natsjs.StreamConfig {
	t.Helper()
	s, err := admin(t, url).Stream(within(t), stream)
	if err != nil {
		t.Fatal(err)
	}

	return s.CachedInfo().Config
}

func TestCreateMakesTheStreamAsAsked(t *testing.T) {
	s := natstest.Start(t)
	o := jetstream.Options{URL: s.URL(), MaxBytes: 1 << 20, Partitions: 64}
	open(t, o)
	open(t, o) // The second finds what the first made.
	c := config(t, s.URL(), "TAURUS")
	if c.Storage != natsjs.FileStorage || c.Retention != natsjs.LimitsPolicy || c.Discard != natsjs.DiscardNew ||
		!c.DenyDelete || !c.DenyPurge || !c.AllowDirect || !c.AllowAtomicPublish || c.MaxAge != 0 ||
		c.MaxBytes != 1<<20 || c.Replicas != 1 || c.Compression != natsjs.NoCompression || c.AllowMsgTTL ||
		len(c.Subjects) != 1 || c.Subjects[0] != "taurus.ev.>" || c.Metadata["taurus-partitions"] != "64" {
		t.Errorf("the stream was made as %+v", c)
	}
	// Who does not ask takes what is there.
	open(t, jetstream.Options{URL: s.URL()})

	b := open(t, jetstream.Options{
		URL: s.URL(), Stream: "TAURUS_WHY", Subjects: []string{"taurus.why.>"}, Kind: jetstream.Bounded,
		MaxBytes: 1 << 20, MaxAge: 7 * 24 * time.Hour, MaxPerSubject: 100,
	})
	usage, err := b.Usage(within(t))
	if err != nil || usage.MaxBytes != 1<<20 {
		t.Errorf("usage is %+v, %v", usage, err)
	}
	c = config(t, s.URL(), "TAURUS_WHY")
	if c.Discard != natsjs.DiscardOld || c.MaxAge != 7*24*time.Hour || c.MaxMsgsPerSubject != 100 {
		t.Errorf("the bounded stream was made as %+v", c)
	}
}

func TestOpenRefusesAnUnfitStream(t *testing.T) {
	s := natstest.Start(t)
	js := admin(t, s.URL())
	// The server removes the folder of its streams after the last of them, while
	// the next case makes one there already; this one keeps the folder.
	if _, err := js.CreateStream(within(t), natsjs.StreamConfig{Name: "KEEP", Subjects: []string{"keep"}}); err != nil {
		t.Fatal(err)
	}
	for setting, edit := range map[string]func(*natsjs.StreamConfig){
		"subjects":             func(c *natsjs.StreamConfig) { c.Subjects = []string{"taurus.>"} },
		"storage":              func(c *natsjs.StreamConfig) { c.Storage = natsjs.MemoryStorage },
		"retention":            func(c *natsjs.StreamConfig) { c.Retention = natsjs.InterestPolicy; c.DenyDelete = false },
		"discard":              func(c *natsjs.StreamConfig) { c.Discard = natsjs.DiscardOld },
		"max_age":              func(c *natsjs.StreamConfig) { c.MaxAge = time.Hour },
		"max_msgs":             func(c *natsjs.StreamConfig) { c.MaxMsgs = 10 },
		"max_msgs_per_subject": func(c *natsjs.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"compression":          func(c *natsjs.StreamConfig) { c.Compression = natsjs.S2Compression },
		"deny_delete":          func(c *natsjs.StreamConfig) { c.DenyDelete = false },
		"deny_purge":           func(c *natsjs.StreamConfig) { c.DenyPurge = false },
		"allow_direct":         func(c *natsjs.StreamConfig) { c.AllowDirect = false },
		"allow_atomic":         func(c *natsjs.StreamConfig) { c.AllowAtomicPublish = false },
		"allow_msg_ttl":        func(c *natsjs.StreamConfig) { c.AllowMsgTTL = true },
		"partitions":           func(c *natsjs.StreamConfig) { c.Metadata = nil },
	} {
		t.Run(setting, func(t *testing.T) {
			// A name of its own: the server may still be removing the last one's store.
			name := "TAURUS_" + setting
			c := natsjs.StreamConfig{
				Name: name, Subjects: []string{"taurus.ev.>"}, Discard: natsjs.DiscardNew, MaxBytes: 1 << 20,
				DenyDelete: true, DenyPurge: true, AllowDirect: true, AllowAtomicPublish: true,
				Metadata: map[string]string{"taurus-partitions": "64"},
			}
			edit(&c)
			if _, err := js.CreateStream(within(t), c); err != nil {
				t.Fatal(err)
			}
			remove(t, s.URL(), name)
			_, err := jetstream.Open(within(t), jetstream.Options{URL: s.URL(), Stream: name, MaxBytes: 1 << 20, Partitions: 64})
			var unfit *jetstream.UnfitError
			if !errors.As(err, &unfit) || !strings.Contains(unfit.Setting, setting) || unfit.Mend == "" || unfit.Want == unfit.Got {
				t.Fatalf("got %v, want an error about %s", err, setting)
			}
		})
	}
}

func TestOpenNamesBothPartitionCounts(t *testing.T) {
	s := natstest.Start(t)
	open(t, jetstream.Options{URL: s.URL(), Partitions: 64})
	_, err := jetstream.Open(within(t), jetstream.Options{URL: s.URL(), Partitions: 32})
	if err == nil || !strings.Contains(err.Error(), "64") || !strings.Contains(err.Error(), "32") {
		t.Fatalf("got %v, want an error with both counts", err)
	}
	open(t, jetstream.Options{URL: s.URL(), Partitions: 64})
}

func TestOpenWaitsForTheServer(t *testing.T) {
	s := natstest.Start(t)
	open(t, jetstream.Options{URL: s.URL()})
	s.Stop()
	opened := make(chan error, 1)
	ctx := within(t)
	go func() {
		l, err := jetstream.Open(ctx, jetstream.Options{URL: s.URL()})
		if err == nil {
			err = l.Close()
		}
		opened <- err
	}()
	s.Restart(t)
	if err := <-opened; err != nil {
		t.Fatalf("open: %v", err)
	}
	s.Stop()
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	for what, dial := range dials() {
		if err := dial(short, s.URL()); !errors.Is(err, eventlog.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) ||
			!errors.Is(err, nats.ErrNoServers) {
			t.Errorf("%s: got %v, want that it is unavailable, the deadline and the reason", what, err)
		}
	}
	// Who gives up by himself is told that.
	cancelled, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := jetstream.Open(cancelled, jetstream.Options{URL: s.URL()}); !errors.Is(err, context.Canceled) || errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}

// dials are the ways to what is kept in NATS.
func dials() map[string]func(context.Context, string) error {
	return map[string]func(context.Context, string) error{
		"open": func(ctx context.Context, url string) error {
			l, err := jetstream.Open(ctx, jetstream.Options{URL: url})
			if err == nil {
				err = l.Close()
			}

			return err
		},
		"open leases": func(ctx context.Context, url string) error {
			l, err := jetstream.OpenLeases(ctx, jetstream.Options{URL: url})
			if err == nil {
				err = l.Close()
			}

			return err
		},
		"create": func(ctx context.Context, url string) error { return jetstream.Create(ctx, jetstream.Options{URL: url}) },
		"create leases": func(ctx context.Context, url string) error {
			return jetstream.CreateLeases(ctx, jetstream.Options{URL: url})
		},
	}
}

// TestOpenSaysThatJetStreamDoesNotAnswer: a server that is there, alone of its cluster,
// has nobody who answers for streams.
func TestOpenSaysThatJetStreamDoesNotAnswer(t *testing.T) {
	o := &server.Options{
		ServerName: "alone", Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, MaxPayload: jetstream.MaxPayload,
		JetStream: true, StoreDir: t.TempDir(), Routes: server.RoutesFromStr("nats://127.0.0.1:1,nats://127.0.0.1:2"),
	}
	o.Cluster.Name, o.Cluster.Host, o.Cluster.Port = "three", "127.0.0.1", -1
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := jetstream.Open(short, jetstream.Options{URL: s.ClientURL()}); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("got %v, want that it is unavailable", err)
	} else if !strings.Contains(err.Error(), "last attempt") {
		t.Errorf("%v does not say why", err)
	}
}

func TestOpenDoesNotWaitForWhatWaitingDoesNotMend(t *testing.T) {
	s := natstest.Start(t, func(o *server.Options) { o.Username, o.Password = "taurus", "secret" })
	_, err := jetstream.Open(within(t), jetstream.Options{URL: s.URL(), User: "taurus", Password: "wrong"})
	if !errors.Is(err, nats.ErrAuthorization) || !strings.Contains(err.Error(), "--nats-nkey") {
		t.Errorf("got %v, want %v, and what to do", err, nats.ErrAuthorization)
	}
	o := jetstream.Options{URL: s.URL(), User: "taurus", Password: "secret", Replicas: 3}
	if err := jetstream.Create(within(t), o); err == nil || !strings.Contains(err.Error(), "replicas > 1") {
		t.Errorf("got %v, want a refusal of three replicas on one server", err)
	}
	if err := jetstream.CreateLeases(within(t), o); err == nil || !strings.Contains(err.Error(), "replicas > 1") {
		t.Errorf("got %v, want a refusal of three replicas on one server", err)
	}
	small := natstest.Start(t, func(o *server.Options) { o.MaxPayload = 64 << 10 })
	if _, err = jetstream.Open(within(t), jetstream.Options{URL: small.URL()}); err == nil || !strings.Contains(err.Error(), "max_payload") {
		t.Errorf("got %v, want a refusal of a small max_payload", err)
	}
	for _, o := range []jetstream.Options{
		{Stream: "a.b"}, {Replicas: 7}, {MaxBytes: -1}, {Partitions: -1}, {MaxAge: time.Hour}, {MaxPerSubject: 1},
	} {
		if _, err := jetstream.Open(within(t), o); err == nil || !strings.Contains(err.Error(), "options") {
			t.Errorf("%+v: got %v, want a refusal", o, err)
		}
	}
}

func TestAppendRefusesOthersSubjects(t *testing.T) {
	s := natstest.Start(t)
	l := open(t, jetstream.Options{URL: s.URL()})
	_, err := l.Append(within(t), eventlog.Fact(eventlog.Message{Subject: "taurus.why.a"}))
	if !errors.Is(err, eventlog.ErrInvalid) {
		t.Fatalf("got %v, want %v", err, eventlog.ErrInvalid)
	}
}

// TestAServerThatIsTooSmall says how much a stream wants that it has no room for.
func TestAServerThatIsTooSmall(t *testing.T) {
	s := natstest.Start(t, func(o *server.Options) { o.JetStreamMaxStore = 1 << 20 })
	err := jetstream.Create(within(t), jetstream.Options{URL: s.URL(), MaxBytes: 5 << 20})
	if err == nil || !strings.Contains(err.Error(), "may grow to 5 MiB") || !strings.Contains(err.Error(), "--max-store") {
		t.Errorf("got %v", err)
	}
}

// TestWaitingForNATSIsSaidOnce, however often it is tried.
func TestWaitingForNATSIsSaidOnce(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := jetstream.Open(short, jetstream.Options{URL: "nats://127.0.0.1:1", Log: log}); err == nil {
		t.Fatal("somebody is there")
	}
	if n := strings.Count(out.String(), "waiting for NATS"); n != 1 {
		t.Errorf("said %d times: %s", n, out.String())
	}
}
